"""Credit repair as it is worked on: the district checks, the city decides; one case page for both."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from borrowers.domain.catalogue import item_from_mapping
from borrowers.domain.procedures import REPAIR
from borrowers.domain.repair import BREACH_CLASS_LABELS, publicity_of
from borrowers.forms import StepForm
from borrowers.models import CreditRepair
from borrowers.policies import CITY_ROLES, DISTRICT_ROLES, roles_towards_repair
from borrowers.selectors import finding_of, repair_get, repair_list
from borrowers.services import repair_step
from borrowers.services.repair import STEP_EVENTS
from borrowers.views.wording import lineage_pairs, payload_pairs
from marketplace.policies import has_role, require_role, signed_in
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Clock, Crumb, Kind, Pair
from marketplace.web.language import said
from marketplace.web.pagination import number_page


@login_required
@require_GET
def repairs(request: HttpRequest) -> HttpResponse:
    """List the repairs of the reader's district, all for the city, with their clocks."""
    require_role(request.user, *CITY_ROLES, *DISTRICT_ROLES)
    is_all = request.GET.get("all") == "1"
    page = number_page(request, repair_list(request.user, only_open=not is_all))
    context = {
        "is_all": is_all,
        "is_city": has_role(request.user, *CITY_ROLES),
        "page": page,
        "rows": [(row, _clock(row)) for row in page.object_list],
        "crumbs": [Crumb("信用修复")],
    }
    return render(request, "borrowers/operator/repairs.html", context)


@login_required
@require_GET
def repair(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a repair beside the penalty and its periods, with the steps the reader may take."""
    found = repair_get(request.user, public_id)
    require_role(request.user, *CITY_ROLES, *DISTRICT_ROLES)
    return _page(request, found, StepForm())


@login_required
@require_POST
def step(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Move a repair one step."""
    found = repair_get(request.user, public_id)
    require_role(request.user, *CITY_ROLES, *DISTRICT_ROLES)
    form = StepForm(request.POST)
    done = attempted(
        form,
        lambda: repair_step(
            repair_id=public_id,
            event=request.POST.get("event", ""),
            **form.cleaned_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        ),
    )
    if done is None:
        return _page(request, found, form)
    messages.success(
        request, gettext("已办理：%(words)s。") % {"words": said(REPAIR.labels[done.state])}
    )
    return redirect("borrowers:repair-detail", public_id)


def _page(request: HttpRequest, found: CreditRepair, form: StepForm) -> HttpResponse:
    record = found.record
    roles = roles_towards_repair(request.user, record.enterprise)
    allowed = REPAIR.events_for(found.state, roles)
    context: dict[str, Any] = {
        "repair": found,
        "form": form,
        "events": [row for row in allowed if row.event in STEP_EVENTS],
        "clock": _clock(found),
        "pairs": _pairs(found),
        "content": payload_pairs(item_from_mapping(record.item.spec), record.payload),
        "lineage": lineage_pairs(record.batch, record.row_number),
        "crumbs": [
            Crumb("信用修复", reverse("borrowers:repair-list")),
            Crumb(record.enterprise.name),
        ],
    }
    return render(request, "borrowers/operator/repair.html", context, status=form_status(form))


def _clock(row: CreditRepair) -> Clock:
    return Clock("办结", row.due_at, timezone.now(), stopped_at=row.reviewed_at)


def _pairs(found: CreditRepair) -> list[Pair]:
    finding = finding_of(
        found.record, found.duty_fulfilled_date, commitment_made=found.commitment_made
    )
    period = publicity_of(
        finding.breach_class, finding.found_on, special_sector=finding.special_sector
    )
    return [
        Pair("企业", found.record.enterprise.name),
        Pair("失信程度", BREACH_CLASS_LABELS[finding.breach_class]),
        Pair("最短公示至", period.earliest_end, Kind.DATE, note=period.source),
        Pair("最长公示至", period.latest_end, Kind.DATE),
        Pair("义务履行完毕", found.duty_fulfilled_date, Kind.DATE),
        Pair("履行证明", found.proof),
        Pair("信用承诺", "已作出" if found.commitment_made else "未作出"),
        Pair("补充说明", found.statement),
        Pair("最近意见", found.review_reason),
    ]
