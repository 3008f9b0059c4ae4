"""Who is told what when an application moves, or when one of its clocks runs out.

A notice names the case and the step; it carries no data about the enterprise beyond its name.

Source: domain note 4.1 (effects), 5 ("填了没人理").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.urls import reverse

from borrowers.models import Enterprise
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.models import Membership, Notification, User
from marketplace.services import notify
from matching.domain.clock import ClockAction, ClockSpec
from matching.domain.refusal import REFUSAL_LABELS, RefusalCode
from matching.models import LoanApplication
from matching.policies.application import BORROWER_ROLES
from matching.selectors.application import serving_officer, staff_ids

FOR_BORROWER: Mapping[str, str] = {
    "ROUTE": "申请已送达{lender}",
    "ACCEPT": "{lender}已受理您的申请",
    "CONTACT": "{lender}已登记与您联系",
    "START_DUE_DILIGENCE": "{lender}开始尽职调查",
    "REQUEST_SUPPLEMENT": "{lender}请您补充资料",
    "SUBMIT_FOR_APPROVAL": "您的申请已进入审批",
    "APPROVE": "{lender}已批准授信",
    "REJECT": "{lender}未通过您的申请：{reason}",
    "SIGN": "{lender}已登记签约",
    "DISBURSE": "{lender}已登记放款",
    "OVERDUE": "{lender}登记了逾期，如有出入请及时联系",
    "SETTLE": "贷款已结清",
    "EXPIRE": "申请已超时关闭",
    "SUSPEND": "申请已中止：{suspension}",
    "RESUME": "申请已恢复办理",
    "LAPSE": "授信额度已失效",
    "AMEND": "{lender}更正了一笔贷款结果，请核对",
    "VOID": "{lender}作废了一笔贷款结果，请核对",
}
"""Event to the line the enterprise's people read."""

FOR_OFFICER: Mapping[str, str] = {
    "ROUTE": "新的申请待受理：{enterprise}",
    "SUPPLY": "企业已补充资料：{enterprise}",
    "RETURN": "申请退回尽调：{enterprise}",
    "APPROVE": "授信已批准，可登记签约：{enterprise}",
    "REJECT": "申请已拒绝：{enterprise}",
    "WITHDRAW": "企业撤回申请：{enterprise}",
    "EXPIRE": "申请已超时关闭：{enterprise}",
    "SUSPEND": "申请已中止（{suspension}）：{enterprise}",
    "RESUME": "申请已恢复办理：{enterprise}",
    "LAPSE": "授信额度已失效：{enterprise}",
}
"""Event to the line the officer reads; before one took the case, or when that one left, all officers of the branch."""

FOR_APPROVER: Mapping[str, str] = {"SUBMIT_FOR_APPROVAL": "新的申请待审批：{enterprise}"}


def step_notify(
    application: LoanApplication,
    event: str,
    *,
    actor_id: int | None,
    at: datetime,
    suspension: str = "",
) -> None:
    """Tell everybody concerned of a step, except who took it.

    Writes: ``Notification`` rows.
    """
    words = _words(application, suspension)
    kind = f"application.{event.lower()}"
    desk, own = _desk(application), _own(application)
    for titles, users, path in (
        (FOR_BORROWER, borrower_ids, own),
        (FOR_OFFICER, officer_ids, desk),
        (FOR_APPROVER, approver_ids, _approval(application)),
    ):
        if event in titles:
            told = [pk for pk in users(application) if pk != actor_id]
            title = titles[event].format(**words)[:120]
            notify(users=told, kind=kind, title=title, at=at, path=path)


def rectified_notify(
    application: LoanApplication, event: str, *, reporter_id: int, actor_id: int, at: datetime
) -> None:
    """Tell the case's officer, and who first reported it, that an outcome was put right.

    Writes: ``Notification`` rows.
    """
    told = ({reporter_id, *officer_ids(application)}) - {actor_id}
    verb = "更正" if event == "AMEND" else "作废"
    notify(
        users=sorted(told),
        kind=f"application.{event.lower()}",
        title=f"审批人{verb}了一笔贷款结果：{application.enterprise.name}"[:120],
        at=at,
        path=reverse("matching:outcome-list", args=[application.public_id]),
    )


def taken_over_notify(application: LoanApplication, at: datetime) -> None:
    """Tell the enterprise's people that another officer has their case now.

    Writes: ``Notification`` rows.
    """
    lender = application.institution.organisation.name
    notify(
        users=borrower_ids(application),
        kind="application.take_over",
        title=f"{lender}更换了您的客户经理：{application.product.name}"[:120],
        at=at,
        path=_own(application),
    )


