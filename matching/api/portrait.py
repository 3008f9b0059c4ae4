"""API of credit portraits: the enterprise's own, and the frozen one of an application. Every reading is logged."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lenders.api.systems import OpenToSystems, channel_of
from lenders.domain.interface import Interface
from marketplace.domain.vocabulary import QueryPurpose
from marketplace.policies import signed_in
from matching.domain.evaluation import PublishedEvaluation
from matching.domain.portrait import Portrait
from matching.domain.portrait_json import plain
from matching.domain.redaction import Audience
from matching.selectors.application import application_get_handled
from matching.services.portrait import own_portrait_read, portrait_read


class PortraitOutput(serializers.Serializer[Any]):
    """A portrait as its reader may see it.

    Money is text in yuan with two places; days and moments are ISO text; what is missing says why.
    """

    audience = serializers.ChoiceField(choices=[entry.value for entry in Audience])
    content_hash = serializers.CharField(
        help_text="冻结画像的 SHA-256；企业查看自身现状时为空。", allow_blank=True
    )
    disclaimer = serializers.CharField()
    portrait = serializers.DictField(help_text="画像全文，字段与冻结时相同，无权查看的内容已去除。")
    evaluation = serializers.DictField(
        help_text="最近一次发布的月度公共信用综合评价。", allow_null=True
    )


class OwnPortraitView(APIView):
    """The caller's enterprise as of now."""

    @extend_schema(
        operation_id="portrait_own",
        summary="本企业信用画像（截至当前，查看留痕）",
        responses=PortraitOutput,
    )
    def get(self, request: Request) -> Response:
        """Return the enterprise's portrait with every point."""
        user = signed_in(request.user)
        reading = own_portrait_read(user=user, at=timezone.now(), channel="API")
        return Response(_output(reading.portrait, Audience.BORROWER, "", reading.evaluation))


class ApplicationPortraitView(OpenToSystems):
    """The frozen portrait of an application."""

    interfaces = {"GET": Interface.PORTRAIT}

    @extend_schema(
        operation_id="application_portrait",
        summary="申请的信用画像（须授权有效，查看留痕）",
        responses=PortraitOutput,
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return what the lender's person may see of it now."""
        user = signed_in(request.user)
        reading = portrait_read(
            user=user,
            application=application_get_handled(user, public_id),
            purpose=QueryPurpose.APPLICATION_REVIEW,
            at=timezone.now(),
            channel=channel_of(request),
        )
        row = reading.row
        return Response(
            _output(reading.portrait, reading.audience, row.content_hash, reading.evaluation)
        )


def _output(
    portrait: Portrait,
    audience: Audience,
    content_hash: str,
    evaluation: PublishedEvaluation | None,
) -> dict[str, Any]:
    body = {
        "audience": audience.value,
        "content_hash": content_hash,
        "disclaimer": portrait.disclaimer,
        "portrait": plain(portrait),
        "evaluation": plain(evaluation),
    }
    return dict(PortraitOutput(body).data)
