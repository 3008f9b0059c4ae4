"""An institution's sheet of feedback on listed enterprises: every row kept, or rejected with its reason in place.

Source: domain note 2.2 (feedback fields), 2.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO

from django.db import transaction

from borrowers.domain.rows import RowError, bind_columns, known_titles
from marketplace.audit import audit_record
from marketplace.domain.errors import Refused
from marketplace.domain.table import Column as SheetColumn
from marketplace.domain.table import SheetTable
from marketplace.domain.text import OVERFLOW
from marketplace.models import User
from marketplace.policies import require_role
from marketplace.sheets import UPLOAD_KINDS, UPLOAD_LIMITS, open_sheet
from marketplace.sheets.writing import write_correction, write_table
from matching.domain.issue_number import issue_readings
from matching.domain.whitelist_contact import result_label
from matching.domain.whitelist_feedback_sheet import COLUMNS, LABELS, FeedbackRow, parse_row
from matching.models import WhitelistContact, WhitelistEntry
from matching.policies.whitelist import LENDER_ROLES
from matching.selectors.whitelist import entries_by_code, feedback_of, own_contacts
from matching.services.row_import import RowImport, is_untouched
from matching.services.whitelist_contact import whitelist_contact, whitelist_contact_result

LIMITS = replace(UPLOAD_LIMITS, rows=5_000)
KEYS = ("uscc", "name", "issue_no")
REPORTED = "上次反馈"
"""Column of the template that is there to be read: sent back as it came, a row changes nothing."""
WIDTHS = {"uscc": 21.0, "name": 32.0, "result": 26.0, "note": 26.0}
"""Widths of the template's columns that are not like the others, in characters of a digit."""


def whitelist_feedback_import(
    *, source: Path | bytes, file_name: str, actor: User, at: datetime
) -> RowImport:
    """Keep the feedback of every row of a sheet; an enterprise not taken on yet is taken on by its row.

    Each row stands for itself: a rejected one leaves nothing behind and hinders no other. Sending a row again replaces
    what it said before; what a column is not there for stays. One that names an enterprise and says nothing is skipped.

    Args:
        source: path or bytes of an xlsx or csv.
        file_name: as delivered, for messages.
        actor: an officer or approver of the institution.
        at: when, aware.

    Raises:
        NotPermitted: the actor works for no institution.
        Refused: ``SHEET_*``, when nothing of the file can be read.

    Writes: as `whitelist_contact` and `whitelist_contact_result` for each row kept; audit
        ``matching.whitelist.feedback``.
    """
    require_role(actor, *LENDER_ROLES)
    sheet = open_sheet(
        source, file_name, known=known_titles(COLUMNS), kinds=UPLOAD_KINDS, limits=LIMITS
    )
    binding = bind_columns(COLUMNS, sheet.titles)
    binding.refuse_missing()
    result = RowImport(titles=sheet.titles)
    for row_number, row in sheet:
        result.read += 1
        cells = {code: row.get(title, "") for code, title in binding.headers.items()}
        cells |= {title: text for title, text in row.items() if title == OVERFLOW}
        if is_untouched(cells, KEYS):
            result.skipped += 1
            continue
        parsed = parse_row(cells, row_number, binding.money_scale)
        errors = _keep(parsed, actor, at) if isinstance(parsed, FeedbackRow) else list(parsed)
        if errors:
            result.reject(row_number, row, *errors)
        else:
            result.accepted += 1
    audit_record(
        action="matching.whitelist.feedback",
        subject_kind="WhitelistContact",
        subject_id="*",
        actor=actor,
        at=at,
        payload={
            "read": result.read,
            "accepted": result.accepted,
            "skipped": result.skipped,
            "rejected": result.rejected,
        },
    )
    return result


