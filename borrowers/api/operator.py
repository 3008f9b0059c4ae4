"""API of the register and delivered files, for the city (the register also for districts)."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from borrowers.api.serializers import (
    AliasInput,
    AliasOutput,
    BatchFilterInput,
    BatchInput,
    BatchOutput,
    EnterpriseFilterInput,
    EnterpriseOutput,
    RegisterFileInput,
    RejectOutput,
)
from borrowers.api.unit_token import TOKEN_OR_SESSION
from borrowers.ingest.delivered import source_of
from borrowers.models import Enterprise, IngestBatch, IngestReject, SubjectAlias
from borrowers.policies import CITY_ROLES, DISTRICT_ROLES, can_list_batches, require
from borrowers.selectors import (
    EnterpriseFilter,
    alias_list,
    batch_get,
    batch_list,
    enterprise_get,
    enterprise_list,
    enterprise_registered,
    reject_list,
    unit_get,
)
from borrowers.services import records_ingest, register_import, subject_alias_confirm
from marketplace.domain.roles import Role
from marketplace.policies import require_role, signed_in
from marketplace.sheets import UPLOAD_KINDS, UPLOAD_LIMITS


class EnterpriseListView(ListAPIView[Enterprise]):
    """The register."""

    serializer_class = EnterpriseOutput
    queryset = Enterprise.objects.none()

    def get_queryset(self) -> Any:
        """Return the enterprises the caller may see and asked for."""
        wanted = EnterpriseFilterInput(data=self.request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        fields = {
            name: value
            for name, value in wanted.validated_data.items()
            if name not in ("cursor", "limit")
        }
        return enterprise_list(self.request.user, EnterpriseFilter(**fields))

    @extend_schema(
        operation_id="enterprises_list",
        summary="登记库查询",
        parameters=[EnterpriseFilterInput],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of the register."""
        require_role(request.user, *CITY_ROLES, *DISTRICT_ROLES)
        return self.list(request, *args, **kwargs)


class EnterpriseView(APIView):
    """One enterprise of the register."""

    @extend_schema(operation_id="enterprise_get", summary="登记信息", responses=EnterpriseOutput)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return its facts."""
        found = enterprise_get(request.user, public_id)
        require_role(request.user, *CITY_ROLES, *DISTRICT_ROLES)
        return Response(EnterpriseOutput(found).data)


class RegisterFileView(APIView):
    """Handing in a file of the register."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="register_import",
        summary="上传登记表",
        request=RegisterFileInput,
        responses={201: BatchOutput},
    )
    def post(self, request: Request) -> Response:
        """Read the file and return what became of its rows."""
        require_role(request.user, Role.OPERATOR)
        body = RegisterFileInput(data=request.data)
        body.is_valid(raise_exception=True)
        batch = register_import(**_delivered(request, body.validated_data["file"]))
        return Response(BatchOutput(batch).data, status=201)


class BatchListView(ListAPIView[IngestBatch]):
    """Delivered files."""

    serializer_class = BatchOutput
    queryset = IngestBatch.objects.none()
    authentication_classes = TOKEN_OR_SESSION
    parser_classes = [MultiPartParser]

    def get_queryset(self) -> Any:
        """Return the files the caller may see, of those asked for."""
        wanted = BatchFilterInput(data=self.request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        chosen = {name: wanted.validated_data[name] for name in ("kind", "text", "rejected")}
        return batch_list(self.request.user, **chosen)

    @extend_schema(
        operation_id="batches_list", summary="数据批次列表", parameters=[BatchFilterInput]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of batches."""
        require(can_list_batches(request.user))
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="records_ingest",
        summary="上传信用记录",
        request=BatchInput,
        responses={201: BatchOutput},
    )
    def post(self, request: Request) -> Response:
        """Read the file and return what became of its rows."""
        require_role(request.user, Role.OPERATOR)
        body = BatchInput(data=request.data)
        body.is_valid(raise_exception=True)
        batch = records_ingest(
            item_code=body.validated_data["item"],
            unit_code=body.validated_data["unit"],
            **_delivered(request, body.validated_data["file"]),
        )
        return Response(BatchOutput(batch).data, status=201)


class BatchView(APIView):
    """One delivered file."""

    authentication_classes = TOKEN_OR_SESSION

    @extend_schema(operation_id="batch_get", summary="一个数据批次", responses=BatchOutput)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return its counts."""
        return Response(BatchOutput(batch_get(request.user, public_id)).data)


class RejectListView(ListAPIView[IngestReject]):
    """The rejected rows of a delivered file."""

    serializer_class = RejectOutput
    queryset = IngestReject.objects.none()
    authentication_classes = TOKEN_OR_SESSION

    def get_queryset(self) -> Any:
        """Return the reasons, row by row."""
        return reject_list(batch_get(self.request.user, self.kwargs["public_id"]))

    @extend_schema(operation_id="batch_rejects", summary="批次中被拒绝的行")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of rejects."""
        return self.list(request, *args, **kwargs)


class AliasListView(ListAPIView[SubjectAlias]):
    """Own codes of units."""

    serializer_class = AliasOutput
    queryset = SubjectAlias.objects.none()

    def get_queryset(self) -> Any:
        """Return the confirmed codes the caller may see."""
        return alias_list(self.request.user)

    @extend_schema(operation_id="aliases_list", summary="主体对照列表")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of aliases."""
        require_role(request.user, *CITY_ROLES)
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="alias_confirm",
        summary="确认主体对照",
        request=AliasInput,
        responses={201: AliasOutput},
    )
    def post(self, request: Request) -> Response:
        """Confirm an own code and return it."""
        require_role(request.user, Role.OPERATOR)
        body = AliasInput(data=request.data)
        body.is_valid(raise_exception=True)
        alias = subject_alias_confirm(
            unit=unit_get(request.user, body.validated_data["unit"]),
            local_code=body.validated_data["local_code"],
            enterprise=enterprise_registered(body.validated_data["uscc"]),
            actor=signed_in(request.user),
            at=timezone.now(),
        )
        return Response(AliasOutput(alias).data, status=201)


def _delivered(request: Request, file: Any) -> dict[str, Any]:
    return {
        "source": source_of(file),
        "file_name": file.name,
        "actor": signed_in(request.user),
        "at": timezone.now(),
        "kinds": UPLOAD_KINDS,
        "limits": UPLOAD_LIMITS,
    }
