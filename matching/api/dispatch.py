"""API of dispatch: needs that look for a lender, suggestions with reasons, dispatch, clocks of leads; and moving on."""

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
from marketplace.policies import require_role, signed_in
from matching.api.application import ConsentInput
from matching.api.application_outputs import BorrowerApplicationOutput, application_body
from matching.api.lead import LeadRowOutput, MaskedRowOutput
from matching.domain.demand import OPEN_DEMAND_STATES
from matching.models import DemandLead, FinancingDemand
from matching.selectors.application import application_get, application_get_own
from matching.selectors.dispatch import dispatch_suggestions
from matching.selectors.lead import leads_supervised, searching_get, searching_list
from matching.services.application_move import application_move
from matching.services.demand_mode import demand_dispatch


class SearchingOutput(MaskedRowOutput):
    """A need that looks for a lender, as the operator sees it."""

    state = serializers.CharField()
    dispatch_due_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: Any) -> Any:
        """Return what may be shown of a row, with where it stands."""
        due, at = self.fields["dispatch_due_at"], instance["dispatch_due_at"]
        return MaskedRowOutput().to_representation(instance) | {
            "state": instance["state"],
            "dispatch_due_at": due.to_representation(at) if at else None,
        }


class SuggestionOutput(serializers.Serializer[Any]):
    """A lender a need may be dispatched to, and why it stands where it does."""

    institution = serializers.CharField(source="institution.code")
    name = serializers.CharField(source="institution.organisation.name")
    serves_district = serializers.BooleanField(source="candidate.serves_district")
    products = serializers.IntegerField(source="candidate.products")
    load = serializers.DecimalField(source="candidate.load", max_digits=12, decimal_places=2)
    reason = serializers.CharField(source="sentence")
    before = serializers.CharField(allow_blank=True)


class SearchingQuery(StrictSerializer):
    """Which needs."""

    state = serializers.ChoiceField(
        choices=sorted(OPEN_DEMAND_STATES), allow_blank=True, default=""
    )
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class LateQuery(StrictSerializer):
    """Which leads."""

    late = serializers.BooleanField(default=False)
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class DispatchInput(StrictSerializer):
    """Which lender, by code."""

    institution = serializers.CharField(max_length=16)


class MoveInput(StrictSerializer):
    """Another lender's product, and the consent that names it."""

    product_id = serializers.UUIDField()
    consent = ConsentInput()


class SearchingListView(ListAPIView[FinancingDemand]):
    """The needs that look for a lender, for the operator."""

    serializer_class = SearchingOutput
    queryset = FinancingDemand.objects.none()

    def get_queryset(self) -> Any:
        """Return rows without names."""
        user = signed_in(self.request.user)
        require_role(user, Role.OPERATOR)
        query = SearchingQuery(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        return searching_list(user, timezone.now(), query.validated_data["state"])

    @extend_schema(
        operation_id="searching_demands_list",
        summary="寻找机构的需求（不含企业名称）",
        parameters=[SearchingQuery],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of needs, latest first."""
        return super().get(request, *args, **kwargs)


class SuggestionListView(APIView):
    """Whom a need may be dispatched to."""

    @extend_schema(
        operation_id="dispatch_suggestions",
        summary="派单建议及理由",
        responses=SuggestionOutput(many=True),
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the lenders, the first to choose at the top."""
        user = signed_in(request.user)
        require_role(user, Role.OPERATOR)
        found = dispatch_suggestions(searching_get(user, public_id), timezone.now())
        return Response(SuggestionOutput(found, many=True).data)


class DispatchView(APIView):
    """Dispatch a need."""

    @extend_schema(
        operation_id="demand_dispatch",
        summary="派单",
        request=DispatchInput,
        responses={201: LeadRowOutput},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Put it before the lender."""
        user = signed_in(request.user)
        require_role(user, Role.OPERATOR)
        searching_get(user, public_id)
        body = DispatchInput(data=request.data)
        body.is_valid(raise_exception=True)
        lead = demand_dispatch(
            demand_id=public_id,
            institution_code=body.validated_data["institution"],
            actor=user,
            at=timezone.now(),
        )
        return Response(LeadRowOutput(lead).data, status=201)


class SupervisedLeadListView(ListAPIView[DemandLead]):
    """Open leads by their clocks, for the operator."""

    serializer_class = LeadRowOutput
    queryset = DemandLead.objects.none()

    def get_queryset(self) -> Any:
        """Return open leads, on request only the late ones."""
        user = signed_in(self.request.user)
        require_role(user, Role.OPERATOR)
        query = LateQuery(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        return leads_supervised(user, timezone.now(), is_late=query.validated_data["late"])

    @extend_schema(
        operation_id="supervised_leads_list", summary="接单督办清单", parameters=[LateQuery]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of leads, latest first."""
        return super().get(request, *args, **kwargs)


class ApplicationMoveView(APIView):
    """Move an application to another lender."""

    @extend_schema(
        operation_id="application_move",
        summary="撤回并转至其他机构（随附已备资料）",
        request=MoveInput,
        responses={201: BorrowerApplicationOutput},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Withdraw here, submit there."""
        user, now = signed_in(request.user), timezone.now()
        application_get_own(user, public_id)
        body = MoveInput(data=request.data)
        body.is_valid(raise_exception=True)
        consent = ConsentInput(data=body.validated_data["consent"])
        consent.is_valid(raise_exception=True)
        moved = application_move(
            application_id=public_id,
            product_id=body.validated_data["product_id"],
            consent=consent.choice(),
            actor=user,
            at=now,
        )
        answer = application_body(application_get(user, moved.public_id), user, now)
        return Response(answer, status=201)
