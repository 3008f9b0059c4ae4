"""The columns of a catalogue's workbook: how a declaration is written into cells and read back.

Two sheets: 信息项 has one row per item, 字段 one row per field. What is written reads back as the same declaration.
Lists stand on lines of one cell; rules are written as ``KIND name=value name=value``, one per line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from borrowers.domain.cells import CellRefused
from borrowers.domain.item_spec import (
    ADMINISTRATION_LABELS,
    FIELD_TYPE_LABELS,
    LEVEL_LABELS,
    PUBLICATION_LABELS,
    SHARING_MODE_LABELS,
    SUBJECT_LABELS,
    FieldSpec,
    ItemSpec,
    RowRule,
)
from borrowers.domain.quality_rule import QualityRule
from borrowers.domain.rhythm import UPDATE_RHYTHM_LABELS
from borrowers.domain.rows import Column
from marketplace.domain.vocabulary import DATA_CLASS_LABELS

ITEM_SHEET, FIELD_SHEET = "信息项", "字段"
ITEM_CODE = "信息项代码"
UNIT_NAME = "来源单位名称"
ACTIVE = "启用"
YES, NO = "是", "否"
LONGEST_TEXT = next(entry.default for entry in fields(FieldSpec) if entry.name == "max_length")

_CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{1,47}")
_FIELD_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,47}")
_WHOLE = re.compile(r"\d{1,9}")
_DECIMAL = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")
_LINES = re.compile(r"[\n;;]+")


@dataclass(frozen=True)
class SheetColumn:
    """One column of a sheet.

    Attributes:
        name: key of the declaration.
        label: heading.
        write: value of the declaration to text.
        read: text to what `borrowers.domain.catalogue.item_from_mapping` takes; raises `CellRefused`.
        required: an empty cell is an error; else it leaves the declaration's default.
        width: width in characters of a digit.
    """

    name: str
    label: str
    write: Callable[[Any], str]
    read: Callable[[str], Any]
    required: bool = False
    width: float = 14.0

    @property
    def column(self) -> Column:
        """Return what finds it in a sheet that is read."""
        return Column(self.name, self.label, (), self.required)


def _text(limit: int) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if len(cell) > limit:
            raise CellRefused("TEXT_TOO_LONG", f"超过 {limit} 个字。")
        return cell

    return read


def _matching(pattern: re.Pattern[str], wanted: str) -> Callable[[str], str]:
    def read(cell: str) -> str:
        if not pattern.fullmatch(cell):
            raise CellRefused("CODE_FORM", f"“{cell[:40]}”不是合格的写法，应为{wanted}。")
        return cell

    return read


def _one_of(labels: Mapping[Any, str], *, numbered: bool = False) -> Callable[[str], str]:
    known = {text: str(key) for key, label in labels.items() for text in (str(key), label)}
    if numbered:
        known |= {f"{key} {label}": str(key) for key, label in labels.items()}

    def read(cell: str) -> str:
        if cell not in known:
            offered = "、".join(str(label) for label in labels.values())
            raise CellRefused("CHOICE_UNKNOWN", f"“{cell[:40]}”不在可选值之内：{offered}。")
        return known[cell]

    return read


def _whole(cell: str) -> int:
    if not _WHOLE.fullmatch(cell):
        raise CellRefused("NUMBER_UNREADABLE", f"“{cell[:40]}”不是整数。")
    return int(cell)


def _decimal(cell: str) -> str:
    if not _DECIMAL.fullmatch(cell):
        raise CellRefused("NUMBER_UNREADABLE", f"“{cell[:40]}”不是数值。")
    return cell


def _flag(cell: str) -> bool:
    if cell not in (YES, NO):
        raise CellRefused("CHOICE_UNKNOWN", f"“{cell[:40]}”应为“是”或“否”。")
    return cell == YES


def _list(cell: str) -> list[str]:
    return [part.strip() for part in _LINES.split(cell) if part.strip()]


def _labelled(labels: Mapping[Any, str]) -> Callable[[Any], str]:
    return lambda value: labels[value]


def _yes_no(value: bool) -> str:
    return YES if value else NO


def _unless(default: Any, write: Callable[[Any], str]) -> Callable[[Any], str]:
    """Return what leaves the cell of a default empty: most fields have it."""
    return lambda value: "" if value == default else write(value)


def _rules(kind: type[RowRule] | type[QualityRule]) -> Callable[[str], list[dict[str, Any]]]:
    """Return what reads the lines of a cell as declarations of rules."""
    readers = {entry.name: _rule_value(entry.default) for entry in fields(kind)}

    def read_line(line: str) -> dict[str, Any]:
        name, *parts = line.split()
        found: dict[str, Any] = {"kind": name}
        for part in parts:
            key, sign, value = part.partition("=")
            if not sign or key not in readers or key in found:
                raise CellRefused(
                    "RULE_UNREADABLE", f"规则“{line[:60]}”中的“{part[:30]}”无法识别。"
                )
            found[key] = readers[key](value)
        return found

    return lambda cell: [read_line(line) for line in _list(cell)]


def _rule_value(default: Any) -> Callable[[str], Any]:
    if isinstance(default, bool):
        return _flag
    if isinstance(default, int):
        return _whole
    if isinstance(default, tuple):
        return lambda text: text.split(",")
    return str


def rule_text(rule: RowRule | QualityRule) -> str:
    """Return a rule as one line, without what it leaves at its default.

    >>> from borrowers.domain.quality_rule import QualityKind
    >>> rule_text(QualityRule(QualityKind.FILLED, field="amount_yuan", minimum="0.9"))
    'FILLED field=amount_yuan minimum=0.9'
    """
    said = [str(rule.kind)]
    for entry in fields(rule):
        value = getattr(rule, entry.name)
        if entry.default is MISSING or value == entry.default:
            continue
        plain = ",".join(value) if isinstance(value, tuple) else value
        said.append(f"{entry.name}={_yes_no(value) if isinstance(value, bool) else plain}")
    return " ".join(said)


def _rule_lines(rules: Iterable[RowRule | QualityRule]) -> str:
    return "\n".join(rule_text(rule) for rule in rules)


_UPPER = "2 至 48 位大写字母、数字、下划线或连字符"
_LOWER = "字母开头的 1 至 48 位字母、数字或下划线"
_code, _field_code = _matching(_CODE, _UPPER), _matching(_FIELD_CODE, _LOWER)

ITEM_COLUMNS = (
    SheetColumn("code", ITEM_CODE, str, _code, required=True, width=24),
    SheetColumn("name", "信息项名称", str, _text(100), required=True, width=28),
    SheetColumn(
        "data_class",
        "类别",
        lambda value: f"{value.value} {DATA_CLASS_LABELS[value]}",
        _one_of(DATA_CLASS_LABELS, numbered=True),
        required=True,
        width=24,
    ),
    SheetColumn(
        "administration",
        "管理层级",
        _labelled(ADMINISTRATION_LABELS),
        _one_of(ADMINISTRATION_LABELS),
    ),
    SheetColumn("source_unit", "来源单位代码", str, _code, required=True, width=20),
    SheetColumn("any_unit", "各单位均可报送", _yes_no, _flag),
    SheetColumn("subject", "主体代码", _labelled(SUBJECT_LABELS), _one_of(SUBJECT_LABELS)),
    SheetColumn("subject_field", "主体字段", str, _field_code),
    SheetColumn("name_field", "主体名称字段", str, _field_code),
    SheetColumn("registration_field", "注册号字段", str, _field_code),
    SheetColumn("natural_key", "自然键", "\n".join, _list, width=20),
    SheetColumn("event_date", "事件日期字段", str, _field_code),
    SheetColumn("consent_required", "须企业授权", _yes_no, _flag, required=True),
    SheetColumn(
        "sharing_mode", "共享方式", _labelled(SHARING_MODE_LABELS), _one_of(SHARING_MODE_LABELS)
    ),
    SheetColumn(
        "publication", "公开方式", _labelled(PUBLICATION_LABELS), _one_of(PUBLICATION_LABELS)
    ),
    SheetColumn("legal_basis", "依据", str, _text(200), required=True, width=36),
    SheetColumn(
        "update_rhythm",
        "更新周期",
        _labelled(UPDATE_RHYTHM_LABELS),
        _one_of(UPDATE_RHYTHM_LABELS),
        required=True,
    ),
    SheetColumn("due_days", "报送期限(天)", str, _whole, required=True),
    SheetColumn("freshness_days", "更新时限(天)", str, _whole),
    SheetColumn("retention_months", "保存期限(月)", str, _whole, required=True),
    SheetColumn("retention_basis", "保存依据", str, _text(200), width=30),
    SheetColumn("level", "保护级别", _labelled(LEVEL_LABELS), _one_of(LEVEL_LABELS)),
    SheetColumn("void_field", "作废标志字段", str, _field_code),
    SheetColumn("void_values", "作废取值", "\n".join, _list),
    SheetColumn("rules", "行内规则", _rule_lines, _rules(RowRule), width=44),
    SheetColumn("quality", "质量规则", _rule_lines, _rules(QualityRule), width=44),
)
"""What stands in a row of 信息项, besides the unit's name and whether the item is active."""

