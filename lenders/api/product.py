"""API of a lender's own products: drafts, versions, rules, the second person's decision, withdrawal."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lenders.api.caller import caller, terms_from
from lenders.api.serializers import (
    ProductInput,
    ProductOutput,
    ReasonInput,
    RuleChangeInput,
    RuleInput,
    VersionEditInput,
    VersionInput,
    VersionOutput,
    VersionReviewInput,
)
from lenders.domain.rule import RuleSpec, rule_from_json
from lenders.models import LoanProduct, ProductVersion
from lenders.selectors import institution_of, product_get, product_list, version_get
from lenders.services import (
    product_draft,
    product_review,
    product_rule_add,
    product_rule_change,
    product_rule_remove,
    product_submit,
    product_version_draft,
    product_version_edit,
    product_withdraw,
)
from marketplace.domain.errors import Refused


class ProductManageView(ListAPIView[LoanProduct]):
    """The products of the caller's institution."""

    serializer_class = ProductOutput
    queryset = LoanProduct.objects.none()

    def get_queryset(self) -> Any:
        """Return the institution's products with their versions."""
        user = caller(self.request)
        return product_list(user, institution_of(user))

    @extend_schema(operation_id="lender_products_list", summary="本机构产品及版本")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of products, latest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="lender_product_draft",
        summary="起草新产品",
        request=ProductInput,
        responses={201: VersionOutput},
    )
    def post(self, request: Request) -> Response:
        """Write a new product and return its first version."""
        body = ProductInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        version = product_draft(
            institution=institution_of(caller(request)),
            code=data["code"],
            name=data["name"],
            terms=terms_from(data["terms"]),
            rules=_rules(data["rules"]),
            summary=data["summary"],
            actor=caller(request),
            at=timezone.now(),
        )
        return _version(request, version, status=201)


class ProductManageDetailView(APIView):
    """One product of the caller's institution, or any for the city."""

    @extend_schema(
        operation_id="lender_product_get", summary="产品及其全部版本", responses=ProductOutput
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the product with its versions."""
        return Response(ProductOutput(product_get(caller(request), public_id)).data)


class VersionCreateView(APIView):
    """A product's next version."""

    @extend_schema(
        operation_id="lender_version_draft",
        summary="起草产品新版本",
        request=VersionInput,
        responses={201: VersionOutput},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Write the next version and return it."""
        product = product_get(caller(request), public_id)
        body = VersionInput(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        version = product_version_draft(
            product=product,
            terms=terms_from(data["terms"]),
            rules=_rules(data["rules"]),
            summary=data["summary"],
            actor=caller(request),
            at=timezone.now(),
        )
        return _version(request, version, status=201)


class WithdrawView(APIView):
    """A product off the shelf."""

    @extend_schema(
        operation_id="lender_product_withdraw",
        summary="产品下架",
        request=ReasonInput,
        responses=VersionOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Withdraw the published version and return it."""
        product = product_get(caller(request), public_id)
        body = ReasonInput(data=request.data)
        body.is_valid(raise_exception=True)
        version = product_withdraw(
            product=product, **body.validated_data, actor=caller(request), at=timezone.now()
        )
        return _version(request, version)


class VersionView(APIView):
    """One version."""

    @extend_schema(
        operation_id="lender_version_get", summary="产品的一个版本", responses=VersionOutput
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the version with its rules as data and sentences."""
        return Response(VersionOutput(version_get(caller(request), public_id)).data)

    @extend_schema(
        operation_id="lender_version_edit",
        summary="修改草稿要素",
        request=VersionEditInput,
        responses=VersionOutput,
    )
    def put(self, request: Request, public_id: uuid.UUID) -> Response:
        """Replace a draft's terms and return it."""
        version = version_get(caller(request), public_id)
        body = VersionEditInput(data=request.data)
        body.is_valid(raise_exception=True)
        changed = product_version_edit(
            version=version,
            terms=terms_from(body.validated_data["terms"]),
            summary=body.validated_data["summary"],
            actor=caller(request),
            at=timezone.now(),
        )
        return _version(request, changed)


class RuleListView(APIView):
    """A draft's rules."""

    @extend_schema(
        operation_id="lender_rule_add",
        summary="为草稿添加准入规则",
        request=RuleInput,
        responses={201: VersionOutput},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Add a rule and return the version."""
        version = version_get(caller(request), public_id)
        body = RuleInput(data=request.data)
        body.is_valid(raise_exception=True)
        changed = product_rule_add(
            version=version,
            rule=rule_from_json(body.validated_data),
            actor=caller(request),
            at=timezone.now(),
        )
        return _version(request, changed, status=201)


class RuleView(APIView):
    """One rule of a draft."""

    @extend_schema(
        operation_id="lender_rule_change",
        summary="修改草稿的准入规则",
        request=RuleChangeInput,
        responses=VersionOutput,
    )
    def put(self, request: Request, public_id: uuid.UUID, code: str) -> Response:
        """Replace the rule and return the version."""
        version = version_get(caller(request), public_id)
        body = RuleChangeInput(data=request.data)
        body.is_valid(raise_exception=True)
        changed = product_rule_change(
            version=version,
            rule=rule_from_json({**body.validated_data, "code": code}),
            actor=caller(request),
            at=timezone.now(),
        )
        return _version(request, changed)

    @extend_schema(
        operation_id="lender_rule_remove", summary="删除草稿的准入规则", responses=VersionOutput
    )
    def delete(self, request: Request, public_id: uuid.UUID, code: str) -> Response:
        """Take the rule out and return the version."""
        changed = product_rule_remove(
            version=version_get(caller(request), public_id),
            code=code,
            actor=caller(request),
            at=timezone.now(),
        )
        return _version(request, changed)


class SubmitView(APIView):
    """A draft handed over."""

    @extend_schema(
        operation_id="lender_version_submit",
        summary="提交复核",
        request=None,
        responses=VersionOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Submit the draft and return it."""
        version = version_get(caller(request), public_id)
        changed = product_submit(version=version, actor=caller(request), at=timezone.now())
        return _version(request, changed)


class ReviewView(APIView):
    """The second person's decision."""

    @extend_schema(
        operation_id="lender_version_review",
        summary="第二人复核：发布或退回",
        request=VersionReviewInput,
        responses=VersionOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Publish or return the version, and return it as it stands."""
        version = version_get(caller(request), public_id)
        body = VersionReviewInput(data=request.data)
        body.is_valid(raise_exception=True)
        changed = product_review(
            version=version, **body.validated_data, actor=caller(request), at=timezone.now()
        )
        return _version(request, changed)


def _version(request: Request, version: ProductVersion, status: int = 200) -> Response:
    body = VersionOutput(version_get(caller(request), version.public_id))
    return Response(body.data, status=status)


def _rules(rows: Iterable[dict[str, Any]]) -> list[RuleSpec]:
    """Return typed rules; a refusal names the row."""
    found = []
    for number, row in enumerate(rows):
        try:
            found.append(rule_from_json(row))
        except Refused as refused:
            fields = {f"rules.{number}.{name}": text for name, text in refused.fields.items()}
            raise Refused(refused.code, refused.sentence, fields) from refused
    return found
