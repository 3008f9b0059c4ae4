"""A catalogue written into a workbook's cells and read back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from borrowers.domain.catalogue import load_catalogue
from borrowers.domain.catalogue_columns import (
    ACTIVE,
    ITEM_CODE,
    UNIT_NAME,
    field_cells,
    item_cells,
)
from borrowers.domain.catalogue_diff import differences
from borrowers.domain.catalogue_sheet import read_catalogue
from borrowers.domain.item_spec import ItemSpec
from borrowers.domain.rhythm import UpdateRhythm
from marketplace.domain.errors import Refused

ITEMS = load_catalogue().items
PENALTY = load_catalogue().item("PENALTY")


def sheets(items, item_changes=None, field_changes=None):
    """Return the rows of both sheets; changes go into the first row of each."""
    more = {UNIT_NAME: "", ACTIVE: "是"}
    first = [(2 + n, item_cells(item) | more) for n, item in enumerate(items)]
    pairs = [(item.code, spec) for item in items for spec in item.fields]
    second = [
        (2 + n, {ITEM_CODE: code} | field_cells(spec)) for n, (code, spec) in enumerate(pairs)
    ]
    first[0][1].update(item_changes or {})
    second[0][1].update(field_changes or {})
    return first, second


def errors_of(*args, **changes):
    return [
        (error.sheet, error.row, error.field, error.code)
        for error in read_catalogue(*sheets(*args, **changes)).errors
    ]


class TestReadCatalogue:
    def test_reads_every_shipped_item_back_as_it_was_written(self):
        found = read_catalogue(*sheets(ITEMS))

        assert found.errors == []
        assert [entry.spec for entry in found.items] == list(ITEMS)
        assert found.read == len(ITEMS)

    def test_names_sheet_row_heading_and_code_of_an_unreadable_cell(self):
        found = errors_of([PENALTY], item_changes={"更新周期": "偶尔"})

        assert found == [("信息项", 2, "更新周期", "CHOICE_UNKNOWN")]

    def test_names_what_is_required(self):
        assert errors_of([PENALTY], item_changes={"依据": ""}) == [
            ("信息项", 2, "依据", "FIELD_REQUIRED")
        ]

    @pytest.mark.parametrize("heading", ["字段名称", "其他写法"])
    def test_refuses_a_forbidden_field_with_the_article(self, heading):
        read = read_catalogue(*sheets([PENALTY], field_changes={heading: "法人宗教信仰"}))

        assert [(e.sheet, e.row, e.field, e.code) for e in read.errors] == [
            ("字段", 2, heading, "FORBIDDEN_FIELD")
        ]
        assert "征信业管理条例第十四条第一款" in read.errors[0].sentence
        assert read.items == []

    def test_refuses_a_code_that_stands_twice(self):
        assert ("信息项", 3, "信息项代码", "ITEM_TWICE") in errors_of([PENALTY, PENALTY])

    def test_refuses_a_field_without_its_item_and_an_item_without_fields(self):
        found = errors_of([PENALTY], item_changes={"信息项代码": "OTHER"})

        assert ("信息项", 2, "", "ITEM_WITHOUT_FIELDS") in found
        assert ("字段", 2, "信息项代码", "FIELD_WITHOUT_ITEM") in found

    def test_refuses_a_rule_that_cannot_be_read(self):
        found = errors_of([PENALTY], item_changes={"质量规则": "ACCEPTED least=0.9"})

        assert found == [("信息项", 2, "质量规则", "RULE_UNREADABLE")]

    def test_refuses_a_declaration_that_contradicts_itself(self):
        found = errors_of([PENALTY], item_changes={"质量规则": "DUE"})

        assert found == [("信息项", 2, "", "CATALOGUE_INVALID")]

    def test_refuses_a_sheet_without_a_required_column(self):
        first, second = sheets([PENALTY])
        del first[0][1]["类别"]

        with pytest.raises(Refused) as refusal:
            read_catalogue(first, second)

        assert refusal.value.code == "SHEET_COLUMN_MISSING"


class TestDifferences:
    @pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
    def test_there_are_none_between_equals(self, item):
        assert differences(item, replace(item)) == ()

    def test_names_what_changed_before_and_after(self):
        changed = replace(PENALTY, update_rhythm=UpdateRhythm.DAILY, due_days=1, quality=())

        found = {
            entry.label: (entry.before, entry.after) for entry in differences(PENALTY, changed)
        }

        assert found["更新周期"] == ("随发生", "每日")
        assert found["报送期限(天)"] == ("7", "1")
        assert set(found) == {"更新周期", "报送期限(天)", "质量规则"}

    def test_a_field_that_is_gone_is_one_difference(self):
        shorter: ItemSpec = replace(PENALTY, fields=PENALTY.fields[:-1])

        (found,) = differences(PENALTY, shorter)

        assert (found.before, found.after) == (PENALTY.fields[-1].code, "")
