"""Handing out a district's weekly or monthly report, as workbook or PDF, numbered like every other document.

Source: domain note 5 (one-click 周报/月报), 2.12.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from exports.domain.district_report import DistrictReport, report_tables
from exports.domain.numbering import DocumentKind, code_shown
from exports.domain.report_period import ReportPeriod
from exports.domain.statistics_scope import Scope
from exports.models import IssuedDocument
from exports.pdf.district_report import ReportCopy, render_report
from exports.selectors.district_report import district_report
from exports.services.issue import Subject, document_record, ticket_draw
from exports.services.sheets import content_hash, sheets_issue
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.policies import acting_organisation

MAKERS = (Role.DISTRICT_CLERK, Role.DISTRICT_LEAD)


@transaction.atomic
def report_xlsx_issue(
    *, scope: Scope, period: ReportPeriod, user: User, at: datetime
) -> tuple[bytes, IssuedDocument]:
    """Hand out a district's report as a numbered workbook.

    Args:
        scope: from ``exports.policies.district_scope``, for this user.
        period: that has begun.
        user: of the district's staff.
        at: up to when is counted, aware.

    Writes: ``IssuedDocument``, audit.
    """
    report = district_report(scope, period, at)
    return sheets_issue(
        DocumentKind.REPORT_XLSX,
        report_tables(report),
        _subject(report),
        acting_organisation(user, *MAKERS),
        user,
        at,
    )


@transaction.atomic
def report_pdf_issue(
    *, scope: Scope, period: ReportPeriod, user: User, at: datetime
) -> tuple[bytes, IssuedDocument]:
    """Hand out a district's report as a numbered PDF, as ``report_xlsx_issue`` does.

    Writes: ``IssuedDocument``, audit.
    """
    report = district_report(scope, period, at)
    organisation = acting_organisation(user, *MAKERS)
    ticket = ticket_draw(DocumentKind.REPORT_PDF, at)
    hashed = content_hash(report_tables(report))
    copy = ReportCopy(
        number=ticket.number,
        url=ticket.url,
        code=code_shown(ticket.code),
        reader=str(user),
        organisation=organisation.name,
        taken_at=at,
        content_hash=hashed,
    )
    content = render_report(report, copy)
    document = document_record(
        ticket=ticket,
        subject=_subject(report),
        content=content,
        content_hash=hashed,
        issued_for=organisation,
        actor=user,
        at=at,
    )
    return content, document


def _subject(report: DistrictReport) -> Subject:
    return Subject(f"{report.title}（{report.period.label}）")
