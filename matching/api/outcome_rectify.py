"""API of putting right what was reported of a loan, and the operator's list of it."""

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

from marketplace.domain.roles import Role
from marketplace.policies import require_role, signed_in
from matching.api.outcome import AmendInput, OutcomeOutput, OutcomeVoidInput
from matching.domain.outcome_replay import changed_fields
from matching.models import OutcomeEvent
from matching.selectors.loan import corrections_list, event_of, loan_get
from matching.services.outcome_rectify import outcome_amend, outcome_void


class CorrectionOutput(serializers.Serializer[Any]):
    """An outcome that a lender put right; no amounts, no reason."""

    application_id = serializers.UUIDField()
    enterprise = serializers.CharField()
    institution = serializers.CharField()
    kind = serializers.CharField()
    action = serializers.ChoiceField(choices=["AMEND", "VOID"])
    changed = serializers.ListField(child=serializers.CharField())
    reported_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    state = serializers.CharField()


class CorrectionRow(serializers.BaseSerializer[OutcomeEvent]):
    """An outcome of the operator's list."""

    def to_representation(self, instance: OutcomeEvent) -> dict[str, Any]:
        """Return it without amounts."""
        now, application = instance.replaced_by, instance.loan.application
        found = {
            "application_id": application.public_id,
            "enterprise": application.enterprise.name,
            "institution": application.institution.organisation.name,
            "kind": instance.kind,
            "action": "AMEND" if now else "VOID",
            "changed": changed_fields(event_of(instance), event_of(now)) if now else (),
            "reported_at": instance.reported_at,
            "ended_at": instance.ended_at,
            "state": application.state,
        }
        return dict(CorrectionOutput(found).data)


class OutcomeAmendView(APIView):
    """The content of one event."""

    @extend_schema(
        operation_id="loan_outcome_amend",
        summary="更正一笔贷款结果",
        request=AmendInput,
        responses={201: OutcomeOutput},
    )
    def post(self, request: Request, public_id: uuid.UUID, seq: int) -> Response:
        """Replace it; the answer is what counts instead. The same again changes nothing."""
        user = signed_in(request.user)
        loan_get(user, public_id)
        body = AmendInput(data=request.data)
        body.is_valid(raise_exception=True)
        written = outcome_amend(
            loan_id=public_id,
            seq=seq,
            **body.validated_data,
            actor=user,
            at=timezone.now(),
        )
        return Response(OutcomeOutput(written).data, status=201)


class OutcomeVoidView(APIView):
    """One event."""

    @extend_schema(
        operation_id="loan_outcome_void",
        summary="作废一笔贷款结果",
        request=OutcomeVoidInput,
        responses=OutcomeOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID, seq: int) -> Response:
        """Take it out; the same again changes nothing."""
        user = signed_in(request.user)
        loan_get(user, public_id)
        body = OutcomeVoidInput(data=request.data)
        body.is_valid(raise_exception=True)
        ended = outcome_void(
            loan_id=public_id,
            seq=seq,
            **body.validated_data,
            actor=user,
            at=timezone.now(),
        )
        return Response(OutcomeOutput(ended).data)


class CorrectionListView(ListAPIView[OutcomeEvent]):
    """What lenders put right."""

    serializer_class = CorrectionRow
    queryset = OutcomeEvent.objects.none()

    def get_queryset(self) -> Any:
        """Return it for the operator."""
        user = signed_in(self.request.user)
        require_role(user, Role.OPERATOR)
        return corrections_list(user)

    @extend_schema(
        operation_id="operator_corrections_list",
        summary="更正与作废的贷款结果",
        responses=CorrectionOutput(many=True),
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page, latest first."""
        return super().get(request, *args, **kwargs)
