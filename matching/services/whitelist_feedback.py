"""An institution's sheet of feedback on listed enterprises: every row kept, or rejected with its reason in place.

Source: domain note 2.2 (feedback fields), 2.3.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO

from django.db import transaction

from borrowers.domain.rows import RowError, bind_columns, known_titles
from marketplace.audit import audit_record
from marketplace.domain.errors import Refused
from marketplace.domain.text import OVERFLOW
from marketplace.models import User
from marketplace.policies import require_role
from marketplace.sheets import UPLOAD_KINDS, UPLOAD_LIMITS, open_sheet
from marketplace.sheets.writing import write_correction
from matching.domain.whitelist_contact import result_label
from matching.domain.whitelist_feedback_sheet import COLUMNS, LABELS, FeedbackRow, parse_row
from matching.models import WhitelistEntry
from matching.policies.whitelist import LENDER_ROLES
from matching.selectors.whitelist import entries_by_code, feedback_of, own_contacts
from matching.services.row_import import RowImport
from matching.services.whitelist_contact import whitelist_contact, whitelist_contact_result

LIMITS = replace(UPLOAD_LIMITS, rows=5_000)


def whitelist_feedback_import(
    *, source: Path | bytes, file_name: str, actor: User, at: datetime
) -> RowImport:
    """Keep the feedback of every row of a sheet; an enterprise not taken on yet is taken on by its row.

    Each row stands for itself: a rejected one leaves nothing behind and hinders no other. Sending a row again replaces
    what it said before; what a column is not there for stays.

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


def feedback_template(user: User, entries: Sequence[WhitelistEntry]) -> str:
    """Return a sheet with the expected titles and one row for each entry, as csv text. Queries: one."""
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow([column.label for column in COLUMNS])
    contacts = own_contacts(user, entries)
    for entry in entries:
        own = contacts.get(entry.pk)
        said = result_label(own.result) if own and own.result else ""
        known = {
            "uscc": entry.uscc,
            "name": entry.name,
            "issue_no": entry.whitelist.issue_no,
            "result": said,
        }
        writer.writerow([known.get(column.code, "") for column in COLUMNS])
    return "\ufeff" + lines.getvalue()


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
    found = entries_by_code(actor, at, row.uscc, row.issue_no)
    if not found:
        sentence = "该企业不在推送给本机构的推荐清单中，请核对代码和期号。"
        raise Refused("WL_ENTRY_UNKNOWN", sentence, {"uscc": sentence})
    if len(found) > 1:
        sentence = "该企业在多期名单中，请填写期号。"
        raise Refused("WL_ISSUE_NEEDED", sentence, {"issue_no": sentence})
    return found[0]
