"""API of a whitelist's way: checked, submitted, published, returned, revised, recalled, checked again."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.policies import signed_in
from matching.api.whitelist import valid, whitelist_asked
from matching.api.whitelist_serializers import (
    WhitelistOutput,
    WhitelistReasonInput,
    WhitelistRejudgedOutput,
)
from matching.models import Whitelist
from matching.services.whitelist import (
    whitelist_approve,
    whitelist_recall,
    whitelist_recheck,
    whitelist_rejudge,
    whitelist_return,
    whitelist_revise,
    whitelist_submit,
)


class _ActView(APIView):
    """One step of a list's way."""

    service: Callable[..., Whitelist]

    def act(self, request: Request, public_id: uuid.UUID, **more: Any) -> Response:
        """Take the step and return the list."""
        whitelist = type(self).service(
            whitelist=whitelist_asked(request, public_id),
            actor=signed_in(request.user),
            at=timezone.now(),
            **more,
        )
        return Response(WhitelistOutput(whitelist).data)


class WhitelistRecheckView(_ActView):
    """A draft checked."""

    service = staticmethod(whitelist_recheck)

    @extend_schema(
        operation_id="whitelist_recheck",
        summary="核验草稿",
        request=None,
        responses=WhitelistOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Judge every readable row again."""
        return self.act(request, public_id)


class WhitelistSubmitView(_ActView):
    """A checked list handed over."""

    service = staticmethod(whitelist_submit)

    @extend_schema(
        operation_id="whitelist_submit",
        summary="提交复核",
        request=None,
        responses=WhitelistOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Hand it to the second person."""
        return self.act(request, public_id)


class WhitelistApproveView(_ActView):
    """A submitted list published."""

    service = staticmethod(whitelist_approve)

    @extend_schema(
        operation_id="whitelist_approve",
        summary="复核并发布",
        request=None,
        responses=WhitelistOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Publish it."""
        return self.act(request, public_id)


class WhitelistReviseView(_ActView):
    """A checked or returned list made a draft again."""

    service = staticmethod(whitelist_revise)

    @extend_schema(
        operation_id="whitelist_revise",
        summary="转为草稿",
        request=None,
        responses=WhitelistOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Make it a draft."""
        return self.act(request, public_id)


class WhitelistReturnView(_ActView):
    """A submitted list given back."""

    service = staticmethod(whitelist_return)

    @extend_schema(
        operation_id="whitelist_return",
        summary="退回",
        request=WhitelistReasonInput,
        responses=WhitelistOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Give it back with a reason."""
        whitelist_asked(request, public_id)
        return self.act(request, public_id, **valid(WhitelistReasonInput, request))


class WhitelistRecallView(_ActView):
    """A published list taken down."""

    service = staticmethod(whitelist_recall)

    @extend_schema(
        operation_id="whitelist_recall",
        summary="撤下",
        request=WhitelistReasonInput,
        responses=WhitelistOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Take it from before the institutions."""
        whitelist_asked(request, public_id)
        return self.act(request, public_id, **valid(WhitelistReasonInput, request))


class WhitelistRejudgeView(APIView):
    """A published list checked again."""

    @extend_schema(
        operation_id="whitelist_rejudge",
        summary="复核移出",
        request=None,
        responses=WhitelistRejudgedOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Move out whoever hits a gate now, take back who does not any more."""
        whitelist = whitelist_asked(request, public_id)
        found = whitelist_rejudge(
            whitelist=whitelist, actor=signed_in(request.user), at=timezone.now()
        )
        counts = {"suspended": len(found.moved_out), "restored": len(found.restored)}
        return Response(WhitelistRejudgedOutput(counts).data)
