"""An enterprise's credit report of itself: read on a page, or handed out as a PDF that anybody verifies by its code.

Only the enterprise gets it: it also tells what is not made public any more. Every reading is logged.

Source: 发改财金〔2025〕565号; domain note 2.12; trust note 3.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from datetime import datetime

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from borrowers.models import Enterprise
from borrowers.selectors import enterprise_for_owner
from exports.domain.credit_report import EDITION, TITLE, USUAL_YEARS, CreditReport, first_day
from exports.domain.numbering import DocumentKind, code_shown
from exports.models import IssuedDocument
from exports.pdf.credit_report import ReportCopy, render_credit_report
from exports.selectors.credit_report import credit_report
from exports.services.issue import Subject, document_record, ticket_draw
from marketplace.audit import access_record
from marketplace.domain.roles import Role
from marketplace.domain.vocabulary import QueryPurpose
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.policies import acting_organisation

CONTENT = f"{TITLE}（{EDITION}）"


@transaction.atomic
def credit_report_read(
    *, user: User, at: datetime, years: int = USUAL_YEARS, channel: str = "PAGE"
) -> CreditReport:
    """Return the credit report of the reader's own enterprise.

    Args:
        user: owner or agent.
        at: aware moment up to which records are known.
        years: length of the span, one of ``exports.domain.credit_report.YEARS``.
        channel: how it is read.

    Raises:
        NotFound: the user stands for no verified enterprise.

    Writes: ``AccessRecord``.
    """
    return _read(enterprise_for_owner(user), user, at, years, channel)


@transaction.atomic
def credit_report_pdf_issue(
    *, user: User, at: datetime, years: int = USUAL_YEARS
) -> tuple[bytes, IssuedDocument]:
    """Hand the report out as a numbered PDF.

    Raises:
        NotFound: the user stands for no verified enterprise.

    Writes: ``AccessRecord``, ``IssuedDocument``, audit.
    """
    enterprise = enterprise_for_owner(user)
    report = _read(enterprise, user, at, years, "PDF")
    ticket = ticket_draw(DocumentKind.CREDIT_REPORT_PDF, at)
    hashed = _content_hash(report)
    copy = ReportCopy(
        number=ticket.number, url=ticket.url, code=code_shown(ticket.code), content_hash=hashed
    )
    content = render_credit_report(report, copy)
    document = document_record(
        ticket=ticket,
        subject=Subject(enterprise.name, enterprise.public_id, enterprise.uscc),
        content=content,
        content_hash=hashed,
        issued_for=acting_organisation(user, Role.OWNER, Role.AGENT),
        actor=user,
        at=at,
    )
    return content, document


def _read(
    enterprise: Enterprise, user: User, at: datetime, years: int, channel: str
) -> CreditReport:
    access_record(
        user=user,
        organisation=enterprise.account.organisation,
        subject_uscc=enterprise.uscc,
        purpose=QueryPurpose.OWN_REPORT,
        content=CONTENT,
        at=at,
        channel=channel,
    )
    return credit_report(enterprise, first_day(local_date(at), years), at)


def _content_hash(report: CreditReport) -> str:
    """Return the hash of what the report says."""
    body = json.dumps(
        asdict(report), cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(body.encode()).hexdigest()
