"""API of this app: statistics, a district's report, credit reports, verification; files stand in ``files``."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exports.api.serializers import (
    CreditReportInput,
    CreditReportOutput,
    ReportInput,
    ReportOutput,
    StatisticsInput,
    StatisticsOutput,
    VerifiedOutput,
)
from exports.domain.definitions import GENERAL_NOTES, definition
from exports.domain.statistics_scope import Scope
from exports.policies import city_scope, district_scope, institution_scope
from exports.selectors import Statistics, statistics
from exports.selectors.district_report import district_report
from exports.services import credit_report_read, document_verify
from marketplace.policies import signed_in
from marketplace.web.sender import sender_of

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


class DistrictReportView(APIView):
    """The weekly or monthly report of the caller's district."""

    @extend_schema(
        operation_id="district_report",
        summary="本区周报与月报：页面、工作簿与 PDF 同一份数，每个数字附口径",
        parameters=[ReportInput],
        responses=ReportOutput,
    )
    def get(self, request: Request) -> Response:
        """Return the figures of the period, by section."""
        scope = district_scope(signed_in(request.user))
        now = timezone.now()
        found = district_report(scope, ReportInput.period_of(request, now), now)
        return Response(ReportOutput(found).data)


class CreditReportView(APIView):
    """The credit report of the caller's own enterprise."""

    @extend_schema(
        operation_id="credit_report",
        summary="本企业公共信用报告（无违法违规证明专用版），查阅留痕",
        parameters=[CreditReportInput],
        responses=CreditReportOutput,
    )
    def get(self, request: Request) -> Response:
        """Return what the report says."""
        user, years = signed_in(request.user), CreditReportInput.years_of(request)
        report = credit_report_read(user=user, at=timezone.now(), years=years, channel="API")
        return Response(CreditReportOutput(report).data)


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
        found = document_verify(sender=sender_of(request), at=timezone.now(), code=code)
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