def left_notify(who: User, groups: Iterable[Sequence[LoanApplication]], at: datetime) -> None:
    """Tell each branch's officers, and the approvers, how many cases a departed officer left; told once.

    Args:
        who: the officer.
        groups: the cases, branch by branch, none empty.
        at: when the duty ended.

    Writes: ``Notification`` rows. Queries: two, and one for each branch.
    """
    kind, path = "application.officer_left", reverse("matching:queue-list")
    if Notification.objects.filter(kind=kind, at=at, title__startswith=f"{who}已离任").exists():
        return
    words = "{who}已离任，其经办的 {count} 笔在办申请回到网点待办，请接手"
    total, first = 0, None
    for rows in groups:
        title = words.format(who=who, count=len(rows))[:120]
        notify(users=staff_ids(rows[0], Role.OFFICER), kind=kind, title=title, at=at, path=path)
        total, first = total + len(rows), rows[0]
    if first is not None:
        title = words.format(who=who, count=total)[:120]
        everything = f"{path}?scope=branch"
        notify(users=approver_ids(first), kind=kind, title=title, at=at, path=everything)


def feedback_notify(application: LoanApplication, at: datetime) -> None:
    """Tell the case's officer that the enterprise took back the clause on outcomes; told once.

    Writes: ``Notification`` rows. Queries: at most three.
    """
    kind = "application.feedback_ended"
    path = reverse("matching:outcome-list", args=[application.public_id])
    if Notification.objects.filter(kind=kind, path=path, at=at).exists():
        return
    title = f"企业撤回了反馈条款，不能再报送贷款结果：{application.enterprise.name}"
    notify(users=officer_ids(application), kind=kind, title=title[:120], at=at, path=path)


def clock_notify(
    application: LoanApplication, clock: ClockSpec, action: ClockAction, at: datetime
) -> None:
    """Tell whoever is late, and on escalation the lender's approvers and the city's operators.

    Writes: ``Notification`` rows.
    """
    enterprise = application.enterprise.name
    kind = f"clock.{action.value.lower()}"
    if clock.states & {"SUPPLEMENT", "SUSPENDED"}:
        title = f"请尽快办理，“{clock.label}”将到期：{application.product.name}"
        notify(
            users=borrower_ids(application),
            kind=kind,
            title=title[:120],
            at=at,
            path=_own(application),
        )
        return
    late = officer_ids(application)
    if "IN_APPROVAL" in clock.states or action is ClockAction.ESCALATE:
        late = [*late, *approver_ids(application)]
    verb = "督办" if action is ClockAction.ESCALATE else "提醒"
    title = f"{verb}：“{clock.label}”已到期，{enterprise}"[:120]
    notify(users=late, kind=kind, title=title, at=at, path=_desk(application))
    if action is ClockAction.ESCALATE:
        watch = reverse("matching:dispatch-list")
        notify(users=operator_ids(), kind=kind, title=title, at=at, path=watch)


def urge_notify(application: LoanApplication, note: str, at: datetime) -> None:
    """Pass the operator's word on to the officer and the approvers.

    Writes: ``Notification`` rows.
    """
    told = [*officer_ids(application), *approver_ids(application)]
    title = f"平台督办：{application.enterprise.name}"[:120]
    notify(users=told, kind="clock.urge", title=title, body=note, at=at, path=_desk(application))


def borrower_ids(application: LoanApplication) -> list[int]:
    """Return the people of the enterprise. Queries: one."""
    return enterprise_ids(application.enterprise)


def enterprise_ids(enterprise: Enterprise) -> list[int]:
    """Return the people who act for an enterprise. Queries: one."""
    found = Membership.objects.filter(
        organisation=enterprise.account.organisation_id,
        role__in=BORROWER_ROLES,
        ended_at=None,
        user__is_active=True,
    )
    return sorted(set(found.values_list("user_id", flat=True)))


def officer_ids(application: LoanApplication) -> list[int]:
    """Return the case's officer, or those of its branch when nobody took it or the officer left the lender.

    Queries: at most two.
    """
    officer = serving_officer(application)
    if officer is not None:
        return [officer.pk]
    return staff_ids(application, Role.OFFICER)


def approver_ids(application: LoanApplication) -> list[int]:
    """Return the approvers of the institution. Queries: one."""
    return staff_ids(application, Role.APPROVER)


def operator_ids() -> list[int]:
    """Return the city's operators. Queries: one."""
    found = Membership.objects.filter(
        organisation__kind=OrganisationKind.CITY,
        role=Role.OPERATOR,
        ended_at=None,
        user__is_active=True,
    )
    return sorted(set(found.values_list("user_id", flat=True)))


def _words(application: LoanApplication, suspension: str) -> dict[str, str]:
    code = application.refusal_code
    return {
        "lender": application.institution.organisation.name,
        "enterprise": application.enterprise.name,
        "reason": REFUSAL_LABELS[RefusalCode(code)] if code else "",
        "suspension": suspension,
    }


def _own(application: LoanApplication) -> str:
    return reverse("matching:application-detail", args=[application.public_id])


def _approval(application: LoanApplication) -> str:
    return reverse("matching:approval-detail", args=[application.public_id])


def _desk(application: LoanApplication) -> str:
    return reverse("matching:review-detail", args=[application.public_id])
