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
from borrowers.api.unit_token import TOKEN_OR_SESSION
from borrowers.ingest.delivered import source_of
from borrowers.models import UnitToken
from borrowers.policies import Asker, UnitClient, can_deliver, require
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
from marketplace.domain.workdays import local_date
from marketplace.policies import signed_in
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

    unit = serializers.CharField(
        max_length=32,
        required=False,
        help_text="来源单位代码。以令牌报送的可以不填，填则须为本单位；以账号报送的必填。",
    )


class CorrectionInput(StrictSerializer):
    """A sheet for people, or lines for programs."""

    form = serializers.ChoiceField(choices=["sheet", "lines"], required=False, default="sheet")


class ItemRecordsView(APIView):
    """Rows of one item from one unit."""

    authentication_classes = TOKEN_OR_SESSION
    parser_classes = [RowsParser, RowLinesParser]

    @extend_schema(
        operation_id="records_send",
        summary="报送信用记录（JSON 或 NDJSON）",
        description=(
            "正文是对象的数组，或一个接一个的对象（NDJSON）；UTF-8，与上传文件相同的大小与行数上限。"
            "正文原样落地，与文件走同一条路：同样的正文再送一次不改变任何内容；行号从 1 起。"
            "空数组表示本期没有需要报送的记录。"
            "由来源单位的令牌（Authorization: Bearer）或市级运营的账号报送。"
            "逐行的拒绝原因见“批次中被拒绝的行”与“更正表”。"
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
        asker: Asker = request.user
        require(can_deliver(asker))
        item = item_get(asker, code)
        token = asker.token if isinstance(asker, UnitClient) else None
        unit_code, at, body = _unit_code(request, token), timezone.now(), request.data
        batch = records_ingest(
            item_code=item.code,
            unit_code=unit_code,
            source=source_of(body) if isinstance(body, UploadedFile) else b"",
            file_name=f"{unit_code}-{item.code}-{local_date(at).isoformat()}.json",
            actor=None if token else signed_in(request.user),
            at=at,
            kinds=BODY_KINDS,
            limits=UPLOAD_LIMITS,
            token=token,
        )
        return Response(BatchOutput(batch).data, status=201)


def _unit_code(request: Request, token: UnitToken | None) -> str:
    """Return for which unit is delivered: the one named, else the token's own."""
    wanted = DeliveringUnitInput(data=request.query_params.dict())
    wanted.is_valid(raise_exception=True)
    named: str = wanted.validated_data.get("unit") or (token.unit.code if token else "")
    if not named:
        raise serializers.ValidationError({"unit": ["请填写来源单位的代码。"]})
    return named


class BatchCorrectionView(APIView):
    """The rejected rows of a delivery, to be corrected and delivered again."""

    authentication_classes = TOKEN_OR_SESSION

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
        require(can_deliver(request.user))
        wanted = CorrectionInput(data=request.query_params.dict())
        wanted.is_valid(raise_exception=True)
        if not found.titles:
            raise NotFound
        make = correction_lines if wanted.validated_data["form"] == "lines" else correction_sheet
        sheet = make(found)
        headers = {"Content-Disposition": f'attachment; filename="{sheet.name}"'}
        return StreamingHttpResponse(sheet.content, content_type=sheet.kind, headers=headers)
