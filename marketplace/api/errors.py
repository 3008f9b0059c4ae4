"""One error shape for the whole API: ``type, title, status, code, detail, fields`` (after RFC 9457)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from marketplace.domain.errors import Refused

TITLES = {
    400: "请求有误",
    401: "身份未通过验证",
    403: "没有权限",
    404: "没有找到",
    405: "不支持的方法",
    406: "不支持的格式",
    409: "状态冲突",
    413: "内容过大",
    415: "不支持的内容类型",
    429: "请求过于频繁",
}


def problem(status: int, code: str, detail: str, fields: Any = None) -> Response:
    """Return an error answer in the API's one shape."""
    body = {
        "type": f"urn:marketplace:{code.lower()}",
        "title": TITLES.get(status, "请求失败"),
        "status": status,
        "code": code,
        "detail": detail,
        "fields": fields or {},
    }
    return Response(body, status=status)


def problem_handler(fault: Exception, context: dict[str, Any]) -> Response | None:
    """Turn refusals and the framework's own exceptions into the one shape; leave faults to the 500 handler."""
    if isinstance(fault, Refused):
        set_rollback()
        return problem(fault.status, fault.code, fault.sentence, fault.fields)
    if isinstance(fault, Http404):
        return problem(404, "NOT_FOUND", "没有找到该内容，或您无权查看。")
    if isinstance(fault, PermissionDenied):
        return problem(403, "NOT_PERMITTED", "您没有进行此操作的权限。")
    if isinstance(fault, exceptions.ValidationError):
        set_rollback()
        return problem(400, "FIELDS_INVALID", "请更正标出的字段。", _flat(fault.detail))
    if isinstance(fault, exceptions.APIException):
        set_rollback()
        answer = problem(fault.status_code, _code_of(fault), str(fault.detail))
        for header in ("WWW-Authenticate", "Retry-After"):
            value = getattr(
                fault, {"WWW-Authenticate": "auth_header", "Retry-After": "wait"}[header], None
            )
            if value:
                answer[header] = str(int(value)) if header == "Retry-After" else value
        return answer
    return None


def _code_of(fault: exceptions.APIException) -> str:
    return str(fault.default_code).upper()


def _flat(detail: Any, prefix: str = "") -> dict[str, str]:
    """Return field path to sentences of a possibly nested validation answer."""
    if isinstance(detail, dict):
        found: dict[str, str] = {}
        for key, value in detail.items():
            found.update(_flat(value, f"{prefix}.{key}" if prefix else str(key)))
        return found
    if isinstance(detail, list) and any(isinstance(entry, dict | list) for entry in detail):
        found = {}
        for index, entry in enumerate(detail):
            found.update(_flat(entry, f"{prefix}.{index}" if prefix else str(index)))
        return found
    sentences = detail if isinstance(detail, list) else [detail]
    return {prefix or "__all__": " ".join(str(entry) for entry in sentences)}
