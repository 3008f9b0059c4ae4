"""One run of the gates over a sheet or over enterprises: the same for upload, check, generation and later checks.

Rows go through in chunks, in their order, with a handful of queries per chunk; nothing here writes.

Source: domain note 2.3.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any

from borrowers.domain.rows import RowError, bind_columns, known_titles
from borrowers.models import Enterprise
from marketplace.domain.parameters import ParameterSet
from marketplace.domain.text import OVERFLOW
from marketplace.domain.verdict import Verdict
from marketplace.sheets import Sheet
from matching.domain.whitelist import gates
from matching.domain.whitelist_entry import (
    EntryStatus,
    amount_mark,
    error_to_json,
    name_mark,
    pass_to_json,
    refusal_to_json,
    row_problems,
)
from matching.domain.whitelist_sheet import (
    COLUMNS,
    SheetReader,
    WhitelistRow,
    day_to_send_back,
)
from matching.selectors.whitelist_candidates import (
    CHUNK_ROWS,
    ListKnowledge,
    Willingness,
    candidate_unknown,
    candidates_for,
    enterprises_by_uscc,
    list_knowledge,
    willingness_by_demand,
)

KNOWN_TITLES = known_titles(COLUMNS)
Reasons = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Judged:
    """One row with everything found about it.

    Attributes:
        row_number: of the sheet, the first row being 1; of a generated list, its place.
        status: what became of it.
        is_readable: its cells could be read, so the gates have judged it.
        cells: as delivered, in the order of the sheet's titles, a counted day as a date; empty for generated lists.
        said: need, contact and willingness.
        reasons, marks, passes: JSON values, see `matching.domain.whitelist_entry`.
    """

    row_number: int
    status: EntryStatus
    is_readable: bool = True
    cells: tuple[str, ...] = ()
    uscc: str = ""
    name: str = ""
    sector: str = ""
    enterprise_id: int | None = None
    said: Willingness = field(default_factory=Willingness)
    reasons: Reasons = field(default_factory=list)
    marks: Reasons = field(default_factory=list)
    passes: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Tally:
    """Rows counted: read = admitted + refused + duplicates.

    Attributes:
        reasons: code to how many rows it was found in, of rows not admitted.
    """

    read: int = 0
    admitted: int = 0
    refused: int = 0
    duplicates: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def count(self, row: Judged) -> None:
        """Add a row."""
        self.add(row.status, row.reasons)

    def add(self, status: EntryStatus, reasons: Iterable[Mapping[str, Any]]) -> None:
        """Add a row by its status and reasons."""
        self.read += 1
        self.admitted += status is EntryStatus.ADMITTED
        self.refused += status is EntryStatus.REFUSED
        self.duplicates += status is EntryStatus.DUPLICATE
        self.reasons.update({reason["rule_code"] for reason in reasons})


@dataclass(frozen=True)
class Subject:
    """An enterprise, or a code without one, as the gates are to judge it."""

    enterprise: Enterprise | None
    uscc: str
    said: Willingness
    written_name: str = ""


@dataclass
class JudgeMemory:
    """What one run has decided already: most enterprises of a list differ in little that a gate looks at.

    Attributes:
        verdicts: for `matching.domain.whitelist.gates`.
        words: gates passed, as JSON values, by what they say.
    """

    verdicts: dict[Any, Verdict] = field(default_factory=dict)
    words: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    def passed(self, verdict: Verdict) -> dict[str, str]:
        """Return a gate passed as `pass_to_json` does, one value for all that say the same."""
        key = verdict.rule_code, verdict.sentence
        found = self.words.get(key)
        if found is None:
            found = self.words[key] = pass_to_json(verdict)
        return found


@dataclass(frozen=True)
class Judge:
    """The gates of one district at one moment.

    Attributes:
        district: code.
        known: see `ListKnowledge`.
        parameters: gates' parameters, narrowed by those of a generated issue.
    """

    district: str
    known: ListKnowledge
    parameters: ParameterSet
    memory: JudgeMemory = field(default_factory=JudgeMemory, compare=False, repr=False)

    @classmethod
    def of(cls, district: str, at: datetime) -> Judge:
        """Return the judge with the parameters in force. Queries: two."""
        known = list_knowledge(at)
        return cls(district, known, known.parameters)

    @property
    def today(self) -> date:
        """Return the business date."""
        return self.known.as_of.day

    def parameter(self, name: str) -> Any:
        """Return a value of ``whitelist.*`` for the district today."""
        return self.parameters[f"whitelist.{name}"].value_for(self.today, self.district)

    def verdicts(self, subjects: Sequence[Subject]) -> list[dict[str, Any]]:
        """Return enterprise, status, reasons, marks and passes of each subject, in order. Queries: four."""
        enterprises = [subject.enterprise for subject in subjects if subject.enterprise]
        willing = {s.enterprise.pk: s.said for s in subjects if s.enterprise}
        candidates = candidates_for(enterprises, self.known.at, willing, known=self.known)
        return [self._verdict(subject, candidates) for subject in subjects]

    def _verdict(self, subject: Subject, candidates: Mapping[int, Any]) -> dict[str, Any]:
        enterprise = subject.enterprise
        candidate = (
            candidates[enterprise.pk]
            if enterprise
            else candidate_unknown(subject.uscc, subject.said)
        )
        memory = self.memory
        found = gates(candidate, self.district, self.today, self.parameters, seen=memory.verdicts)
        marks = [*found.marks, *_sheet_marks(subject)]
        return {
            "enterprise_id": enterprise.pk if enterprise else None,
            "status": EntryStatus.ADMITTED if found.admitted else EntryStatus.REFUSED,
            "reasons": [refusal_to_json(verdict) for verdict in found.refusals],
            "marks": [refusal_to_json(verdict) for verdict in marks],
            "passes": [memory.passed(verdict) for verdict in found.passes],
        }


def _sheet_marks(subject: Subject) -> list[Verdict]:
    """Return what is odd about how a row of a sheet was written; nothing for other subjects."""
    enterprise = subject.enterprise
    if enterprise is None or not subject.written_name:
        return []
    found = (
        name_mark(subject.written_name, enterprise.name),
        amount_mark(subject.said.amount_yuan, enterprise.size_class),
    )
    return [mark for mark in found if mark]


def judged_sheet(sheet: Sheet, judge: Judge) -> Iterator[Judged]:
    """Give every row of an opened sheet in its order: admitted, refused or a duplicate, never dropped.

    Raises:
        Refused: ``SHEET_COLUMN_MISSING``; as the sheet while it is read.

    Queries: seven for each 500 rows.
    """
    binding = bind_columns(COLUMNS, sheet.titles)
    binding.refuse_missing()
    reader = SheetReader(binding.money_scale)
    numbered = iter(sheet)
    while chunk := list(islice(numbered, CHUNK_ROWS)):
        taken = [_taken(reader, binding.headers, sheet.titles, *row) for row in chunk]
        yield from _judged_chunk(taken, judge)


@dataclass(frozen=True, slots=True)
class _Taken:
    """One row of the sheet as it stands, and what could be read of it."""

    number: int
    cells: tuple[str, ...]
    mapping: Mapping[str, str]
    parsed: WhitelistRow | tuple[RowError, ...]


def _taken(
    reader: SheetReader,
    headers: Mapping[str, str],
    titles: Sequence[str],
    number: int,
    row: Mapping[str, str],
) -> _Taken:
    mapping = {code: row.get(title, "") for code, title in headers.items()}
    parsed = row_problems(mapping, row, number) or reader.take(mapping, number)
    day_title = headers.get("willing_date")
    cells = tuple(
        day_to_send_back(row.get(title, "")) if title == day_title else row.get(title, "")
        for title in titles
    )
    if OVERFLOW in row:
        cells = (*cells, row[OVERFLOW])
    return _Taken(number, cells, mapping, parsed)


def _judged_chunk(taken: Sequence[_Taken], judge: Judge) -> Iterator[Judged]:
    rows = [row.parsed for row in taken if isinstance(row.parsed, WhitelistRow)]
    by_uscc = enterprises_by_uscc(row.uscc for row in rows)
    on_platform = willingness_by_demand(list(by_uscc.values()), judge.known.at)
    subjects = [_subject(row, by_uscc.get(row.uscc), on_platform) for row in rows]
    found = iter(zip(rows, subjects, judge.verdicts(subjects), strict=True))
    for row in taken:
        if isinstance(row.parsed, WhitelistRow):
            yield _judged_row(*next(found), row.cells)
        else:
            yield _unreadable(row, row.parsed)


def _subject(
    row: WhitelistRow, enterprise: Enterprise | None, on_platform: Mapping[int, Willingness]
) -> Subject:
    """What the sheet says goes first; where it is silent, an open need on the platform speaks."""
    platform = on_platform.get(enterprise.pk) if enterprise else None
    known = platform or Willingness()
    is_silent = row.willing is None
    said = Willingness(
        willing=known.willing if is_silent else row.willing,
        on=known.on if is_silent else row.willing_date or (known.on if row.willing else None),
        amount_yuan=row.amount_yuan or known.amount_yuan,
        term_months=row.term_months or known.term_months,
        purpose=row.purpose or known.purpose,
        street=row.street,
        contact_name=row.contact_name or known.contact_name,
        contact_phone=row.contact_phone or known.contact_phone,
    )
    return Subject(enterprise, row.uscc, said, row.name)


def _judged_row(
    row: WhitelistRow, subject: Subject, verdict: Mapping[str, Any], cells: tuple[str, ...]
) -> Judged:
    enterprise = subject.enterprise
    return Judged(
        row_number=row.row_number,
        cells=cells,
        uscc=row.uscc,
        name=enterprise.name if enterprise else row.name,
        sector=row.sector or (enterprise.industry_section if enterprise else ""),
        said=subject.said,
        **verdict,
    )


def _unreadable(row: _Taken, errors: Iterable[RowError]) -> Judged:
    reasons = [error_to_json(error) for error in errors]
    is_duplicate = [reason["rule_code"] for reason in reasons] == ["WL_DUPLICATE"]
    return Judged(
        row_number=row.number,
        status=EntryStatus.DUPLICATE if is_duplicate else EntryStatus.REFUSED,
        is_readable=False,
        cells=row.cells,
        uscc=row.mapping.get("uscc", "")[:64],
        name=row.mapping.get("name", "")[:200],
        reasons=reasons,
    )
