"""API of loans and their outcomes, one by one and by sheet."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lenders.api.serializers import AmountField
from lenders.api.systems import OpenToSystems, token_of
from lenders.domain.interface import Interface
from marketplace.api.pagination import KeysetPagination
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.policies import require_role, signed_in
from matching.domain.outcome import OutcomeKind
from matching.models import Loan, OutcomeEvent
from matching.policies.application import BORROWER_ROLES, LENDER_ROLES, roles_towards
from matching.selectors.loan import loan_get, loan_list, loan_position, outcomes_of
from matching.services.outcome import outcome_record
from matching.services.outcome_import import outcome_import


class ContentInput(StrictSerializer):
    """What an outcome consists of besides its kind, and the lender's own number for it."""

    event_date = serializers.DateField()
    reference = serializers.CharField(max_length=64)
    principal_yuan = AmountField(allow_null=True, default=None)
    interest_yuan = AmountField(allow_null=True, default=None)
    days_overdue = serializers.IntegerField(
        allow_null=True, default=None, min_value=0, max_value=36_500
    )
    classification = serializers.CharField(max_length=16, allow_blank=True, default="")


class OutcomeInput(ContentInput):
    """What happened to a loan; the same reference with the same content again changes nothing."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in OutcomeKind])


class AmendInput(ContentInput):
    """The whole content an event should have had, with a reference of its own; the kind stays."""

    reason = serializers.CharField(max_length=200)


class OutcomeVoidInput(StrictSerializer):
    """Why an event is taken out."""

    reason = serializers.CharField(max_length=200)


class SheetInput(StrictSerializer):
    """A sheet."""

    file = serializers.FileField()


class OwnOutcomeOutput(serializers.Serializer[Any]):
    """One reported event as the enterprise sees it; with ``ended_at`` it counts no more, ``replaced_by`` does."""

    seq = serializers.IntegerField()
    kind = serializers.CharField()
    event_date = serializers.DateField()
    principal_yuan = AmountField()
    interest_yuan = AmountField()
    days_overdue = serializers.IntegerField(allow_null=True)
    classification = serializers.CharField(allow_blank=True)
    reported_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField(allow_blank=True)
    replaced_by = serializers.IntegerField(source="replaced_by.seq", default=None, allow_null=True)


class OutcomeOutput(OwnOutcomeOutput):
    """One reported event as the lender sees it."""

    warning = serializers.CharField(allow_blank=True)
    reference = serializers.CharField()


class LoanOutput(serializers.Serializer[Any]):
    """A loan as the enterprise sees it; positions are sums of what was reported."""

    id = serializers.UUIDField()
    application_id = serializers.UUIDField()
    state = serializers.CharField()
    signed_date = serializers.DateField()
    amount_yuan = AmountField()
    annual_rate_bp = serializers.IntegerField()
    term_months = serializers.IntegerField()
    guarantee = serializers.CharField()
    repayment = serializers.CharField()
    drawn_yuan = AmountField()
    repaid_yuan = AmountField()
    outstanding_yuan = AmountField()
    interest_yuan = AmountField()
    overdue_days = serializers.IntegerField()
    classification = serializers.CharField(allow_blank=True)


class LenderLoanOutput(LoanOutput):
    """A loan as its lender sees it."""

    enterprise = serializers.CharField()
    contract_no = serializers.CharField()
    is_first_loan = serializers.BooleanField()
    is_renewal = serializers.BooleanField()


class RowErrorOutput(serializers.Serializer[Any]):
    """Why a row was rejected."""

    row = serializers.IntegerField()
    field = serializers.CharField()
    code = serializers.CharField()
    sentence = serializers.CharField()


class SheetOutput(serializers.Serializer[Any]):
    """What became of a sheet: read = accepted + duplicates + skipped + rejected."""

    read = serializers.IntegerField()
    accepted = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    skipped = serializers.IntegerField()
    rejected = serializers.IntegerField()
    errors = RowErrorOutput(many=True)  # type: ignore[assignment]


LOAN_OUTPUT = PolymorphicProxySerializer(
    component_name="Loan",
    serializers=[LoanOutput, LenderLoanOutput],
    resource_type_field_name=None,
)
OUTCOME_LIST_OUTPUT = PolymorphicProxySerializer(
    component_name="Outcome",
    serializers=[OutcomeOutput, OwnOutcomeOutput],
    resource_type_field_name=None,
    many=True,
)


class LoanRow(serializers.BaseSerializer[Loan]):
    """A loan of a lender's list."""

    def to_representation(self, instance: Loan) -> dict[str, Any]:
        """Return it as the lender sees it."""
        return _lender_body(instance)


