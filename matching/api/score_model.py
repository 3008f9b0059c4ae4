"""API of score models: draft, try on a sample, approve as second person. The auditor may read."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.api.serializers import StrictSerializer
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.policies import require_role, signed_in
from matching.domain.parameter_value import value_from_text
from matching.models import ScoreModelVersion
from matching.selectors.score_model import (
    score_model_differences,
    score_model_get,
    score_model_list,
)
from matching.services.score_model import (
    score_model_approve,
    score_model_draft,
    score_model_revise,
    score_model_try,
    score_model_withdraw,
)

MODEL_CHARS = 60_000


class ScoreModelInput(StrictSerializer):
    """A whole model with its source."""

    value = serializers.CharField(max_length=MODEL_CHARS, help_text="JSON 文本。")
    source = serializers.CharField(max_length=200)  # type: ignore[assignment]


class ScoreModelApprovalInput(StrictSerializer):
    """From when on it holds."""

    effective_from = serializers.DateField()


class ScoreModelOutput(serializers.Serializer[Any]):
    """One version."""

    id = serializers.UUIDField(source="public_id")
    based_on = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    state = serializers.CharField()
    effective_from = serializers.DateField(allow_null=True)
    drafted_by = serializers.CharField()
    drafted_at = serializers.DateTimeField()
    approved_by = serializers.CharField(allow_null=True)
    approved_at = serializers.DateTimeField(allow_null=True)


class DifferenceOutput(serializers.Serializer[Any]):
    """One part that differs from the model before."""

    part = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()


class ScoreModelDetailOutput(ScoreModelOutput):
    """One version with its content, its differences and what the latest trial found."""

    value = serializers.JSONField()
    trial = serializers.JSONField()
    differences = serializers.SerializerMethodField()

    def get_differences(self, row: ScoreModelVersion) -> list[dict[str, str]]:
        """Return the parts that differ."""
        found = score_model_differences(row, local_date(row.drafted_at))
        return [dict(DifferenceOutput(one).data) for one in found]


class ScoreModelListView(ListAPIView[ScoreModelVersion]):
    """Drafts and approved versions."""

    serializer_class = ScoreModelOutput
    queryset = ScoreModelVersion.objects.none()

    def get_queryset(self) -> Any:
        """Return the versions."""
        return score_model_list(signed_in(self.request.user))

    @extend_schema(operation_id="score_models_list", summary="评价模型版本")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of versions, latest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="score_model_draft",
        summary="起草评价模型",
        request=ScoreModelInput,
        responses={201: ScoreModelOutput},
    )
    def post(self, request: Request) -> Response:
        """Keep a draft and return it."""
        user = signed_in(request.user)
        require_role(user, Role.OPERATOR)
        body = ScoreModelInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = score_model_draft(
            value=value_from_text(body.validated_data["value"]),
            source=body.validated_data["source"],
            actor=user,
            at=timezone.now(),
        )
        return Response(ScoreModelOutput(row).data, status=201)


class ScoreModelView(APIView):
    """One version."""

    @extend_schema(
        operation_id="score_model_get",
        summary="一个评价模型版本及其不同之处",
        responses=ScoreModelDetailOutput,
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the version."""
        row = score_model_get(signed_in(request.user), public_id)
        return Response(ScoreModelDetailOutput(row).data)

    @extend_schema(
        operation_id="score_model_revise",
        summary="修改草稿",
        request=ScoreModelInput,
        responses=ScoreModelDetailOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Replace the draft's content and return it."""
        user = signed_in(request.user)
        score_model_get(user, public_id)
        require_role(user, Role.OPERATOR)
        body = ScoreModelInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = score_model_revise(
            public_id=public_id,
            value=value_from_text(body.validated_data["value"]),
            source=body.validated_data["source"],
            actor=user,
            at=timezone.now(),
        )
        return Response(ScoreModelDetailOutput(row).data)


class ScoreModelTryView(APIView):
    """A draft to be tried."""

    @extend_schema(
        operation_id="score_model_try",
        summary="试算（抽样，不发布）",
        request=None,
        responses=ScoreModelDetailOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Try it and return it with what was found."""
        row = score_model_try(public_id=public_id, actor=signed_in(request.user), at=timezone.now())
        return Response(ScoreModelDetailOutput(row).data)


class ScoreModelApproveView(APIView):
    """A tried draft."""

    @extend_schema(
        operation_id="score_model_approve",
        summary="批准评价模型（须由起草人以外的人）",
        request=ScoreModelApprovalInput,
        responses=ScoreModelOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Approve and return it."""
        user = signed_in(request.user)
        score_model_get(user, public_id)
        require_role(user, Role.OPERATOR)
        body = ScoreModelApprovalInput(data=request.data)
        body.is_valid(raise_exception=True)
        row = score_model_approve(
            public_id=public_id, actor=user, at=timezone.now(), **body.validated_data
        )
        return Response(ScoreModelOutput(row).data)


class ScoreModelWithdrawView(APIView):
    """A draft nobody wants."""

    @extend_schema(
        operation_id="score_model_withdraw",
        summary="撤回草稿",
        request=None,
        responses=ScoreModelOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Take it back and return it."""
        row = score_model_withdraw(
            public_id=public_id, actor=signed_in(request.user), at=timezone.now()
        )
        return Response(ScoreModelOutput(row).data)
