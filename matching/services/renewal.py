"""Borrowers told in time that a loan ends, so that they can renew it before it does.

Source: domain note 5 (renewal reminder); parameter ``demand.renewal_remind_days``.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from marketplace.domain.roles import SYSTEM
from marketplace.services import notify
from matching.domain.renewal import RUNNING_STATES
from matching.models import ApplicationEvent
from matching.selectors.renewal import MaturingLoan, loans_near_end, maturing
from matching.services.application_notices import borrower_ids
from matching.services.transition import case_lock, event_append

RENEWAL = "RENEWAL"


def renewals_remind(*, at: datetime) -> int:
    """Remind the borrower of each loan that ends soon, once for each of the days of the parameter.

    Args:
        at: now, aware.

    Returns:
        How many were reminded; a second run right after reminds nobody.

    Writes: ``ApplicationEvent``, notices; a transaction for each. Queries: five, and those of the reminders.
    """
    found = list(maturing(loans_near_end(at), at))
    taken = _taken(found)
    return sum(_remind(entry, at) for entry in found if _key(entry) not in taken)


@transaction.atomic
def _remind(entry: MaturingLoan, at: datetime) -> bool:
    case = case_lock(entry.loan.application.public_id, None)
    application, state = case.application, case.application.state
    if state not in RUNNING_STATES or _key(entry) in {_event_key(row) for row in case.events}:
        return False
    payload = {
        "clock": RENEWAL,
        "days_before": entry.reminder,
        "matures_on": entry.matures_on.isoformat(),
    }
    event_append(case, "REMIND", state, state, payload=payload, actor=None, role=SYSTEM, at=at)
    title = (
        f"贷款将于 {entry.matures_on} 到期，可提前办理续贷：{entry.loan.application.product.name}"
    )
    notify(
        users=borrower_ids(application),
        kind="loan.renewal",
        title=title[:120],
        at=at,
        path=reverse("matching:application-detail", args=[application.public_id]),
    )
    return True


def _taken(found: Iterable[MaturingLoan]) -> set[tuple[int, int, str]]:
    """Return the reminders that were given already. Queries: one."""
    events = ApplicationEvent.objects.filter(
        application__in=[entry.loan.application_id for entry in found],
        event="REMIND",
        payload__clock=RENEWAL,
    )
    return {_event_key(event) for event in events}


def _key(entry: MaturingLoan) -> tuple[int, int, str]:
    return (entry.loan.application_id, entry.reminder, entry.matures_on.isoformat())


def _event_key(event: ApplicationEvent) -> tuple[int, int, str]:
    payload = event.payload
    return (
        event.application_id,
        int(payload.get("days_before") or 0),
        str(payload.get("matures_on", "")),
    )
