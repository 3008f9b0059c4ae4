"""API of issued documents: those one holds and those about one's enterprise, their particulars, declaring one void."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from exports.domain.numbering import LONGEST_REASON
from exports.models import IssuedDocument
from exports.policies import can_void
from exports.selectors import document_get, document_list
from exports.services import document_void
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.errors import NotPermitted
from marketplace.policies import signed_in


class VoidInput(StrictSerializer):
    """Why a document is void."""

    reason = serializers.CharField(max_length=LONGEST_REASON)


class DocumentOutput(serializers.Serializer[Any]):
    """Particulars of an issued document; what it says is not among them."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.CharField()
    kind = serializers.CharField()
    kind_label = serializers.CharField(source="get_kind_display")
    subject = serializers.CharField(source="subject_name")
    issued_to = serializers.CharField()
    issued_for = serializers.CharField(source="issued_for.name")
    issued_at = serializers.DateTimeField()
    content_hash = serializers.CharField()
    file_sha256 = serializers.CharField()
    voided_at = serializers.DateTimeField(allow_null=True)
    void_reason = serializers.CharField()


@extend_schema_view(
    get=extend_schema(operation_id="documents_list", summary="出具给我的、关于本企业的文件")
)
class DocumentListView(ListAPIView[IssuedDocument]):
    """Documents handed to the caller or about the caller's enterprise, latest first; all for the city."""

    serializer_class = DocumentOutput
    queryset = IssuedDocument.objects.none()

    def get_queryset(self) -> Any:
        """Return them."""
        return document_list(signed_in(self.request.user))


class DocumentView(APIView):
    """One document."""

    @extend_schema(operation_id="document_get", summary="一份文件的要素", responses=DocumentOutput)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return its particulars."""
        return Response(DocumentOutput(document_get(signed_in(request.user), public_id)).data)


class DocumentVoidView(APIView):
    """Declare a document void."""

    @extend_schema(
        operation_id="document_void",
        summary="作废文件，核验时显示“已作废”",
        request=VoidInput,
        responses=DocumentOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Declare it void and return it."""
        user = signed_in(request.user)
        if not can_void(user, document_get(user, public_id)):
            raise NotPermitted
        body = VoidInput(data=request.data)
        body.is_valid(raise_exception=True)
        document_void(
            document_id=public_id,
            reason=body.validated_data["reason"],
            actor=user,
            at=timezone.now(),
        )
        return Response(DocumentOutput(document_get(user, public_id)).data)
