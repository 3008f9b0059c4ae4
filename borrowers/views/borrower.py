"""The enterprise's own pages: register facts, records with objection and repair beside each, team, who looked."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from borrowers.domain.catalogue import item_from_mapping
from borrowers.forms import AgentForm, ContactForm, RecordFilterForm
from borrowers.models import CreditRecord, Enterprise
from borrowers.policies import ENTERPRISE_ROLES, can_own
from borrowers.selectors import (
    ClassCount,
    RecordRow,
    access_line,
    access_rows,
    catalogue_specs,
    classes_available,
    enterprise_for_owner,
    record_get,
    record_history,
    records_as_at,
    team_former,
    team_list,
)
from borrowers.selectors.thematic import lists_of
from borrowers.services import account_contact_change, agent_add, agent_end, agent_return
from borrowers.views.wording import (
    class_label,
    history_table,
    lineage_pairs,
    memberships_table,
    payload_pairs,
    records_table,
    register_pairs,
)
from marketplace.domain.roles import ROLE_LABELS, Role
from marketplace.domain.vocabulary import DataClass
from marketplace.domain.workdays import local_date
from marketplace.models import AccessRecord, Membership
from marketplace.policies import require_role, signed_in
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Pair, Table
from marketplace.web.pagination import keyset_page, number_page


def own_enterprise(request: HttpRequest) -> Enterprise:
    """Return the enterprise the reader acts for.

    Raises:
        NotPermitted: the reader is of no enterprise.
        NotFound: it is not verified.
    """
    require_role(request.user, *ENTERPRISE_ROLES)
    return enterprise_for_owner(request.user)


@login_required
@require_GET
def enterprise(request: HttpRequest) -> HttpResponse:
    """Show what the register holds, where it came from, and what there is of each class."""
    own = own_enterprise(request)
    context = {
        "enterprise": own,
        "pairs": register_pairs(own, own=True),
        "contact": _contact_pairs(own),
        "contact_url": reverse("borrowers:contact-change")
        if can_own(request.user, own.account)
        else "",
        "lineage": lineage_pairs(own.register_batch, own.register_row),
        "classes": _classes_table(classes_available(own, timezone.now())),
        "lists": memberships_table(lists_of(request.user, own, local_date(timezone.now()))),
        "crumbs": [Crumb("本企业")],
    }
    return render(request, "borrowers/borrower/enterprise.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Let the owner change whom to call about the enterprise."""
    require_role(request.user, Role.OWNER)
    own = own_enterprise(request)
    account = own.account
    initial = {"contact_name": account.contact_name, "contact_phone": account.contact_phone}
    form = ContactForm(request.POST or None, initial=initial)
    changed = attempted(
        form,
        lambda: account_contact_change(
            enterprise=own,
            **form.cleaned_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if changed is not None:
        messages.success(request, "联系人已保存。")
        return redirect("borrowers:enterprise-own")
    context = {"form": form, "crumbs": [_home(), Crumb("修改联系人")]}
    return render(request, "borrowers/borrower/contact.html", context, status=form_status(form))


@login_required
@require_GET
def records(request: HttpRequest) -> HttpResponse:
    """List the enterprise's own records, a class at a time, latest first."""
    own, at = own_enterprise(request), timezone.now()
    form = RecordFilterForm(request.GET)
    chosen = form.cleaned_data["data_class"] if form.is_valid() else ""
    rows = records_as_at(own, at, [chosen] if chosen else None)
    page = number_page(request, sorted(rows, key=_recent, reverse=True))
    specs = {spec.code: spec for spec in catalogue_specs()}
    context = {
        "form": form,
        "page": page,
        "table": records_table(page.object_list, specs),
        "total": len(rows),
        "crumbs": [_home(), Crumb("信用记录")],
    }
    return render(request, "borrowers/borrower/records.html", context, status=form_status(form))


@login_required
@require_GET
def record(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one record: content, where it came from, its versions, and what can be done about it."""
    found = record_get(request.user, public_id)
    own = own_enterprise(request)
    spec = item_from_mapping(found.item.spec)
    context = {
        "record": found,
        "item": found.item,
        "class_label": class_label(found.item.data_class),
        "pairs": payload_pairs(spec, found.payload),
        "lineage": [
            Pair("来源单位", _unit_name(found)),
            *lineage_pairs(found.batch, found.row_number),
        ],
        "history": history_table(record_history(found)),
        "actions": _record_actions(found),
        "enterprise": own,
        "crumbs": [_home(), _records_crumb(), Crumb(found.item.name)],
    }
    return render(request, "borrowers/borrower/record.html", context)


@login_required
@require_GET
def accesses(request: HttpRequest) -> HttpResponse:
    """Show who looked at the enterprise's data: organisation, masked person, time, purpose, content."""
    own = own_enterprise(request)
    with_own = bool(request.GET.get("own"))
    page = keyset_page(request, access_rows(own, by_others=not with_own), field="id")
    context = {
        "page": page,
        "with_own": with_own,
        "table": _access_table(page.rows),
        "crumbs": [_home(), Crumb("谁看过我的数据")],
    }
    return render(request, "borrowers/borrower/accesses.html", context)


@login_required
@require_GET
def team(request: HttpRequest) -> HttpResponse:
    """Show who acts for the enterprise."""
    own = own_enterprise(request)
    may_manage = can_own(request.user, own.account)
    context = {
        "members": [_member(row, may_manage=may_manage) for row in team_list(own)],
        "former": [
            {"name": str(user), "url": reverse("borrowers:agent-return", args=[user.public_id])}
            for user in (team_former(own) if may_manage else [])
        ],
        "actions": [Action("添加经办人", reverse("borrowers:agent-create"), primary=True)]
        if may_manage
        else [],
        "crumbs": [_home(), Crumb("团队")],
    }
    return render(request, "borrowers/borrower/team.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def agent_create(request: HttpRequest) -> HttpResponse:
    """Take a colleague's account and make them an agent."""
    require_role(request.user, Role.OWNER)
    own = own_enterprise(request)
    form = AgentForm(request.POST or None)
    added = attempted(
        form,
        lambda: agent_add(
            enterprise=own,
            **form.cleaned_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if added is not None:
        messages.success(request, "经办人已添加，请告知本人账号和初始密码。")
        return redirect("borrowers:team")
    context = {
        "form": form,
        "crumbs": [_home(), Crumb("团队", reverse("borrowers:team")), Crumb("添加经办人")],
    }
    return render(request, "borrowers/borrower/agent.html", context, status=form_status(form))


@login_required
@require_POST
def agent_remove(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Relieve an agent."""
    own = enterprise_for_owner(request.user)
    agent_end(enterprise=own, user_id=public_id, actor=signed_in(request.user), at=timezone.now())
    messages.success(request, "该经办人已不能再代表本企业。")
    return redirect("borrowers:team")


@login_required
@require_POST
def agent_restore(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take a former agent back."""
    own = enterprise_for_owner(request.user)
    agent_return(
        enterprise=own, user_id=public_id, actor=signed_in(request.user), at=timezone.now()
    )
    messages.success(request, "该经办人已恢复，用原来的账号和密码登录即可。")
    return redirect("borrowers:team")


def _contact_pairs(own: Enterprise) -> list[Pair]:
    return [
        Pair("联系人姓名", own.account.contact_name),
        Pair("联系电话", own.account.contact_phone, Kind.CODE),
    ]


def _classes_table(counts: list[ClassCount]) -> Table:
    definition = "现行的、未被更正或修复的记录条数。"
    columns = [Column("信息类别"), Column("在用记录（条）", Kind.NUMBER, definition)]
    url = reverse("borrowers:record-list")
    return Table(
        columns,
        [
            [
                Cell(
                    class_label(row.data_class),
                    url=f"{url}?data_class={row.data_class}",
                    note="含须您授权才能查询的信息" if row.consent_required else "依法公开",
                ),
                row.count,
            ]
            for row in counts
        ],
        empty="平台还没有归集到本企业的信用记录。",
    )


def _recent(row: RecordRow) -> tuple[str, datetime]:
    return row.event_date.isoformat() if row.event_date else "", row.received_at


def _unit_name(found: CreditRecord) -> str:
    return found.batch.unit.name if found.batch.unit else ""


def _record_actions(found: CreditRecord) -> list[Action]:
    if found.superseded_at is not None:
        return []
    actions = [Action("提出异议", reverse("borrowers:objection-create", args=[found.public_id]))]
    if found.item.data_class == DataClass.PENALTY.value and found.repaired_at is None:
        url = reverse("borrowers:repair-create", args=[found.public_id])
        actions.append(Action("申请信用修复", url))
    return actions


def _access_table(rows: list[AccessRecord]) -> Table:
    columns = [
        Column("时间", Kind.DATETIME),
        Column("机构"),
        Column("查询人"),
        Column("用途"),
        Column("查询内容"),
        Column("渠道"),
    ]
    lines = [access_line(row) for row in rows]
    return Table(
        columns,
        [
            [line.at, line.organisation, line.person, line.purpose, line.content, line.channel]
            for line in lines
        ],
        empty="还没有人查询过本企业的数据。",
    )


def _member(row: Membership, *, may_manage: bool) -> dict[str, object]:
    removable = may_manage and row.role == Role.AGENT
    return {
        "name": str(row.user),
        "role": ROLE_LABELS[Role(row.role)],
        "since": row.granted_at,
        "end_url": reverse("borrowers:agent-end", args=[row.user.public_id]) if removable else "",
    }


def _home() -> Crumb:
    return Crumb("本企业", reverse("borrowers:enterprise-own"))


def _records_crumb() -> Crumb:
    return Crumb("信用记录", reverse("borrowers:record-list"))
