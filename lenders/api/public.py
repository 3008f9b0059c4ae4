"""API open to everybody: the shelf of products, their cost, the admitted institutions, applying to join."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lenders.api.serializers import (
    CompareInput,
    CostInput,
    CostLineOutput,
    InstitutionInput,
    PublicInstitutionOutput,
    PublicProductOutput,
    ReceiptOutput,
    ShelfInput,
)
from lenders.domain.shelf import ShelfFilter, costs_of
from lenders.models import Institution
from lenders.selectors import (
    institution_admitted_list,
    product_compare,
    product_get_published,
    product_published_list,
)
from lenders.services import institution_apply
from marketplace.models import User

FILTER_NAMES = ShelfFilter.__dataclass_fields__.keys()


class ShelfPagination(PageNumberPagination):
    """Pages by number: the shelf is a few hundred products, cheapest first."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200


class ShelfView(ListAPIView[Any]):
    """The product supermarket."""

    permission_classes = [AllowAny]
    serializer_class = PublicProductOutput
    pagination_class = ShelfPagination

    def get_queryset(self) -> Any:
        """Return what is on the shelf and answers the filter, as a list: the shelf is no table."""
        asked = ShelfInput(data=self.request.query_params.dict())
        asked.is_valid(raise_exception=True)
        wanted = {
            name: value for name, value in asked.validated_data.items() if name in FILTER_NAMES
        }
        return product_published_list(timezone.now(), ShelfFilter(**wanted))

    @extend_schema(
        operation_id="products_list",
        summary="产品超市：按金额、期限、综合年化、担保、区域、行业、规模筛选",
        parameters=[ShelfInput],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of products, cheapest first."""
        return super().get(request, *args, **kwargs)


class ShelfProductView(APIView):
    """One product on the shelf."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="product_get", summary="一个在售产品", responses=PublicProductOutput
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the product with its rules as data and sentences."""
        return Response(PublicProductOutput(product_get_published(public_id, timezone.now())).data)


class CostView(APIView):
    """What a loan of a product really costs."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="product_cost",
        summary="按金额和期限计算综合年化成本",
        parameters=[CostInput],
        responses=CostLineOutput(many=True),
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the all-in cost for each kind of repayment offered."""
        asked = CostInput(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        item = product_get_published(public_id, timezone.now())
        lines = costs_of(item.terms, **asked.validated_data)
        return Response(CostLineOutput(lines, many=True).data)


class CompareView(APIView):
    """Up to four products side by side."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="products_compare",
        summary="最多四个产品并列比较",
        parameters=[CompareInput],
        responses=PublicProductOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return the products in the order asked for."""
        asked = CompareInput(data={"id": request.query_params.getlist("id")})
        asked.is_valid(raise_exception=True)
        items = product_compare(asked.validated_data["id"], timezone.now())
        return Response(PublicProductOutput(items, many=True).data)


class InstitutionPublicView(ListAPIView[Institution]):
    """The admitted institutions."""

    permission_classes = [AllowAny]
    serializer_class = PublicInstitutionOutput
    queryset = Institution.objects.none()

    def get_queryset(self) -> Any:
        """Return the admitted institutions."""
        return institution_admitted_list()

    @extend_schema(operation_id="institutions_list", summary="入驻机构")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of institutions."""
        return super().get(request, *args, **kwargs)


class InstitutionApplyView(APIView):
    """An institution asks to join."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="institution_apply",
        summary="金融机构申请入驻",
        request=InstitutionInput,
        responses={201: ReceiptOutput},
    )
    def post(self, request: Request) -> Response:
        """Enter the application and return its receipt."""
        body = InstitutionInput(data=request.data)
        body.is_valid(raise_exception=True)
        actor = request.user if isinstance(request.user, User) else None
        institution = institution_apply(**body.validated_data, actor=actor, at=timezone.now())
        return Response(ReceiptOutput(institution).data, status=201)
