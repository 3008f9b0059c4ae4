"""The enterprise against its records: objections and repairs, from submission to the answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from borrowers.domain.catalogue import item_from_mapping
from borrowers.forms import ObjectionForm, RepairForm, SupplyForm
from borrowers.models import CreditRecord, CreditRepair, Objection
from borrowers.selectors import objection_list, record_get, repair_get, repair_list
from borrowers.services import (
    objection_submit,
    objection_withdraw,
    repair_step,
    repair_submit,
    repair_supply,
)
from borrowers.views.borrower import own_enterprise
from borrowers.views.wording import payload_pairs
from marketplace.domain.vocabulary import DataClass
from marketplace.policies import signed_in
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Action, Clock, Crumb, Pair


@login_required
@require_GET
def disputes(request: HttpRequest) -> HttpResponse:
    """List the enterprise's objections and repairs with their clocks."""
    own_enterprise(request)
    now, records = timezone.now(), reverse("borrowers:record-list")
    objections: Iterable[Objection] = objection_list(request.user)[:100]
    repairs: Iterable[CreditRepair] = repair_list(request.user)[:100]
    context = {
        "objections": [
            (row, Clock("答复", row.due_at, now, stopped_at=row.answered_at)) for row in objections
        ],
        "repairs": [
            (row, Clock("办结", row.due_at, now, stopped_at=row.reviewed_at)) for row in repairs
        ],
        "actions": [
            Action("到信用记录中选一条提出异议", records, primary=True),
            Action("到行政处罚记录中选一条申请修复", f"{records}?data_class={DataClass.PENALTY}"),
        ],
        "crumbs": [_home(), Crumb("异议与修复")],
    }
    return render(request, "borrowers/borrower/disputes.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def objection_create(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take an objection to a record."""
    record = record_get(request.user, public_id)
    own_enterprise(request)
    form = ObjectionForm(request.POST or None)
    done = attempted(
        form,
        lambda: objection_submit(
            record_id=public_id,
            **form.cleaned_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if done is not None:
        messages.success(request, "异议已提交，该记录已标注；20 日内书面答复。")
        return redirect("borrowers:dispute-list")
    context = {"form": form, "pairs": _content(record), "crumbs": _crumbs(record, "提出异议")}
    return render(request, "borrowers/borrower/objection.html", context, status=form_status(form))


@login_required
@require_POST
def objection_take_back(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take an objection back."""
    objection_withdraw(objection_id=public_id, actor=signed_in(request.user), at=timezone.now())
    messages.success(request, "异议已撤回，标注已取消。")
    return redirect("borrowers:dispute-list")


@login_required
@require_http_methods(["GET", "POST"])
def repair_create(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take an application for repair of a penalty."""
    record = record_get(request.user, public_id)
    own_enterprise(request)
    form = RepairForm(request.POST or None)
    done = attempted(
        form,
        lambda: repair_submit(
            record_id=public_id,
            **form.cleaned_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if done is not None:
        messages.success(request, "修复申请已提交。")
        return redirect("borrowers:dispute-list")
    context = {"form": form, "pairs": _content(record), "crumbs": _crumbs(record, "申请信用修复")}
    return render(request, "borrowers/borrower/repair.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def supply(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take what the district asked for."""
    repair = repair_get(request.user, public_id)
    own_enterprise(request)
    initial = {"proof": repair.proof, "statement": repair.statement}
    form = SupplyForm(request.POST or None, initial=initial)
    done = attempted(
        form,
        lambda: repair_supply(
            repair_id=public_id,
            **form.cleaned_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if done is not None:
        messages.success(request, "补正材料已提交。")
        return redirect("borrowers:dispute-list")
    context = {
        "form": form,
        "repair": repair,
        "pairs": _content(repair.record),
        "crumbs": _crumbs(repair.record, "补正材料"),
    }
    return render(request, "borrowers/borrower/repair.html", context, status=form_status(form))


@login_required
@require_POST
def repair_take_back(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take an application for repair back."""
    repair_step(
        repair_id=public_id,
        event="WITHDRAW",
        reason="",
        actor=signed_in(request.user),
        at=timezone.now(),
    )
    messages.success(request, "修复申请已撤回。")
    return redirect("borrowers:dispute-list")


def _content(record: CreditRecord) -> list[Pair]:
    return payload_pairs(item_from_mapping(record.item.spec), record.payload)


def _crumbs(record: CreditRecord, here: str) -> list[Crumb]:
    url = reverse("borrowers:record-detail", args=[record.public_id])
    records = Crumb("信用记录", reverse("borrowers:record-list"))
    return [_home(), records, Crumb(record.item.name, url), Crumb(here)]


def _home() -> Crumb:
    return Crumb("本企业", reverse("borrowers:enterprise-own"))
