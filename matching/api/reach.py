"""API of how many enterprises a product version would let in: counts alone, small ones kept back."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lenders.selectors import version_get
from marketplace.domain.verdict import Outcome
from marketplace.policies import signed_in
from matching.selectors.reach import version_reach


class ReachOutput(serializers.Serializer[Any]):
    """Active enterprises of the register by what a version's rules say of them; ``null``: kept back."""

    fits = serializers.IntegerField(allow_null=True)
    cannot_tell = serializers.IntegerField(allow_null=True)
    does_not_fit = serializers.IntegerField(allow_null=True)
    looked_at = serializers.ListField(child=serializers.CharField())
    left_open = serializers.ListField(child=serializers.CharField())


class VersionReachView(APIView):
    """How far a product version reaches."""

    @extend_schema(
        operation_id="version_reach",
        summary="产品版本的准入规则能让多少企业符合；只有户数，少于 10 户不显示",
        responses=ReachOutput,
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the counts, and which conditions were looked at and which were not."""
        version = version_get(signed_in(request.user), public_id)
        found = version_reach(version, timezone.now())
        body = {
            "fits": found.counts[Outcome.FITS],
            "cannot_tell": found.counts[Outcome.CANNOT_TELL],
            "does_not_fit": found.counts[Outcome.DOES_NOT_FIT],
            "looked_at": found.looked_at,
            "left_open": found.left_open,
        }
        return Response(ReachOutput(body).data)
