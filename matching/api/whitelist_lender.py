"""API of what is recommended to a lender: the list, taking one on, whom to call, what came of it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.policies import require_role, signed_in
from matching.api.outcome import SheetInput, SheetOutput
from matching.api.whitelist_serializers import (
    RecommendationFilterInput,
    RecommendationOutput,
    WhitelistContactDataOutput,
    WhitelistContactOutput,
    WhitelistContactReportInput,
)
from matching.models import WhitelistEntry
from matching.policies.whitelist import LENDER_ROLES, is_live
from matching.selectors.whitelist import (
    RecommendationFilter,
    feedback_of,
    lender_entries,
    lender_entry_get,
    own_contacts,
)
from matching.services.whitelist_contact import (
    whitelist_contact,
    whitelist_contact_read,
    whitelist_contact_result,
)
from matching.services.whitelist_feedback import whitelist_feedback_import
from matching.services.whitelist_push import receipts_read

PAGING = ("cursor", "limit")


class RecommendationListView(ListAPIView[WhitelistEntry]):
    """Enterprises recommended to the caller's institution."""

    serializer_class = RecommendationOutput
    queryset = WhitelistEntry.objects.none()

    def get_queryset(self) -> Any:
        """Return the enterprises asked for."""
        user = signed_in(self.request.user)
        require_role(user, *LENDER_ROLES)
        receipts_read(actor=user, at=timezone.now())
        query = RecommendationFilterInput(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        wanted = {k: v for k, v in query.validated_data.items() if k not in PAGING}
        return lender_entries(user, timezone.now(), RecommendationFilter(**wanted))

    @extend_schema(
        operation_id="recommendations_list",
        summary="推荐清单",
        parameters=[RecommendationFilterInput],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page, latest first."""
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(_shown(request, list(page)))


class RecommendationView(APIView):
    """One recommended enterprise."""

    @extend_schema(
        operation_id="recommendation_get", summary="推荐企业", responses=RecommendationOutput
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return name, code, district, sector, need, and what the own institution did."""
        entry = lender_entry_get(signed_in(request.user), public_id, timezone.now())
        return Response(_shown(request, [entry])[0])


class RecommendationContactView(APIView):
    """An enterprise taken on."""

    @extend_schema(
        operation_id="recommendation_contact",
        summary="登记由本机构对接",
        request=None,
        responses=WhitelistContactOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Take it on and return the contact."""
        contact = whitelist_contact(
            entry_id=public_id, actor=signed_in(request.user), at=timezone.now()
        )
        return Response(WhitelistContactOutput(contact).data)


class RecommendationContactDataView(APIView):
    """Whom to call."""

    @extend_schema(
        operation_id="recommendation_contact_data",
        summary="查看联系方式（留痕）",
        request=None,
        responses=WhitelistContactDataOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Log the look and return name and telephone."""
        name, phone = whitelist_contact_read(
            entry_id=public_id, actor=signed_in(request.user), at=timezone.now(), channel="API"
        )
        return Response({"contact_name": name, "contact_phone": phone})


class RecommendationResultView(APIView):
    """What came of the contact."""

    @extend_schema(
        operation_id="recommendation_result",
        summary="反馈对接结果",
        request=WhitelistContactReportInput,
        responses=WhitelistContactOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Keep the result and return the contact."""
        user, now = signed_in(request.user), timezone.now()
        entry = lender_entry_get(user, public_id, now)
        body = WhitelistContactReportInput(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        own = own_contacts(user, [entry]).get(entry.pk)
        details = said.pop("feedback", None)
        feedback = replace(feedback_of(own), **details) if own and details else None
        contact = whitelist_contact_result(
            entry_id=public_id, **said, feedback=feedback, actor=user, at=now
        )
        return Response(WhitelistContactOutput(contact).data)


def _shown(request: Request, entries: list[WhitelistEntry]) -> Any:
    now = timezone.now()
    context = {
        "contacts": own_contacts(signed_in(request.user), entries),
        "is_live": lambda entry: is_live(entry, now),
    }
    return RecommendationOutput(entries, many=True, context=context).data


class RecommendationFeedbackView(APIView):
    """A sheet of feedback on recommended enterprises."""

    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="recommendations_feedback",
        summary="批量反馈推荐企业的对接结果，逐行接收、逐行给出原因",
        request=SheetInput,
        responses=SheetOutput,
    )
    def post(self, request: Request) -> Response:
        """Keep every row that can be kept; rejected ones come back with their reasons."""
        user = signed_in(request.user)
        require_role(user, *LENDER_ROLES)
        body = SheetInput(data=request.data)
        body.is_valid(raise_exception=True)
        delivered = body.validated_data["file"]
        result = whitelist_feedback_import(
            source=delivered.read(), file_name=delivered.name, actor=user, at=timezone.now()
        )
        return Response(SheetOutput(result).data)
