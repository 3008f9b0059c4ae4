"""Pages of a lender about recommended enterprises: the list, taking one on, whom to call, what came of it."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from borrowers.domain.industry import SECTION_LABELS
from lenders.views.attempt import attempted, form_status, reader
from marketplace.domain.vocabulary import PURPOSE_LABELS
from marketplace.policies import require_role
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Pair, Table, Tone
from marketplace.web.labels import label_of
from marketplace.web.language import said
from marketplace.web.pagination import keyset_page
from matching.domain.whitelist_contact import contact_masked, result_label
from matching.forms.whitelist import FeedbackForm, RecommendationFilterForm
from matching.models import WhitelistContact, WhitelistEntry
from matching.policies.whitelist import LENDER_ROLES, is_live
from matching.selectors.whitelist import (
    OwnApplication,
    RecommendationFilter,
    feedback_of,
    lender_entries,
    lender_entry_get,
    own_applications,
    own_contacts,
)
from matching.services.whitelist_contact import (
    whitelist_contact,
    whitelist_contact_read,
    whitelist_contact_result,
)
from matching.services.whitelist_push import receipts_read
from matching.views.case import state_label

PURPOSES = {code.value: label for code, label in PURPOSE_LABELS.items()}


@login_required
@require_GET
def recommendations(request: HttpRequest) -> HttpResponse:
    """List what districts recommend to the reader's institution, latest first; opening it is the receipt.

    Queries: at most 10, whatever the number of rows.
    """
    user, now = reader(request), timezone.now()
    require_role(user, *LENDER_ROLES)
    receipts_read(actor=user, at=now)
    form = RecommendationFilterForm(request.GET)
    wanted = RecommendationFilter(**form.cleaned_data) if form.is_valid() else None
    page = keyset_page(request, lender_entries(user, now, wanted), field="id")
    contacts, asked = own_contacts(user, page.rows), own_applications(user, page.rows)
    rows = [
        [
            Cell(row.name, _address(row), note=row.uscc),
            row.whitelist.district.name,
            SECTION_LABELS.get(row.sector, ""),
            row.amount_yuan,
            row.term_months,
            _standing(
                row,
                contacts.get(row.pk),
                is_live(row, now),
                asked.get(row.enterprise_id or 0),
            ),
        ]
        for row in page.rows
    ]
    context = {
        "form": form,
        "page": page,
        "table": Table(_columns(), rows, empty="没有这样的企业。"),
        "actions": [Action("批量反馈", reverse("matching:recommendation-feedback"), primary=True)],
        "crumbs": [Crumb("推荐清单")],
    }
    template = "matching/lender/recommendation_list.html"
    return render(request, template, context, status=form_status(form))


@login_required
@require_GET
def recommendation(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one recommended enterprise and what the reader may do."""
    return _detail(request, public_id, FeedbackForm())


