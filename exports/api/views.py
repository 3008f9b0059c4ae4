"""API of this app: statistics, portraits as PDF, verification."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exports.api.serializers import StatisticsInput, StatisticsOutput, VerifiedOutput
from exports.domain.definitions import GENERAL_NOTES, definition
from exports.domain.statistics_scope import Scope
from exports.policies import city_scope, district_scope, institution_scope
from exports.selectors import Statistics, statistics
from exports.services import document_verify, portrait_pdf_issue
from marketplace.policies import signed_in
from matching.selectors.application import application_get_handled

SCOPES = {"city": city_scope, "district": district_scope, "institution": institution_scope}


class StatisticsView(APIView):
    """Statistics: the public part for everybody, more for the city, a district, an institution."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="statistics",
        summary="统计：全市（公开）、本区、本机构；每个数字附口径",
        parameters=[StatisticsInput],
        responses=StatisticsOutput,
    )
    def get(self, request: Request) -> Response:
        """Return headlines and breakdowns."""
        asked = StatisticsInput(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        scope: Scope = SCOPES[asked.validated_data["scope"]](request.user)
        return Response(StatisticsOutput(_plain(statistics(scope, timezone.now()))).data)


class PdfRenderer(BaseRenderer):
    """Lets callers ask for a PDF by the ``Accept`` header; the view answers with the file itself."""

    media_type = "application/pdf"
    format = "pdf"
    charset = None
    render_style = "binary"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        """Return an error's body as JSON, since there is no file then."""
        return bytes(JSONRenderer().render(data))


class PortraitPdfView(APIView):
    """The frozen portrait of an application as PDF."""

    renderer_classes = [JSONRenderer, PdfRenderer]

    @extend_schema(
        operation_id="application_portrait_pdf",
        summary="信用画像 PDF：交付时再次核对授权，查阅留痕",
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Return the file; its number and hash stand in the headers."""
        user = signed_in(request.user)
        application = application_get_handled(user, public_id)
        content, document = portrait_pdf_issue(
            application=application, user=user, at=timezone.now()
        )
        answer = HttpResponse(content, content_type="application/pdf")
        answer["Content-Disposition"] = f'attachment; filename="{document.number}.pdf"'
        answer["Cache-Control"] = "no-store"
        answer["X-Document-Number"] = document.number
        answer["X-Document-Sha256"] = document.file_sha256
        return answer


class VerifyView(APIView):
    """Verification of an issued document by its code."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="document_verify",
        summary="凭验证码核验出具的文件；不返回文件内容",
        responses=VerifiedOutput,
    )
    def get(self, request: Request, code: str) -> Response:
        """Return what anybody may learn of the document."""
        sender = str(request.META.get("REMOTE_ADDR", ""))
        found = document_verify(sender=sender, at=timezone.now(), code=code)
        return Response(VerifiedOutput(found).data)


def _plain(found: Statistics) -> dict[str, Any]:
    return {
        "scope": found.scope.label,
        "as_of": found.as_of,
        "figures": [
            {
                "code": line.code.value,
                "name": entry.name,
                "unit": entry.unit.value,
                "definition": f"{entry.formula}{entry.note}",
                "value": _text(line.value),
                "year_before": _text(line.year_before),
            }
            for line, entry in ((line, definition(line.code)) for line in found.headlines)
        ],
        "breakdowns": [
            {
                "dimension": dimension.value,
                "title": part.title,
                "codes": [code.value for code in part.codes],
                "rows": [
                    {"name": label, "values": [_text(value) for value in values]}
                    for label, values in part.rows
                ],
                "notes": list(part.notes),
            }
            for dimension, part in found.breakdowns.items()
        ],
        "notes": list(GENERAL_NOTES),
    }


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
