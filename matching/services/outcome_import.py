"""A lender's sheet of loan outcomes: every row reported, found again, or rejected with its reason.

Source: domain note 3.7, 4.1 (monthly file of the lender).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from borrowers.domain.rows import RowError, bind_columns, known_titles
from marketplace.audit import audit_record
from marketplace.domain.errors import Refused
from marketplace.domain.roles import Role
from marketplace.domain.text import OVERFLOW
from marketplace.models import User
from marketplace.policies import require_role
from marketplace.sheets import UPLOAD_KINDS, UPLOAD_LIMITS, open_sheet
from matching.domain.outcome_sheet import COLUMNS, LABELS, OutcomeRow, parse_row
from matching.models import Loan
from matching.selectors.loan import loan_by_application, loan_by_contract, outcomes_of
from matching.services.application_effects import contract_digest
from matching.services.outcome import outcome_record
from matching.services.row_import import RowImport

LIMITS = replace(UPLOAD_LIMITS, rows=2_000)
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def outcome_import(*, source: Path | bytes, file_name: str, actor: User, at: datetime) -> RowImport:
    """Report every row of a sheet; a row that was reported before and still counts is a duplicate, whatever its sheet.

    Each row stands for itself: a rejected one leaves nothing behind and hinders no other. One that was voided or
    corrected since is rejected with the day and the reason.

    Args:
        source: path or bytes of an xlsx or csv.
        file_name: as delivered, for messages.
        actor: an officer of the lender.
        at: when, aware.

    Raises:
        NotPermitted: the actor is no officer.
        Refused: ``SHEET_*``, when nothing of the file can be read.

    Writes: as `outcome_record` for each accepted row, in a transaction of its own; audit ``matching.outcome.import``.
    """
    require_role(actor, Role.OFFICER)
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
        if isinstance(parsed, OutcomeRow):
            _report(parsed, row, result, actor, at)
        else:
            result.reject(row_number, row, *parsed)
    audit_record(
        action="matching.outcome.import",
        subject_kind="OutcomeEvent",
        subject_id="*",
        actor=actor,
        at=at,
        payload={
            "read": result.read,
            "accepted": result.accepted,
            "duplicates": result.duplicates,
            "rejected": result.rejected,
        },
    )
    return result


def outcome_correction(result: RowImport) -> str:
    """Return the rejected rows as csv text, each with what is wrong, to be corrected and delivered again.

    A cell that a spreadsheet would take for a formula is written with an apostrophe before it.
    """
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow([*result.titles, "原行号", "原因"])
    for number, row in result.rejected_rows.items():
        reasons = "；".join(
            f"{error.field}：{error.sentence}（{error.code}）"
            for error in result.errors
            if error.row == number
        )
        cells = [row.get(title, "") for title in result.titles]
        writer.writerow([*map(_harmless, cells), number, reasons])
    return "\ufeff" + lines.getvalue()


def outcome_template() -> str:
    """Return an empty sheet with the expected titles, as csv text."""
    return "\ufeff" + ",".join(column.label for column in COLUMNS) + "\r\n"


def _report(
    row: OutcomeRow, cells: Mapping[str, str], result: RowImport, actor: User, at: datetime
) -> None:
    try:
        loan = _loan_of(row, actor)
        is_known = any(known.reference == row.reference for known in outcomes_of(loan))
        outcome_record(
            loan_id=loan.public_id,
            kind=row.kind,
            event_date=row.event_date,
            principal_yuan=row.principal_yuan,
            interest_yuan=row.interest_yuan,
            days_overdue=row.days_overdue,
            classification=row.classification,
            reference=row.reference,
            actor=actor,
            at=at,
        )
    except Refused as refused:
        named = next(iter(refused.fields), "")
        label = LABELS.get(named, "")
        error = RowError(row.row_number, label, refused.code, refused.sentence)
        result.reject(row.row_number, cells, error)
        return
    if is_known:
        result.duplicates += 1
    else:
        result.accepted += 1


def _loan_of(row: OutcomeRow, actor: User) -> Loan:
    """Return the loan a row names; both names given must mean the same one."""
    by_contract = by_application = None
    if row.contract_no:
        by_contract = loan_by_contract(actor, contract_digest(row.contract_no))
    if row.application_id is not None:
        by_application = loan_by_application(actor, row.application_id)
    found = by_contract or by_application
    named = sum([bool(row.contract_no), row.application_id is not None])
    agreeing = sum(loan is not None and loan == found for loan in (by_contract, by_application))
    if found is None or agreeing != named:
        sentence = "没有找到该合同编号或申请编号对应的贷款，或两者不是同一笔。"
        raise Refused("OUTCOME_LOAN_UNKNOWN", sentence, {"contract_no": sentence})
    return found


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell
