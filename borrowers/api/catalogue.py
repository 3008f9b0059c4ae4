"""API of the catalogue: items, their versions, and changing it by a workbook in two steps."""

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

from borrowers.api.catalogue_serializers import (
    CatalogueFileInput,
    ImportDetailOutput,
    ImportOutput,
    ItemDetailOutput,
    ItemFilterInput,
    ItemOutput,
    ItemVersionOutput,
)
from borrowers.ingest.delivered import source_of
from borrowers.models import CatalogueImport, CatalogueItem
from borrowers.policies import CITY_ROLES
from borrowers.selectors import (
    ItemFilter,
    catalogue_import_get,
    catalogue_import_list,
    catalogue_list,
    entry_lines,
    item_get,
    version_steps,
)
from borrowers.services import catalogue_import_apply, catalogue_import_read
from marketplace.domain.roles import Role
from marketplace.policies import require_role, signed_in
from marketplace.sheets import UPLOAD_LIMITS

ENTRIES_SHOWN = 200


class ItemListView(ListAPIView[CatalogueItem]):
    """The catalogue."""

    serializer_class = ItemOutput
    queryset = CatalogueItem.objects.none()

    def get_queryset(self) -> Any:
        """Return the items the caller asked for; those in force unless others are asked for."""
        wanted = ItemFilterInput(data=self.request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        fields = {"active": "1"} | {
            name: value
            for name, value in wanted.validated_data.items()
            if name not in ("cursor", "limit")
        }
        return catalogue_list(self.request.user, ItemFilter(**fields))

    @extend_schema(
        operation_id="catalogue_list", summary="信息项目录", parameters=[ItemFilterInput]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of the catalogue."""
        return self.list(request, *args, **kwargs)


class ItemView(APIView):
    """One item."""

    @extend_schema(operation_id="catalogue_get", summary="一个信息项", responses=ItemDetailOutput)
    def get(self, request: Request, code: str) -> Response:
        """Return its declaration."""
        return Response(ItemDetailOutput(item_get(request.user, code)).data)


class VersionListView(APIView):
    """The versions of an item."""

    @extend_schema(
        operation_id="catalogue_versions",
        summary="信息项的版本与差异",
        responses=ItemVersionOutput(many=True),
    )
    def get(self, request: Request, code: str) -> Response:
        """Return them, latest first."""
        require_role(request.user, *CITY_ROLES)
        steps = version_steps(item_get(request.user, code))
        return Response(ItemVersionOutput(steps, many=True).data)


class ImportListView(ListAPIView[CatalogueImport]):
    """Workbooks of the catalogue."""

    serializer_class = ImportOutput
    queryset = CatalogueImport.objects.none()
    parser_classes = [MultiPartParser]

    def get_queryset(self) -> Any:
        """Return the workbooks the caller may see."""
        return catalogue_import_list(self.request.user)

    @extend_schema(operation_id="catalogue_imports", summary="目录导入列表")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of workbooks."""
        require_role(request.user, *CITY_ROLES)
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="catalogue_import_read",
        summary="读入目录表并比较，不生效",
        request=CatalogueFileInput,
        responses={201: ImportDetailOutput},
    )
    def post(self, request: Request) -> Response:
        """Read a workbook and return what it would change, or its errors."""
        require_role(request.user, Role.OPERATOR)
        body = CatalogueFileInput(data=request.data)
        body.is_valid(raise_exception=True)
        file = body.validated_data["file"]
        row = catalogue_import_read(
            source=source_of(file),
            file_name=file.name,
            actor=signed_in(request.user),
            at=timezone.now(),
            limits=UPLOAD_LIMITS,
        )
        return Response(_detail(row), status=201)


class ImportView(APIView):
    """One workbook of the catalogue."""

    @extend_schema(
        operation_id="catalogue_import_get", summary="一份目录表", responses=ImportDetailOutput
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return its differences or errors."""
        return Response(_detail(catalogue_import_get(request.user, public_id)))


class ImportApplyView(APIView):
    """Applying a workbook."""

    @extend_schema(
        operation_id="catalogue_import_apply",
        summary="使目录表生效",
        request=None,
        responses=ImportOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Enter what it changes."""
        catalogue_import_get(request.user, public_id)
        require_role(request.user, Role.OPERATOR)
        row = catalogue_import_apply(
            public_id=public_id, actor=signed_in(request.user), at=timezone.now()
        )
        return Response(ImportOutput(row).data)


def _detail(row: CatalogueImport) -> dict[str, Any]:
    entries = entry_lines(row.entries[:ENTRIES_SHOWN])
    return dict(ImportDetailOutput(row, context={"entries": entries}).data)