class LoansBySigning(KeysetPagination):
    """Latest signed first, as `loan_list` has them."""

    ordering = ("-signed_date", "-id")  # type: ignore[assignment]


class LoanListView(OpenToSystems, ListAPIView[Loan]):
    """The loans of the caller's lender."""

    interfaces = {"GET": Interface.LOANS}

    pagination_class = LoansBySigning
    serializer_class = LoanRow
    queryset = Loan.objects.none()

    def get_queryset(self) -> Any:
        """Return the loans the caller reports on."""
        user = signed_in(self.request.user)
        require_role(user, *LENDER_ROLES)
        return loan_list(user)

    @extend_schema(
        operation_id="loans_list", summary="本机构贷款", responses=LenderLoanOutput(many=True)
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of loans, latest signed first."""
        return super().get(request, *args, **kwargs)


class LoanView(OpenToSystems):
    """One loan."""

    interfaces = {"GET": Interface.LOANS}

    @extend_schema(operation_id="loan_get", summary="一笔贷款", responses=LOAN_OUTPUT)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return it in the form of the caller's side."""
        user = signed_in(request.user)
        loan = loan_get(user, public_id)
        return Response(_own_body(loan) if _is_own(user, loan) else _lender_body(loan))


class OutcomeListView(OpenToSystems):
    """What was reported of a loan."""

    interfaces = {"GET": Interface.LOANS, "POST": Interface.OUTCOMES}

    @extend_schema(
        operation_id="loan_outcomes_list", summary="贷款结果", responses=OUTCOME_LIST_OUTPUT
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return every event in order of reporting, also those that were put right."""
        user = signed_in(request.user)
        loan = loan_get(user, public_id)
        output = OwnOutcomeOutput if _is_own(user, loan) else OutcomeOutput
        return Response(output(outcomes_of(loan), many=True).data)

    @extend_schema(
        operation_id="loan_outcome_record",
        summary="报送一笔贷款结果",
        request=OutcomeInput,
        responses={201: OutcomeOutput},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Report one event, once per reference."""
        user = signed_in(request.user)
        loan_get(user, public_id)
        body = OutcomeInput(data=request.data)
        body.is_valid(raise_exception=True)
        event: OutcomeEvent = outcome_record(
            loan_id=public_id,
            **body.validated_data,
            token=token_of(request),
            actor=user,
            at=timezone.now(),
        )
        return Response(OutcomeOutput(event).data, status=201)


class OutcomeSheetView(APIView):
    """A sheet of outcomes."""

    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="loan_outcomes_upload",
        summary="批量报送贷款结果",
        request=SheetInput,
        responses=SheetOutput,
    )
    def post(self, request: Request) -> Response:
        """Report every row; rejected ones come back with their reasons."""
        user = signed_in(request.user)
        require_role(user, Role.OFFICER)
        body = SheetInput(data=request.data)
        body.is_valid(raise_exception=True)
        delivered = body.validated_data["file"]
        result = outcome_import(
            source=delivered.read(), file_name=delivered.name, actor=user, at=timezone.now()
        )
        return Response(SheetOutput(result).data)


def _is_own(user: User, loan: Loan) -> bool:
    return bool(roles_towards(user, loan.application) & set(BORROWER_ROLES))


def _own_body(loan: Loan) -> dict[str, Any]:
    return dict(LoanOutput(_shared(loan)).data)


def _lender_body(loan: Loan) -> dict[str, Any]:
    found = _shared(loan) | {
        "enterprise": loan.application.enterprise.name,
        "contract_no": loan.contract_no,
        "is_first_loan": loan.is_first_loan,
        "is_renewal": loan.is_renewal,
    }
    return dict(LenderLoanOutput(found).data)


def _shared(loan: Loan) -> dict[str, Any]:
    position = loan_position(loan)
    return {
        "id": loan.public_id,
        "application_id": loan.application.public_id,
        "state": loan.application.state,
        "signed_date": loan.signed_date,
        "amount_yuan": loan.amount_yuan,
        "annual_rate_bp": loan.annual_rate_bp,
        "term_months": loan.term_months,
        "guarantee": loan.guarantee,
        "repayment": loan.repayment,
        "drawn_yuan": position.drawn_yuan,
        "repaid_yuan": position.repaid_yuan,
        "outstanding_yuan": position.outstanding_yuan,
        "interest_yuan": position.interest_yuan,
        "overdue_days": position.overdue_days,
        "classification": position.classification,
    }
