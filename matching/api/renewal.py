"""API of loans that end soon: which they are, and what the need that renews one starts from."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lenders.api.serializers import AmountField
from marketplace.policies import require_role, signed_in
from matching.policies.application import BORROWER_ROLES
from matching.selectors.renewal import loans_maturing, renewal_start


class MaturingLoanOutput(serializers.Serializer[Any]):
    """One loan within the days in which its borrower is reminded."""

    loan_id = serializers.UUIDField(source="loan.public_id")
    application_id = serializers.UUIDField(source="loan.application.public_id")
    product = serializers.CharField(source="loan.application.product.name")
    amount_yuan = AmountField(source="loan.amount_yuan")
    matures_on = serializers.DateField()
    days_left = serializers.IntegerField()


class RenewalStartOutput(serializers.Serializer[Any]):
    """Fields of a need, as ``POST demands/`` takes them, filled from the loan that is to be renewed."""

    amount_yuan = AmountField()
    term_months = serializers.IntegerField()
    purpose = serializers.CharField()
    purpose_note = serializers.CharField()
    guarantee = serializers.CharField()
    is_first_loan = serializers.BooleanField()


class RenewalListView(APIView):
    """The caller's loans that end soon."""

    @extend_schema(
        operation_id="renewals_list",
        summary="临近到期、可以续贷的贷款",
        responses=MaturingLoanOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return loans within the days of reminding, the earliest end first."""
        user = signed_in(request.user)
        require_role(user, *BORROWER_ROLES)
        return Response(MaturingLoanOutput(loans_maturing(user, timezone.now()), many=True).data)


class RenewalStartView(APIView):
    """What the need that renews one loan starts from."""

    @extend_schema(
        operation_id="renewal_start",
        summary="由原贷款填好的续贷需求，可改后提交",
        responses=RenewalStartOutput,
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the fields; nothing is kept."""
        user = signed_in(request.user)
        require_role(user, *BORROWER_ROLES)
        return Response(RenewalStartOutput(renewal_start(user, public_id)).data)