FIELD_COLUMNS = (
    SheetColumn("code", "字段代码", str, _field_code, required=True, width=20),
    SheetColumn("label", "字段名称", str, _text(100), required=True, width=24),
    SheetColumn(
        "type", "字段类型", _labelled(FIELD_TYPE_LABELS), _one_of(FIELD_TYPE_LABELS), required=True
    ),
    SheetColumn("unit", "计量单位", str, _text(20)),
    SheetColumn("required", "必填", _yes_no, _flag),
    SheetColumn("options", "选项", "\n".join, _list, width=30),
    SheetColumn("level", "字段保护级别", _labelled(LEVEL_LABELS), _one_of(LEVEL_LABELS)),
    SheetColumn("synonyms", "其他写法", "\n".join, _list, width=24),
    SheetColumn("kept", "保存", _yes_no, _flag),
    SheetColumn("max_length", "最大长度", _unless(LONGEST_TEXT, str), _whole),
    SheetColumn("negative", "可为负", _unless(False, _yes_no), _flag),
    SheetColumn("minimum", "最小值", str, _decimal),
    SheetColumn("maximum", "最大值", str, _decimal),
)
"""What stands in a row of 字段, besides the item's code."""


def item_cells(item: ItemSpec) -> dict[str, str]:
    """Return heading to text of an item's row."""
    return {entry.label: entry.write(getattr(item, entry.name)) for entry in ITEM_COLUMNS}


def field_cells(spec: FieldSpec) -> dict[str, str]:
    """Return heading to text of a field's row."""
    return {entry.label: entry.write(getattr(spec, entry.name)) for entry in FIELD_COLUMNS}
