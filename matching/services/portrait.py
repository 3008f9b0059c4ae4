"""Freezing portraits, and the one door through which a frozen one is read.

Reading checks the consent at that very moment and writes the access record before anything leaves; a consent that was
revoked a second ago refuses. Source: 征信业管理条例 art. 20, 22; design law 3.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from borrowers.models import Consent, Enterprise
from borrowers.selectors import consent_live, enterprise_for_owner
from marketplace.audit import access_record, audit_record, enterprise_stream
from marketplace.domain.errors import Conflict, NotFound, NotPermitted
from marketplace.domain.parameters import ParameterSet
from marketplace.domain.vocabulary import QueryPurpose
from marketplace.models import User
from marketplace.statements import asked_together
from matching.domain.evaluation import PublishedEvaluation
from matching.domain.portrait import Portrait, canonical_json, from_json
from matching.domain.redaction import Audience, redact
from matching.domain.subject import ConsentFacts, DeclaredFacts
from matching.models import CreditPortrait, LoanApplication
from matching.policies.application import can_read_portrait
from matching.policies.portrait import audience_of
from matching.selectors.evaluation import evaluation_question, evaluation_reading
from matching.selectors.portrait import (
    consent_facts,
    declared_facts,
    portrait_build,
    portrait_questions,
    portrait_rebuilt,
)
from matching.selectors.score_model import score_models, score_models_question

NOT_OPEN = "受理之后、办结之前可以查看信用画像。"


@dataclass(frozen=True)
class PortraitReading:
    """A portrait as one reader may see it now.

    Attributes:
        portrait: redacted for the audience and the consent as it stands.
        row: the frozen row, with the hash that is printed.
        audience: as whom it is read.
        reader: who reads, with the organisation; printed across the page.
        evaluation: the latest published monthly evaluation, None when there is none.
        models: the score models as they stand, for whoever sets today's portrait beside it.
    """

    portrait: Portrait
    row: CreditPortrait
    audience: Audience
    reader: str
    evaluation: PublishedEvaluation | None
    models: ParameterSet


ALTERED = "画像内容与其哈希不符，已停止展示，请联系平台运营人员。"


@dataclass(frozen=True)
class OwnReading:
    """An enterprise's portrait of itself, the enterprise it was made of, and its published evaluation if it has one."""

    portrait: Portrait
    enterprise: Enterprise
    evaluation: PublishedEvaluation | None


@transaction.atomic
def portrait_freeze(
    *,
    enterprise: Enterprise,
    application: LoanApplication,
    consent: Consent,
    actor: User,
    at: datetime,
) -> CreditPortrait:
    """Freeze the portrait that an application is judged by: canonical content, hash, lineage to records.

    Args:
        enterprise: whose.
        application: the application being submitted; its need is joined in.
        consent: just given; bounds what is read.
        actor: who submits.
        at: the moment, aware; records received later never count.

    Writes: ``CreditPortrait``, audit ``matching.portrait.freeze``.
    """
    declared = declared_facts(application.demand, application)
    portrait = portrait_build(enterprise, consent=consent_facts(consent), declared=declared, at=at)
    content = canonical_json(portrait)
    row = CreditPortrait.objects.create(
        enterprise=enterprise,
        as_of=at,
        data_classes=list(portrait.consent.data_classes),
        content=content,
        content_hash=_digest(content),
        model_version=portrait.score.model_version,
        score_points=portrait.score.points,
        grade=portrait.score.grade,
        created_by=actor,
        created_at=at,
    )
    audit_record(
        action="matching.portrait.freeze",
        subject_kind="CreditPortrait",
        subject_id=row.public_id,
        actor=actor,
        at=at,
        stream=enterprise_stream(enterprise.uscc),
        payload={"application": application.public_id, "content_hash": row.content_hash},
    )
    return row


