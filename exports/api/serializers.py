"""What the API of this app answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from marketplace.api.serializers import StrictSerializer

SCOPES = ("city", "district", "institution")


class StatisticsInput(StrictSerializer):
    """Which statistics."""

    scope = serializers.ChoiceField(choices=SCOPES, default="city")


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
