"""The sweep over institutions' duties towards published lists: remind, escalate; each step once.

Three clocks run: every listed enterprise is contacted, every contact gets a result, every complete file a decision.

Source: domain note 2.2 (100 % contact, decision within 30 days); limits in ``matching/parameters/clocks.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from marketplace.audit import audit_record
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.domain.workdays import end_of_day, local_date
from marketplace.models import Organisation
from marketplace.services import notify, notify_role
from matching.domain.clock import ClockAction, ClockStep, clock_on, due_steps
from matching.models import Whitelist, WhitelistContact
from matching.policies.application import officer_serves
from matching.policies.whitelist import LENDER_ROLES, live_whitelists
from matching.selectors.clock import ClockTable
from matching.selectors.whitelist_duty import CONTACT_CLOCK, coverage_of

FEEDBACK_CLOCK, DECISION_CLOCK = "WL_FEEDBACK", "WL_DECISION"


@dataclass
class DutyCount:
    """What one sweep did."""

    reminded: int = 0
    escalated: int = 0

    def add(self, steps: Iterable[ClockStep]) -> None:
        """Count steps taken."""
        for step in steps:
            self.escalated += step.action is ClockAction.ESCALATE
            self.reminded += step.action is ClockAction.REMIND


def duties_sweep(*, at: datetime, table: ClockTable) -> DutyCount:
    """Remind and escalate what institutions owe to the live lists; a second run right after does nothing.

    Args:
        at: now, aware.
        table: calendar and limits.

    Writes: ``clock_steps`` of lists and contacts, ``Whitelist.escalated_at``, audit ``matching.whitelist.escalate``,
        notices; each list or contact in a transaction of its own. Queries: two, and those of what is due.
    """
    count = DutyCount()
    for pk in live_whitelists(at).order_by("pk").values_list("pk", flat=True):
        count.add(_sweep_list(pk, at, table))
    waiting = WhitelistContact.objects.filter(_owing(), entry__whitelist__in=live_whitelists(at))
    for contact in waiting.order_by("pk").iterator(500):
        if _owed(contact, at, table):
            count.add(_sweep_contact(contact.pk, at, table))
    return count


def _owing() -> Q:
    return Q(result="") | Q(file_complete_date__isnull=False, decision_date=None)


def _steps(
    code: str, started_at: datetime, taken: list[str], at: datetime, table: ClockTable
) -> list[tuple[str, ClockStep]]:
    """Return the steps of a clock whose time has come and that were not taken yet, with the key to keep."""
    clock = clock_on(code, local_date(started_at), table.parameters)
    due = due_steps(clock, started_at, at, table.calendar)
    keyed = [(f"{code}:{step.after}", step) for step in due]
    return [(key, step) for key, step in keyed if key not in taken]


@transaction.atomic
def _sweep_list(pk: int, at: datetime, table: ClockTable) -> list[ClockStep]:
    row = live_whitelists(at).select_for_update().filter(pk=pk).first()
    if row is None or row.published_at is None:
        return []
    due = _steps(CONTACT_CLOCK, row.published_at, row.clock_steps, at, table)
    left = coverage_of([row])[row.pk].left if due else 0
    if not left:
        return []
    for _, step in due:
        _tell_list(row, step, left, at)
    row.clock_steps = [*row.clock_steps, *(key for key, _ in due)]
    row.save(update_fields=["clock_steps", "escalated_at"])
    return [step for _, step in due]


def _tell_list(row: Whitelist, step: ClockStep, left: int, at: datetime) -> None:
    """Remind the institutions; on escalation their approvers, the district's leads and the city's operators."""
    words = f"推荐清单尚有 {left} 户未对接：{row.title}"[:120]
    lenders = row.receipts.values_list("institution__organisation_id", flat=True)
    is_late = step.action is ClockAction.ESCALATE
    notify_role(
        organisations=lenders,
        roles=LENDER_ROLES if is_late else (Role.OFFICER,),
        kind=f"clock.{step.action.value.lower()}",
        title=words,
        at=at,
        path=reverse("matching:recommendation-list") + "?taken=0",
    )
    if is_late:
        row.escalated_at = at
        _tell_watchers(row, words, at)
        audit_record(
            action="matching.whitelist.escalate",
            subject_kind="Whitelist",
            subject_id=row.public_id,
            actor=None,
            at=at,
            payload={"district": row.district_id, "left": left},
        )


def _tell_watchers(row: Whitelist, words: str, at: datetime) -> None:
    offices = Q(kind=OrganisationKind.DISTRICT, district=row.district_id)
    city = Q(kind=OrganisationKind.CITY)
    notify_role(
        organisations=Organisation.objects.filter(offices | city, is_active=True),
        roles=[Role.DISTRICT_LEAD, Role.OPERATOR],
        kind="clock.escalate",
        title=words,
        at=at,
        path=reverse("matching:whitelist-detail", args=[row.public_id]),
    )


def _owed(
    contact: WhitelistContact, at: datetime, table: ClockTable
) -> list[tuple[str, ClockStep]]:
    """Return what is due of a contact: its first result, and the decision on a complete file."""
    due = []
    if not contact.result:
        due += _steps(FEEDBACK_CLOCK, contact.contacted_at, contact.clock_steps, at, table)
    if contact.file_complete_date and not contact.decision_date:
        since = end_of_day(contact.file_complete_date)
        due += _steps(DECISION_CLOCK, since, contact.clock_steps, at, table)
    return due


@transaction.atomic
def _sweep_contact(pk: int, at: datetime, table: ClockTable) -> list[ClockStep]:
    contact = (
        WhitelistContact.objects.select_for_update(of=("self",))
        .select_related("entry__whitelist", "institution")
        .filter(_owing(), pk=pk)
        .first()
    )
    due = _owed(contact, at, table) if contact else []
    if contact is None or not due:
        return []
    for key, step in due:
        _tell_contact(contact, key, step, at)
    contact.clock_steps = [*contact.clock_steps, *(key for key, _ in due)]
    contact.save(update_fields=["clock_steps"])
    return [step for _, step in due]


def _tell_contact(contact: WhitelistContact, key: str, step: ClockStep, at: datetime) -> None:
    """Remind who took it on; on escalation the institution's approvers and the district's leads too.

    When who took it on serves the institution no more, its approvers are told instead.
    """
    entry = contact.entry
    what = "资料已齐，等待授信决定" if key.startswith(DECISION_CLOCK) else "已对接，等待反馈"
    path = reverse("matching:recommendation-detail", args=[entry.public_id])
    kind = f"clock.{step.action.value.lower()}"
    title = f"推荐清单企业{what}：{entry.name}"[:120]
    organisation = contact.institution.organisation_id
    serves = officer_serves(contact.officer_id, organisation)
    if serves:
        notify(users=[contact.officer_id], kind=kind, title=title, at=at, path=path)
    if step.action is ClockAction.ESCALATE or not serves:
        roles = [Role.APPROVER]
        notify_role(
            organisations=[organisation], roles=roles, kind=kind, title=title, at=at, path=path
        )
    if step.action is ClockAction.ESCALATE:
        _tell_watchers(entry.whitelist, title, at)
