"""API of applications: submit with consent, read, review, and lists for enterprise, lender and operator."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lenders.api.systems import OpenToSystems
from lenders.domain.interface import Interface
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.roles import Role
from marketplace.policies import has_role, require_role, signed_in
from matching.api.application_outputs import (
    ApplicationRowOutput,
    BorrowerApplicationOutput,
    LenderApplicationOutput,
    SupervisedOutput,
    application_body,
)
from matching.api.demand import FitOutput, fit_body
from matching.models import LoanApplication
from matching.policies.application import BORROWER_ROLES, LENDER_ROLES
from matching.selectors.application import (
    QueueScope,
    application_get,
    application_get_reviewed,
    application_list,
    queue_list,
    supervised_list,
)
from matching.selectors.demand import demand_get
from matching.services.application import (
    ConsentChoice,
    application_consent_again,
    application_submit,
)
from matching.services.application_remark import application_urge
from matching.services.review import Review, review_open

APPLICATION_OUTPUT = PolymorphicProxySerializer(
    component_name="Application",
    serializers=[BorrowerApplicationOutput, LenderApplicationOutput],
    resource_type_field_name=None,
)


class ConsentInput(StrictSerializer):
    """What the enterprise consents to; nothing is taken for granted, every class is listed."""

    data_classes = serializers.ListField(child=serializers.CharField(max_length=2), max_length=17)
    valid_months = serializers.IntegerField()
    feedback_clause = serializers.BooleanField()

    def choice(self) -> ConsentChoice:
        """Return what was ticked."""
        data = self.validated_data
        return ConsentChoice(
            tuple(data["data_classes"]), data["valid_months"], data["feedback_clause"]
        )


class ApplicationInput(StrictSerializer):
    """A need, a product, and the consent."""

    demand_id = serializers.UUIDField()
    product_id = serializers.UUIDField()
    consent = ConsentInput()


class QueueInput(StrictSerializer):
    """Which applications; a lender's scope, and a state."""

    scope = serializers.ChoiceField(
        choices=[scope.value for scope in QueueScope], default=QueueScope.BRANCH.value
    )
    state = serializers.CharField(max_length=16, allow_blank=True, default="")
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class WatchInput(StrictSerializer):
    """Which cases."""

    late = serializers.BooleanField(default=False)
    institution = serializers.CharField(max_length=16, allow_blank=True, default="")
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class TextInput(StrictSerializer):
    """A word."""

    text = serializers.CharField(max_length=1000)


class ContradictionOutput(serializers.Serializer[Any]):
    """Declared against recorded."""

    code = serializers.CharField()
    severity = serializers.CharField()
    sentence = serializers.CharField()


class FreshnessOutput(serializers.Serializer[Any]):
    """How current a data class is."""

    data_class = serializers.CharField()
    state = serializers.CharField()
    sentence = serializers.CharField()


class ReviewOutput(serializers.Serializer[Any]):
    """What a lender may read now; with ``closed_because`` everything else is null or empty."""

    closed_because = serializers.CharField(allow_blank=True)
    portrait_id = serializers.UUIDField(allow_null=True)
    content_hash = serializers.CharField(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True)
    grade = serializers.CharField(allow_null=True)
    disclaimer = serializers.CharField(allow_null=True)
    frozen_fit = FitOutput(allow_null=True)
    today_fit = FitOutput(allow_null=True)
    contradictions = ContradictionOutput(many=True)
    freshness = FreshnessOutput(many=True)


class ApplicationListView(OpenToSystems, ListAPIView[LoanApplication]):
    """The applications of the caller's enterprise or lender."""

    interfaces = {"GET": Interface.APPLICATIONS}

    serializer_class = ApplicationRowOutput
    queryset = LoanApplication.objects.none()

    def get_queryset(self) -> Any:
        """Return the enterprise's own, else the lender's by scope and state."""
        user = signed_in(self.request.user)
        require_role(user, *BORROWER_ROLES, *LENDER_ROLES)
        query = QueueInput(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        state = query.validated_data["state"]
        if has_role(user, *BORROWER_ROLES):
            found = application_list(user)
            return found.filter(state=state) if state else found
        return queue_list(user, QueueScope(query.validated_data["scope"]), state)

    @extend_schema(operation_id="applications_list", summary="申请列表", parameters=[QueueInput])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of applications, latest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="application_submit",
        summary="授权并提交申请",
        request=ApplicationInput,
        responses={201: BorrowerApplicationOutput},
    )
    def post(self, request: Request) -> Response:
        """Put a need to a product, with the consent."""
        user, now = signed_in(request.user), timezone.now()
        require_role(user, *BORROWER_ROLES)
        body = ApplicationInput(data=request.data)
        body.is_valid(raise_exception=True)
        consent = ConsentInput(data=body.validated_data["consent"])
        consent.is_valid(raise_exception=True)
        application = application_submit(
            demand=demand_get(user, body.validated_data["demand_id"]),
            product_id=body.validated_data["product_id"],
            consent=consent.choice(),
            actor=user,
            at=now,
        )
        return _answer(request, application.public_id, status=201)


