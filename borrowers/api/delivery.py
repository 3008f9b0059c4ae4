"""API for units' systems: rows of an item as they are, and the rejected ones back to be corrected."""

from __future__ import annotations

import uuid

from django.core.files.uploadedfile import UploadedFile
from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from borrowers.api.serializers import BatchOutput
from borrowers.ingest.delivered import source_of
from borrowers.selectors import batch_get, item_get
from borrowers.services import records_ingest
from borrowers.sheets.correction import (
    LINES_KIND,
    XLSX_KIND,
    correction_lines,
    correction_sheet,
)
from marketplace.api.parsers import RowLinesParser, RowsParser
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.errors import NotFound
from marketplace.domain.roles import Role
from marketplace.domain.workdays import local_date
from marketplace.policies import require_role, signed_in
from marketplace.sheets import BODY_KINDS, UPLOAD_LIMITS

ROW_SCHEMA = {
    "type": "object",
    "description": "一行。键为信息项的字段名称、字段代码或其同义表头；值为文本、数字、true/false 或 null。",
    "additionalProperties": {
        "oneOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}],
        "nullable": True,
    },
}


class DeliveringUnitInput(StrictSerializer):
    """Who delivers the rows."""

    unit = serializers.CharField(max_length=32)


class CorrectionInput(StrictSerializer):
    """A sheet for people, or lines for programs."""

    form = serializers.ChoiceField(choices=["sheet", "lines"], required=False, default="sheet")


class ItemRecordsView(APIView):
    """Rows of one item from one unit."""

    parser_classes = [RowsParser, RowLinesParser]

    @extend_schema(
        operation_id="records_send",
        summary="报送信用记录（JSON 或 NDJSON）",
        description=(
            "正文是对象的数组，或一个接一个的对象（NDJSON）；UTF-8，与上传文件相同的大小与行数上限。"
            "正文原样落地，与文件走同一条路：同样的正文再送一次不改变任何内容；行号从 1 起。"
            "空数组表示本期没有需要报送的记录。逐行的拒绝原因见“批次中被拒绝的行”与“更正表”。"
        ),
        parameters=[DeliveringUnitInput],
        request={
            "application/json": {"type": "array", "items": ROW_SCHEMA},
            "application/x-ndjson": ROW_SCHEMA,
        },
        responses={201: BatchOutput},
    )
    def post(self, request: Request, code: str) -> Response:
        """Keep the rows and return what became of them."""
        require_role(request.user, Role.OPERATOR)
        item = item_get(request.user, code)
        wanted = DeliveringUnitInput(data=request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        unit_code, at = wanted.validated_data["unit"], timezone.now()
        body = request.data
        batch = records_ingest(
            item_code=item.code,
            unit_code=unit_code,
            source=source_of(body) if isinstance(body, UploadedFile) else b"",
            file_name=f"{unit_code}-{item.code}-{local_date(at).isoformat()}.json",
            actor=signed_in(request.user),
            at=at,
            kinds=BODY_KINDS,
            limits=UPLOAD_LIMITS,
        )
        return Response(BatchOutput(batch).data, status=201)


class BatchCorrectionView(APIView):
    """The rejected rows of a delivery, to be corrected and delivered again."""

    @extend_schema(
        operation_id="batch_correction",
        summary="更正表",
        parameters=[CorrectionInput],
        responses={
            (200, XLSX_KIND): OpenApiResponse(OpenApiTypes.BINARY),
            (200, LINES_KIND.partition(";")[0]): OpenApiResponse(OpenApiTypes.STR),
        },
    )
    def get(self, request: Request, public_id: uuid.UUID) -> StreamingHttpResponse:
        """Return the rows that are held with their reasons: a sheet (csv where they are too many), or lines."""
        found = batch_get(request.user, public_id)
        require_role(request.user, Role.OPERATOR)
        wanted = CorrectionInput(data=request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        if not found.titles:
            raise NotFound
        make = correction_lines if wanted.validated_data["form"] == "lines" else correction_sheet
        sheet = make(found)
        headers = {"Content-Disposition": f'attachment; filename="{sheet.name}"'}
        return StreamingHttpResponse(sheet.content, content_type=sheet.kind, headers=headers)
