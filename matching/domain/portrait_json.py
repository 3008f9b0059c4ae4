"""Canonical JSON of frozen dataclasses: one text per value, read back to the same value.

Enums become their value, Decimals text, dates ISO text, moments ISO text in UTC, tuples lists. Reading is led by the
annotations, and a list of dataclasses may be a table; a value that may be Decimal, number, truth value or text is read
by the ``kind`` beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from matching.domain.declaration import Kind

T = TypeVar("T")

DECIMAL_KINDS = frozenset({Kind.YUAN, Kind.PERCENT, Kind.QUANTITY})


def dump(value: Any) -> str:
    """Return the canonical text of a value.

    >>> dump({"b": Decimal("1.50"), "a": (date(2026, 5, 12), None)})
    '{"a":["2026-05-12",null],"b":"1.50"}'

    Raises:
        TypeError: a float, or a kind of value without canonical form.
    """
    return text_of(plain(value))


def text_of(values: Any) -> str:
    """Return the canonical text of JSON values: sorted keys, no spaces."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def plain(value: Any) -> Any:
    """Return a value as JSON values, floats refused.

    Raises:
        TypeError: a float, a naive moment, or a kind of value without canonical form.
    """
    return _WRITER_OF[value.__class__](value)


def in_tables(values: Any) -> Any:
    """Return JSON values with every list of alike entries as ``{"fields": titles, "rows": [values, ...]}``.

    `load_plain` reads both forms of a list.

    >>> in_tables({"grades": [{"b": 2, "a": 1}, {"b": 4, "a": 3}], "none": []})
    {'grades': {'fields': ['a', 'b'], 'rows': [[1, 2], [3, 4]]}, 'none': []}
    """
    if isinstance(values, dict):
        return {name: in_tables(one) for name, one in values.items()}
    if not isinstance(values, list):
        return values
    first = values[0] if values else None
    if not isinstance(first, dict) or any(one.keys() != first.keys() for one in values):
        return [in_tables(one) for one in values]
    titles = sorted(first)
    return {
        "fields": titles,
        "rows": [[in_tables(one[name]) for name in titles] for one in values],
    }


def load_plain(wanted: type[T], values: Any) -> T:
    """Return the dataclass that `plain` made JSON values of.

    Raises:
        ValueError: the values are not of that form.
    """
    hint: Any = wanted
    try:
        found: T = _reader(hint)(values, None)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a {wanted.__name__}: {error}") from error
    return found


_AS_IT_IS = frozenset({str, int, bool, NoneType})
"""Types that JSON has itself; most values are of them."""

Writer = Callable[[Any], Any]
"""Turns one value of a type into JSON values."""


class _WriterOf(dict[type, Writer]):
    """How values of each type are written, found when the type is met first."""

    def __missing__(self, made: type) -> Writer:
        found = next((writer for kinds, writer in _WRITERS if issubclass(made, kinds)), None)
        self[made] = found or (_dataclass_writer(made) if is_dataclass(made) else _refuse)
        return self[made]


_WRITER_OF = _WriterOf()


def _dataclass_writer(made: type) -> Writer:
    names = tuple(entry.name for entry in fields(made))
    later = {entry.name for entry in fields(made) if entry.metadata.get("left_out_when_none")}

    def write(value: Any) -> Any:
        found = zip(names, map(value.__getattribute__, names), strict=True)
        return {
            name: entry if (kind := entry.__class__) in _AS_IT_IS else _WRITER_OF[kind](entry)
            for name, entry in found
        }

    def write_without_later(value: Any) -> Any:
        written = write(value)
        return {name: one for name, one in written.items() if one is not None or name not in later}

    return write_without_later if later else write


def _refuse(value: Any) -> Any:
    raise TypeError(f"no canonical form for {type(value).__name__}: {value!r}")


def _sequence(value: Any) -> Any:
    return [
        entry if (kind := entry.__class__) in _AS_IT_IS else _WRITER_OF[kind](entry)
        for entry in value
    ]


def _mapping(value: Any) -> Any:
    return {str(key): plain(entry) for key, entry in value.items()}


