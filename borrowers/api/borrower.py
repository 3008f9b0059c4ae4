"""API of the enterprise's own facts, records, consents and readers."""

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
    AccessOutput,
    ConsentOutput,
    OwnEnterpriseOutput,
    RecordFilterInput,
    RecordOutput,
    RevocationInput,
)
from borrowers.models import Consent, Enterprise
from borrowers.policies import ENTERPRISE_ROLES
from borrowers.selectors import (
    access_line,
    access_rows,
    consent_get,
    consent_state,
    consents_of_reader,
    enterprise_for_owner,
    records_as_at,
)
from borrowers.services import consent_revoke, feedback_revoke
from marketplace.domain.errors import NotFound
from marketplace.models import AccessRecord
from marketplace.policies import require_role, signed_in


def own_enterprise(request: Request) -> Enterprise:
    """Return the enterprise the caller acts for, 403 for callers of no enterprise."""
    require_role(request.user, *ENTERPRISE_ROLES)
    return enterprise_for_owner(request.user)


class OwnEnterpriseView(APIView):
    """The caller's enterprise."""

    @extend_schema(operation_id="enterprise_own", summary="本企业", responses=OwnEnterpriseOutput)
    def get(self, request: Request) -> Response:
        """Return the register's facts."""
        return Response(OwnEnterpriseOutput(own_enterprise(request)).data)


class RecordListView(APIView):
    """The caller's own records as they stand now."""

    @extend_schema(
        operation_id="records_list",
        summary="本企业信用记录",
        parameters=[RecordFilterInput],
        responses=RecordOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        """Return the records, of one class when asked."""
        own = own_enterprise(request)
        wanted = RecordFilterInput(data=request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        chosen = wanted.validated_data.get("data_class")
        rows = records_as_at(own, timezone.now(), [chosen] if chosen else None)
        return Response(RecordOutput(rows, many=True).data)


class RecordView(APIView):
    """One own record as it stands now."""

    @extend_schema(operation_id="record_get", summary="一条信用记录", responses=RecordOutput)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return it."""
        rows = records_as_at(enterprise_for_owner(request.user), timezone.now())
        found = next((row for row in rows if row.public_id == str(public_id)), None)
        if found is None:
            raise NotFound
        return Response(RecordOutput(found).data)


class ConsentListView(ListAPIView[Consent]):
    """Consents the caller's enterprise gave, or that were given to the caller's lender."""

    serializer_class = ConsentOutput
    queryset = Consent.objects.none()

    def get_queryset(self) -> Any:
        """Return the consents the caller may see."""
        return consents_of_reader(self.request.user)

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell the output the moment."""
        return super().get_serializer_context() | _moment()

    @extend_schema(operation_id="consents_list", summary="授权列表")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of consents."""
        return self.list(request, *args, **kwargs)


class ConsentView(APIView):
    """One consent."""

    @extend_schema(operation_id="consent_get", summary="一份授权", responses=ConsentOutput)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return it with its state now."""
        found = consent_get(request.user, public_id)
        return Response(ConsentOutput(found, context=_moment()).data)


class ConsentRevokeView(APIView):
    """Taking a consent back."""

    @extend_schema(
        operation_id="consent_revoke",
        summary="撤回授权",
        request=RevocationInput,
        responses=ConsentOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Revoke it at once and return it."""
        body = RevocationInput(data=request.data)
        body.is_valid(raise_exception=True)
        revoked = consent_revoke(
            consent_id=public_id,
            **body.validated_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        )
        return Response(ConsentOutput(revoked, context=_moment()).data)


class FeedbackRevokeView(APIView):
    """Taking back the clause on outcomes alone."""

    @extend_schema(
        operation_id="feedback_revoke",
        summary="只撤回反馈条款",
        request=RevocationInput,
        responses=ConsentOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Revoke it at once and return the consent, whose reading goes on or has ended as it was."""
        body = RevocationInput(data=request.data)
        body.is_valid(raise_exception=True)
        revoked = feedback_revoke(
            consent_id=public_id,
            **body.validated_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        )
        return Response(ConsentOutput(revoked, context=_moment()).data)


class AccessListView(ListAPIView[AccessRecord]):
    """Who looked at the caller's enterprise's data."""

    serializer_class = AccessOutput
    queryset = AccessRecord.objects.none()

    def get_queryset(self) -> Any:
        """Return the readings, latest first."""
        return access_rows(own_enterprise(self.request))

    @extend_schema(operation_id="accesses_list", summary="谁看过本企业的数据")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of readings with masked names."""
        page = self.paginate_queryset(self.get_queryset())
        lines = [access_line(row) for row in page or ()]
        return self.get_paginated_response(AccessOutput(lines, many=True).data)


def _moment() -> dict[str, Any]:
    at = timezone.now()
    return {"state_of": lambda consent: consent_state(consent, at).value}
