"""API of the operator's monthly evaluations and of dated parameters. The auditor may read."""

from __future__ import annotations

import uuid
from datetime import date
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
from marketplace.models import ParameterValue
from marketplace.policies import require_role, signed_in
from matching.domain.parameter_value import plain_value, value_from_text
from matching.models import EvaluationRun
from matching.selectors.evaluation import grade_counts, run_get, run_list
from matching.selectors.parameter import parameter_get, parameter_list
from matching.services.evaluation import (
    evaluation_publish,
    evaluation_resume,
    evaluation_start,
)
from matching.services.parameter import parameter_enter

# --- Inputs and outputs --------------------------------------------------------------------------


class EvaluationInput(StrictSerializer):
    """The month to evaluate, any day of it."""

    month = serializers.DateField()


class EvaluationOutput(serializers.Serializer[Any]):
    """One run."""

    id = serializers.UUIDField(source="public_id")
    month = serializers.DateField()
    model_version = serializers.CharField()
    state = serializers.CharField()
    as_of = serializers.DateTimeField()
    evaluated = serializers.IntegerField()
    started_by = serializers.CharField()
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    published_by = serializers.CharField(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)


class EvaluationDetailOutput(EvaluationOutput):
    """One run with how many enterprises got each grade; the empty grade is "not scored"."""

    grades = serializers.SerializerMethodField()

    def get_grades(self, run: EvaluationRun) -> dict[str, int]:
        """Return grade to count."""
        return grade_counts(run)


class ParameterInput(StrictSerializer):
    """A value with its date and source."""

    effective_from = serializers.DateField()
    value = serializers.CharField(max_length=8000, help_text="JSON 文本。")
    source = serializers.CharField(max_length=200)  # type: ignore[assignment]


class ParameterValueOutput(serializers.Serializer[Any]):
    """One dated value."""

    effective_from = serializers.DateField()
    value = serializers.SerializerMethodField()
    source = serializers.CharField()  # type: ignore[assignment]

    def get_value(self, entry: Any) -> Any:
        """Return the value as JSON values."""
        return plain_value(entry.value)


class ParameterOutput(serializers.Serializer[Any]):
    """One parameter with all its values, oldest first."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    unit = serializers.CharField()
    values = ParameterValueOutput(many=True)


# --- Evaluations ---------------------------------------------------------------------------------


class EvaluationListView(ListAPIView[EvaluationRun]):
    """All runs."""

    serializer_class = EvaluationOutput
    queryset = EvaluationRun.objects.none()

    def get_queryset(self) -> Any:
        """Return the runs."""
        user = signed_in(self.request.user)
        require_role(user, Role.OPERATOR, Role.AUDITOR)
        return run_list(user)

    @extend_schema(operation_id="evaluations_list", summary="信用评价批次")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of runs, latest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="evaluation_start",
        summary="发起信用评价",
        request=EvaluationInput,
        responses={201: EvaluationOutput},
    )
    def post(self, request: Request) -> Response:
        """Start a run and return it."""
        user = signed_in(request.user)
        require_role(user, Role.OPERATOR)
        body = EvaluationInput(data=request.data)
        body.is_valid(raise_exception=True)
        month: date = body.validated_data["month"]
        run = evaluation_start(month=month, actor=user, at=timezone.now())
        return Response(EvaluationOutput(run).data, status=201)


class EvaluationView(APIView):
    """One run."""

    @extend_schema(
        operation_id="evaluation_get",
        summary="一个评价批次及等级分布",
        responses=EvaluationDetailOutput,
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the run with its grades."""
        return Response(EvaluationDetailOutput(run_get(signed_in(request.user), public_id)).data)


class EvaluationResumeView(APIView):
    """A run that stands still."""

    @extend_schema(
        operation_id="evaluation_resume",
        summary="继续中断的评价",
        request=None,
        responses=EvaluationOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Let it go on and return it."""
        run = evaluation_resume(
            public_id=public_id, actor=signed_in(request.user), at=timezone.now()
        )
        return Response(EvaluationOutput(run).data)


class EvaluationPublishView(APIView):
    """A finished run."""

    @extend_schema(
        operation_id="evaluation_publish",
        summary="发布评价（须由发起人以外的人）",
        request=None,
        responses=EvaluationOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Publish and return it."""
        run = evaluation_publish(
            public_id=public_id, actor=signed_in(request.user), at=timezone.now()
        )
        return Response(EvaluationOutput(run).data)


# --- Parameters ----------------------------------------------------------------------------------


class ParameterListView(APIView):
    """All parameters that operators may change."""

    @extend_schema(
        operation_id="parameters_list",
        summary="参数及其全部取值",
        responses=ParameterOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return every parameter with every value."""
        return Response(ParameterOutput(parameter_list(signed_in(request.user)), many=True).data)


class ParameterView(APIView):
    """One parameter."""

    @extend_schema(operation_id="parameter_get", summary="一个参数", responses=ParameterOutput)
    def get(self, request: Request, code: str) -> Response:
        """Return the parameter."""
        return Response(ParameterOutput(parameter_get(signed_in(request.user), code)).data)

    @extend_schema(
        operation_id="parameter_enter",
        summary="录入参数的新取值",
        request=ParameterInput,
        responses={201: ParameterOutput},
    )
    def post(self, request: Request, code: str) -> Response:
        """Enter a value and return the parameter."""
        user = signed_in(request.user)
        parameter_get(user, code)
        require_role(user, Role.OPERATOR)
        body = ParameterInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        row: ParameterValue = parameter_enter(
            code=code,
            effective_from=data["effective_from"],
            value=value_from_text(data["value"]),
            source=data["source"],
            actor=user,
            at=timezone.now(),
        )
        return Response(ParameterOutput(parameter_get(user, row.code)).data, status=201)
