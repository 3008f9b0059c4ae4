"""API of how far institutions are with published whitelists: one list's receipts, all live lists with their clocks."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.policies import require_role, signed_in
from matching.api.whitelist import whitelist_asked
from matching.models import Whitelist
from matching.policies.whitelist import CITY_ROLES, DISTRICT_ROLES
from matching.selectors.clock import clock_table
from matching.selectors.whitelist_duty import (
    contact_due,
    contacts_waiting,
    coverage_of,
    receipt_lines,
    watched_lists,
)


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


class WatchedListOutput(serializers.Serializer[Any]):
    """A live list with how far institutions are; ``is_due_provisional``: the calendar is not decided that far."""

    whitelist_id = serializers.UUIDField()
    title = serializers.CharField()
    district = serializers.CharField()
    listed = serializers.IntegerField()
    contacted = serializers.IntegerField()
    reported = serializers.IntegerField()
    waiting = serializers.IntegerField()
    due_at = serializers.DateTimeField(allow_null=True)
    is_due_provisional = serializers.BooleanField()
    escalated_at = serializers.DateTimeField(allow_null=True)


class WhitelistWatchView(APIView):
    """The live lists with how far institutions are."""

    @extend_schema(
        operation_id="whitelists_watch",
        summary="在有效期内的名单：对接覆盖、待反馈、对接时限与督办",
        responses=WatchedListOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return every live list of the caller's districts, of all for the city; the longest published first."""
        user = signed_in(request.user)
        require_role(user, *DISTRICT_ROLES, *CITY_ROLES)
        rows = list(watched_lists(user, timezone.now()))
        return Response(WatchedListOutput(_watched(rows), many=True).data)


def _watched(rows: list[Whitelist]) -> list[dict[str, Any]]:
    table, coverage, waiting = clock_table(), coverage_of(rows), contacts_waiting(rows)
    found = []
    for row in rows:
        due = contact_due(row, table)
        found.append(
            vars(coverage[row.pk])
            | {
                "whitelist_id": row.public_id,
                "title": row.title,
                "district": row.district.name,
                "waiting": waiting.get(row.pk, 0),
                "due_at": due.at if due else None,
                "is_due_provisional": bool(due and due.provisional),
                "escalated_at": row.escalated_at,
            }
        )
    return found
