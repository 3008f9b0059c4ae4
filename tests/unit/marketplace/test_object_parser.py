from __future__ import annotations

import io

import pytest
from rest_framework.exceptions import ParseError

from marketplace.api.parsers import BodyTooLarge, ObjectParser


def parsed(raw: bytes):
    return ObjectParser().parse(io.BytesIO(raw))


class TestObjectParser:
    def test_reads_an_object(self):
        assert parsed('{"a": ["税", 1.5, null]}'.encode()) == {"a": ["税", 1.5, None]}

    def test_reads_a_character_of_two_halves(self):
        assert parsed(rb'{"a": "\ud83d\ude00"}') == {"a": "😀"}

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"{",
            b'{"a": NaN}',
            b'{"a": "\xff"}',
            rb'{"a": "\ud800"}',
            rb'{"\uDC00": 1}',
            b'{"a": ' + b"9" * 5_000 + b"}",
            b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        ],
        ids=["empty", "cut", "NaN", "bytes", "half", "half-key", "long-number", "deep"],
    )
    def test_refuses_what_is_no_json(self, raw):
        with pytest.raises(ParseError, match="请求正文不是有效的 JSON。"):
            parsed(raw)

    @pytest.mark.parametrize("raw", [b"[]", b'"a"', b"1", b"null"])
    def test_refuses_what_is_no_object(self, raw):
        with pytest.raises(ParseError, match="请求正文应为一个 JSON 对象。"):
            parsed(raw)

    def test_refuses_more_than_one_request_may_hold(self, settings):
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10

        assert parsed(b'{"a": 123}') == {"a": 123}
        with pytest.raises(BodyTooLarge):
            parsed(b'{"a": 1234}')