class ApplicationView(OpenToSystems):
    """One application."""

    interfaces = {"GET": Interface.APPLICATIONS}

    @extend_schema(operation_id="application_get", summary="一笔申请", responses=APPLICATION_OUTPUT)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return it in the form of the caller's side."""
        return _answer(request, public_id)


class ApplicationConsentView(APIView):
    """A new consent for a suspended application."""

    @extend_schema(
        operation_id="application_consent",
        summary="重新授权并恢复办理",
        request=ConsentInput,
        responses=BorrowerApplicationOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Grant it; the application resumes."""
        user = signed_in(request.user)
        application_get(user, public_id)
        body = ConsentInput(data=request.data)
        body.is_valid(raise_exception=True)
        application_consent_again(
            application_id=public_id, consent=body.choice(), actor=user, at=timezone.now()
        )
        return _answer(request, public_id)


class ApplicationReviewView(APIView):
    """The frozen portrait's findings and fit, with today's fit."""

    @extend_schema(
        operation_id="application_review",
        summary="审查：冻结的匹配与今日变化（查看留痕）",
        responses=ReviewOutput,
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return what the lender may read now; the reading is logged."""
        user = signed_in(request.user)
        now = timezone.now()
        application = application_get_reviewed(user, public_id, now).application
        found = review_open(application=application, user=user, at=now, channel="API")
        return Response(ReviewOutput(_review(found)).data)


class SupervisedListView(ListAPIView[LoanApplication]):
    """Open cases by their clocks, for the operator."""

    serializer_class = SupervisedOutput
    queryset = LoanApplication.objects.none()

    def get_queryset(self) -> Any:
        """Return open cases without amounts."""
        user = signed_in(self.request.user)
        require_role(user, Role.OPERATOR)
        query = WatchInput(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        return supervised_list(
            user,
            timezone.now(),
            is_late=query.validated_data["late"],
            institution_code=query.validated_data["institution"],
        )

    @extend_schema(
        operation_id="supervised_applications_list",
        summary="在办申请时限（不含金额）",
        parameters=[WatchInput],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of cases, latest first."""
        return super().get(request, *args, **kwargs)


class UrgeView(APIView):
    """Urge a lender on."""

    @extend_schema(
        operation_id="application_urge",
        summary="督办",
        request=TextInput,
        responses={204: None},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Send the operator's word."""
        user = signed_in(request.user)
        require_role(user, Role.OPERATOR)
        body = TextInput(data=request.data)
        body.is_valid(raise_exception=True)
        application_urge(
            application_id=public_id,
            text=body.validated_data["text"],
            actor=user,
            at=timezone.now(),
        )
        return Response(status=204)


def _answer(request: Request, public_id: uuid.UUID, status: int = 200) -> Response:
    user = signed_in(request.user)
    body = application_body(application_get(user, public_id), user, timezone.now())
    return Response(body, status=status)


def _review(found: Review) -> dict[str, Any]:
    reading = found.reading
    portrait = reading.portrait if reading else None
    return {
        "closed_because": found.closed_because,
        "portrait_id": reading.row.public_id if reading else None,
        "content_hash": reading.row.content_hash if reading else None,
        "as_of": portrait.as_of if portrait else None,
        "grade": portrait.score.grade if portrait else None,
        "disclaimer": portrait.disclaimer if portrait else None,
        "frozen_fit": fit_body(found.frozen_fit) if found.frozen_fit else None,
        "today_fit": fit_body(found.today_fit) if found.today_fit else None,
        "contradictions": portrait.contradictions if portrait else [],
        "freshness": portrait.freshness if portrait else [],
    }
