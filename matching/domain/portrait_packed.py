"""The written form of portraits: what names a record or its source many times says it once and then by number.

A portrait of a thousand records names batches and records some thousand times, and each of its lists repeats its
titles with every entry. Written out (format 1) that is half of its text. Here (format 2), on top of the tables of
`matching.domain.portrait_json`,

* ``sources`` are the distinct origins of records, sorted; evidence and records name them by their place;
* lists, indicators, points and contradictions name records by their place in ``lineage``.

Nothing is left out: `unpacked` gives back what `packed` was given. Both change the values they are given.

Source: `docs/performance.md`, part on portraits: a stored portrait within twice a lookup by primary key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any

Json = dict[str, Any]

_ORIGIN = ("batch", "item_code", "source_unit", "received_at")
"""What `matching.domain.portrait.BatchSource` and ``RecordSource`` both say of an origin."""
_OF_RECORDS = ("data_class", "public")
"""What only records say of it; null in an origin that no record named in the portrait has."""
_SOURCE = _ORIGIN + _OF_RECORDS


def packed(portrait: Json) -> Json:
    """Return the tables of a portrait in their written form.

    Raises:
        KeyError: not the tables of a portrait.
    """
    records, batches = portrait["lineage"], portrait["batches"]
    origin_of_record = _picked(records, _SOURCE)
    origin_of_batch = _picked(batches, _ORIGIN)
    sources = _sources(origin_of_record, origin_of_batch)
    place_of = {source: place for place, source in enumerate(sources)}
    place_of_batch = {source[: len(_ORIGIN)]: place for source, place in place_of.items()}
    place_named = {source[0]: place for source, place in place_of.items()}
    record_at = {name: place for place, (name,) in enumerate(_picked(records, ("record_id",)))}
    _rename(
        portrait,
        record=lambda name: record_at.get(name, name),
        batch=lambda name: place_named.get(name, name),
    )
    own = [title for title in records["fields"] if title not in _SOURCE] if records else []
    return {
        **portrait,
        "sources": _table(_SOURCE, sources),
        "batches": [place_of_batch[origin] for origin in origin_of_batch],
        "lineage": _table(
            (*own, "source"),
            [
                (*of_record, place_of[origin])
                for of_record, origin in zip(_picked(records, own), origin_of_record, strict=True)
            ],
        ),
    }


def unpacked(written: Json) -> Json:
    """Return the tables that `packed` was given.

    Raises:
        KeyError, IndexError, TypeError, ValueError: not of this form.
    """
    portrait = dict(written)
    sources = _picked(portrait.pop("sources"), _SOURCE)
    records = portrait["lineage"]
    own = [title for title in records["fields"] if title != "source"] if records else []
    names = [name for (name,) in _picked(records, ("record_id",))]
    portrait["lineage"] = _table(
        (*own, *_SOURCE),
        [
            (*of_record, *sources[place])
            for of_record, (place,) in zip(
                _picked(records, own), _picked(records, ("source",)), strict=True
            )
        ],
    )
    portrait["batches"] = _table(
        _ORIGIN, [sources[place][: len(_ORIGIN)] for place in portrait["batches"]]
    )
    _rename(
        portrait,
        record=lambda name: name if isinstance(name, str) else names[name],
        batch=lambda name: name if isinstance(name, str) else sources[name][0],
    )
    return portrait


def _table(titles: Sequence[str], rows: Sequence[Sequence[Any]]) -> Any:
    """Return a table as `matching.domain.portrait_json` writes it; without rows it is an empty list there."""
    return {"fields": list(titles), "rows": [list(row) for row in rows]} if rows else []


def _picked(table: Any, titles: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return some columns of a table, row by row."""
    if not table:
        return []
    places = [table["fields"].index(title) for title in titles]
    if len(places) == 1:
        return [(row[places[0]],) for row in table["rows"]]
    return list(map(itemgetter(*places), table["rows"]))


def _sources(
    of_records: Sequence[tuple[Any, ...]], of_batches: Sequence[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """Return the distinct origins of records and batches, sorted."""
    found = set(of_records)
    known = {origin[: len(_ORIGIN)] for origin in found}
    found |= {(*origin, None, None) for origin in of_batches if origin not in known}
    return sorted(found, key=_sort_key)


def _sort_key(source: tuple[Any, ...]) -> tuple[Any, ...]:
    *origin, data_class, public = source
    return (*origin, data_class or "", bool(public))


Renaming = Callable[[Any], Any]


def _rename(portrait: Json, *, record: Renaming, batch: Renaming) -> None:
    """Name records and batches otherwise wherever they stand for evidence."""
    indicators = portrait["indicators"]
    for table in (indicators, portrait["contradictions"], portrait["score"]["contributions"]):
        for row, place in _cells(table, "evidence_ids"):
            row[place] = [record(name) for name in row[place]]
    for row, place in _cells(indicators, "evidence_rows"):
        for of_rows, at in _cells(row[place], "batch"):
            of_rows[at] = batch(of_rows[at])
    for row, place in _cells(portrait["lists"], "entries"):
        for entry, at in _cells(row[place], "record_id"):
            entry[at] = record(entry[at])


def _cells(table: Any, title: str) -> Iterator[tuple[list[Any], int]]:
    """Give every row of a table with the place of one title in it."""
    if table:
        place = table["fields"].index(title)
        for row in table["rows"]:
            yield row, place
