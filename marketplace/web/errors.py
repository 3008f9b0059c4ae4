"""Error pages: what happened, in one Chinese sentence, with the code and the number of the request.

Scripts get the same as a fragment, ``/api/`` the same as JSON; the page for a broken server needs no database.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string

from marketplace.web.htmx import is_partial
from marketplace.web.request_id import request_id_current
from marketplace.web.way_back import page_above

TITLES = {
    400: "这个请求无法处理",
    403: "没有权限",
    404: "没有找到",
    405: "这个地址不能直接打开",
    409: "现在不能这样做",
    413: "文件或内容过大",
    422: "请更正后再提交",
    429: "操作过于频繁",
    500: "系统出错了",
    503: "暂时无法服务",
}
ADVICE = {
    400: "请返回上一页检查填写的内容；如果是点击旧链接进入，请从首页重新进入。",
    403: "如果您在多个组织任职，请确认当前所选的组织；仍有疑问请联系本单位管理人员。",
    404: "请检查地址是否完整，或从导航重新进入。",
    405: "请从上一级页面重新进入；如果是刚才提交未成功，请在那里重新填写。",
    409: "内容可能已被他人处理，请刷新页面查看最新状态。",
    413: "请减小文件后重新上传。",
    429: "请稍候再试。",
}


def problem_page(
    request: HttpRequest,
    status: int,
    code: str,
    sentence: str,
    fields: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return the answer to a request that was refused.

    Args:
        request: the request.
        status: HTTP status.
        code: stable code of the refusal.
        sentence: one Chinese sentence for the reader.
        fields: field name to sentence, listed below.
    """
    if request.path.startswith("/api/"):
        return _problem_json(status, code, sentence, fields)
    context = {
        "status": status,
        "title": TITLES.get(status, "请求没有完成"),
        "code": code,
        "sentence": sentence,
        "fields": dict(fields or {}),
        "advice": ADVICE.get(status, ""),
        "page_above": page_above(request.path) if status == 405 else "",
    }
    piece = "marketplace/errors/_problem.html"
    page = "marketplace/errors/problem.html"
    return render(request, piece if is_partial(request) else page, context, status=status)


def _problem_json(
    status: int, code: str, sentence: str, fields: Mapping[str, str] | None = None
) -> JsonResponse:
    """Return the API's error shape, for requests that never reached a view of the API."""
    body = {
        "type": f"urn:marketplace:{code.lower()}",
        "title": TITLES.get(status, "请求没有完成"),
        "status": status,
        "code": code,
        "detail": sentence,
        "fields": dict(fields or {}),
    }
    return JsonResponse(body, status=status, json_dumps_params={"ensure_ascii": False})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request the framework could not accept."""
    return problem_page(request, 400, "BAD_REQUEST", "请求的格式或内容有误。")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer somebody who may not do this."""
    return problem_page(request, 403, "NOT_PERMITTED", "您没有进行此操作的权限。")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request for what does not exist, or not for this reader."""
    return problem_page(request, 404, "NOT_FOUND", "没有找到该内容，或您无权查看。")


def method_not_allowed(request: HttpRequest) -> HttpResponse:
    """Answer a request of a kind that its address does not take, most often a form's address that was opened."""
    sentence = "这个地址只用来提交表单或办理事项，不能这样打开。"
    return problem_page(request, 405, "METHOD_NOT_ALLOWED", sentence)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or stale."""
    sentence = "页面停留过久或登录状态已变化，请返回上一页刷新后重新提交。"
    return problem_page(request, 403, "FORM_STALE", sentence)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when the server failed: 503 when the database cannot be reached, else 500."""
    fault = sys.exc_info()[1]
    is_down = isinstance(fault, OperationalError | InterfaceError)
    status, code = (503, "SERVICE_UNAVAILABLE") if is_down else (500, "SERVER_ERROR")
    sentence = (
        "系统暂时无法连接数据，请稍后再试。" if is_down else "系统出错，操作没有完成，我们已记录。"
    )
    if request.path.startswith("/api/"):
        return _problem_json(status, code, sentence)
    context = {
        "status": status,
        "title": TITLES[status],
        "code": code,
        "sentence": sentence,
        "request_id": request_id_current(),
    }
    template = (
        "marketplace/errors/_problem.html"
        if is_partial(request)
        else "marketplace/errors/down.html"
    )
    try:
        body = render_to_string(template, context)
    except (TemplateDoesNotExist, ValueError):  # templates or static files are broken themselves
        return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")
    return HttpResponse(body, status=status)
