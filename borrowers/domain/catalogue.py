"""The catalogue (公共信用信息目录): which unit delivers which item with which typed fields, as data.

The shipped catalogue has the 17 classes of the shared-data list in ``borrowers/parameters/catalogue/``, one file per
class. An item is a plain declaration: an operator may add one without a line of code.

Source: domain note 2.1 (classes and fields), 2.7 (双公示), 2.9 (shape of a real district catalogue).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import InvalidOperation
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from borrowers.domain.forbidden import refuse_forbidden
from borrowers.domain.item_spec import (
    Administration,
    FieldSpec,
    FieldType,
    ItemSpec,
    Level,
    Publication,
    RowRule,
    RuleKind,
    SharingMode,
    Subject,
)
from borrowers.domain.quality_rule import (
    OF_EVENT,
    QualityKind,
    QualityRule,
    rule_fault,
)
from borrowers.domain.rhythm import UpdateRhythm
from marketplace.domain.errors import Refused
from marketplace.domain.vocabulary import DataClass

__all__ = [
    "Administration",
    "Catalogue",
    "FieldSpec",
    "FieldType",
    "ItemSpec",
    "Level",
    "Publication",
    "QualityKind",
    "QualityRule",
    "RowRule",
    "RuleKind",
    "SharingMode",
    "Subject",
    "UnitSpec",
    "UpdateRhythm",
    "item_from_mapping",
    "item_to_mapping",
    "load_catalogue",
    "refuse_forbidden",
]

_FOLDER = Path(__file__).resolve().parent.parent / "parameters" / "catalogue"


@dataclass(frozen=True, slots=True)
class UnitSpec:
    """A source unit (来源单位)."""

    code: str
    name: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Units and items together."""

    units: tuple[UnitSpec, ...]
    items: tuple[ItemSpec, ...]

    def item(self, code: str) -> ItemSpec:
        """Return an item by code.

        Raises:
            Refused: ``CATALOGUE_ITEM_UNKNOWN``.
        """
        for spec in self.items:
            if spec.code == code:
                return spec
        raise Refused("CATALOGUE_ITEM_UNKNOWN", f"目录中没有代码为“{code[:48]}”的信息项。")


_STANDARD_SUBJECT = (
    FieldSpec(
        code="uscc",
        label="统一社会信用代码",
        type=FieldType.USCC,
        required=True,
        level=Level.L1,
        synonyms=("社会信用代码", "信用代码", "统一信用代码", "统一代码", "USCC"),
    ),
    FieldSpec(
        code="enterprise_name",
        label="企业名称",
        type=FieldType.TEXT,
        level=Level.L1,
        synonyms=("名称", "单位名称", "主体名称", "市场主体名称"),
        max_length=200,
    ),
)


_ENUMS: Mapping[str, type[StrEnum]] = {
    "data_class": DataClass,
    "subject": Subject,
    "sharing_mode": SharingMode,
    "publication": Publication,
    "level": Level,
    "administration": Administration,
    "update_rhythm": UpdateRhythm,
}
_NUMBERS = frozenset(
    {FieldType.INTEGER, FieldType.DECIMAL, FieldType.MONEY_YUAN, FieldType.MONEY_WAN}
)


@lru_cache(maxsize=1)
def load_catalogue() -> Catalogue:
    """Return the shipped catalogue.

    Raises:
        Refused: ``CATALOGUE_INVALID`` naming the item and what is wrong with it.
    """
    units = tomllib.loads((_FOLDER / "units.toml").read_text(encoding="utf-8"))["unit"]
    items: list[ItemSpec] = []
    for path in sorted(_FOLDER.glob("[0-9][0-9]_*.toml")):
        raw_items = tomllib.loads(path.read_text(encoding="utf-8"))["item"]
        items += [item_from_mapping(raw) for raw in raw_items]
    return Catalogue(tuple(UnitSpec(**unit) for unit in units), tuple(items))


def item_from_mapping(raw: Mapping[str, Any]) -> ItemSpec:
    """Return the item that plain values (TOML, JSON) declare.

    Without ``subject_field`` the item gets the standard pair of credit code and name in front; that name, where there
    is one, is the subject's unless another is named. A field without ``level`` has the item's.

    Raises:
        Refused: ``CATALOGUE_INVALID``; ``FORBIDDEN_FIELD`` when a title may not be collected.
    """
    code = str(raw.get("code", "?"))
    try:
        item = _build_item(raw)
    except (KeyError, TypeError, ValueError) as error:
        raise _invalid(code, f"声明不完整或取值有误（{error}）") from error
    _check_item(item)
    refuse_forbidden(title for spec in item.fields for title in spec.column.titles)
    return item