@transaction.atomic
def portrait_read(
    *,
    user: User,
    application: LoanApplication,
    purpose: QueryPurpose,
    at: datetime,
    channel: str = "PAGE",
) -> PortraitReading:
    """Return the frozen portrait of an application to one of the lender's people, logged before it leaves.

    Args:
        user: officer or approver of the application's lender.
        application: fetched through the policy.
        purpose: why; must be the purpose consented to.
        at: the moment of reading, aware.
        channel: ``PAGE``, ``API`` or ``PDF``.

    Raises:
        NotFound: not of this lender, or nothing was frozen.
        NotPermitted: ``PORTRAIT_NOT_OPEN`` before acceptance and after the end; ``CONSENT_ENDED`` when no consent for
            this purpose is in force at the moment.
        Conflict: ``PORTRAIT_ALTERED`` when the stored text is not what its hash was made of.

    Writes: ``AccessRecord``. Queries: five with the application's parts loaded (consent, access
        record, evaluation with its re-score and score models).
    """
    lender = application.institution.organisation
    audience = audience_of(user, lender)
    if audience is None or application.portrait_id is None:
        raise NotFound
    if not can_read_portrait(user, application):
        raise NotPermitted("PORTRAIT_NOT_OPEN", NOT_OPEN)
    consent = consent_live(
        enterprise=application.enterprise,
        lender=lender,
        purpose=purpose,
        application_ref=application.public_id,
        at=at,
    )
    row = (
        application.portrait
    )  # not there either once the consent was withdrawn: the second wall hides it
    if consent is None or row is None:
        raise NotPermitted(
            "CONSENT_ENDED", "企业的授权未生效、已到期或已撤回，不能查看其信用画像。"
        )
    if not is_intact(row):
        raise Conflict("PORTRAIT_ALTERED", ALTERED)
    access_record(
        user=user,
        organisation=lender,
        subject_uscc=application.enterprise.uscc,
        purpose=purpose,
        content="信用画像",
        at=at,
        data_classes=consent.data_classes,
        application_ref=application.public_id,
        consent_ref=consent.public_id,
        channel=channel,
    )
    with asked_together(score_models_question(), evaluation_question(application.enterprise)):
        models = score_models()
        evaluation = evaluation_reading(application.enterprise, audience, models)
    return PortraitReading(
        portrait=redact(from_json(row.content), audience, consent.data_classes),
        row=row,
        audience=audience,
        reader=f"{user} {lender.name}",
        evaluation=evaluation,
        models=models,
    )


@transaction.atomic
def own_portrait_read(*, user: User, at: datetime, channel: str = "PAGE") -> OwnReading:
    """Return the enterprise's portrait of itself as of now, all classes, with its published evaluation.

    Nothing is frozen.

    Raises:
        NotFound: the user stands for no verified enterprise.

    Writes: ``AccessRecord``.
    """
    enterprise = enterprise_for_owner(user)
    access_record(
        user=user,
        organisation=enterprise.account.organisation,
        subject_uscc=enterprise.uscc,
        purpose=QueryPurpose.OWN_REPORT,
        content="本企业信用画像",
        at=at,
        channel=channel,
    )
    own = (score_models_question(), evaluation_question(enterprise))
    with asked_together(*portrait_questions(enterprise, at), *own):
        models = score_models()
        portrait = portrait_build(
            enterprise, consent=ConsentFacts.own(), declared=DeclaredFacts(), at=at, models=models
        )
        evaluation = evaluation_reading(enterprise, Audience.BORROWER, models)
    return OwnReading(redact(portrait, Audience.BORROWER), enterprise, evaluation)


@transaction.atomic
def frozen_portrait_read(
    *, user: User, application: LoanApplication, at: datetime
) -> PortraitReading:
    """Return the portrait an application is judged by to the enterprise it is of, whole, logged before it leaves.

    Args:
        user: one of the enterprise's people.
        application: fetched as one of the enterprise's own.
        at: the moment of reading, aware.

    Raises:
        NotFound: nothing was frozen.
        Conflict: ``PORTRAIT_ALTERED`` when the stored text is not what its hash was made of.

    Writes: ``AccessRecord``. Queries: four with the application's parts loaded.
    """
    row = application.portrait
    if row is None:
        raise NotFound
    if not is_intact(row):
        raise Conflict("PORTRAIT_ALTERED", ALTERED)
    organisation = application.enterprise.account.organisation
    access_record(
        user=user,
        organisation=organisation,
        subject_uscc=application.enterprise.uscc,
        purpose=QueryPurpose.OWN_REPORT,
        content="提交申请时的信用画像",
        at=at,
        application_ref=application.public_id,
        channel="PAGE",
    )
    return PortraitReading(
        portrait=redact(from_json(row.content), Audience.BORROWER),
        row=row,
        audience=Audience.BORROWER,
        reader=f"{user} {organisation.name}",
        evaluation=None,
        models=score_models(),
    )


def is_intact(row: CreditPortrait) -> bool:
    """Return whether the stored text is what its hash was made of."""
    return _digest(row.content) == row.content_hash


def portrait_rebuild(row: CreditPortrait) -> str:
    """Return the canonical text of a frozen portrait built anew from the records as they were known then.

    The register's facts, the need, the consent and the names of items and units are the frozen ones; every indicator,
    point, contradiction and line of lineage is computed again. Equal bytes mean that nothing behind the portrait was
    changed since.
    """
    return canonical_json(portrait_rebuilt(row))


def _digest(content: str) -> str:
    """Return the hash of a canonical text, as `content_hash` does of the portrait it was written from."""
    return hashlib.sha256(content.encode()).hexdigest()
