"""API of how far institutions are with a published whitelist."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from matching.api.whitelist import whitelist_asked
from matching.selectors.whitelist_duty import coverage_of, receipt_lines


class WhitelistReceiptOutput(serializers.Serializer[Any]):
    """One institution's receipt and what it did since."""

    institution = serializers.CharField()
    pushed_at = serializers.DateTimeField(allow_null=True)
    told = serializers.IntegerField()
    read_at = serializers.DateTimeField(allow_null=True)
    first_contact_at = serializers.DateTimeField(allow_null=True)
    taken = serializers.IntegerField()
    reported = serializers.IntegerField()
    will_apply = serializers.IntegerField()


class WhitelistReceiptsOutput(serializers.Serializer[Any]):
    """Receipts of a list with how many of its enterprises were contacted by any institution."""

    listed = serializers.IntegerField()
    contacted = serializers.IntegerField()
    reported = serializers.IntegerField()
    receipts = WhitelistReceiptOutput(many=True)


class WhitelistReceiptsView(APIView):
    """Receipts of a list."""

    @extend_schema(
        operation_id="whitelist_receipts",
        summary="推送回执与对接覆盖",
        responses=WhitelistReceiptsOutput,
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return every institution's receipt, and the coverage."""
        whitelist = whitelist_asked(request, public_id)
        coverage = coverage_of([whitelist])[whitelist.pk]
        found = vars(coverage) | {"receipts": receipt_lines(whitelist)}
        return Response(WhitelistReceiptsOutput(found).data)
