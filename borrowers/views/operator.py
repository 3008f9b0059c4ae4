"""The city operator's pages on people: accounts to verify, the register, objections. The auditor may read them."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from borrowers.domain.catalogue import item_from_mapping
from borrowers.domain.identity import ENTERPRISE_ACCOUNT
from borrowers.forms import (
    AccountFilterForm,
    AnswerForm,
    EnterpriseSearchForm,
    ReviewForm,
)
from borrowers.models import Enterprise, EnterpriseAccount, Objection
from borrowers.models.repair import OBJECTION_OPEN
from borrowers.policies import CITY_ROLES, DISTRICT_ROLES, can_handle_data, can_review_accounts
from borrowers.selectors import (
    account_get,
    account_list,
    enterprise_get,
    enterprise_list,
    objection_get,
    objection_list,
)
from borrowers.selectors.thematic import lists_of
from borrowers.services import account_review, objection_answer
from borrowers.views.wording import lineage_pairs, memberships_table, payload_pairs, register_pairs
from marketplace.domain.masking import mask_phone
from marketplace.domain.roles import Role
from marketplace.domain.text import normalize_name
from marketplace.domain.workdays import local_date
from marketplace.policies import require_role, signed_in
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Action, Cell, Clock, Column, Crumb, Kind, Pair, Table, Tone
from marketplace.web.labels import tone_of
from marketplace.web.language import said
from marketplace.web.pagination import keyset_page, number_page

PENDING = ENTERPRISE_ACCOUNT.initial


@login_required
@require_GET
def accounts(request: HttpRequest) -> HttpResponse:
    """List accounts, those that wait for review first of all by default."""
    require_role(request.user, *CITY_ROLES)
    form = AccountFilterForm(request.GET if "state" in request.GET else {"state": PENDING})
    state = form.cleaned_data["state"] if form.is_valid() else ""
    page = number_page(request, account_list(request.user, state))
    context = {
        "form": form,
        "page": page,
        "table": _accounts_table(list(page.object_list)),
        "crumbs": [Crumb("企业核验")],
    }
    status = form_status(form)
    return render(request, "borrowers/operator/accounts.html", context, status=status)


@login_required
@require_GET
def account(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show an account beside the register's facts."""
    found = account_get(request.user, public_id)
    require_role(request.user, *CITY_ROLES)
    return _account_page(request, found, ReviewForm())


