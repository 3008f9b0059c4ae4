"""Handing out portraits as PDF; the consent is asked at the moment of delivery, and the reading is logged first.

Source: design law 3; 征信业管理条例 art. 20, 22; domain note 4.2.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from borrowers.models import Consent
from borrowers.selectors import consent_state_label, feedback_label
from exports.domain.numbering import DocumentKind, code_shown
from exports.domain.portrait_document import Copy, document_of, product_fit
from exports.domain.report import ConsentSummary, ProductFit, Reader, Verification
from exports.models import IssuedDocument
from exports.pdf.portrait import render_portrait
from exports.services.issue import Subject, Ticket, document_record, ticket_draw
from lenders.domain.product import rules_of_terms
from lenders.selectors.product import rules_of, terms_of
from marketplace.domain.errors import NotFound, NotPermitted
from marketplace.domain.roles import Role
from marketplace.domain.vocabulary import (
    DATA_CLASS_LABELS,
    QUERY_PURPOSE_LABELS,
    DataClass,
    QueryPurpose,
)
from marketplace.domain.workdays import local_date
from marketplace.models import Organisation, User
from marketplace.policies import acting_organisation
from matching.domain.fit import fit_from_json
from matching.domain.portrait import content_hash
from matching.models import LoanApplication
from matching.policies.application import can_read_portrait, lender_applications
from matching.services.portrait import own_portrait_read, portrait_read

CHANNEL = "PDF"
INSTANT = timedelta(microseconds=1)
"""A consent ends before its last moment; its last day is printed."""

NOT_OPEN = "受理后、办结前可以下载信用画像；下载会留痕，企业可见。"


@transaction.atomic
def portrait_pdf_issue(
    *, application: LoanApplication, user: User, at: datetime
) -> tuple[bytes, IssuedDocument]:
    """Hand the frozen portrait of an application to one of the lender's people.

    Args:
        application: with everything beside it, as ``application_get_handled`` fetches it.
        user: officer or approver of its lender.
        at: moment of delivery, aware.

    Returns:
        The file, watermarked with reader, organisation and time, and its row.

    Raises:
        NotFound: the application is not the reader's to work on.
        NotPermitted: ``PORTRAIT_NOT_OPEN`` before acceptance and after the end, ``CONSENT_ENDED`` when no consent is
            in force at this moment; then nothing is issued.

    Writes: ``AccessRecord``, ``IssuedDocument``, audit.
    """
    if not lender_applications(user).filter(pk=application.pk).exists():
        raise NotFound
    if not can_read_portrait(user, application):
        raise NotPermitted("PORTRAIT_NOT_OPEN", NOT_OPEN)
    purpose = QueryPurpose.APPLICATION_REVIEW
    reading = portrait_read(
        user=user, application=application, purpose=purpose, at=at, channel=CHANNEL
    )
    lender = application.institution.organisation
    ticket = ticket_draw(DocumentKind.PORTRAIT_PDF, at)
    copy = Copy(
        report_number=ticket.number,
        content_sha256=reading.row.content_hash,
        reader=_reader(user, lender, purpose, at),
        verification=_verification(ticket),
        submitted_at=application.submitted_at,
        consent=_consent(application.consent, at),
        fit=_fit(application),
    )
    content = render_portrait(document_of(reading.portrait, copy))
    enterprise = application.enterprise
    document = document_record(
        ticket=ticket,
        subject=Subject(enterprise.name, application.public_id, enterprise.uscc),
        content=content,
        content_hash=reading.row.content_hash,
        issued_for=lender,
        actor=user,
        at=at,
    )
    return content, document


@transaction.atomic
def own_portrait_pdf_issue(*, user: User, at: datetime) -> tuple[bytes, IssuedDocument]:
    """Hand an enterprise its own portrait as of now, all classes.

    Raises:
        NotFound: the user stands for no verified enterprise.

    Writes: ``AccessRecord``, ``IssuedDocument``, audit.
    """
    reading = own_portrait_read(user=user, at=at, channel=CHANNEL)
    enterprise, portrait = reading.enterprise, reading.portrait
    organisation = acting_organisation(user, Role.OWNER, Role.AGENT)
    ticket = ticket_draw(DocumentKind.PORTRAIT_PDF, at)
    hashed = content_hash(portrait)
    copy = Copy(
        report_number=ticket.number,
        content_sha256=hashed,
        reader=_reader(user, organisation, QueryPurpose.OWN_REPORT, at),
        verification=_verification(ticket),
        is_own=True,
    )
    content = render_portrait(document_of(portrait, copy))
    document = document_record(
        ticket=ticket,
        subject=Subject(enterprise.name, enterprise.public_id, enterprise.uscc),
        content=content,
        content_hash=hashed,
        issued_for=organisation,
        actor=user,
        at=at,
    )
    return content, document


def _reader(user: User, organisation: Organisation, purpose: QueryPurpose, at: datetime) -> Reader:
    return Reader(str(user), organisation.name, at, QUERY_PURPOSE_LABELS[purpose])


def _verification(ticket: Ticket) -> Verification:
    return Verification(ticket.url, code_shown(ticket.code))


def _consent(consent: Consent | None, at: datetime) -> ConsentSummary | None:
    if consent is None:
        return None
    return ConsentSummary(
        number=str(consent.public_id),
        lender=consent.lender.name,
        purpose=QUERY_PURPOSE_LABELS[QueryPurpose(consent.purpose)],
        data_classes=tuple(
            DATA_CLASS_LABELS[DataClass(code)] for code in sorted(consent.data_classes)
        ),
        data_from=consent.data_from,
        data_until=consent.data_to,
        valid_from=local_date(consent.valid_from),
        valid_until=local_date(consent.valid_until - INSTANT),
        signer=str(consent.signed_by),
        text_version=consent.text_version,
        text_sha256=consent.text_sha256,
        state=consent_state_label(consent, at),
        feedback=feedback_label(consent),
    )


def _fit(application: LoanApplication) -> ProductFit | None:
    if not application.frozen_fit:
        return None
    version = application.product_version
    return product_fit(
        product=application.product.name,
        institution=application.institution.organisation.name,
        version=f"v{version.number}",
        result=fit_from_json(application.frozen_fit),
        rules=(*rules_of_terms(terms_of(version)), *rules_of(version)),
    )