def item_to_mapping(item: ItemSpec) -> dict[str, Any]:
    """Return the item as JSON-safe plain values; ``item_from_mapping`` gives the same item back."""
    plain: dict[str, Any] = asdict(item)
    return plain


def _build_item(raw: Mapping[str, Any]) -> ItemSpec:
    values = dict(raw)
    level = Level(values.get("level", Level.L3))
    specs = tuple(_build_field(entry, level) for entry in values["fields"])
    if "subject_field" not in values:
        values["subject_field"] = _STANDARD_SUBJECT[0].code
        specs = _STANDARD_SUBJECT + specs
    for name, kind in _ENUMS.items():
        if name in values:
            values[name] = kind(values[name])
    for name in ("natural_key", "void_values"):
        values[name] = tuple(values.get(name, ()))
    values["fields"] = specs
    if any(spec.code == _STANDARD_SUBJECT[1].code for spec in specs):
        values["name_field"] = values.get("name_field") or _STANDARD_SUBJECT[1].code
    values["rules"] = tuple(_build_rule(entry) for entry in values.get("rules", ()))
    values["quality"] = tuple(_build_quality(entry) for entry in values.get("quality", ()))
    return ItemSpec(**values)


def _build_field(raw: Mapping[str, Any], level: Level) -> FieldSpec:
    values = dict(raw)
    values["type"] = FieldType(values["type"])
    values["level"] = Level(values.get("level", level))
    for name in ("options", "synonyms"):
        values[name] = tuple(values.get(name, ()))
    return FieldSpec(**values)


def _build_rule(raw: Mapping[str, Any]) -> RowRule:
    values = dict(raw)
    values["kind"] = RuleKind(values["kind"])
    values["parts"] = tuple(values.get("parts", ()))
    return RowRule(**values)


def _build_quality(raw: Mapping[str, Any]) -> QualityRule:
    return QualityRule(**{**raw, "kind": QualityKind(raw["kind"])})


def _check_item(item: ItemSpec) -> None:
    """Refuse an item that names fields it does not have, or has one twice."""
    codes = [spec.code for spec in item.fields]
    if len(set(codes)) != len(codes):
        raise _invalid(item.code, "有重复的字段代码")
    named = [item.subject_field, *item.natural_key]
    single = (item.event_date, item.void_field, item.name_field, item.registration_field)
    named += [code for code in single if code]
    named += [code for rule in item.rules for code in rule.field_codes]
    named += [rule.field for rule in item.quality if rule.field]
    for code in named:
        if code not in codes:
            raise _invalid(item.code, f"引用了不存在的字段 {code}")
    for code in (item.name_field, item.registration_field):
        if code and (not item.field(code).kept or item.field(code).type is not FieldType.TEXT):
            raise _invalid(item.code, "主体名称字段、注册号字段应为保存的文本")
    if item.event_date and item.field(item.event_date).type not in (
        FieldType.DATE,
        FieldType.MONTH,
    ):
        raise _invalid(item.code, "事件日期字段不是日期或年月")
    for spec in item.fields:
        if (spec.type is FieldType.CHOICE) is not bool(spec.options):
            raise _invalid(item.code, f"字段 {spec.code} 的选项与类型不符")
    _check_keeping(item)


def _check_keeping(item: ItemSpec) -> None:
    """Refuse terms below zero, and quality rules that cannot be measured on this item."""
    if item.due_days < 0 or item.retention_months <= 0 or item.freshness_days <= 0:
        raise _invalid(item.code, "报送期限、更新时限或保存期限不是正数")
    codes = [rule.code for rule in item.quality]
    if len(set(codes)) != len(codes):
        raise _invalid(item.code, "同一质量规则声明了两次")
    for rule in item.quality:
        if fault := _quality_fault(item, rule):
            raise _invalid(item.code, fault)


def _quality_fault(item: ItemSpec, rule: QualityRule) -> str:
    periodic = item.update_rhythm is not UpdateRhythm.ON_EVENT
    if rule.kind in OF_EVENT and not item.event_date:
        return f"质量规则 {rule.code} 需要事件日期"
    if rule.kind is QualityKind.DUE and not periodic:
        return "随发生报送的信息项没有按期报送一说"
    if rule.kind is QualityKind.IN_TIME and periodic:
        return "及时率按事件计算，只用于随发生报送的信息项"
    if rule.field and not item.field(rule.field).kept:
        return f"质量规则 {rule.code} 的字段不保存"
    if rule.kind is QualityKind.IN_RANGE and item.field(rule.field).type not in _NUMBERS:
        return f"质量规则 {rule.code} 的字段不是数值"
    try:
        return rule_fault(rule)
    except InvalidOperation:
        return f"质量规则 {rule.code} 的数值无法识别"


def _invalid(code: str, what: str) -> Refused:
    return Refused("CATALOGUE_INVALID", f"信息项 {code} 的声明有误：{what}。")
