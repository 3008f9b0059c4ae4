"""Rows of a kept whitelist judged again: before it is submitted, at publication, and at each later re-check.

An enterprise that was moved out comes back when no gate keeps it out any more, e.g. after a credit repair.

Source: domain note 2.3 (automatic check; monthly re-check, an enterprise that hits a hard gate is moved out), 2.8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from borrowers.models import Enterprise
from matching.domain.whitelist_entry import SHEET_MARKS, EntryStatus
from matching.models import Whitelist, WhitelistEntry
from matching.selectors.whitelist_candidates import (
    CHUNK_ROWS,
    Willingness,
    enterprises_by_uscc,
    willingness_by_demand,
    willingness_by_upload,
)
from matching.services.whitelist_generate import GenerationParameters, narrowed
from matching.services.whitelist_run import Judge, Subject, Tally

JUDGED_FIELDS = ["enterprise", "status", "reasons", "marks", "passes"]
Verdict = Mapping[str, Any]


def entries_rejudge(whitelist: Whitelist, at: datetime) -> Tally:
    """Judge the readable rows of a draft again and return the counts of the whole list.

    Unreadable rows and duplicates stay what they are.

    Writes: ``WhitelistEntry``, one statement for each 500 rows.
    """
    readable = whitelist.entries.filter(is_readable=True)
    for found in _verdicts(whitelist, readable, at):
        for entry, verdict in found:
            entry.status = verdict["status"].value
            _take(entry, verdict)
        WhitelistEntry.objects.bulk_update([entry for entry, _ in found], JUDGED_FIELDS)
    return _tally(whitelist)


@dataclass
class Rejudged:
    """Entries whose standing changed: moved out by a gate, or back because none keeps them out any more."""

    moved_out: list[WhitelistEntry] = field(default_factory=list)
    restored: list[WhitelistEntry] = field(default_factory=list)


def entries_move(
    whitelist: Whitelist, at: datetime, *, enterprise: Enterprise | None = None
) -> Rejudged:
    """Move out the admitted entries that a gate keeps out now, and take back those moved out that pass again.

    Args:
        whitelist: a list on its way to publication, or published.
        at: moment of judgment, aware.
        enterprise: only its rows; None for all.

    Writes: ``WhitelistEntry`` status and reasons.
    """
    result = Rejudged()
    standing = whitelist.entries.filter(status__in=[EntryStatus.ADMITTED, EntryStatus.SUSPENDED])
    if enterprise is not None:
        standing = standing.filter(enterprise=enterprise)
    for found in _verdicts(whitelist, standing, at):
        changed = []
        for entry, verdict in found:
            passes = verdict["status"] is EntryStatus.ADMITTED
            if passes is (entry.status == EntryStatus.ADMITTED):
                continue
            entry.status = (EntryStatus.ADMITTED if passes else EntryStatus.SUSPENDED).value
            _take(entry, verdict)
            changed.append(entry)
            (result.restored if passes else result.moved_out).append(entry)
        WhitelistEntry.objects.bulk_update(changed, JUDGED_FIELDS)
    return result


def _verdicts(
    whitelist: Whitelist, rows: QuerySet[WhitelistEntry], at: datetime
) -> Iterator[list[tuple[WhitelistEntry, Verdict]]]:
    judge = Judge.of(whitelist.district_id, at)
    if whitelist.origin == "GENERATED":
        judge = narrowed(judge, GenerationParameters.from_json(whitelist.parameters))
    after = 0
    ordered = rows.order_by("row_number")
    while chunk := list(ordered.filter(row_number__gt=after)[:CHUNK_ROWS]):
        after = chunk[-1].row_number
        subjects = _subjects(whitelist, chunk, judge)
        yield list(zip(chunk, judge.verdicts(subjects), strict=True))


def _subjects(whitelist: Whitelist, entries: list[WhitelistEntry], judge: Judge) -> list[Subject]:
    """A sheet's word stands; a generated list asks again who wants finance."""
    by_uscc = enterprises_by_uscc(entry.uscc for entry in entries)
    said: dict[int, Willingness] = {}
    if whitelist.origin == "GENERATED":
        enterprises: list[Enterprise] = list(by_uscc.values())
        said = willingness_by_upload(enterprises, judge.district, judge.known)
        said |= willingness_by_demand(enterprises, judge.known.at)
    subjects = []
    for entry in entries:
        enterprise = by_uscc.get(entry.uscc)
        own = Willingness(entry.is_willing, entry.willing_date)
        if whitelist.origin == "GENERATED" and enterprise is not None:
            own = said.get(enterprise.pk, Willingness())
        subjects.append(Subject(enterprise, entry.uscc, own))
    return subjects


def _take(entry: WhitelistEntry, verdict: Verdict) -> None:
    """Keep what was found; the sheet's own spelling is no longer there, so a doubt about name or amount stays."""
    of_sheet = [mark for mark in entry.marks if mark["rule_code"] in SHEET_MARKS]
    entry.enterprise_id = verdict["enterprise_id"]
    entry.reasons = verdict["reasons"]
    entry.marks = [*verdict["marks"], *of_sheet]
    entry.passes = verdict["passes"]


def _tally(whitelist: Whitelist) -> Tally:
    tally = Tally()
    rows = whitelist.entries.order_by("row_number").values_list("status", "reasons")
    for status, reasons in rows.iterator(2000):
        tally.add(EntryStatus(status), reasons)
    return tally
