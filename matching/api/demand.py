"""API of needs: type once, publish, see which products fit and why, withdraw."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from borrowers.selectors import enterprise_for_owner
from lenders.api.serializers import AmountField
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.verdict import OUTCOME_LABELS
from marketplace.domain.vocabulary import GUARANTEE_LABELS, PURPOSE_LABELS
from marketplace.policies import require_role, signed_in
from matching.domain.demand import DEMAND_STATE_LABELS, DemandState
from matching.domain.fit import FitResult
from matching.domain.reasons import verdict_to_json
from matching.models import FinancingDemand
from matching.policies.application import BORROWER_ROLES
from matching.selectors.demand import demand_get, demand_list
from matching.services.demand import (
    demand_close,
    demand_create,
    demand_publish,
    demand_withdraw,
)


class DemandInput(StrictSerializer):
    """A need; money in yuan, rates in basis points. With ``publish`` it is on the market at once."""

    amount_yuan = AmountField()
    term_months = serializers.IntegerField(max_value=1200)
    purpose = serializers.ChoiceField(choices=[code.value for code in PURPOSE_LABELS])
    purpose_note = serializers.CharField(max_length=300, allow_blank=True, default="")
    guarantee = serializers.ChoiceField(choices=[code.value for code in GUARANTEE_LABELS])
    max_rate_bp = serializers.IntegerField(allow_null=True, default=None, max_value=100_000)
    declared_employees = serializers.IntegerField(
        allow_null=True, default=None, min_value=0, max_value=1_000_000
    )
    declared_revenue_yuan = AmountField(allow_null=True, default=None)
    is_first_loan = serializers.BooleanField(default=False)
    publish = serializers.BooleanField(default=False)


class DemandOutput(serializers.Serializer[Any]):
    """A need as the enterprise sees it."""

    id = serializers.UUIDField(source="public_id")
    state = serializers.CharField()
    state_label = serializers.SerializerMethodField()
    mode = serializers.CharField()
    pool_until = serializers.DateTimeField(allow_null=True)
    amount_yuan = AmountField()
    term_months = serializers.IntegerField()
    purpose = serializers.CharField()
    purpose_note = serializers.CharField()
    guarantee = serializers.CharField()
    max_rate_bp = serializers.IntegerField(allow_null=True)
    declared_employees = serializers.IntegerField(allow_null=True)
    declared_revenue_yuan = AmountField(allow_null=True)
    is_first_loan = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)

    def get_state_label(self, demand: FinancingDemand) -> str:
        """Return the state in Chinese."""
        return DEMAND_STATE_LABELS[DemandState(demand.state)]


class ReasonOutput(serializers.Serializer[Any]):
    """What one rule found; value, limit and records stand empty where the reader is given words alone."""

    rule_code = serializers.CharField()
    outcome = serializers.CharField()
    sentence = serializers.CharField()
    own_value = serializers.JSONField(allow_null=True)
    limit = serializers.JSONField(allow_null=True)
    unit = serializers.CharField()
    evidence_ids = serializers.ListField(child=serializers.CharField())
    parameter_version = serializers.CharField()


class FitOutput(serializers.Serializer[Any]):
    """How a product fits, with every reason."""

    outcome = serializers.CharField()
    outcome_label = serializers.CharField()
    fits = serializers.IntegerField()
    does_not_fit = serializers.IntegerField()
    cannot_tell = serializers.IntegerField()
    missing_classes = serializers.ListField(child=serializers.CharField())
    reasons = ReasonOutput(many=True)


def fit_body(result: FitResult) -> dict[str, Any]:
    """Return a fit as data."""
    return {
        "outcome": result.outcome.value,
        "outcome_label": OUTCOME_LABELS[result.outcome],
        "fits": result.fits,
        "does_not_fit": result.does_not_fit,
        "cannot_tell": result.cannot_tell,
        "missing_classes": [entry.value for entry in result.missing_classes],
        "reasons": [
            dict(ReasonOutput(verdict_to_json(verdict)).data) for verdict in result.verdicts
        ],
    }


class DemandListView(ListAPIView[FinancingDemand]):
    """The caller's needs."""

    serializer_class = DemandOutput
    queryset = FinancingDemand.objects.none()

    def get_queryset(self) -> Any:
        """Return the needs of the caller's enterprises."""
        require_role(self.request.user, *BORROWER_ROLES)
        return demand_list(signed_in(self.request.user))

    @extend_schema(operation_id="demands_list", summary="我的融资需求")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of needs, latest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="demand_create",
        summary="填写融资需求",
        request=DemandInput,
        responses={201: DemandOutput},
    )
    def post(self, request: Request) -> Response:
        """Enter a need of the caller's enterprise."""
        user = signed_in(request.user)
        require_role(user, *BORROWER_ROLES)
        body = DemandInput(data=request.data)
        body.is_valid(raise_exception=True)
        demand = demand_create(
            enterprise=enterprise_for_owner(user),
            **body.validated_data,
            actor=user,
            at=timezone.now(),
        )
        return Response(DemandOutput(demand).data, status=201)


class DemandView(APIView):
    """One need."""

    @extend_schema(operation_id="demand_get", summary="一项融资需求", responses=DemandOutput)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return it."""
        return Response(DemandOutput(demand_get(signed_in(request.user), public_id)).data)


class DemandVerbView(APIView):
    """A verb on a need without further input."""

    service: Callable[..., FinancingDemand]

    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Do it and return the need."""
        user = signed_in(request.user)
        demand = demand_get(user, public_id)
        done = type(self).service(demand=demand, actor=user, at=timezone.now())
        return Response(DemandOutput(done).data)


@extend_schema_view(
    post=extend_schema(
        operation_id="demand_publish", summary="发布需求", request=None, responses=DemandOutput
    )
)
class DemandPublishView(DemandVerbView):
    """Publish a draft."""

    service = staticmethod(demand_publish)


@extend_schema_view(
    post=extend_schema(
        operation_id="demand_withdraw", summary="撤回需求", request=None, responses=DemandOutput
    )
)
class DemandWithdrawView(DemandVerbView):
    """Take a need off the market."""

    service = staticmethod(demand_withdraw)


@extend_schema_view(
    post=extend_schema(
        operation_id="demand_close", summary="结束对接", request=None, responses=DemandOutput
    )
)
class DemandCloseView(DemandVerbView):
    """End the search for a need that found no lender."""

    service = staticmethod(demand_close)
