"""A whole district's whitelist in a few statements: facts gathered, each different one judged once, entries written.

The gates are asked once for each value that occurs. What they say is joined in two halves, each for every combination
of values that occurs in it: of the parts with many answers, the day of saying yes and the age, each half holds one, so
that there are few combinations, and an entry's lists are put together of two ready ones. Three things pass through
Python one by one: the check digit of each code, enterprises with records on the public lists, and contacts of needs on
the platform, which are sealed.

Source: domain note 2.2, 2.3.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from borrowers.models import Enterprise
from marketplace.bulk import rows_write
from marketplace.domain.verdict import Verdict
from matching.domain.whitelist_entry import EntryStatus, pass_to_json, refusal_to_json
from matching.domain.whitelist_parts import PARTS, part_decide
from matching.models import Whitelist, WhitelistEntry
from matching.selectors.whitelist_candidates import CHUNK_ROWS, listed_many
from matching.services.whitelist_facts import (
    ANSWER_COLUMNS,
    ANSWERS,
    FACTS,
    HALVES,
    NOT_JUDGED,
    Amounts,
    Group,
    codes_broken,
    facts_gather,
    facts_grouped,
    facts_tables,
)
from matching.services.whitelist_run import Judge, Tally

PART = {part.name: part for part in PARTS}
FIRST, LAST = HALVES
Row = tuple[Any, ...]
_ENTRIES = WhitelistEntry._meta.db_table
_COLUMNS = (
    "public_id, whitelist_id, row_number, uscc, name, enterprise_id, status, is_readable, amount_yuan, term_months, "
    "purpose, sector, street, contact, is_willing, willing_date, passes, reasons, marks, row"
)
_JOINS = "".join(
    f" LEFT JOIN {ANSWERS} AS {half} ON {half}.half = '{half}' AND {half}.key = f.{half}"
    for half in HALVES
)
_REFUSED = " OR ".join(f"{half}.refuses" for half in HALVES)


def entries_generate(
    whitelist: Whitelist, enterprises: QuerySet[Enterprise], amounts: Amounts, judge: Judge
) -> Tally:
    """Write an entry with every reason for each of some enterprises that wants finance, and return the counts.

    Args:
        whitelist: kept, without entries.
        enterprises: of the judge's district.
        amounts: enterprises that named another amount are left out.
        judge: of the run.

    Queries: some fifteen, and a handful for each 500 enterprises with public records or with needs on the platform.
    Writes: ``WhitelistEntry``, in one statement; temporary tables, gone afterwards.
    """
    with facts_tables():
        facts_gather(enterprises, amounts, judge.district, judge.known)
        answers = _Answers(judge, connection.vendor == "postgresql")
        rows_write(ANSWERS, ANSWER_COLUMNS, answers.of_all())
        return _entries_write(whitelist, answers)


def entries_count(enterprises: QuerySet[Enterprise], amounts: Amounts, judge: Judge) -> Tally:
    """Return what `entries_generate` would return, without writing an entry.

    Queries: as `entries_generate`. Writes: temporary tables, gone afterwards.
    """
    with facts_tables():
        facts_gather(enterprises, amounts, judge.district, judge.known)
        answers = _Answers(judge, connection.vendor == "postgresql")
        rows_write(ANSWERS, ANSWER_COLUMNS, answers.of_all())
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*), count(CASE WHEN NOT ({_REFUSED}) THEN 1 END) "  # noqa: S608
                f"FROM {FACTS} AS f{_JOINS}"
            )
            read, admitted = cursor.fetchone()
        return Tally(read, admitted, read - admitted, reasons=answers.reasons)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one part of the gates says: codes of those that keep out, and the members of an entry's lists."""

    codes: tuple[str, ...] = ()
    passes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    softened: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass
