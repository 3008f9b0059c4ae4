"""What the API of this app answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request

from exports.domain.credit_report import USUAL_YEARS, YEARS, Finding, Result
from exports.domain.district_report import ReportLine
from exports.domain.report_period import ReportKind, ReportPeriod, period_asked
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.workdays import local_date

SCOPES = ("city", "district", "institution")


class StatisticsInput(StrictSerializer):
    """Which statistics."""

    scope = serializers.ChoiceField(choices=SCOPES, default="city")


class ReportInput(StrictSerializer):
    """Which report: the week or month in which the day lies; today's week when nothing is said."""

    kind = serializers.ChoiceField(
        choices=[kind.value for kind in ReportKind], default=ReportKind.WEEK.value
    )
    day = serializers.DateField(required=False)

    @classmethod
    def period_of(cls, request: Request, at: datetime) -> ReportPeriod:
        """Return the period a request asks for.

        Raises:
            NotFound: it has not begun, or lies before every marketplace.
        """
        asked = cls(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        today = local_date(at)
        day = asked.validated_data.get("day", today)
        return period_asked(ReportKind(asked.validated_data["kind"]), day, today)


class CreditReportInput(StrictSerializer):
    """Of how many years the credit report is to tell, up to now."""

    years = serializers.ChoiceField(choices=YEARS, default=USUAL_YEARS)

    @classmethod
    def years_of(cls, request: Request) -> int:
        """Return the years a request asks for."""
        asked = cls(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        return int(asked.validated_data["years"])


class FigureOutput(serializers.Serializer[Any]):
    """One figure with its definition (口径); amounts in yuan, shares as fractions, rates in basis points."""

    code = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    definition = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    year_before = serializers.CharField(allow_null=True)


class BreakdownRowOutput(serializers.Serializer[Any]):
    """One row of a breakdown; values in the order of the breakdown's codes."""

    name = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField(allow_null=True))


class BreakdownOutput(serializers.Serializer[Any]):
    """Figures by one dimension; the last row is the total. ``null``: not published, or not to be formed."""

    dimension = serializers.CharField()
    title = serializers.CharField()
    codes = serializers.ListField(child=serializers.CharField())
    rows = BreakdownRowOutput(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class StatisticsOutput(serializers.Serializer[Any]):
    """Statistics of one scope up to a day."""

    scope = serializers.CharField()
    as_of = serializers.DateField()
    figures = FigureOutput(many=True)
    breakdowns = BreakdownOutput(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class ReportLineOutput(serializers.Serializer[Any]):
    """One figure with its definition (口径), in its own unit: amounts in yuan, rates in basis points."""

    name = serializers.CharField()
    unit = serializers.CharField()
    counted = serializers.CharField(allow_blank=True, help_text="计的是什么，单位之外的量词。")
    definition = serializers.CharField()
    value = serializers.SerializerMethodField(method_name="figure_of")

    def figure_of(self, line: ReportLine) -> str | None:
        """Return the figure; None when it cannot be formed or is not published."""
        return None if line.value is None else str(line.value)


class ReportSectionOutput(serializers.Serializer[Any]):
    """Figures under one heading, and when they are counted."""

    title = serializers.CharField()
    when = serializers.CharField()
    lines = ReportLineOutput(many=True)


class ReportOutput(serializers.Serializer[Any]):
    """A district's report for a week or month."""

    title = serializers.CharField()
    district = serializers.CharField()
    kind = serializers.CharField(source="period.kind.value")
    first = serializers.DateField(source="period.first")
    last = serializers.DateField(source="period.last")
    counted_until = serializers.DateField()
    made_at = serializers.DateTimeField()
    sections = ReportSectionOutput(many=True)
    notes = serializers.ListField(child=serializers.CharField())


class ReportedStateOutput(serializers.Serializer[Any]):
    """What is to be added to a record: taken off the list, repaired, under objection."""

    words = serializers.CharField()
    on = serializers.DateField(allow_null=True)


class ReportedRecordOutput(serializers.Serializer[Any]):
    """One record of a violation."""

    day = serializers.DateField(allow_null=True)
    number = serializers.CharField(allow_blank=True)
    agency = serializers.CharField()
    what = serializers.CharField(allow_blank=True)
    states = serializers.SerializerMethodField()

    @extend_schema_field(ReportedStateOutput(many=True))
    def get_states(self, finding: Finding) -> list[dict[str, Any]]:
        """Return what is to be added."""
        return [{"words": words, "on": on} for words, on in finding.states]


class UnitDeliveryOutput(serializers.Serializer[Any]):
    """Until when a unit has delivered an item."""

    unit = serializers.CharField()
    delivered_on = serializers.DateField()
    is_current = serializers.BooleanField()


class ItemResultOutput(serializers.Serializer[Any]):
    """What was found under one item; nothing is said to be absent that was not delivered in time."""

    code = serializers.CharField()
    name = serializers.CharField()
    result = serializers.ChoiceField(choices=[result.value for result in Result])
    sentence = serializers.CharField()
    findings = ReportedRecordOutput(many=True)
    units = UnitDeliveryOutput(many=True)


class CreditReportPartOutput(serializers.Serializer[Any]):
    """One of the kinds of violations a report has to cover."""

    title = serializers.CharField()
    items = ItemResultOutput(many=True)


class CreditReportOutput(serializers.Serializer[Any]):
    """The credit report of an enterprise that stands in for certificates of no violation."""

    enterprise = serializers.CharField()
    uscc = serializers.CharField()
    first = serializers.DateField()
    last = serializers.DateField()
    made_at = serializers.DateTimeField()
    conclusion = serializers.CharField()
    parts = CreditReportPartOutput(many=True)


class VerifiedOutput(serializers.Serializer[Any]):
    """What anybody may learn of an issued document."""

    number = serializers.CharField()
    kind = serializers.CharField(source="kind_label")
    subject = serializers.CharField()
    issued_on = serializers.DateField()
    content_hash = serializers.CharField()
    file_sha256 = serializers.CharField()
    valid = serializers.BooleanField(source="is_valid")
    voided_on = serializers.DateField(allow_null=True)
    list_standing = serializers.CharField(
        allow_blank=True,
        help_text="白名单现在的状态；草稿已被替换 REPLACED，已到期 EXPIRED，草稿已作废 DISCARDED；其他文件为空。",
    )
