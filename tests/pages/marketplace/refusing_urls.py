"""The site with a few pages that refuse or fail."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import include, path

from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused, TransitionRefused
from marketplace.web.request_id import request_id_current


class TooOften(Refused):
    status = 429


REFUSALS = {
    400: Refused("AMOUNT_ODD", "金额有误。", {"amount_yuan": "金额须大于零。"}),
    403: NotPermitted(),
    404: NotFound(),
    409: TransitionRefused("DRAFT", "APPROVE", "当前状态为“草稿”，不能进行此操作。"),
    429: TooOften("TOO_OFTEN", "今日查询次数已用完。"),
}
FAULTS = {
    "denied": PermissionDenied(),
    "suspicious": SuspiciousOperation(),
    "broken": RuntimeError("secret detail"),
    "no-database": OperationalError("secret detail"),
    "taken": Conflict("ALREADY_TAKEN", "已被抢完。"),
}


def refuse(request, status):
    raise REFUSALS[status]


def fail(request, fault):
    raise FAULTS[fault]


def number(request):
    return HttpResponse(request_id_current())


def leave(request):
    return redirect("marketplace:glossary")


urlpatterns = [
    path("refuse/<int:status>/", refuse),
    path("fail/<str:fault>/", fail),
    path("api/v1/fail/<str:fault>/", fail),
    path("number/", number),
    path("leave/", leave),
    path("", include("marketplace.config.urls")),
]
handler400 = "marketplace.web.errors.bad_request"
handler403 = "marketplace.web.errors.permission_denied"
handler404 = "marketplace.web.errors.page_not_found"
handler500 = "marketplace.web.errors.server_error"