class _Answers:
    """What the gates say to the facts gathered.

    Attributes:
        judge: of the run.
        reasons: code of a gate to how many enterprises it keeps out.
        known: answers by part and key.
        is_postgresql: see `_joined`.
    """

    judge: Judge
    is_postgresql: bool
    reasons: Counter[str] = field(default_factory=Counter)
    known: dict[tuple[str, str], _Answer] = field(default_factory=dict)

    def of_all(self) -> Iterator[Row]:
        """Give a row for each half of the gates and key."""
        broken = codes_broken()
        groups = facts_grouped(FIRST)
        recorded = [group for group in groups if group.keys[1].isdigit()]
        for group in groups:
            if not group.keys[1].isdigit():
                yield self._first(group, broken, self._lists(group.keys[1]))
        rest = iter(recorded)
        while chunk := list(islice(rest, CHUNK_ROWS)):
            for group, lists in self._recorded(chunk):
                yield self._first(group, broken, lists)
        groups = facts_grouped(LAST)
        self._ages_decide(groups)
        yield from map(self._last, groups)

    def _first(self, group: Group, broken: Mapping[str, str], lists: _Answer) -> Row:
        status, _, day = group.keys
        about = {"uscc": broken[status]} if status in broken else {"registration_status": status}
        register = self._kept("register", status, about | {"district_code": self.judge.district})
        said = {"willing": True, "willing_date": date.fromisoformat(day)}
        willing = self._kept("willing", day, said)
        return self._row(FIRST, group, (register, lists, willing), late=lists.warnings)

    def _lists(self, key: str) -> _Answer:
        """Return the one answer to everybody without a public record."""
        return _Answer() if key == NOT_JUDGED else self._kept("lists", key, self.judge.known.clean)

    def _recorded(self, groups: Sequence[Group]) -> Iterator[tuple[Group, _Answer]]:
        """Give what is said of enterprises with public records, each of which has evidence of its own."""
        pks = [int(group.keys[1]) for group in groups]
        enterprises = list(Enterprise.objects.filter(pk__in=pks).only("pk"))
        listed = listed_many(enterprises, self.judge.known)
        for pk, group in zip(pks, groups, strict=True):
            yield group, self._decide("lists", listed[pk])

    def _last(self, group: Group) -> Row:
        if group.key == NOT_JUDGED:
            return self._row(LAST, group, ())
        size, age, grade = group.keys
        graded = self._kept("grade", grade, {"grade": grade or None})
        answers = (self._kept("size", size, {"size_class": size}), self.known["age", age], graded)
        return self._row(LAST, group, answers, warnings=graded.warnings)

    def _ages_decide(self, groups: Iterable[Group]) -> None:
        """The first and the latest date of a key must be answered alike; so is every date between them then."""
        days: dict[str, set[date | None]] = {}
        for group in groups:
            if group.key != NOT_JUDGED:
                days.setdefault(group.keys[1], set()).update((group.first, group.latest))
        for key, among in days.items():
            dated = {day for day in among if day is not None}
            ends = {min(dated), max(dated)} if dated == among else among
            one, *others = {self._decide("age", {"established_date": day}) for day in ends}
            if others:
                raise RuntimeError(f"{ends} are not the same whole months ago")
            self.known["age", key] = one

    def _kept(self, name: str, key: str, facts: Mapping[str, Any]) -> _Answer:
        found = self.known.get((name, key))
        if found is None:
            found = self.known[name, key] = self._decide(name, facts)
        return found

    def _decide(self, name: str, facts: Mapping[str, Any]) -> _Answer:
        judge = self.judge
        found = part_decide(
            PART[name],
            facts,
            judge.district,
            judge.today,
            judge.parameters,
            seen=judge.memory.verdicts,
        )
        return _Answer(
            tuple(verdict.rule_code for verdict in found.refusals),
            _members(found.passes, pass_to_json),
            _members(found.refusals, refusal_to_json),
            _members(found.softened, refusal_to_json),
            _members(found.warnings, refusal_to_json),
        )

    def _row(
        self,
        half: str,
        group: Group,
        answers: Sequence[_Answer],
        warnings: Iterable[str] = (),
        late: Iterable[str] = (),
    ) -> Row:
        """Return a row of the table of answers; marks of gates made soft go before warnings."""
        codes = [code for answer in answers for code in answer.codes]
        self.reasons.update(dict.fromkeys(codes, group.count))
        return (
            half,
            group.key,
            bool(codes),
            self._list(answer.passes for answer in answers),
            self._list(answer.reasons for answer in answers),
            self._list([*(answer.softened for answer in answers), warnings]),
            self._list([late]),
        )

    def _list(self, parts: Iterable[Iterable[str]]) -> str:
        members = chain.from_iterable(parts)
        if self.is_postgresql:
            return f"[{','.join(members)}]"
        return "".join(f",{member}" for member in members)


def _entries_write(whitelist: Whitelist, answers: _Answers) -> Tally:
    is_postgresql = connection.vendor == "postgresql"
    public_id = "gen_random_uuid()" if is_postgresql else "lower(hex(randomblob(16)))"
    passes, reasons = ([f"{half}.{text}" for half in HALVES] for text in ("passes", "reasons"))
    marks = [f"{FIRST}.marks", f"{LAST}.marks", f"{FIRST}.late_marks"]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {_ENTRIES} ({_COLUMNS}) SELECT {public_id}, %s, f.place, f.uscc, f.name, "  # noqa: S608
            f"f.enterprise_id, CASE WHEN {_REFUSED} THEN '{EntryStatus.REFUSED}' ELSE '{EntryStatus.ADMITTED}' END, "
            "true, f.amount_yuan, f.term_months, f.purpose, f.sector, f.street, f.contact, true, f.said_on, "
            f"{_joined(passes)}, {_joined(reasons)}, {_joined(marks)}, '' FROM {FACTS} AS f{_JOINS}",
            [whitelist.pk],
        )
        cursor.execute(
            f"SELECT count(*), count(nullif(status, '{EntryStatus.REFUSED}')) FROM {_ENTRIES} "  # noqa: S608
            "WHERE whitelist_id = %s",
            [whitelist.pk],
        )
        read, admitted = cursor.fetchone()
    return Tally(read, admitted, read - admitted, reasons=answers.reasons)


def _members(verdicts: Iterable[Verdict], to_json: Callable[[Verdict], Any]) -> tuple[str, ...]:
    return tuple(json.dumps(to_json(verdict), ensure_ascii=False) for verdict in verdicts)


def _joined(lists: Sequence[str]) -> str:
    """Return the expression that makes one JSON list of several.

    Joining ready lists takes PostgreSQL less than reading the text of the whole. On SQLite a list is its members, each
    with a comma before it.
    """
    joined = " || ".join(lists)
    return joined if connection.vendor == "postgresql" else f"'[' || substr({joined}, 2) || ']'"
