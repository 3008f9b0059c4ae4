"""API of the city operator: admission of institutions, all products. The auditor may read."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lenders.api.caller import caller
from lenders.api.serializers import (
    InstitutionOutput,
    InstitutionReviewInput,
    ProductOutput,
    ReasonInput,
)
from lenders.domain.institution import InstitutionState
from lenders.domain.product import VersionState
from lenders.models import Institution, LoanProduct
from lenders.policies import CITY_ROLES, can_admit, require
from lenders.selectors import institution_get, institution_list, product_list_in_state
from lenders.services import institution_restore, institution_review, institution_suspend
from marketplace.domain.errors import Refused
from marketplace.policies import require_role

_STATE = {InstitutionState: "机构状态", VersionState: "版本状态"}


def _state_of(request: Request, states: type[InstitutionState] | type[VersionState]) -> str:
    """Return the state the query asks for, empty for all.

    Raises:
        Refused: ``STATE_UNKNOWN``.
    """
    state = request.query_params.get("state", "")
    if state and state not in {str(known) for known in states}:
        sentence = f"没有这一{_STATE[states]}。"
        raise Refused("STATE_UNKNOWN", sentence, {"state": sentence})
    return state


class InstitutionListView(ListAPIView[Institution]):
    """All institutions."""

    serializer_class = InstitutionOutput
    queryset = Institution.objects.none()

    def get_queryset(self) -> Any:
        """Return the institutions in the state asked for."""
        require_role(caller(self.request), *CITY_ROLES)
        return institution_list(caller(self.request), _state_of(self.request, InstitutionState))

    @extend_schema(
        operation_id="operator_institutions_list",
        summary="机构及其准入状态",
        parameters=[OpenApiParameter("state", enum=[str(state) for state in InstitutionState])],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of institutions, latest first."""
        return super().get(request, *args, **kwargs)


class InstitutionView(APIView):
    """One institution."""

    @extend_schema(
        operation_id="operator_institution_get", summary="一家机构", responses=InstitutionOutput
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the institution."""
        require_role(caller(request), *CITY_ROLES)
        return Response(InstitutionOutput(institution_get(caller(request), public_id)).data)


class InstitutionReviewView(APIView):
    """Decision on an applicant."""

    @extend_schema(
        operation_id="operator_institution_review",
        summary="准入或不予准入",
        request=InstitutionReviewInput,
        responses=InstitutionOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Admit or refuse, and return the institution."""
        institution = _decidable(request, public_id)
        body = InstitutionReviewInput(data=request.data)
        body.is_valid(raise_exception=True)
        decided = institution_review(
            institution=institution, **body.validated_data, actor=caller(request), at=timezone.now()
        )
        return Response(InstitutionOutput(decided).data)


class InstitutionSuspendView(APIView):
    """An institution's products off the shelf."""

    @extend_schema(
        operation_id="operator_institution_suspend",
        summary="暂停机构服务",
        request=ReasonInput,
        responses=InstitutionOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Suspend and return the institution."""
        institution = _decidable(request, public_id)
        body = ReasonInput(data=request.data)
        body.is_valid(raise_exception=True)
        decided = institution_suspend(
            institution=institution, **body.validated_data, actor=caller(request), at=timezone.now()
        )
        return Response(InstitutionOutput(decided).data)


class InstitutionRestoreView(APIView):
    """An institution's products back on the shelf."""

    @extend_schema(
        operation_id="operator_institution_restore",
        summary="恢复机构服务",
        request=None,
        responses=InstitutionOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Restore and return the institution."""
        institution = _decidable(request, public_id)
        decided = institution_restore(
            institution=institution, actor=caller(request), at=timezone.now()
        )
        return Response(InstitutionOutput(decided).data)


class ProductOverseeView(ListAPIView[LoanProduct]):
    """The products of all institutions."""

    serializer_class = ProductOutput
    queryset = LoanProduct.objects.none()

    def get_queryset(self) -> Any:
        """Return the products that have a version in the state asked for."""
        require_role(caller(self.request), *CITY_ROLES)
        return product_list_in_state(caller(self.request), _state_of(self.request, VersionState))

    @extend_schema(
        operation_id="operator_products_list",
        summary="全部产品及版本",
        parameters=[OpenApiParameter("state", enum=[str(state) for state in VersionState])],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of products, latest first."""
        return super().get(request, *args, **kwargs)


def _decidable(request: Request, public_id: uuid.UUID) -> Institution:
    institution = institution_get(caller(request), public_id)
    require(can_admit(caller(request)))
    return institution
