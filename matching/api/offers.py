"""API of the fit list: products with reasons, what would make them fit, cost and place; what one step would change."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from lenders.api.serializers import AmountField, CompareInput, TermsOutput
from lenders.domain.shelf import compared
from marketplace.policies import signed_in
from matching.api.demand import FitOutput, fit_body
from matching.domain.fit_changes import Change, ChangeSet
from matching.domain.reasons import plain
from matching.selectors.demand import demand_get
from matching.selectors.offers import DemandOffers, RankedOffer, demand_offers
from matching.selectors.prospects import Prospect


class ChangeOutput(serializers.Serializer[Any]):
    """One thing that has to change so that a product fits."""

    means = serializers.CharField()
    feasibility = serializers.CharField()
    sentence = serializers.CharField()
    feature = serializers.CharField()
    target = serializers.JSONField(allow_null=True)
    rule_codes = serializers.ListField(child=serializers.CharField())
    data_class = serializers.CharField(allow_null=True)
    on_date = serializers.DateField(allow_null=True)


class ChangeSetOutput(serializers.Serializer[Any]):
    """The minimal set of changes: with all of them the product fits, without any one it does not."""

    feasibility = serializers.CharField()
    is_reachable = serializers.BooleanField()
    on_date = serializers.DateField(allow_null=True)
    contradictory = serializers.ListField(child=serializers.CharField())
    changes = ChangeOutput(many=True)


class LoanCostOutput(serializers.Serializer[Any]):
    """What the loan costs at most; rates in basis points, money in yuan."""

    amount_yuan = AmountField()
    term_months = serializers.IntegerField()
    rate_bp = serializers.IntegerField()
    cost_yuan = AmountField()
    is_as_asked = serializers.BooleanField()


class RankPartOutput(serializers.Serializer[Any]):
    """One part of a product's points."""

    name = serializers.CharField(source="label")
    points = serializers.CharField()
    most = serializers.IntegerField()
    text = serializers.CharField()


class RankOutput(serializers.Serializer[Any]):
    """A product's points, the same rules for all."""

    points = serializers.CharField()
    sentence = serializers.CharField()
    parts = RankPartOutput(many=True)


class ProductFitOutput(FitOutput):
    """How one product on the shelf fits a need."""

    product_id = serializers.UUIDField()
    product_name = serializers.CharField()
    institution = serializers.CharField()
    group = serializers.CharField()
    consent_classes = serializers.ListField(child=serializers.CharField())
    change_set = ChangeSetOutput()
    cost = LoanCostOutput()
    rank = RankOutput()


class ComparedOutput(ProductFitOutput):
    """The same with the product's terms, for putting products side by side."""

    terms = TermsOutput()


class ProspectOutput(serializers.Serializer[Any]):
    """One thing to do, and the products it makes fit, makes no longer fit, or lets institutions tell."""

    means = serializers.CharField()
    sentence = serializers.CharField()
    gained = serializers.ListField(child=serializers.UUIDField())
    lost = serializers.ListField(child=serializers.UUIDField())
    told = serializers.ListField(child=serializers.UUIDField())
    record_id = serializers.CharField()
    data_class = serializers.CharField(allow_null=True)
    on_date = serializers.DateField(allow_null=True)


class ProspectsOutput(serializers.Serializer[Any]):
    """What helps most."""

    actions = ProspectOutput(many=True)
    consents = ProspectOutput(many=True)
    told_without_consent = serializers.IntegerField()
    products = serializers.IntegerField()


class DemandFitView(APIView):
    """How products fit a need."""

    @extend_schema(
        operation_id="demand_fits",
        summary="需求与全部产品的匹配结果、理由、改变集合、成本和排序",
        responses=ProductFitOutput(many=True),
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return every product on the shelf: fits, almost, cannot tell, does not; ranked within each."""
        demand = demand_get(signed_in(request.user), public_id)
        found = demand_offers(demand, timezone.now())
        return Response([_product_fit(offer) for offer in found.offers])


class DemandCompareView(APIView):
    """Products side by side for one need."""

    @extend_schema(
        operation_id="demand_compare",
        summary="按需求自己的金额和期限并列比较至多四个产品",
        parameters=[CompareInput],
        responses=ComparedOutput(many=True),
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the products asked for that are on the shelf, in the order of the fit list."""
        demand = demand_get(signed_in(request.user), public_id)
        asked = CompareInput(data={"id": request.query_params.getlist("id")})
        asked.is_valid(raise_exception=True)
        wanted = compared(asked.validated_data["id"])
        found = demand_offers(demand, timezone.now()).among(wanted)
        return Response([_compared(offer) for offer in found])


class DemandProspectsView(APIView):
    """What one step would change for all products."""

    @extend_schema(
        operation_id="demand_prospects",
        summary="做一件事能多符合多少产品、授权后机构能多判断多少产品",
        responses=ProspectsOutput,
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return steps of the enterprise and authorisations with their effect."""
        demand = demand_get(signed_in(request.user), public_id)
        found = demand_offers(demand, timezone.now())
        body = {
            "actions": [_prospect(found, entry) for entry in found.actions],
            "consents": [_prospect(found, entry) for entry in found.consents],
            "told_without_consent": found.told_without_consent,
            "products": len(found.offers),
        }
        return Response(ProspectsOutput(body).data)


def _product_fit(offer: RankedOffer) -> dict[str, Any]:
    return dict(ProductFitOutput(_fit(offer)).data)


def _compared(offer: RankedOffer) -> dict[str, Any]:
    return dict(ComparedOutput(_fit(offer) | {"terms": offer.product.terms}).data)


def _fit(offer: RankedOffer) -> dict[str, Any]:
    return fit_body(offer.result) | {
        "product_id": offer.product.product.public_id,
        "product_name": offer.product.product.name,
        "institution": offer.product.institution.organisation.name,
        "group": offer.group.value,
        "consent_classes": [entry.value for entry in offer.consent_classes],
        "change_set": _change_set(offer.changes),
        "cost": offer.cost,
        "rank": offer.rank,
    }


def _change_set(found: ChangeSet) -> dict[str, Any]:
    return {
        "feasibility": found.feasibility.value,
        "is_reachable": found.is_reachable,
        "on_date": found.on_date,
        "contradictory": list(found.contradictory),
        "changes": [_change(change) for change in found.changes],
    }


def _change(change: Change) -> dict[str, Any]:
    return asdict(change) | {"target": plain(change.target)}


def _prospect(offers: DemandOffers, found: Prospect) -> dict[str, Any]:
    def named(places: Sequence[int]) -> list[uuid.UUID]:
        return [offers.offers[place].product.product.public_id for place in places]

    return asdict(found) | {
        "gained": named(found.gained),
        "lost": named(found.lost),
        "told": named(found.told),
    }