def feedback_correction(result: RowImport, stream: IO[bytes]) -> int:
    """Write the rejected rows as xlsx with every error marked in place; return how many there are."""
    binding = bind_columns(COLUMNS, result.titles)
    title_of = {LABELS[code]: title for code, title in binding.headers.items()}
    rows, errors = [], {}
    for place, (number, row) in enumerate(result.rejected_rows.items(), start=2):
        rows.append([row.get(title, "") for title in result.titles])
        marks: dict[str, str] = {}
        for error in (error for error in result.errors if error.row == number):
            title = title_of.get(error.field, "")
            marks[title] = f"{marks.get(title, '')}{error.sentence}（{error.code}）"
        errors[place] = marks
    return write_correction(rows, result.titles, errors, stream, title="反馈更正表")


def feedback_template(user: User, entries: Sequence[WhitelistEntry], stream: IO[bytes]) -> int:
    """Write a sheet with the expected titles and one row for each entry as xlsx; return how many there are.

    Its cells are text, so that no spreadsheet makes a day of an issue's number. Queries: one.
    """
    contacts = own_contacts(user, entries)
    titles = [SheetColumn(column.label, width=WIDTHS.get(column.code, 14.0)) for column in COLUMNS]
    titles.append(SheetColumn(REPORTED, width=26.0))
    rows = _template_rows(entries, contacts)
    return write_table(SheetTable("推荐清单反馈", titles, rows, show_title=False), stream)


def _template_rows(
    entries: Sequence[WhitelistEntry], contacts: Mapping[int, WhitelistContact]
) -> Iterator[list[str]]:
    for entry in entries:
        own = contacts.get(entry.pk)
        known = {"uscc": entry.uscc, "name": entry.name, "issue_no": entry.whitelist.issue_no}
        said = result_label(own.result) if own and own.result else ""
        yield [*(known.get(column.code, "") for column in COLUMNS), said]


def _keep(row: FeedbackRow, actor: User, at: datetime) -> list[RowError]:
    """Keep one row and return nothing, or return why it cannot be kept."""
    try:
        with transaction.atomic():
            entry = _entry_of(row, actor, at)
            contact = whitelist_contact(entry_id=entry.public_id, actor=actor, at=at)
            whitelist_contact_result(
                entry_id=entry.public_id,
                result=row.result,
                note=row.note,
                actor=actor,
                at=at,
                feedback=replace(feedback_of(contact), **row.reported),
            )
    except Refused as refused:
        found = refused.fields or {"": refused.sentence}
        return [
            RowError(row.row_number, LABELS.get(name, ""), refused.code, sentence)
            for name, sentence in found.items()
        ]
    return []


def _entry_of(row: FeedbackRow, actor: User, at: datetime) -> WhitelistEntry:
    """Return the recommended entry a row names."""
    known = entries_by_code(actor, at, row.uscc)
    if not known:
        sentence = "该企业不在推送给本机构的推荐清单中，请核对代码。"
        raise Refused("WL_ENTRY_UNKNOWN", sentence, {"uscc": sentence})
    found = _of_issue(known, row.issue_no)
    issues = "、".join(entry.whitelist.issue_no for entry in known)
    if not found:
        sentence = (
            f"期号“{row.issue_no[:20]}”对不上，该企业在本机构收到的名单中期号为：{issues}。"
            "表格软件可能把期号改成了日期，请将该列设为文本后填写。"
        )
        raise Refused("WL_ISSUE_UNKNOWN", sentence, {"issue_no": sentence})
    if len(found) > 1:
        sentence = f"该企业在多期名单中，请填写期号：{issues}。"
        raise Refused("WL_ISSUE_NEEDED", sentence, {"issue_no": sentence})
    return found[0]


def _of_issue(known: Sequence[WhitelistEntry], issue_no: str) -> list[WhitelistEntry]:
    """Return the entries of the issue as its number is written, else as a spreadsheet may have changed it."""
    if not issue_no:
        return list(known)
    exact = [entry for entry in known if entry.whitelist.issue_no == issue_no]
    readings = issue_readings(issue_no)
    return exact or [entry for entry in known if entry.whitelist.issue_no in readings]
