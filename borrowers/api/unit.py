"""API of source units: timeliness and quality by month, findings."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from borrowers.models import QualityFinding
from borrowers.policies import CITY_ROLES
from borrowers.selectors import finding_list, unit_board, unit_named
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.period import Period
from marketplace.domain.workdays import local_date
from marketplace.policies import require_role


class MonthInput(StrictSerializer):
    """A calendar month, the present one when left out."""

    month = serializers.RegexField(r"^20\d\d-(0[1-9]|1[0-2])$", required=False)

    def wanted(self, today: date) -> Period:
        """Return the month a valid input asks for."""
        year, month = self.validated_data.get("month", f"{today:%Y-%m}").split("-")
        return Period.month(int(year), int(month))


class FindingFilterInput(StrictSerializer):
    """Which findings; open ones unless all are asked for."""

    all = serializers.BooleanField(required=False, default=False)
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class UnitLineOutput(serializers.Serializer[Any]):
    """A unit's month; shares are fractions, null when there was nothing to measure."""

    unit = serializers.CharField(source="unit.code")
    name = serializers.CharField(source="unit.name")
    items = serializers.IntegerField(source="figures.items")
    owed = serializers.IntegerField(source="figures.periods.owed")
    delivered = serializers.IntegerField(source="figures.periods.delivered")
    in_time = serializers.IntegerField(source="figures.periods.in_time")
    delivery = serializers.FloatField(source="figures.delivery", allow_null=True)
    timeliness = serializers.FloatField(source="figures.timeliness", allow_null=True)
    event_timeliness = serializers.FloatField(source="figures.event_timeliness", allow_null=True)
    acceptance = serializers.FloatField(source="figures.acceptance", allow_null=True)
    open_findings = serializers.IntegerField(source="figures.findings")
    latest_at = serializers.DateTimeField(source="figures.latest_at", allow_null=True)
    next_due = serializers.DateField(source="figures.next_due", allow_null=True)


class FindingOutput(serializers.Serializer[Any]):
    """A rule that was not kept."""

    item = serializers.CharField(source="item.code")
    unit = serializers.CharField(source="unit.code")
    rule = serializers.CharField()
    about = serializers.CharField()
    sentence = serializers.CharField()
    found_on = serializers.DateField()
    closed_at = serializers.DateTimeField(allow_null=True)


class UnitBoardView(APIView):
    """Timeliness and quality of all units."""

    @extend_schema(
        operation_id="units_board",
        summary="来源单位报送质量",
        parameters=[MonthInput],
        responses=UnitLineOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return the figures of a month."""
        require_role(request.user, *CITY_ROLES)
        wanted = MonthInput(data=request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        at = timezone.now()
        lines = unit_board(request.user, wanted.wanted(local_date(at)), at)
        return Response(UnitLineOutput(lines, many=True).data)


class FindingListView(ListAPIView[QualityFinding]):
    """The findings about one unit."""

    serializer_class = FindingOutput
    queryset = QualityFinding.objects.none()

    def get_queryset(self) -> Any:
        """Return the unit's findings, latest first."""
        wanted = FindingFilterInput(data=self.request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        unit = unit_named(self.request.user, self.kwargs["code"])
        return finding_list(self.request.user, unit, is_open=not wanted.validated_data["all"])

    @extend_schema(
        operation_id="unit_findings", summary="单位的质量发现", parameters=[FindingFilterInput]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of findings."""
        require_role(request.user, *CITY_ROLES)
        return self.list(request, *args, **kwargs)
