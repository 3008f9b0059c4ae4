"""Who is told what when a lead moves or one of its clocks runs out; nobody is told a name before consent.

Source: domain note 4.1 (effects), 4.2 (masked pool).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.urls import reverse

from marketplace.services import notify
from matching.domain.clock import ClockAction, ClockSpec
from matching.domain.lead import LEAD_ORIGIN_LABELS, LeadOrigin
from matching.models import DemandLead, FinancingDemand
from matching.selectors.lead import lead_approver_ids, lead_staff_ids
from matching.services.application_notices import enterprise_ids, operator_ids

FOR_BORROWER: Mapping[str, str] = {
    "TAKE": "{lender}愿意对接您的融资需求，请确认是否授权",
    "RETURN": "{lender}退回了您的融资需求",
    "LAPSE": "与{lender}的对接已超时失效",
}
FOR_LENDER: Mapping[str, str] = {
    "OFFER": "新的{origin}需求待接单",
    "OFFER_AGAIN": "平台再次派单，请尽快接单",
    "DECLINE": "企业未选择贵机构，{origin}需求已结束对接",
    "LAPSE": "{origin}需求已超时失效",
    "CLOSE": "{origin}需求已由企业结束",
}


def lead_notify(lead: DemandLead, event: str, *, actor_id: int | None, at: datetime) -> None:
    """Tell both sides of a step, except who took it. Writes: ``Notification`` rows."""
    words = _words(lead)
    kind = f"lead.{event.lower()}"
    is_own_take = event == "OFFER" and lead.origin == LeadOrigin.POOL
    for titles, users, path in (
        (FOR_BORROWER, _borrowers, need_path(lead.demand)),
        (FOR_LENDER, lead_staff_ids, _desk(lead)),
    ):
        if event in titles and not is_own_take:
            told = [pk for pk in users(lead) if pk != actor_id]
            title = titles[event].format(**words)[:120]
            notify(users=told, kind=kind, title=title, at=at, path=path)


def lead_clock_notify(
    lead: DemandLead, clock: ClockSpec, action: ClockAction, at: datetime
) -> None:
    """Tell whoever is late; on escalation the lender's approvers and the city's operators too.

    Writes: ``Notification`` rows.
    """
    kind = f"clock.{action.value.lower()}"
    if "INVITED" in clock.states:
        title = f"{_words(lead)['lender']}等待您的答复，“{clock.label}”将到期"[:120]
        path = need_path(lead.demand)
        notify(users=_borrowers(lead), kind=kind, title=title, at=at, path=path)
        return
    late = lead_staff_ids(lead)
    verb = "督办" if action is ClockAction.ESCALATE else "提醒"
    if action is ClockAction.ESCALATE:
        late = [*late, *lead_approver_ids(lead)]
        title = f"督办：{_words(lead)['lender']}“{clock.label}”已到期"[:120]
        path = reverse("matching:lead-watch")
        notify(users=operator_ids(), kind=kind, title=title, at=at, path=path)
    title = f"{verb}：“{clock.label}”已到期，请尽快接单"[:120]
    notify(users=late, kind=kind, title=title, at=at, path=_desk(lead))


def dispatch_notify(demand: FinancingDemand, title: str, at: datetime) -> None:
    """Tell the operators of a need that waits for them. Writes: ``Notification`` rows."""
    path = reverse("matching:assign-detail", args=[demand.public_id])
    notify(users=operator_ids(), kind="demand.to_dispatch", title=title, at=at, path=path)


def need_path(demand: FinancingDemand) -> str:
    """Return the address of a need for its enterprise."""
    return reverse("matching:need-detail", args=[demand.public_id])


def _borrowers(lead: DemandLead) -> list[int]:
    return enterprise_ids(lead.demand.enterprise)


def _desk(lead: DemandLead) -> str:
    return reverse("matching:lead-detail", args=[lead.public_id])


def _words(lead: DemandLead) -> dict[str, str]:
    return {
        "lender": lead.institution.organisation.name,
        "origin": LEAD_ORIGIN_LABELS[LeadOrigin(lead.origin)],
    }
