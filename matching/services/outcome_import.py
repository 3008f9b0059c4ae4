"""A lender's sheet of loan outcomes: every row reported, found again, or rejected with its reason.

Source: domain note 3.7, 4.1 (monthly file of the lender).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO

from borrowers.domain.rows import RowError, bind_columns, known_titles
from marketplace.audit import audit_record
from marketplace.domain.errors import Refused
from marketplace.domain.roles import Role
from marketplace.domain.table import Column as SheetColumn
from marketplace.domain.table import SheetTable
from marketplace.domain.text import OVERFLOW
from marketplace.models import User
from marketplace.policies import require_role
from marketplace.sheets import UPLOAD_KINDS, UPLOAD_LIMITS, open_sheet
from marketplace.sheets.writing import write_table
from matching.domain.application import buttons
from matching.domain.outcome import OUTCOME_KIND_LABELS
from matching.domain.outcome_sheet import COLUMNS, LABELS, OutcomeRow, parse_row
from matching.models import Loan
from matching.selectors.loan import (
    loan_by_application,
    loan_by_contract,
    loans_reportable,
    outcomes_of,
)
from matching.services.application_effects import contract_digest
from matching.services.application_facts import feedback_agreed
from matching.services.outcome import outcome_record
from matching.services.row_import import RowImport, is_untouched

LIMITS = replace(UPLOAD_LIMITS, rows=2_000)
KEYS = ("contract_no", "application_id")
CHUNK = 500
ENTERPRISE, ALLOWED = "企业名称", "可报事件"
"""Columns of the template that are there to be read: whose loan it is, and what its state allows to report."""

WIDTHS = {"合同编号": 24.0, "申请编号": 38.0, ENTERPRISE: 32.0, ALLOWED: 36.0, "机构流水号": 24.0}
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def outcome_import(*, source: Path | bytes, file_name: str, actor: User, at: datetime) -> RowImport:
    """Report every row of a sheet; a row that was reported before and still counts is a duplicate, whatever its sheet.

    Each row stands for itself: a rejected one leaves nothing behind and hinders no other. One that was voided or
    corrected since is rejected with the day and the reason. One that names a loan and reports nothing is skipped.

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
        if is_untouched(cells, KEYS):
            result.skipped += 1
            continue
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
            "skipped": result.skipped,
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


def outcome_template(user: User, stream: IO[bytes]) -> int:
    """Write a sheet with a row for each loan of which the reader may report, as xlsx; return how many there are.

    Which loan and what may be reported of it is filled in; all cells are text, so that no long number is rounded.

    Queries: as `loans_reportable`.
    """
    titles = [column.label for column in COLUMNS]
    titles[2:2] = [ENTERPRISE, ALLOWED]
    columns = [SheetColumn(title, width=WIDTHS.get(title, 14.0)) for title in titles]
    rows = (_template_row(loan) for loan in _with_feedback(user))
    table = SheetTable("贷款结果报送", columns, islice(rows, LIMITS.rows), show_title=False)
    return write_table(table, stream)


def _with_feedback(user: User) -> Iterator[Loan]:
    """Yield the open loans whose enterprise lets the lender report."""
    for loan in loans_reportable(user).iterator(chunk_size=CHUNK):
        if feedback_agreed(loan.application.consent):
            yield loan


def _template_row(loan: Loan) -> list[str]:
    application = loan.application
    kinds = [code for code, _ in buttons(application.state, [Role.OFFICER])]
    words = [label for kind, label in OUTCOME_KIND_LABELS.items() if kind in kinds]
    named = [
        loan.contract_no,
        str(application.public_id),
        application.enterprise.name,
        "、".join(words),
    ]
    return [*named, *[""] * (len(COLUMNS) - len(KEYS))]


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