@login_required
@require_POST
def account_decide(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Verify or refuse an account."""
    found = account_get(request.user, public_id)
    require_role(request.user, Role.OPERATOR)
    form = ReviewForm(request.POST)
    done = attempted(
        form,
        lambda: account_review(
            account=found,
            approve=form.cleaned_data["decision"] == "approve",
            reason=form.cleaned_data["reason"],
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if done is None:
        return _account_page(request, found, form)
    messages.success(
        request,
        gettext("已办理：%(words)s。") % {"words": said(ENTERPRISE_ACCOUNT.labels[done.state])},
    )
    return redirect("borrowers:account-review-list")


@login_required
@require_GET
def enterprises(request: HttpRequest) -> HttpResponse:
    """Search the register; a page costs the same however many there are."""
    require_role(request.user, *CITY_ROLES, *DISTRICT_ROLES)
    form = EnterpriseSearchForm(request.GET)
    found = enterprise_list(request.user, form.wanted()) if form.is_valid() else None
    page = keyset_page(request, found, field="id") if found is not None else None
    handles = can_handle_data(request.user)
    upload = Action("上传登记表", reverse("borrowers:register-upload"), primary=True)
    context = {
        "form": form,
        "page": page,
        "table": _enterprises_table(page.rows if page else []),
        "actions": [upload] if handles else [],
        "crumbs": [Crumb("登记库")],
    }
    status = form_status(form)
    return render(request, "borrowers/operator/enterprises.html", context, status=status)


@login_required
@require_GET
def enterprise(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the register's facts of one enterprise and where they came from."""
    found = enterprise_get(request.user, public_id)
    require_role(request.user, *CITY_ROLES, *DISTRICT_ROLES)
    held: EnterpriseAccount | None = getattr(found, "account", None)
    context = {
        "enterprise": found,
        "pairs": register_pairs(found, own=False),
        "lineage": lineage_pairs(found.register_batch, found.register_row),
        "lists": memberships_table(lists_of(request.user, found, local_date(timezone.now()))),
        "account": held,
        "crumbs": [Crumb("登记库", reverse("borrowers:enterprise-list")), Crumb(found.name)],
    }
    return render(request, "borrowers/operator/enterprise.html", context)


@login_required
@require_GET
def objections(request: HttpRequest) -> HttpResponse:
    """List objections, open ones first of all by default, with their clocks."""
    require_role(request.user, *CITY_ROLES)
    is_all = request.GET.get("all") == "1"
    page = number_page(request, objection_list(request.user, only_open=not is_all))
    context = {
        "is_all": is_all,
        "page": page,
        "rows": [(row, _clock(row)) for row in page.object_list],
        "crumbs": [Crumb("异议")],
    }
    return render(request, "borrowers/operator/objections.html", context)


@login_required
@require_GET
def objection(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show an objection beside the record it is about."""
    found = objection_get(request.user, public_id)
    require_role(request.user, *CITY_ROLES)
    return _objection_page(request, found, AnswerForm())


@login_required
@require_POST
def objection_reply(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Answer an objection in writing."""
    found = objection_get(request.user, public_id)
    require_role(request.user, Role.OPERATOR)
    form = AnswerForm(request.POST)
    done = attempted(
        form,
        lambda: objection_answer(
            objection_id=public_id,
            **form.cleaned_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if done is None:
        return _objection_page(request, found, form)
    messages.success(request, "已书面答复。")
    return redirect("borrowers:objection-list")


def _account_page(request: HttpRequest, found: EnterpriseAccount, form: ReviewForm) -> HttpResponse:
    context = {
        "account": found,
        "form": form,
        "can_review": found.state == PENDING and can_review_accounts(request.user),
        "pairs": _account_pairs(found),
        "register": register_pairs(found.enterprise, own=False),
        "crumbs": [
            Crumb("企业核验", reverse("borrowers:account-review-list")),
            Crumb(found.enterprise.name),
        ],
    }
    status = form_status(form)
    return render(request, "borrowers/operator/account.html", context, status=status)


def _objection_page(request: HttpRequest, found: Objection, form: AnswerForm) -> HttpResponse:
    record = found.record
    context = {
        "objection": found,
        "form": form,
        "can_answer": found.state in OBJECTION_OPEN and can_handle_data(request.user),
        "clock": _clock(found),
        "pairs": payload_pairs(item_from_mapping(record.item.spec), record.payload),
        "lineage": lineage_pairs(record.batch, record.row_number),
        "crumbs": [Crumb("异议", reverse("borrowers:objection-list")), Crumb(record.item.name)],
    }
    status = form_status(form)
    return render(request, "borrowers/operator/objection.html", context, status=status)


def _clock(row: Objection) -> Clock:
    return Clock("答复", row.due_at, timezone.now(), stopped_at=row.answered_at)


def _account_pairs(found: EnterpriseAccount) -> list[Pair]:
    pairs = [
        Pair("申请人", str(found.applied_by)),
        Pair("联系人", found.contact_name, note=_against_register(found)),
        Pair("联系电话", mask_phone(found.contact_phone)),
        Pair("提交时间", found.applied_at, Kind.DATETIME),
        Pair("状态", ENTERPRISE_ACCOUNT.labels[found.state]),
    ]
    if found.applicant_note:
        pairs.append(Pair("申请人的说明", found.applicant_note))
    if found.verified_at:
        pairs.append(Pair("核验时间", found.verified_at, Kind.DATETIME))
    if found.refusal_reason:
        pairs.append(Pair("未通过原因", found.refusal_reason))
    return pairs


def _against_register(found: EnterpriseAccount) -> str:
    """Return whether the contact is the person the register names, whose own name may be masked beside it."""
    registered = normalize_name(found.enterprise.legal_representative)
    if not registered:
        return "登记库没有负责人姓名，不能比对"
    is_same = registered == normalize_name(found.contact_name)
    return "与登记的法定代表人（负责人）一致" if is_same else "与登记的法定代表人（负责人）不一致"


def _accounts_table(rows: list[EnterpriseAccount]) -> Table:
    columns = [
        Column("企业"),
        Column("信用代码", Kind.CODE),
        Column("所在区"),
        Column("提交时间", Kind.DATETIME),
        Column("状态", Kind.BADGE),
    ]
    return Table(
        columns,
        [
            [
                Cell(
                    row.enterprise.name,
                    url=reverse("borrowers:account-review-detail", args=[row.public_id]),
                ),
                row.enterprise.uscc,
                row.enterprise.district.name if row.enterprise.district else "",
                row.applied_at,
                Cell(ENTERPRISE_ACCOUNT.labels[row.state], tone=tone_of(row.state)),
            ]
            for row in rows
        ],
        empty="没有符合条件的申请。",
    )


def _enterprises_table(rows: list[Enterprise]) -> Table:
    columns = [
        Column("企业"),
        Column("信用代码", Kind.CODE),
        Column("所在区"),
        Column("成立日期", Kind.DATE),
        Column("规模"),
        Column("登记状态", Kind.BADGE),
    ]
    return Table(
        columns,
        [
            [
                Cell(row.name, url=reverse("borrowers:enterprise-detail", args=[row.public_id])),
                row.uscc,
                row.district.name if row.district else "",
                row.established_date,
                row.get_size_class_display(),
                Cell(
                    row.get_status_display(),
                    tone=Tone.GOOD if row.status == "ACTIVE" else Tone.NEUTRAL,
                ),
            ]
            for row in rows
        ],
        empty="没有符合条件的市场主体。代码须写全 18 位；名称从字号写起，"
        "前面的“天津”“某某区”可以不写，中间的字不能跳过。",
    )