@login_required
@require_POST
def contact(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take an enterprise on for the reader's institution."""
    whitelist_contact(entry_id=public_id, actor=reader(request), at=timezone.now())
    messages.success(request, "已登记由本机构对接，可查看联系方式；请及时联系并反馈结果。")
    return redirect("matching:recommendation-detail", public_id)


@login_required
@require_POST
def contact_data(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show whom to call, after logging the look."""
    user, now = reader(request), timezone.now()
    shown = whitelist_contact_read(entry_id=public_id, actor=user, at=now)
    return _detail(request, public_id, FeedbackForm(), " ".join(filter(None, shown)))


@login_required
@require_POST
def result(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Report what came of the contact."""
    user, now = reader(request), timezone.now()
    entry = lender_entry_get(user, public_id, now)
    form = FeedbackForm(request.POST)
    done = attempted(
        form,
        lambda: whitelist_contact_result(
            entry_id=entry.public_id,
            result=form.cleaned_data["result"],
            note=form.cleaned_data["note"],
            actor=user,
            at=now,
            feedback=form.feedback(),
        ),
    )
    if done is None:
        return _detail(request, public_id, form)
    messages.success(request, "对接结果已反馈。")
    return redirect("matching:recommendation-detail", public_id)


def _detail(
    request: HttpRequest, public_id: uuid.UUID, form: FeedbackForm, shown: str = ""
) -> HttpResponse:
    user, now = reader(request), timezone.now()
    entry = lender_entry_get(user, public_id, now)
    own = own_contacts(user, [entry]).get(entry.pk)
    live = is_live(entry, now)
    asked = own_applications(user, [entry]).get(entry.enterprise_id or 0)
    if own and own.result and not form.is_bound:
        known = {"result": own.result, "note": own.note}
        form = FeedbackForm(initial=known | vars(feedback_of(own)))
    reveal = reverse("matching:recommendation-contact-data", args=[public_id])
    context = {
        "entry": entry,
        "standing": _standing(entry, own, live, asked),
        "pairs": _pairs(entry, asked),
        "own": own,
        "own_pairs": _own_pairs(own) if own else [],
        "is_live": live,
        "contact": shown or (contact_masked(entry.contact) if own else ""),
        "reveal_url": reveal if own and live and entry.contact and not shown else "",
        "form": form,
        "crumbs": [
            Crumb("推荐清单", reverse("matching:recommendation-list")),
            Crumb(entry.name),
        ],
    }
    template = "matching/lender/recommendation_detail.html"
    return render(request, template, context, status=form_status(form))


def _address(row: WhitelistEntry) -> str:
    return reverse("matching:recommendation-detail", args=[row.public_id])


def _standing(
    row: WhitelistEntry,
    own: WhitelistContact | None,
    live: bool,
    asked: OwnApplication | None,
) -> Cell:
    """What a lender is told of an entry: its own contact, else an application to it; never why it was moved out."""
    if row.status == "SUSPENDED":
        return Cell("已移出", tone=Tone.WARN)
    if not live:
        return Cell("名单已失效", tone=Tone.WARN)
    if own is None and asked is not None:
        state = state_label(asked.application.state)
        return Cell("本机构已有申请", _review_of(asked), Tone.INFO, note=state)
    if own is None:
        return Cell("未对接", tone=Tone.NEUTRAL)
    return Cell(result_label(own.result), tone=Tone.GOOD if own.result else Tone.INFO)


def _review_of(asked: OwnApplication) -> str:
    if not asked.may_open:
        return ""
    return reverse("matching:review-detail", args=[asked.application.public_id])


def _columns() -> list[Column]:
    return [
        Column("企业名称"),
        Column("区"),
        Column("行业"),
        Column("需求金额", Kind.MONEY, "企业表示的融资需求，不是授信。"),
        Column("期限", Kind.MONTHS),
        Column("对接", Kind.BADGE),
    ]


def _pairs(row: WhitelistEntry, asked: OwnApplication | None) -> list[Pair]:
    pairs = [
        Pair("统一社会信用代码", row.uscc, Kind.CODE),
        Pair("区", row.whitelist.district.name),
        Pair("行业门类", SECTION_LABELS.get(row.sector, "")),
        Pair("需求金额", row.amount_yuan, Kind.MONEY),
        Pair("期限", row.term_months, Kind.MONTHS),
        Pair("用途", label_of(row.purpose, PURPOSES)),
        Pair("名单", row.whitelist.title),
        Pair("名单有效期至", row.whitelist.expires_at, Kind.DATE),
    ]
    if asked is not None:
        state = said(state_label(asked.application.state))
        pairs.append(Pair("本机构已有申请", state, url=_review_of(asked)))
    return pairs


def _own_pairs(own: WhitelistContact) -> list[Pair]:
    pairs = [
        Pair("对接人", str(own.officer)),
        Pair("对接时间", own.contacted_at, Kind.DATETIME),
        Pair("结果", result_label(own.result), note=own.note),
        Pair("反馈时间", own.reported_at, Kind.DATETIME),
    ]
    return [pair for pair in pairs if pair.value]
