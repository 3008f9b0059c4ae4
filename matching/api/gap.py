"""API of the gaps in the delivered data, for the city."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from borrowers.policies import CITY_ROLES
from marketplace.policies import require_role
from matching.selectors.gaps import gap_report


class IndicatorGapOutput(serializers.Serializer[Any]):
    """An indicator that some active enterprises lack."""

    code = serializers.CharField(source="declaration.code")
    label = serializers.CharField(source="declaration.label")  # type: ignore[assignment]
    lacking = serializers.IntegerField()


class GapOutput(serializers.Serializer[Any]):
    """What one item leaves open; counts only."""

    item = serializers.CharField(source="gap.item")
    name = serializers.CharField()
    unit = serializers.CharField(source="unit_code")
    kind = serializers.CharField(source="gap.kind")
    lacking = serializers.IntegerField(source="gap.lacking")
    indicators = IndicatorGapOutput(source="gap.indicators", many=True)
    products = serializers.ListField(source="gap.products", child=serializers.UUIDField())
    pairs = serializers.IntegerField(source="gap.pairs")
    latest_at = serializers.DateTimeField(allow_null=True)


class GapReportOutput(serializers.Serializer[Any]):
    """All gaps over the active enterprises, the gravest first."""

    active = serializers.IntegerField()
    counted_at = serializers.DateTimeField()
    items = GapOutput(source="lines", many=True)


class GapListView(APIView):
    """Gaps in the delivered data."""

    @extend_schema(operation_id="gaps_list", summary="数据缺口", responses=GapReportOutput)
    def get(self, request: Request) -> Response:
        """Return them as of now."""
        require_role(request.user, *CITY_ROLES)
        return Response(GapReportOutput(gap_report(timezone.now())).data)
