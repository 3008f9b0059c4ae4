"""API of whitelists: the same verbs as the district's and the lender's pages."""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.api.pagination import KeysetPagination
from marketplace.domain.errors import NotFound
from marketplace.policies import require_role, signed_in
from matching.api.whitelist_serializers import (
    WhitelistCheckInput,
    WhitelistCheckOutput,
    WhitelistContactDataOutput,
    WhitelistCountInput,
    WhitelistCountOutput,
    WhitelistDiffOutput,
    WhitelistEntryFilterInput,
    WhitelistEntryOutput,
    WhitelistGenerateInput,
    WhitelistOutput,
    WhitelistUploadInput,
)
from matching.models import Whitelist, WhitelistEntry
from matching.policies.whitelist import CITY_ROLES, DISTRICT_ROLES
from matching.selectors.whitelist import (
    entry_get,
    whitelist_diff,
    whitelist_entries,
    whitelist_get,
    whitelist_list,
)
from matching.services.whitelist_build import correction_of, whitelist_check, whitelist_upload
from matching.services.whitelist_contact import whitelist_contact_oversee
from matching.services.whitelist_generate import (
    GenerationParameters,
    whitelist_count,
    whitelist_generate,
)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_CODES = 1_000


class RowOrder(KeysetPagination):
    """Rows in the order of the sheet."""

    ordering = "row_number"


class WhitelistListView(ListAPIView[Whitelist]):
    """The lists the caller may see the making of."""

    serializer_class = WhitelistOutput
    queryset = Whitelist.objects.none()

    def get_queryset(self) -> Any:
        """Return the lists of the caller's districts; all for the city."""
        user = signed_in(self.request.user)
        require_role(user, *DISTRICT_ROLES, *CITY_ROLES)
        return whitelist_list(user, timezone.now())

    @extend_schema(operation_id="whitelists_list", summary="白名单列表")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of lists, latest first."""
        return super().get(request, *args, **kwargs)


class WhitelistCheckSheetView(APIView):
    """A sheet checked, nothing written."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="whitelist_check_sheet",
        summary="核验名单表格（不保存）",
        request=WhitelistCheckInput,
        responses=WhitelistCheckOutput,
    )
    def post(self, request: Request) -> Response:
        """Run the gates over the sheet and return counts and the first problems."""
        require_role(signed_in(request.user), *DISTRICT_ROLES, *CITY_ROLES)
        data = valid(WhitelistCheckInput, request)
        file: UploadedFile = data["file"]
        found = whitelist_check(
            district=data["district"],
            source=file.read(),
            file_name=file.name or "",
            at=timezone.now(),
        )
        return Response(WhitelistCheckOutput(found).data)


class WhitelistUploadView(APIView):
    """A draft of a sheet."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="whitelist_upload",
        summary="上传名单为草稿",
        request=WhitelistUploadInput,
        responses={201: WhitelistOutput},
    )
    def post(self, request: Request) -> Response:
        """Make the draft and return it."""
        user = signed_in(request.user)
        require_role(user, *DISTRICT_ROLES)
        data = valid(WhitelistUploadInput, request)
        file: UploadedFile = data.pop("file")
        whitelist = whitelist_upload(
            **data,
            source=file.read(),
            file_name=file.name or "",
            actor=user,
            at=timezone.now(),
        )
        return Response(WhitelistOutput(whitelist).data, status=201)


class WhitelistGenerateView(APIView):
    """A draft of the platform's data."""

    @extend_schema(
        operation_id="whitelist_generate",
        summary="由平台生成名单草稿",
        request=WhitelistGenerateInput,
        responses={201: WhitelistOutput},
    )
    def post(self, request: Request) -> Response:
        """Make the draft and return it."""
        user = signed_in(request.user)
        require_role(user, *DISTRICT_ROLES)
        data = valid(WhitelistGenerateInput, request)
        parameters = _parameters(data.pop("parameters", {}))
        whitelist = whitelist_generate(**data, parameters=parameters, actor=user, at=timezone.now())
        return Response(WhitelistOutput(whitelist).data, status=201)


