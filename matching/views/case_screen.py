"""One case as the desks of officer and approver show it: clocks, portrait, particulars, history, what may be done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.urls import reverse

from marketplace.domain.grant import GRANT_TERMS, GrantKind
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.web.components import Cell, Column, Kind, Pair, Table
from marketplace.web.labels import tone_of
from matching.domain.application import CLOSED_STATES, buttons
from matching.forms.review import ACT_OF_EVENT, ApproveForm, SignForm
from matching.models import LoanApplication
from matching.policies.application import can_read_contact, roles_towards
from matching.selectors.application import events_of, lender_history, serving_officer
from matching.selectors.clock import clock_readings, clock_table
from matching.selectors.timeline import Side, timeline
from matching.services.application_facts import feedback_agreed
from matching.services.review import review_open
from matching.views.case import clocks_of, line_pairs, need_pairs, refusal_sentence, state_label
from matching.views.portrait_screen import reading_screen


def case_context(
    application: LoanApplication, user: User, now: datetime, bound: Mapping[str, forms.Form]
) -> dict[str, Any]:
    """Return what the pages of officer and approver show of a case; the reading is logged."""
    events = events_of(application)
    readings = clock_readings(application, events, now, clock_table())
    opened = review_open(application=application, user=user, at=now)
    line = getattr(application, "credit_line", None)
    left = officer_who_left(application)
    return {
        "application": application,
        "state": state_label(application.state),
        "tone": tone_of(application.state).value,
        "clocks": clocks_of(readings, now),
        "enterprise": enterprise_pairs(application) + contact_pairs(application, user, now),
        "need": need_pairs(application.demand),
        "line": line_pairs(line) if line else None,
        "refusal": refusal_sentence(application),
        "review": opened,
        "screen": reading_screen(opened.reading),
        "events": events,
        "entries": timeline(events, Side.LENDER),
        "history": history_table(lender_history(user, application)),
        "officer_left": left,
        "acts": acts_for(application, user, bound),
        "take_over_url": _take_over_url(application, user) if left else "",
        "outcomes_url": _outcomes_url(application),
        "reviewers_url": _reviewers_url(application, user),
        "reader": opened.reading.reader if opened.reading else user,
        "now": now,
    }


def acts_for(
    application: LoanApplication, user: User, bound: Mapping[str, forms.Form]
) -> list[dict[str, Any]]:
    """Return the steps the reader may take in this state, each with its form; outcomes have a page of their own."""
    offered = buttons(application.state, roles_towards(user, application))
    found = []
    for event, label in offered:
        taken = ACT_OF_EVENT.get(event)
        if taken is None or (event == "DISBURSE" and not _is_bare(application)):
            continue
        form = bound.get(taken.slug) or _blank(taken.form, application)
        if isinstance(form, ApproveForm):
            form.say_limits(application.demand, application.product_version)
        form.auto_id = f"{taken.slug}-%s"  # several forms on one page ask for an opinion
        url = reverse("matching:review-act", args=[application.public_id, taken.slug])
        found.append(
            {
                "label": label,
                "url": url,
                "form": form if form.fields else None,
                "question": taken.question,
                "danger": taken.danger,
            }
        )
    return found


def officer_who_left(application: LoanApplication) -> str:
    """Return the name of an open case's officer who is one of the lender's no more, nothing of any other."""
    if application.officer is None or application.state in CLOSED_STATES:
        return ""
    return "" if serving_officer(application) else str(application.officer)


def history_table(rows: list[LoanApplication]) -> Table:
    """Return what the enterprise asked of this lender before, and what came of it."""
    columns = [
        Column("产品"),
        Column("提交时间", Kind.DATE),
        Column("申请金额", Kind.MONEY),
        Column("授信金额", Kind.MONEY),
        Column("状态", Kind.BADGE),
    ]
    found = [
        [
            Cell(
                row.product.name,
                url=reverse("matching:review-detail", args=[row.public_id]),
                note=refusal_sentence(row),
            ),
            row.submitted_at,
            row.demand.amount_yuan,
            row.credit_line.amount_yuan if hasattr(row, "credit_line") else None,
            Cell(state_label(row.state), tone=tone_of(row.state)),
        ]
        for row in rows
    ]
    return Table(columns, found, empty="在本机构没有其他申请。")


def enterprise_pairs(application: LoanApplication) -> list[Pair]:
    """Return who the enterprise is."""
    enterprise = application.enterprise
    return [
        Pair("企业名称", enterprise.name),
        Pair("统一社会信用代码", enterprise.uscc, Kind.CODE),
        Pair("所在区", enterprise.district.name if enterprise.district else None),
        Pair("企业规模", enterprise.get_size_class_display()),
        Pair("成立日期", enterprise.established_date, Kind.DATE),
    ]


def contact_pairs(application: LoanApplication, user: User, now: datetime) -> list[Pair]:
    """Return whom to call, from acceptance until the consent ends."""
    if not can_read_contact(user, application, now):
        return []
    account = application.enterprise.account
    return [Pair("联系人", account.contact_name), Pair("联系电话", account.contact_phone)]


def _blank(form: type[forms.Form], application: LoanApplication) -> forms.Form:
    line = getattr(application, "credit_line", None)
    if form is ApproveForm:
        return ApproveForm(initial=ApproveForm.initial_for(application.demand))
    if form is SignForm and line is not None:
        return SignForm(initial=SignForm.initial_for(line))
    return form()


def _is_bare(application: LoanApplication) -> bool:
    """Return whether a disbursement may only be reported as a state, without amounts."""
    return not feedback_agreed(application.consent) and application.state == "SIGNED"


def _take_over_url(application: LoanApplication, user: User) -> str:
    if Role.OFFICER not in roles_towards(user, application):
        return ""
    return reverse("matching:review-take-over", args=[application.public_id])


def _reviewers_url(application: LoanApplication, user: User) -> str:
    if GRANT_TERMS[GrantKind.REVIEWER].giver not in roles_towards(user, application):
        return ""
    return reverse("matching:reviewer-list", args=[application.public_id])


def _outcomes_url(application: LoanApplication) -> str:
    if getattr(application, "loan", None) is None:
        return ""
    return reverse("matching:outcome-list", args=[application.public_id])
