"""Tasks of the meeting place: ids in, one service call, safe to run twice."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from celery import shared_task
from django.utils import timezone

from matching.services.application import application_route, consent_ended, feedback_ended
from matching.services.application_handover import officer_left_tell
from matching.services.clock import clocks_sweep
from matching.services.clock_reread import clocks_reread
from matching.services.evaluation import evaluation_continue
from matching.services.evaluation_refresh import evaluation_refresh, evaluation_refresh_batch
from matching.services.gap import usable_counts_keep
from matching.services.whitelist_standing import enterprise_rejudge
from matching.services.whitelist_upload import whitelist_upload_run


@shared_task(name="matching.application_route")
def application_route_task(*, application_id: str, at: str = "", **_: Any) -> None:
    """Hand a submitted application to its branch.

    Args:
        application_id: public id.
        at: moment of submission, ISO 8601; routing is part of it.
    """
    moment = datetime.fromisoformat(at) if at else timezone.now()
    application_route(application_id=uuid.UUID(application_id), at=moment)


@shared_task(name="matching.consent_ended")
def consent_ended_task(*, consent_ref: str, **_: Any) -> None:
    """Stop work on applications whose consent was revoked."""
    consent_ended(consent_ref=uuid.UUID(consent_ref), at=timezone.now())


@shared_task(name="matching.feedback_ended")
def feedback_ended_task(*, consent_ref: str, **_: Any) -> None:
    """Tell the lender that the enterprise took back the clause on outcomes."""
    feedback_ended(consent_ref=uuid.UUID(consent_ref))


@shared_task(name="matching.officer_left")
def officer_left_task(*, membership_id: int, **_: Any) -> None:
    """Tell a lender of the cases of an officer whose duty was ended, by the membership's primary key."""
    officer_left_tell(membership_id=membership_id)


@shared_task(name="matching.clocks_sweep")
def clocks_sweep_task(**_: Any) -> None:
    """Remind, escalate and expire whatever is due."""
    clocks_sweep(at=timezone.now())


@shared_task(name="matching.evaluation_continue")
def evaluation_continue_task(*, run_id: str, **_: Any) -> None:
    """Evaluate the next stretch of a run, by public id."""
    evaluation_continue(public_id=uuid.UUID(run_id), at=timezone.now())


@shared_task(name="matching.enterprise_rejudge")
def enterprise_rejudge_task(*, enterprise_id: int, **_: Any) -> None:
    """Judge an enterprise again on the published whitelists, by primary key, after its records changed."""
    enterprise_rejudge(enterprise_id=enterprise_id, at=timezone.now())


@shared_task(name="matching.whitelist_upload_run", is_long=True)  # type: ignore[call-overload,untyped-decorator]
def whitelist_upload_run_task(*, upload_id: str, **_: Any) -> None:
    """Judge a delivered whitelist sheet, by public id."""
    whitelist_upload_run(public_id=uuid.UUID(upload_id), at=timezone.now())


@shared_task(name="matching.clocks_reread")
def clocks_reread_task(**_: Any) -> None:
    """Read running deadlines anew after the working calendar changed."""
    clocks_reread(at=timezone.now())


@shared_task(name="matching.evaluation_refresh")
def evaluation_refresh_task(*, enterprise_id: int, cause: str, at: str, **_: Any) -> None:
    """Score one enterprise again, by primary key, on what was known at a moment (ISO 8601)."""
    evaluation_refresh(enterprise_id=enterprise_id, cause=cause, at=datetime.fromisoformat(at))


@shared_task(name="matching.evaluation_refresh_batch")
def evaluation_refresh_batch_task(*, batch_id: str, at: str, **_: Any) -> None:
    """Score the enterprises of one delivered batch again, by public id, on what was known at a moment (ISO 8601)."""
    evaluation_refresh_batch(batch_id=uuid.UUID(batch_id), at=datetime.fromisoformat(at))


@shared_task(name="matching.usable_counts")
def usable_counts_task(**_: Any) -> None:
    """Count enterprises with usable records of each item, for the page on gaps."""
    usable_counts_keep(at=timezone.now())
