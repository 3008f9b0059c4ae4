"""API of the pool and of leads: needs without names, take, return; an enterprise's modes and answers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lenders.api.serializers import AmountField
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.vocabulary import GUARANTEE_LABELS
from marketplace.policies import require_role, signed_in
from matching.api.demand import DemandOutput
from matching.domain.lead import LEAD_STATE_LABELS, RETURN_LABELS, LeadState
from matching.models import DemandLead, FinancingDemand
from matching.policies.application import BORROWER_ROLES, LENDER_ROLES
from matching.selectors.demand import demand_get
from matching.selectors.lead import (
    lead_get,
    lead_get_own,
    lead_list,
    leads_of,
    masked,
    masked_get,
    pool_get,
    pool_list,
)
from matching.services.demand_mode import demand_ask_dispatch, demand_choose, demand_enter_pool
from matching.services.lead_answer import lead_decline, lead_return, lead_take, pool_take


class MaskedNeedOutput(serializers.Serializer[Any]):
    """A need as everybody but its enterprise sees it; who asks is not among it."""

    id = serializers.UUIDField()
    sector = serializers.CharField()
    district = serializers.CharField()
    amount_yuan = AmountField()
    term_months = serializers.IntegerField()
    guarantee = serializers.CharField()
    closes_at = serializers.DateTimeField(allow_null=True)
    slots_free = serializers.IntegerField()
    is_duplicate = serializers.BooleanField()


class MaskedRowOutput(MaskedNeedOutput):
    """The same, from a row of a list."""

    def to_representation(self, instance: Any) -> Any:
        """Return what may be shown of a row."""
        return super().to_representation(masked(instance))


class LeadRowOutput(serializers.Serializer[Any]):
    """A lead as its lender sees it."""

    id = serializers.UUIDField(source="public_id")
    need_id = serializers.UUIDField(source="demand.public_id")
    institution = serializers.CharField(source="institution.organisation.name")
    origin = serializers.CharField()
    state = serializers.CharField()
    state_label = serializers.SerializerMethodField()
    product_id = serializers.UUIDField(source="product.public_id", default=None, allow_null=True)
    offered_at = serializers.DateTimeField()
    taken_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(source="clock_due_at", allow_null=True)
    return_code = serializers.CharField(allow_blank=True)
    application_id = serializers.UUIDField(
        source="application.public_id", default=None, allow_null=True
    )

    def get_state_label(self, lead: DemandLead) -> str:
        """Return the state in Chinese."""
        return LEAD_STATE_LABELS[LeadState(lead.state)]


class LeadOutput(LeadRowOutput):
    """A lead with its need, without a name."""

    need = serializers.SerializerMethodField()

    @extend_schema_field(MaskedNeedOutput)
    def get_need(self, lead: DemandLead) -> Any:
        """Return the need as the lender may see it."""
        return MaskedNeedOutput(masked_get(lead.demand, timezone.now())).data


class PoolQuery(StrictSerializer):
    """Which needs of the pool."""

    district = serializers.ChoiceField(choices=list(DISTRICT_LABELS), allow_blank=True, default="")
    guarantee = serializers.ChoiceField(
        choices=[code.value for code in GUARANTEE_LABELS], allow_blank=True, default=""
    )
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class LeadQuery(StrictSerializer):
    """Which leads."""

    scope = serializers.ChoiceField(choices=["open", "done"], default="open")
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class TakeInput(StrictSerializer):
    """Which product is proposed; without one, that which suits best."""

    product_id = serializers.UUIDField(allow_null=True, default=None)


class ReturnInput(StrictSerializer):
    """Why a lead is given back."""

    return_code = serializers.ChoiceField(choices=[code.value for code in RETURN_LABELS])
    return_note = serializers.CharField(max_length=300, allow_blank=True, default="")


class LendersInput(StrictSerializer):
    """Which lenders a need is directed at, by code."""

    institutions = serializers.ListField(
        child=serializers.CharField(max_length=16), min_length=1, max_length=20
    )


class PoolListView(ListAPIView[FinancingDemand]):
    """The needs that can be taken now."""

    serializer_class = MaskedRowOutput
    queryset = FinancingDemand.objects.none()

    def get_queryset(self) -> Any:
        """Return rows without names."""
        user = signed_in(self.request.user)
        require_role(user, *LENDER_ROLES)
        query = PoolQuery(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        data = query.validated_data
        return pool_list(
            user, timezone.now(), district_code=data["district"], guarantee=data["guarantee"]
        )

    @extend_schema(
        operation_id="pool_list", summary="抢单池（不含企业名称）", parameters=[PoolQuery]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of needs, latest first."""
        return super().get(request, *args, **kwargs)


