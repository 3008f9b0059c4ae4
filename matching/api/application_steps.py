"""API of an application's steps: one address and one input per verb, the same table behind all of them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lenders.api.serializers import AmountField
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.vocabulary import GUARANTEE_LABELS, REPAYMENT_LABELS
from marketplace.policies import signed_in
from matching.api.application import APPLICATION_OUTPUT, TextInput
from matching.api.application_outputs import (
    BorrowerApplicationOutput,
    LenderApplicationOutput,
    application_body,
)
from matching.domain.refusal import REFUSAL_LABELS
from matching.selectors.application import application_get, application_get_handled
from matching.services.application_remark import application_note
from matching.services.transition import application_transition


class NoInput(StrictSerializer):
    """Nothing."""


class ContactRecordInput(StrictSerializer):
    """What came of the contact."""

    contact_note = serializers.CharField(max_length=500)


class SupplementInput(StrictSerializer):
    """What the enterprise is asked to supply."""

    document_list = serializers.ListField(
        child=serializers.CharField(max_length=200), allow_empty=False, max_length=50
    )
    note = serializers.CharField(max_length=500, allow_blank=True, default="")


class MaterialSupplyInput(StrictSerializer):
    """What was supplied."""

    supplied_note = serializers.CharField(max_length=500)


class PassOnInput(StrictSerializer):
    """The officer's word and opinion."""

    file_complete = serializers.BooleanField()
    opinion = serializers.CharField(max_length=500)


class OpinionInput(StrictSerializer):
    """The approver's words."""

    opinion = serializers.CharField(max_length=500)


class ApproveInput(StrictSerializer):
    """What is granted; money in yuan, rate in basis points."""

    amount_yuan = AmountField()
    annual_rate_bp = serializers.IntegerField(min_value=0, max_value=10_000)
    term_months = serializers.IntegerField(min_value=1, max_value=480)
    guarantee = serializers.ChoiceField(choices=[code.value for code in GUARANTEE_LABELS])
    valid_until = serializers.DateField()
    opinion = serializers.CharField(max_length=500, allow_blank=True, default="")


class RejectInput(StrictSerializer):
    """The reason from the closed list."""

    refusal_code = serializers.ChoiceField(choices=[code.value for code in REFUSAL_LABELS])
    refusal_note = serializers.CharField(max_length=300, allow_blank=True, default="")


class WithdrawInput(StrictSerializer):
    """Why, if the enterprise wants to say so."""

    note = serializers.CharField(max_length=300, allow_blank=True, default="")


class SignInput(StrictSerializer):
    """The contract."""

    contract_no = serializers.CharField(max_length=64)
    signed_date = serializers.DateField()
    amount_yuan = AmountField(allow_null=True, default=None)
    repayment = serializers.ChoiceField(choices=[code.value for code in REPAYMENT_LABELS])
    is_first_loan = serializers.BooleanField(default=False)
    is_renewal = serializers.BooleanField(default=False)


class StepView(APIView):
    """One step of the table; subclasses name the event and its input."""

    event: ClassVar[str]
    input: ClassVar[type[StrictSerializer]] = NoInput

    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Take the step and return the application in the form of the caller's side."""
        user, now = signed_in(request.user), timezone.now()
        application_get(user, public_id)
        body = self.input(data=request.data)
        body.is_valid(raise_exception=True)
        application_transition(
            application_id=public_id,
            event=self.event,
            payload=body.validated_data,
            actor=user,
            at=now,
        )
        return Response(application_body(application_get(user, public_id), user, now))


@extend_schema_view(
    post=extend_schema(
        operation_id="application_accept",
        summary="受理",
        request=None,
        responses=LenderApplicationOutput,
    )
)
class AcceptView(StepView):
    """Take a case on."""

    event = "ACCEPT"


@extend_schema_view(
    post=extend_schema(
        operation_id="application_contact",
        summary="登记联系",
        request=ContactRecordInput,
        responses=LenderApplicationOutput,
    )
)
class ContactView(StepView):
    """Note the contact."""

    event = "CONTACT"
    input = ContactRecordInput


