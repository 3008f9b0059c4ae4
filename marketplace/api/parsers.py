"""Bodies of the API: one JSON object in UTF-8, of bounded size and depth; anything else is refused in words.

A body of many rows is not read here but handed on as the file it is.

Source: trust note 3.1 (no server fault whatever is sent); RFC 8259.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.utils import json as strict_json

from marketplace.sheets import UPLOAD_LIMITS

SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""May be half of a character; what is only a half can be neither stored nor sent."""


class BodyTooLarge(APIException):
    """The body is longer than what one request may hold."""

    status_code = 413
    default_code = "body_too_large"
    default_detail = "请求正文过大。"


class ObjectParser(JSONParser):
    """Reads one JSON object."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the object.

        Raises:
            BodyTooLarge: longer than ``DATA_UPLOAD_MAX_MEMORY_SIZE``.
            ParseError: no JSON, too deep, half a character, or no object.
        """
        longest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(longest + 1)
        if len(raw) > longest:
            raise BodyTooLarge
        try:
            body = strict_json.loads(raw.decode("utf-8"))
            if SURROGATE.search(raw):
                json.dumps(body, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            raise ParseError("请求正文不是有效的 JSON。") from None
        if not isinstance(body, dict):
            raise ParseError("请求正文应为一个 JSON 对象。")
        return body


class RowsParser(BaseParser):
    """Lays a body of rows down as a temporary file, unread; whoever reads it says what is wrong with it."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return the file as a ``TemporaryUploadedFile``; it goes when it is closed.

        Raises:
            BodyTooLarge: longer than an uploaded file may be.
        """
        file = TemporaryUploadedFile("body", media_type or self.media_type, 0, "utf-8")
        size = 0
        while piece := stream.read(file.DEFAULT_CHUNK_SIZE):
            size += len(piece)
            if size > UPLOAD_LIMITS.file_bytes:
                raise BodyTooLarge
            file.write(piece)
        file.flush()
        file.size = size
        return file


class RowLinesParser(RowsParser):
    """The same for one object a line."""

    media_type = "application/x-ndjson"
