"""API of files that leave: every one is registered before it goes, its number and hash stand in the headers.

Source: trust note Z1.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from exports.api.serializers import CreditReportInput, ReportInput
from exports.models import IssuedDocument
from exports.policies import district_scope
from exports.services import (
    credit_report_pdf_issue,
    portrait_pdf_issue,
    recommendation_xlsx_issue,
    report_pdf_issue,
    report_xlsx_issue,
    whitelist_xlsx_issue,
)
from marketplace.policies import signed_in
from marketplace.web.download import PDF, XLSX, file_answer
from matching.selectors.application import application_get_handled


class FileRenderer(BaseRenderer):
    """Lets callers ask for a file by the ``Accept`` header; the view answers with the file itself."""

    charset = None
    render_style = "binary"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        """Return an error's body as JSON, since there is no file then."""
        return bytes(JSONRenderer().render(data))


class PdfRenderer(FileRenderer):
    """A PDF."""

    media_type = PDF
    format = "pdf"


class XlsxRenderer(FileRenderer):
    """A workbook."""

    media_type = XLSX
    format = "xlsx"


class PdfView(APIView):
    """A view that hands out a PDF."""

    renderer_classes = [JSONRenderer, PdfRenderer]


class XlsxView(APIView):
    """A view that hands out a workbook."""

    renderer_classes = [JSONRenderer, XlsxRenderer]


class PortraitPdfView(PdfView):
    """The frozen portrait of an application as PDF."""

    @extend_schema(
        operation_id="application_portrait_pdf",
        summary="信用画像 PDF：交付时再次核对授权，查阅留痕",
        responses={(200, PDF): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Return the file."""
        user = signed_in(request.user)
        application = application_get_handled(user, public_id)
        return _issued(
            PDF, portrait_pdf_issue(application=application, user=user, at=timezone.now())
        )


class CreditReportPdfView(PdfView):
    """The credit report of the caller's own enterprise as PDF."""

    @extend_schema(
        operation_id="credit_report_pdf",
        summary="本企业公共信用报告（无违法违规证明专用版）PDF，查阅留痕",
        parameters=[CreditReportInput],
        responses={(200, PDF): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the file."""
        user, years = signed_in(request.user), CreditReportInput.years_of(request)
        return _issued(PDF, credit_report_pdf_issue(user=user, at=timezone.now(), years=years))


class DistrictReportPdfView(PdfView):
    """The report of the caller's district as PDF."""

    @extend_schema(
        operation_id="district_report_pdf",
        summary="本区周报与月报 PDF",
        parameters=[ReportInput],
        responses={(200, PDF): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the file."""
        return _issued(PDF, report_pdf_issue(**_report_asked(request)))


class DistrictReportXlsxView(XlsxView):
    """The report of the caller's district as workbook."""

    @extend_schema(
        operation_id="district_report_xlsx",
        summary="本区周报与月报工作簿",
        parameters=[ReportInput],
        responses={(200, XLSX): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the file."""
        return _issued(XLSX, report_xlsx_issue(**_report_asked(request)))


class WhitelistXlsxView(XlsxView):
    """A whitelist with the reasons of those kept out, for those who made it."""

    @extend_schema(
        operation_id="whitelist_xlsx",
        summary="白名单工作簿，含未入选原因",
        responses={(200, XLSX): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Return the file."""
        user = signed_in(request.user)
        return _issued(
            XLSX, whitelist_xlsx_issue(whitelist_id=public_id, user=user, at=timezone.now())
        )


class RecommendationXlsxView(XlsxView):
    """A published whitelist, for an institution it is put before; without reasons."""

    @extend_schema(
        operation_id="recommendation_xlsx",
        summary="推荐企业清单工作簿",
        responses={(200, XLSX): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Return the file."""
        user = signed_in(request.user)
        return _issued(
            XLSX, recommendation_xlsx_issue(whitelist_id=public_id, user=user, at=timezone.now())
        )


def _report_asked(request: Request) -> dict[str, Any]:
    """Return whose report, of which period, for whom and when."""
    user, now = signed_in(request.user), timezone.now()
    period = ReportInput.period_of(request, now)
    return {"scope": district_scope(user), "period": period, "user": user, "at": now}


def _issued(kind: str, issued: tuple[bytes, IssuedDocument]) -> HttpResponse:
    content, document = issued
    answer = file_answer(content, kind, document.number, document.number)
    answer["X-Document-Number"] = document.number
    answer["X-Document-Sha256"] = document.file_sha256
    return answer