class PoolTakeView(APIView):
    """Take a need from the pool."""

    @extend_schema(
        operation_id="pool_take", summary="抢单", request=TakeInput, responses={201: LeadOutput}
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Take it for the caller's institution."""
        user = signed_in(request.user)
        pool_get(user, public_id)
        body = TakeInput(data=request.data)
        body.is_valid(raise_exception=True)
        lead = pool_take(demand_id=public_id, **body.validated_data, actor=user, at=timezone.now())
        return Response(LeadOutput(lead).data, status=201)


class LeadListView(ListAPIView[DemandLead]):
    """The leads of the caller's lender."""

    serializer_class = LeadRowOutput
    queryset = DemandLead.objects.none()

    def get_queryset(self) -> Any:
        """Return open leads, or those that ended."""
        user = signed_in(self.request.user)
        require_role(user, *LENDER_ROLES)
        query = LeadQuery(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        return lead_list(user, is_open=query.validated_data["scope"] == "open")

    @extend_schema(operation_id="leads_list", summary="需求线索列表", parameters=[LeadQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of leads, latest first."""
        return super().get(request, *args, **kwargs)


class LeadView(APIView):
    """One lead."""

    @extend_schema(operation_id="lead_get", summary="一条需求线索", responses=LeadOutput)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return it with its need, without a name."""
        return Response(LeadOutput(lead_get(signed_in(request.user), public_id)).data)


class LeadTakeView(APIView):
    """Take a need that was dispatched or directed."""

    @extend_schema(
        operation_id="lead_take", summary="接单", request=TakeInput, responses=LeadOutput
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Take it."""
        user = signed_in(request.user)
        lead_get(user, public_id)
        body = TakeInput(data=request.data)
        body.is_valid(raise_exception=True)
        lead = lead_take(lead_id=public_id, **body.validated_data, actor=user, at=timezone.now())
        return Response(LeadOutput(lead).data)


class LeadReturnView(APIView):
    """Give a lead back."""

    @extend_schema(
        operation_id="lead_return", summary="退回", request=ReturnInput, responses=LeadOutput
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Give it back with a reason."""
        user = signed_in(request.user)
        lead_get(user, public_id)
        body = ReturnInput(data=request.data)
        body.is_valid(raise_exception=True)
        lead = lead_return(lead_id=public_id, **body.validated_data, actor=user, at=timezone.now())
        return Response(LeadOutput(lead).data)


class DemandModeView(APIView):
    """A way for a need to look for a lender, without further input."""

    service: Callable[..., FinancingDemand]

    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Do it and return the need."""
        user = signed_in(request.user)
        demand = demand_get(user, public_id)
        done = type(self).service(demand=demand, actor=user, at=timezone.now())
        return Response(DemandOutput(done).data)


@extend_schema_view(
    post=extend_schema(
        operation_id="demand_pool", summary="进入抢单池", request=None, responses=DemandOutput
    )
)
class DemandPoolView(DemandModeView):
    """Put a need into the pool."""

    service = staticmethod(demand_enter_pool)


@extend_schema_view(
    post=extend_schema(
        operation_id="demand_ask_dispatch",
        summary="请平台派单",
        request=None,
        responses=DemandOutput,
    )
)
class DemandDispatchView(DemandModeView):
    """Leave it to the marketplace which lender a need goes to."""

    service = staticmethod(demand_ask_dispatch)


class DemandLendersView(APIView):
    """Direct a need at lenders of the enterprise's choice."""

    @extend_schema(
        operation_id="demand_choose",
        summary="定向选择机构",
        request=LendersInput,
        responses={201: LeadRowOutput(many=True)},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Put it before each of them."""
        user = signed_in(request.user)
        demand = demand_get(user, public_id)
        body = LendersInput(data=request.data)
        body.is_valid(raise_exception=True)
        leads = demand_choose(
            demand=demand,
            institution_codes=body.validated_data["institutions"],
            actor=user,
            at=timezone.now(),
        )
        return Response(LeadRowOutput(leads, many=True).data, status=201)


class InvitationListView(APIView):
    """The lenders that have a need before them, and their answers."""

    @extend_schema(
        operation_id="demand_invitations",
        summary="需求的机构对接情况",
        responses=LeadRowOutput(many=True),
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the leads of a need of the caller's enterprise, oldest first."""
        user = signed_in(request.user)
        require_role(user, *BORROWER_ROLES)
        rows = leads_of(demand_get(user, public_id))
        return Response(LeadRowOutput(rows, many=True).data)


class InvitationDeclineView(APIView):
    """Decline a lender."""

    @extend_schema(
        operation_id="invitation_decline", summary="不予对接", request=None, responses=LeadRowOutput
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Decline it; the slot is free again."""
        user = signed_in(request.user)
        lead_get_own(user, public_id)
        lead = lead_decline(lead_id=public_id, actor=user, at=timezone.now())
        return Response(LeadRowOutput(lead).data)
