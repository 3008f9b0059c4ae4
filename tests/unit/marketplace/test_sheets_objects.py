"""Rows of JSON: arrays and lines, texts of every value, what cannot be read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.errors import Refused
from marketplace.domain.text import NESTED, NumberCell, clean
from marketplace.sheets import ALL_KINDS, UPLOAD_KINDS, UPLOAD_LIMITS, objects, open_sheet

ROWS = [{"企业名称": "甲公司", "金额": 1.50}, {"企业名称": "乙公司", "备注": None}]
READ = [
    (1, {"企业名称": "甲公司", "金额": "1.5", "备注": ""}),
    (2, {"企业名称": "乙公司", "金额": "", "备注": ""}),
]
LINES = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)


def opened(content, **options):
    raw = content if isinstance(content, bytes) else content.encode()
    return open_sheet(raw, "报送.json", **{"kinds": ALL_KINDS, **options})


def refusal_of(content, **options):
    with pytest.raises(Refused) as refusal:
        list(opened(content, **options))
    return refusal.value


class TestForms:
    @pytest.mark.parametrize(
        "content",
        [
            json.dumps(ROWS, ensure_ascii=False),
            json.dumps(ROWS, indent=2),
            "\ufeff" + json.dumps(ROWS),
            LINES,
            LINES + "\n\n",
            LINES.replace("\n", ""),
        ],
        ids=["array", "indented", "marked", "lines", "blank lines", "no space between"],
    )
    def test_come_to_the_same_rows(self, content):
        sheet = opened(content)

        assert (sheet.kind, sheet.header_row) == ("json", 0)
        assert sheet.titles == ("企业名称", "金额", "备注")
        assert list(sheet) == READ

    def test_an_empty_array_has_no_rows_and_no_titles(self):
        sheet = opened(" [ ] ")

        assert (sheet.titles, list(sheet)) == ((), [])

    def test_are_told_from_csv(self):
        assert opened("[代码],名称\nA,甲\n").kind == "csv"

    def test_are_not_taken_where_sheets_are_uploaded(self):
        assert refusal_of(LINES, kinds=UPLOAD_KINDS).code == "SHEET_KIND_NOT_ACCEPTED"


class TestValues:
    def test_become_texts(self):
        raw = '[{"a": 12345678901234567890, "b": 1.10, "c": true, "d": " 甲\\u200b ", "e": null}]'
        ((_, row),) = opened(raw)

        assert row == {"a": "12345678901234567890", "b": "1.10", "c": "是", "d": "甲", "e": ""}
        assert type(row["a"]) is NumberCell
        assert type(row["b"]) is type(row["d"]) is str

    def test_lists_and_objects_are_named(self):
        ((_, row),) = opened('[{"a": [1], "b": {"c": 1}, "d": "x"}]')

        assert row == {"a": "", "b": "", "d": "x", NESTED: "a、b"}

    @given(
        st.lists(
            st.dictionaries(
                st.text('税金abc,[]{}"\\', min_size=1, max_size=3),
                st.text(max_size=80) | st.booleans() | st.none() | st.integers(),
                max_size=4,
            ),
            max_size=6,
        ),
        st.integers(1, 40),
        st.booleans(),
    )
    def test_are_the_same_wherever_the_file_is_cut(self, rows, piece, in_lines):
        rows = [{f"k{clean(name)}": value for name, value in row.items()} for row in rows]
        text = "\n".join(map(json.dumps, rows)) if in_lines and rows else json.dumps(rows)
        whole, objects._READ_AT_ONCE = objects._READ_AT_ONCE, piece
        try:
            source = objects.FileSource(text.encode(), "报送.json", len(text))
            titles = objects.object_titles(source, UPLOAD_LIMITS)
            found = list(objects.object_rows(source, titles))
        finally:
            objects._READ_AT_ONCE = whole

        spelled = {True: "是", False: "否", None: ""}
        assert [number for number, _ in found] == list(range(1, len(rows) + 1))
        for (_, row), sent in zip(found, rows, strict=True):
            for name, value in sent.items():
                is_sign = value is None or isinstance(value, bool)
                assert row[name] == (spelled[value] if is_sign else clean(str(value)))


class TestRefusals:
    @pytest.mark.parametrize(
        "raw",
        [
            b'[{"a": 1}',
            b'[{"a": 1},]',
            b'[{"a": 1} {"a": 2}]',
            b'[{"a": 1}] {"a": 2}',
            b'[{"a": 1}, 5]',
            b'{"a": 1} 5',
            b'[{"a": NaN}]',
            b'[{"a": 1, "a": 2}]',
            rb'[{"a": "\ud800"}]',
            rb'[{"\udc00": 1}]',
            b'[{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}]",
        ],
        ids=[
            "cut",
            "comma",
            "no-comma",
            "after-array",
            "number",
            "number-line",
            "NaN",
            "twice",
            "half",
            "half-name",
            "deep",
        ],
    )
    def test_name_the_row(self, raw):
        refusal = refusal_of(raw)

        assert refusal.code == "SHEET_JSON_MALFORMED"
        assert "行" in refusal.sentence

    def test_other_encodings(self):
        assert refusal_of('[{"a": "税务局"}]'.encode("gb18030")).code == "SHEET_ENCODING"

    def test_an_object_without_end(self, monkeypatch):
        monkeypatch.setattr(objects, "_LONGEST_OBJECT", 1 << 17)

        assert refusal_of(b'[{"a": "' + b"x" * (1 << 20)).code == "SHEET_JSON_MALFORMED"

    def test_too_many_rows_and_columns(self):
        few = type(UPLOAD_LIMITS)(1 << 20, 1 << 20, rows=2, columns=2)

        assert refusal_of("[" + ",".join(['{"a":1}'] * 3) + "]", limits=few).code == (
            "SHEET_TOO_MANY_ROWS"
        )
        assert refusal_of('[{"a":1,"b":1,"c":1}]', limits=few).code == "SHEET_TOO_MANY_COLUMNS"