@extend_schema_view(
    post=extend_schema(
        operation_id="application_start_due_diligence",
        summary="开始尽调",
        request=None,
        responses=LenderApplicationOutput,
    )
)
class StartDueDiligenceView(StepView):
    """Begin due diligence."""

    event = "START_DUE_DILIGENCE"


@extend_schema_view(
    post=extend_schema(
        operation_id="application_request_supplement",
        summary="要求补充资料",
        request=SupplementInput,
        responses=LenderApplicationOutput,
    )
)
class RequestSupplementView(StepView):
    """Ask for papers; the lender's clock stands still."""

    event = "REQUEST_SUPPLEMENT"
    input = SupplementInput


@extend_schema_view(
    post=extend_schema(
        operation_id="application_supply",
        summary="补充资料完成",
        request=MaterialSupplyInput,
        responses=APPLICATION_OUTPUT,
    )
)
class SupplyView(StepView):
    """Say that the papers are there, by the enterprise or the officer."""

    event = "SUPPLY"
    input = MaterialSupplyInput


@extend_schema_view(
    post=extend_schema(
        operation_id="application_submit_for_approval",
        summary="提交审批",
        request=PassOnInput,
        responses=LenderApplicationOutput,
    )
)
class SubmitForApprovalView(StepView):
    """Pass the file on."""

    event = "SUBMIT_FOR_APPROVAL"
    input = PassOnInput


@extend_schema_view(
    post=extend_schema(
        operation_id="application_return",
        summary="退回尽调",
        request=OpinionInput,
        responses=LenderApplicationOutput,
    )
)
class ReturnView(StepView):
    """Send a file back."""

    event = "RETURN"
    input = OpinionInput


@extend_schema_view(
    post=extend_schema(
        operation_id="application_approve",
        summary="批准授信",
        request=ApproveInput,
        responses=LenderApplicationOutput,
    )
)
class ApproveView(StepView):
    """Grant a limit; another person than the officer."""

    event = "APPROVE"
    input = ApproveInput


@extend_schema_view(
    post=extend_schema(
        operation_id="application_reject",
        summary="拒绝",
        request=RejectInput,
        responses=LenderApplicationOutput,
    )
)
class RejectView(StepView):
    """Refuse with a coded reason."""

    event = "REJECT"
    input = RejectInput


@extend_schema_view(
    post=extend_schema(
        operation_id="application_sign",
        summary="登记签约",
        request=SignInput,
        responses=LenderApplicationOutput,
    )
)
class SignView(StepView):
    """Enter the contract."""

    event = "SIGN"
    input = SignInput


@extend_schema_view(
    post=extend_schema(
        operation_id="application_disburse_status",
        summary="登记已放款的状态（企业未同意反馈结果时）",
        request=None,
        responses=LenderApplicationOutput,
    )
)
class DisburseStatusView(StepView):
    """Report that money was paid, without its amount."""

    event = "DISBURSE"


@extend_schema_view(
    post=extend_schema(
        operation_id="application_withdraw",
        summary="撤回申请",
        request=WithdrawInput,
        responses=BorrowerApplicationOutput,
    )
)
class WithdrawView(StepView):
    """Withdraw; the consent ends."""

    event = "WITHDRAW"
    input = WithdrawInput


class NoteView(APIView):
    """A note beside the case."""

    @extend_schema(
        operation_id="application_note",
        summary="内部备注",
        request=TextInput,
        responses=LenderApplicationOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Keep it; only the lender reads it."""
        user, now = signed_in(request.user), timezone.now()
        application_get_handled(user, public_id)
        body = TextInput(data=request.data)
        body.is_valid(raise_exception=True)
        application_note(
            application_id=public_id,
            text=body.validated_data["text"],
            actor=user,
            at=now,
        )
        return Response(application_body(application_get_handled(user, public_id), user, now))