class WhitelistCountView(APIView):
    """How many enterprises an issue would hold, nothing written."""

    @extend_schema(
        operation_id="whitelist_count",
        summary="按所选条件试算入选户数（不保存）",
        request=WhitelistCountInput,
        responses=WhitelistCountOutput,
    )
    def post(self, request: Request) -> Response:
        """Run the gates over the district's enterprises that want finance and return the counts."""
        user = signed_in(request.user)
        require_role(user, *DISTRICT_ROLES)
        data = valid(WhitelistCountInput, request)
        found = whitelist_count(
            district=data["district"],
            parameters=_parameters(data.get("parameters", {})),
            actor=user,
            at=timezone.now(),
        )
        return Response(WhitelistCountOutput(found).data)


class WhitelistDetailView(APIView):
    """One list."""

    @extend_schema(operation_id="whitelist_get", summary="白名单", responses=WhitelistOutput)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the list with its counts."""
        return Response(WhitelistOutput(whitelist_asked(request, public_id)).data)


class WhitelistEntriesView(ListAPIView[WhitelistEntry]):
    """The rows of a list."""

    serializer_class = WhitelistEntryOutput
    queryset = WhitelistEntry.objects.none()
    pagination_class = RowOrder

    def get_queryset(self) -> Any:
        """Return the rows asked for."""
        whitelist = whitelist_asked(self.request, self.kwargs["public_id"])
        query = WhitelistEntryFilterInput(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        user = signed_in(self.request.user)
        return whitelist_entries(user, whitelist, timezone.now(), wanted["status"], wanted["code"])

    @extend_schema(
        operation_id="whitelist_entries_list",
        summary="白名单逐行结果",
        parameters=[WhitelistEntryFilterInput],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of rows in the order of the sheet."""
        return super().get(request, *args, **kwargs)


class WhitelistEntryView(APIView):
    """One row."""

    @extend_schema(
        operation_id="whitelist_entry_get", summary="白名单的一行", responses=WhitelistEntryOutput
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the row with why in and why out."""
        entry = entry_get(signed_in(request.user), public_id, timezone.now())
        return Response(WhitelistEntryOutput(entry).data)


class WhitelistEntryContactView(APIView):
    """Whom to call, for the district and the operator."""

    @extend_schema(
        operation_id="whitelist_entry_contact",
        summary="查看名单行的联系方式（留痕）",
        request=None,
        responses=WhitelistContactDataOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Log the look and return name and telephone."""
        name, phone = whitelist_contact_oversee(
            entry_id=public_id, actor=signed_in(request.user), at=timezone.now(), channel="API"
        )
        return Response({"contact_name": name, "contact_phone": phone})


class WhitelistDiffView(APIView):
    """What a list changed against the issue before it."""

    @extend_schema(
        operation_id="whitelist_diff", summary="与上期对比", responses=WhitelistDiffOutput
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the credit codes that are new and gone, and how many stayed."""
        found = whitelist_diff(whitelist_asked(request, public_id))
        new, gone = (
            list(part.order_by("row_number").values_list("uscc", flat=True)[:MOST_CODES])
            for part in (found.new, found.gone)
        )
        body = {
            "previous_id": found.previous.public_id if found.previous else None,
            "new": new,
            "gone": gone,
            "stayed": found.stayed.count(),
        }
        return Response(WhitelistDiffOutput(body).data)


class WhitelistCorrectionView(APIView):
    """An uploaded sheet with its errors marked in place."""

    @extend_schema(
        operation_id="whitelist_correction",
        summary="更正表（xlsx）",
        responses={(200, XLSX): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    def get(self, request: Request, public_id: uuid.UUID) -> HttpResponse:
        """Return the workbook."""
        whitelist = whitelist_asked(request, public_id)
        if whitelist.origin != "UPLOADED":
            raise NotFound
        stream = io.BytesIO()
        correction_of(whitelist, stream)
        headers = {"Content-Disposition": 'attachment; filename="whitelist-correction.xlsx"'}
        return HttpResponse(stream.getvalue(), content_type=XLSX, headers=headers)


def _parameters(asked: Mapping[str, Any]) -> GenerationParameters:
    lists = {name: tuple(asked.get(name, ())) for name in ("size_classes", "sectors", "lists")}
    return GenerationParameters(**{**asked, **lists})


def whitelist_asked(request: Request, public_id: uuid.UUID) -> Whitelist:
    """Return the list an address names.

    Raises:
        NotFound: there is none for the caller.
    """
    return whitelist_get(signed_in(request.user), public_id, timezone.now())


def valid(serializer: Any, request: Request) -> dict[str, Any]:
    """Return the checked body of a request."""
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
