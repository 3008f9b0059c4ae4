"""A whole district's whitelist in a few statements: facts gathered, each different one judged once, entries written.

The gates are asked once for each value that occurs, and their answers are joined to the enterprises as the entries are
written. Three things pass through Python one by one: the check digit of each code, enterprises with records on the
public lists, and contacts of needs on the platform, which are sealed.

Source: domain note 2.2, 2.3.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from borrowers.models import Enterprise
from marketplace.domain.verdict import Verdict
from matching.domain.whitelist_entry import EntryStatus, pass_to_json, refusal_to_json
from matching.domain.whitelist_parts import PARTS, WARNING_ORDER, part_decide
from matching.models import Whitelist, WhitelistEntry
from matching.selectors.whitelist_candidates import CHUNK_ROWS, listed_many
from matching.services.whitelist_facts import (
    ANSWERS,
    FACTS,
    Amounts,
    answers_keep,
    codes_broken,
    facts_distinct,
    facts_gather,
    facts_recorded,
    facts_tables,
)
from matching.services.whitelist_run import Judge, Tally

PART = {part.name: part for part in PARTS}
TEXTS = ("passes", "reasons", "softened", "warnings")
Cases = Iterable[tuple[str, dict[str, Any]]]
Row = tuple[Any, ...]
_ENTRIES = WhitelistEntry._meta.db_table
_COLUMNS = (
    "public_id, whitelist_id, row_number, uscc, name, enterprise_id, status, is_readable, amount_yuan, term_months, "
    "purpose, sector, street, contact, is_willing, willing_date, passes, reasons, marks, row"
)
_JOINS = "".join(
    f" LEFT JOIN {ANSWERS} AS a_{name} ON a_{name}.part = '{name}' AND a_{name}.key = f.{name}_key"
    for name in PART
)
_REFUSED = " OR ".join(f"coalesce(a_{name}.refuses, false)" for name in PART)


def entries_generate(
    whitelist: Whitelist, enterprises: QuerySet[Enterprise], amounts: Amounts, judge: Judge
) -> Tally:
    """Write an entry with every reason for each of some enterprises that wants finance, and return the counts.

    Args:
        whitelist: kept, without entries.
        enterprises: of the judge's district.
        amounts: enterprises that named another amount are left out.
        judge: of the run.

    Queries: some forty, and a handful for each 500 enterprises with public records or with needs on the platform.
    Writes: ``WhitelistEntry``, in one statement; temporary tables, gone afterwards.
    """
    with facts_tables():
        facts_gather(enterprises, amounts, judge.district, judge.known)
        answers = _Answers(judge)
        answers_keep(answers.of_all())
        _entries_write(whitelist, answers)
        return _tally(whitelist, answers)


def entries_count(enterprises: QuerySet[Enterprise], amounts: Amounts, judge: Judge) -> Tally:
    """Return what `entries_generate` would return, without writing an entry.

    Queries: as `entries_generate`. Writes: temporary tables, gone afterwards.
    """
    with facts_tables():
        facts_gather(enterprises, amounts, judge.district, judge.known)
        answers = _Answers(judge)
        answers_keep(answers.of_all())
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*), count(CASE WHEN NOT ({_REFUSED}) THEN 1 END) "  # noqa: S608
                f"FROM {FACTS} AS f{_JOINS}"
            )
            read, admitted = cursor.fetchone()
        return Tally(read, admitted, read - admitted, reasons=_reasons(answers))


@dataclass
class _Answers:
    """What the gates say to the facts gathered.

    Attributes:
        judge: of the run.
        codes: of the gates that keep out, by part and key.
        spoken: parts that have anything to say of a kind, as kind and part.
    """

    judge: Judge
    codes: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    spoken: set[tuple[str, str]] = field(default_factory=set)

    def of_all(self) -> Iterator[Row]:
        """Give a row for each part and key, those of broken codes first: what is not judged of them has no key."""
        here = {"district_code": self.judge.district}
        broken = {str(pk): code for pk, code in codes_broken().items()}
        codes = ((key, {"uscc": code, **here}) for key, code in broken.items())
        yield from self._rows("register", codes)
        keys = [key for (key,) in facts_distinct("register_key") if key not in broken]
        yield from self._rows("register", ((k, {"registration_status": k, **here}) for k in keys))
        days = facts_distinct("willing_key", "min(said_on)")
        said = ((key, {"willing": True, "willing_date": _day(day)}) for key, day in days)
        yield from self._rows("willing", said)
        sizes = ((key, {"size_class": key}) for (key,) in facts_distinct("size_key"))
        yield from self._rows("size", sizes)
        grades = ((key, {"grade": key or None}) for (key,) in facts_distinct("grade_key"))
        yield from self._rows("grade", grades)
        yield from self._of_ages()
        yield from self._of_lists()

    def _of_ages(self) -> Iterator[Row]:
        """The first and the latest date of a key must be answered alike; so is every date between them then."""
        ends = ("min(established_date)", "max(established_date)")
        for key, first, latest in facts_distinct("age_key", *ends):
            cases = [(key, {"established_date": _day(day)}) for day in {first, latest}]
            one, *others = self._rows("age", cases)
            if others and others != [one]:
                raise RuntimeError(f"{first} and {latest} are not the same whole months ago")
            yield one

    def _of_lists(self) -> Iterator[Row]:
        """One answer to everybody without a public record; the others have evidence of their own."""
        yield from self._rows("lists", [("", dict(self.judge.known.clean))])
        rest = iter(facts_recorded())
        while chunk := list(islice(rest, CHUNK_ROWS)):
            enterprises = list(Enterprise.objects.filter(pk__in=chunk).only("pk"))
            listed = listed_many(enterprises, self.judge.known)
            yield from self._rows("lists", ((str(pk), facts) for pk, facts in listed.items()))

    def _rows(self, name: str, cases: Cases) -> Iterator[Row]:
        judge, part = self.judge, PART[name]
        for key, facts in cases:
            found = part_decide(
                part,
                facts,
                judge.district,
                judge.today,
                judge.parameters,
                seen=judge.memory.verdicts,
            )
            said = (found.passes, found.refusals, found.softened, found.warnings)
            self.spoken |= {
                (text, name) for text, spoken in zip(TEXTS, said, strict=True) if spoken
            }
            if found.refusals:
                self.codes[name, key] = tuple(verdict.rule_code for verdict in found.refusals)
            passes, *rest = said
            kept = [_text(passes, pass_to_json), *(_text(part, refusal_to_json) for part in rest)]
            yield (name, key, bool(found.refusals), *kept)


def _entries_write(whitelist: Whitelist, answers: _Answers) -> None:
    is_postgresql = connection.vendor == "postgresql"
    public_id = "gen_random_uuid()" if is_postgresql else "lower(hex(randomblob(16)))"
    spoken = {
        "passes": [("passes", name) for name in PART],
        "reasons": [("reasons", name) for name in PART],
        "marks": [
            *(("softened", name) for name in PART),
            *(("warnings", name) for name in WARNING_ORDER),
        ],
    }
    lists = {
        column: _list(
            [f"a_{name}.{text}" for text, name in pairs if (text, name) in answers.spoken]
        )
        for column, pairs in spoken.items()
    }
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_ENTRIES} ({_COLUMNS}) SELECT {public_id}, %s, f.place, f.uscc, f.name, "  # noqa: S608
            f"f.enterprise_id, CASE WHEN {_REFUSED} THEN '{EntryStatus.REFUSED}' ELSE '{EntryStatus.ADMITTED}' END, "
            "true, f.amount_yuan, f.term_months, f.purpose, f.sector, f.street, f.contact, true, f.said_on, "
            f"{lists['passes']}, CASE WHEN {_REFUSED} THEN {lists['reasons']} ELSE {_list([])} END, "
            f"{lists['marks']}, '' "
            f"FROM {FACTS} AS f{_JOINS}",
            [whitelist.pk],
        )


def _reasons(answers: _Answers) -> Counter[str]:
    """Return in how many rows each code was found. Queries: one for each part that refused any."""
    counted: Counter[str] = Counter()
    for name in {name for name, _ in answers.codes}:
        for key, rows in facts_distinct(f"{name}_key", "count(*)"):
            counted.update(dict.fromkeys(answers.codes.get((name, key), ()), rows))
    return counted


def _tally(whitelist: Whitelist, answers: _Answers) -> Tally:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), count(nullif(status, '{EntryStatus.REFUSED}')) FROM {_ENTRIES} "  # noqa: S608
            "WHERE whitelist_id = %s",
            [whitelist.pk],
        )
        read, admitted = cursor.fetchone()
    return Tally(read, admitted, read - admitted, reasons=_reasons(answers))


def _text(verdicts: Iterable[Verdict], to_json: Callable[[Verdict], Any]) -> str:
    """Return verdicts as a JSON list; on SQLite as its members, each with a comma before it, see `_list`."""
    values = [json.dumps(to_json(verdict), ensure_ascii=False) for verdict in verdicts]
    if connection.vendor == "postgresql":
        return f"[{','.join(values)}]"
    return "".join(f",{value}" for value in values)


def _list(answers: list[str]) -> str:
    """Return the expression that makes one JSON list of what several parts say; a part not asked says nothing.

    Joining ready lists takes PostgreSQL less than reading the text of the whole; from the right, so that long ones are
    copied once.
    """
    is_postgresql = connection.vendor == "postgresql"
    if not answers:
        return "'[]'::jsonb" if is_postgresql else "'[]'"
    if not is_postgresql:
        return "'[' || substr(" + " || ".join(f"coalesce({a}, '')" for a in answers) + ", 2) || ']'"
    joined = " || (".join(f"coalesce({answer}, '[]')" for answer in answers)
    return f"({joined}{')' * len(answers)}"


def _day(value: date | str | None) -> date | None:
    """Return a date of a temporary table, which SQLite gives as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value