def _decimal_text(value: Decimal) -> str:
    """Write equal numbers alike: 500000, 500000.0 and 500000.00 all as ``500000.00``."""
    if not value.is_finite():
        raise TypeError(f"no canonical form for {value!r}")
    text = f"{value + 0:f}"
    whole, _, part = text.partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"


def _moment_text(value: datetime) -> str:
    if value.tzinfo is None:
        raise TypeError(f"naive moment: {value!r}")
    return value.astimezone(UTC).isoformat()


_WRITERS: tuple[tuple[tuple[type, ...], Writer], ...] = (
    ((Enum,), attrgetter("value")),
    ((NoneType, str, int), lambda value: value),
    ((Decimal,), _decimal_text),
    ((datetime,), _moment_text),
    ((date,), date.isoformat),
    ((tuple, list), _sequence),
    ((Mapping,), _mapping),
)
"""Types, the narrower first, to how their values are written."""


Reader = Callable[[Any, str | None], Any]
"""Reads one JSON value; the second argument is the ``kind`` of the dataclass around it, if it has one."""


@cache
def _reader(hint: Any) -> Reader:
    origin = get_origin(hint)
    if origin is UnionType:
        options = [option for option in get_args(hint) if option is not type(None)]
        return _optional(_reader(options[0]) if len(options) == 1 else _read_value)
    if origin is tuple:
        return _tuple_reader(get_args(hint)[0])
    if origin is not None and issubclass(origin, Mapping):
        of_value = _reader(get_args(hint)[1])
        return lambda raw, kind: {key: of_value(entry, kind) for key, entry in raw.items()}
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass_reader(hint)
    return _leaf_reader(hint)


def _tuple_reader(hint: Any) -> Reader:
    each = _reader(hint)
    if each is _as_it_is:
        return lambda raw, kind: tuple(raw)
    if not (isinstance(hint, type) and is_dataclass(hint)):
        return lambda raw, kind: tuple([each(entry, kind) for entry in raw])
    of_table = _table_reader(hint)

    def read(raw: Any, kind: str | None) -> Any:
        if isinstance(raw, dict):
            return tuple(of_table(raw, kind))
        return tuple([each(entry, kind) for entry in raw])

    return read


def _table_reader(made: type) -> Callable[[Any, str | None], list[Any]]:
    readers = _turning(made)

    def read(raw: Any, kind: str | None) -> list[Any]:
        titles = raw["fields"]
        turned = [(titles.index(name), reader) for name, reader in readers if name in titles]
        kind_at = titles.index("kind") if "kind" in titles else None
        found = []
        for row in raw["rows"]:
            own = kind if kind_at is None else row[kind_at]
            for place, reader in turned:
                row[place] = reader(row[place], own)
            found.append(made(**dict(zip(titles, row, strict=True))))
        return found

    return read


def _turning(made: type) -> list[tuple[str, Reader]]:
    """Return the fields of a dataclass that are not in JSON what they are in the dataclass."""
    readers = {name: _reader(hint) for name, hint in get_type_hints(made).items()}
    return [(name, reader) for name, reader in readers.items() if reader is not _as_it_is]


def _as_it_is(raw: Any, kind: str | None) -> Any:
    return raw


def _optional(read: Reader) -> Reader:
    if read is _as_it_is:
        return read
    return lambda raw, kind: None if raw is None else read(raw, kind)


def _read_value(raw: Any, kind: str | None) -> Any:
    return Decimal(raw) if kind in DECIMAL_KINDS else raw


def _dataclass_reader(made: type) -> Reader:
    turned = _turning(made)

    def read(raw: Any, kind: str | None) -> Any:
        own = raw.get("kind", kind)
        found = dict(raw)
        for name, reader in turned:
            if name in found:
                found[name] = reader(found[name], own)
        return made(**found)

    return read


def _leaf_reader(hint: Any) -> Reader:
    made: Mapping[Any, Callable[[Any], Any]] = {
        Decimal: Decimal,
        date: date.fromisoformat,
        datetime: datetime.fromisoformat,
    }
    make = made.get(hint)
    if make is None and isinstance(hint, type) and issubclass(hint, Enum):
        make = hint
    return _as_it_is if make is None else lambda raw, kind: make(raw)
