"""API of exceptional grants: a case's named reviewers, a district's delegates, revocation."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.api.serializers import StrictSerializer
from marketplace.api.views import GrantOutput
from marketplace.domain.errors import NotPermitted
from marketplace.domain.grant import GrantKind
from marketplace.models import User
from marketplace.policies import signed_in
from matching.api.whitelist import valid
from matching.selectors.grant import application_to_open, district_choices_to_delegate, grants_of
from matching.services.grant import GrantOffer, grant_give, grant_revoke


class GrantInput(StrictSerializer):
    """To whom, until when, why."""

    holder = serializers.UUIDField(help_text="被授权人的公开编号。")
    last_day = serializers.DateField(help_text="有效期至，含当日。")
    reason = serializers.CharField(max_length=200)


class DelegationInput(GrantInput):
    """Which district, to whom, until when, why."""

    district = serializers.CharField(max_length=6)


class ReviewerListView(APIView):
    """The named reviewers of an application."""

    @extend_schema(
        operation_id="application_reviewers_list",
        summary="申请的指定审阅人",
        responses=GrantOutput(many=True),
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the grants on it, live and ended, latest first."""
        user = signed_in(request.user)
        application = application_to_open(user, public_id)
        rows = grants_of(user, GrantKind.REVIEWER, str(application.public_id))
        return Response(GrantOutput(rows, many=True).data)

    @extend_schema(
        operation_id="application_reviewer_name",
        summary="指定审阅人",
        request=GrantInput,
        responses={201: GrantOutput},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Name a reviewer and return the grant."""
        application_to_open(signed_in(request.user), public_id)
        body = valid(GrantInput, request)
        return _given(request, GrantOffer(GrantKind.REVIEWER, str(public_id), **_wish(body)))


class DelegationListView(APIView):
    """The delegates who draft whitelists of the caller's district."""

    @extend_schema(
        operation_id="whitelist_delegations_list",
        summary="白名单的委托办理",
        responses=GrantOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return the grants of the caller's districts, live and ended, latest first."""
        user = _lead(request)
        return Response(GrantOutput(grants_of(user, GrantKind.DISTRICT), many=True).data)

    @extend_schema(
        operation_id="whitelist_delegate",
        summary="委托他区经办代拟白名单",
        request=DelegationInput,
        responses={201: GrantOutput},
    )
    def post(self, request: Request) -> Response:
        """Delegate and return the grant."""
        _lead(request)
        body = valid(DelegationInput, request)
        return _given(request, GrantOffer(GrantKind.DISTRICT, body["district"], **_wish(body)))


class GrantRevokeView(APIView):
    """A grant revoked."""

    @extend_schema(
        operation_id="grant_revoke", summary="撤销例外授权", request=None, responses=GrantOutput
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Shut what it opened, at once."""
        row = grant_revoke(grant_id=public_id, actor=signed_in(request.user), at=timezone.now())
        return Response(GrantOutput(row).data)


def _lead(request: Request) -> User:
    user = signed_in(request.user)
    if not district_choices_to_delegate(user):
        raise NotPermitted
    return user


def _wish(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "holder_id": body["holder"],
        "last_day": body["last_day"],
        "reason": body["reason"],
    }


def _given(request: Request, offer: GrantOffer) -> Response:
    row = grant_give(offer=offer, actor=signed_in(request.user), at=timezone.now())
    return Response(GrantOutput(row).data, status=201)
