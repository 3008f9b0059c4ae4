"""API of objections and credit repair."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from borrowers.api.serializers import (
    AnswerInput,
    ObjectionInput,
    ObjectionOutput,
    RepairInput,
    RepairOutput,
    RepairSupplyInput,
    StepInput,
)
from borrowers.models import CreditRepair, Objection
from borrowers.selectors import (
    objection_get,
    objection_list,
    record_get,
    repair_get,
    repair_list,
)
from borrowers.services import (
    objection_answer,
    objection_submit,
    objection_withdraw,
    repair_step,
    repair_submit,
    repair_supply,
)
from marketplace.api.serializers import StrictSerializer
from marketplace.policies import signed_in


def given(request: Request, kind: type[StrictSerializer]) -> dict[str, Any]:
    """Return the validated body with the caller and the moment, as services take them."""
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    return {**body.validated_data, "actor": signed_in(request.user), "at": timezone.now()}


class ObjectionCreateView(APIView):
    """Objecting to a record."""

    @extend_schema(
        operation_id="objection_submit",
        summary="对记录提出异议",
        request=ObjectionInput,
        responses={201: ObjectionOutput},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Object, mark the record, and return the objection."""
        record_get(request.user, public_id)
        made = objection_submit(record_id=public_id, **given(request, ObjectionInput))
        return Response(ObjectionOutput(made).data, status=201)


class ObjectionListView(ListAPIView[Objection]):
    """Objections."""

    serializer_class = ObjectionOutput
    queryset = Objection.objects.none()

    def get_queryset(self) -> Any:
        """Return the objections the caller may see."""
        return objection_list(self.request.user)

    @extend_schema(operation_id="objections_list", summary="异议列表")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of objections."""
        return self.list(request, *args, **kwargs)


class ObjectionAnswerView(APIView):
    """Answering an objection."""

    @extend_schema(
        operation_id="objection_answer",
        summary="答复异议",
        request=AnswerInput,
        responses=ObjectionOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Answer in writing and return the objection."""
        objection_get(request.user, public_id)
        done = objection_answer(objection_id=public_id, **given(request, AnswerInput))
        return Response(ObjectionOutput(done).data)


class ObjectionWithdrawView(APIView):
    """Taking an objection back."""

    @extend_schema(
        operation_id="objection_withdraw",
        summary="撤回异议",
        request=None,
        responses=ObjectionOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Withdraw it and return it."""
        done = objection_withdraw(
            objection_id=public_id, actor=signed_in(request.user), at=timezone.now()
        )
        return Response(ObjectionOutput(done).data)


class RepairCreateView(APIView):
    """Applying for repair of a penalty."""

    @extend_schema(
        operation_id="repair_submit",
        summary="申请信用修复",
        request=RepairInput,
        responses={201: RepairOutput},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Apply and return the repair."""
        record_get(request.user, public_id)
        made = repair_submit(record_id=public_id, **given(request, RepairInput))
        return Response(RepairOutput(made).data, status=201)


class RepairListView(ListAPIView[CreditRepair]):
    """Repairs."""

    serializer_class = RepairOutput
    queryset = CreditRepair.objects.none()

    def get_queryset(self) -> Any:
        """Return the repairs the caller may see."""
        return repair_list(self.request.user)

    @extend_schema(operation_id="repairs_list", summary="信用修复列表")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of repairs."""
        return self.list(request, *args, **kwargs)


class RepairView(APIView):
    """One repair."""

    @extend_schema(operation_id="repair_get", summary="一件信用修复", responses=RepairOutput)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return it."""
        return Response(RepairOutput(repair_get(request.user, public_id)).data)


class RepairStepView(APIView):
    """A step of a repair."""

    @extend_schema(
        operation_id="repair_step",
        summary="办理信用修复",
        request=StepInput,
        responses=RepairOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Take the step and return the repair."""
        repair_get(request.user, public_id)
        done = repair_step(repair_id=public_id, **given(request, StepInput))
        return Response(RepairOutput(done).data)


class RepairSupplyView(APIView):
    """Handing in what the district asked for."""

    @extend_schema(
        operation_id="repair_supply",
        summary="提交补正",
        request=RepairSupplyInput,
        responses=RepairOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Hand in and return the repair."""
        repair_get(request.user, public_id)
        done = repair_supply(repair_id=public_id, **given(request, RepairSupplyInput))
        return Response(RepairOutput(done).data)
