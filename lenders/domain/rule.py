"""A product's rules as typed data: one feature, one operator, one value, and the dates between which it holds.

A rule is data, never code: it can be shown as a sentence, stored as JSON, compared, and compiled for many enterprises
at once. What a rule may look at is declared in `lenders.domain.feature`.

Source: domain note 3.7; design law 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Any

from lenders.domain.feature import FEATURES, Feature, FeatureKind
from marketplace.domain.dates import DateUnreadable, parse_date
from marketplace.domain.errors import Refused
from marketplace.domain.money import display_wan
from marketplace.domain.text import half_width

__all__ = [
    "FEATURES",
    "OPERATOR_LABELS",
    "Feature",
    "FeatureKind",
    "Operator",
    "RuleSpec",
    "RuleValue",
    "display_value",
    "operators_for",
    "rule_from_json",
    "rule_to_json",
    "rules_in_force",
    "sentence_of",
    "validate_rule",
]


class Operator(StrEnum):
    """How a feature is compared with a rule's value."""

    GE = "GE"
    LE = "LE"
    BETWEEN = "BETWEEN"
    IN = "IN"
    NOT_IN = "NOT_IN"
    IS_TRUE = "IS_TRUE"
    IS_FALSE = "IS_FALSE"


OPERATOR_LABELS = {
    Operator.GE: "不低于",
    Operator.LE: "不超过",
    Operator.BETWEEN: "介于",
    Operator.IN: "属于",
    Operator.NOT_IN: "不属于",
    Operator.IS_TRUE: "是",
    Operator.IS_FALSE: "否",
}

_NUMERIC_OPERATORS = (Operator.GE, Operator.LE, Operator.BETWEEN)
_CODED_OPERATORS = (Operator.IN, Operator.NOT_IN)
_BOOLEAN_OPERATORS = (Operator.IS_TRUE, Operator.IS_FALSE)
_CODE_FORM = re.compile(r"[A-Z][A-Z0-9_]{0,47}")
_SEPARATORS = re.compile(r"[,、;\s]+")
_GREATEST = Decimal(10) ** 15

RuleValue = Decimal | tuple[Decimal, Decimal] | tuple[str, ...] | bool
"""GE, LE: a number; BETWEEN: both ends, inclusive; IN, NOT_IN: codes; IS_TRUE, IS_FALSE: that truth value."""


@dataclass(frozen=True)
class RuleSpec:
    """One admission rule of a product version.

    Attributes:
        code: unique within the version, UPPER_SNAKE.
        feature: code of a feature.
        operator: one that suits the feature's kind.
        value: in the form the operator takes; money in yuan.
        effective_from: first day on which it holds.
        effective_until: first day on which it no longer holds, None without end.
    """

    code: str
    feature: str
    operator: Operator
    value: RuleValue
    effective_from: date
    effective_until: date | None = None

    def in_force(self, on: date) -> bool:
        """Return whether the rule holds on a date."""
        begun = self.effective_from <= on
        return begun and (self.effective_until is None or on < self.effective_until)


def operators_for(kind: FeatureKind) -> tuple[Operator, ...]:
    """Return the operators that suit a kind of value, in the order of a selection list."""
    if kind is FeatureKind.BOOLEAN:
        return _BOOLEAN_OPERATORS
    if kind in (FeatureKind.CHOICE, FeatureKind.SET):
        return _CODED_OPERATORS
    return _NUMERIC_OPERATORS


def rules_in_force(rules: Iterable[RuleSpec], on: date) -> tuple[RuleSpec, ...]:
    """Return the rules that hold on a date, in their order."""
    return tuple(rule for rule in rules if rule.in_force(on))


def validate_rule(
    *,
    code: str,
    feature: str,
    operator: str,
    value: Any,
    effective_from: date | str,
    effective_until: date | str | None = None,
) -> RuleSpec:
    """Return the typed rule, or refuse with one sentence per field.

    Args:
        value: as a form or JSON body gives it: a number or its text (money in yuan), a pair, a list of codes or their
            text separated by commas; ignored for boolean features.
        effective_from: date or text of one.
        effective_until: first day on which the rule no longer holds; empty for none.

    Raises:
        Refused: ``RULE_INVALID`` with ``fields``.
    """
    fields: dict[str, str] = {}
    if not _CODE_FORM.fullmatch(code or ""):
        fields["code"] = "规则代码应以大写字母开头，只含大写字母、数字和下划线，不超过 48 位。"
    known = FEATURES.get(feature)
    typed_operator = _operator(known, operator, fields)
    typed_value = _value(known, typed_operator, value, fields)
    begin, end = _period(effective_from, effective_until, fields)
    if fields or typed_operator is None or typed_value is None or begin is None:
        raise Refused("RULE_INVALID", "准入规则填写有误，请按提示修改。", fields)
    return RuleSpec(code, feature, typed_operator, typed_value, begin, end)


def rule_to_json(rule: RuleSpec) -> dict[str, Any]:
    """Return the rule as JSON values; numbers as text, so that nothing is rounded."""
    return {
        "code": rule.code,
        "feature": rule.feature,
        "operator": rule.operator.value,
        "value": _value_to_json(rule.value),
        "effective_from": rule.effective_from.isoformat(),
        "effective_until": rule.effective_until.isoformat() if rule.effective_until else None,
    }


def rule_from_json(data: Mapping[str, Any]) -> RuleSpec:
    """Return the rule that `rule_to_json` wrote; checked like any input.

    Raises:
        Refused: ``RULE_INVALID`` with ``fields``.
    """
    return validate_rule(
        code=str(data.get("code", "")),
        feature=str(data.get("feature", "")),
        operator=str(data.get("operator", "")),
        value=data.get("value"),
        effective_from=data.get("effective_from") or "",
        effective_until=data.get("effective_until"),
    )


@lru_cache(maxsize=16_384)
def sentence_of(rule: RuleSpec) -> str:
    """Return what the rule demands, in the field's words, without full stop.

    >>> sentence_of(RuleSpec("AGE", "age_months", Operator.GE, Decimal(12), date(2025, 1, 1)))
    '成立满 12 个月'
    >>> sentence_of(RuleSpec("PEN", "penalties_24m", Operator.LE, Decimal(0), date(2025, 1, 1)))
    '近 24 个月无行政处罚'
    """
    feature = FEATURES[rule.feature]
    if isinstance(rule.value, bool):
        return feature.when_true if rule.value else feature.when_false
    shown = display_value(feature, rule.value)
    if rule.operator is Operator.GE:
        return (feature.at_least or f"{feature.label}不低于 {{}}").format(shown)
    if rule.operator is Operator.LE:
        if rule.value == 0 and feature.none:
            return feature.none
        return (feature.at_most or f"{feature.label}不超过 {{}}").format(shown)
    if rule.operator is Operator.BETWEEN:
        return f"{feature.label}在 {shown}之间"
    return f"{feature.label}{'属于' if rule.operator is Operator.IN else '不属于'}{shown}"


def display_value(feature: Feature, value: object) -> str:
    """Return a value of a feature as people read it: with unit, codes by their label.

    >>> display_value(FEATURES["amount_yuan"], Decimal("500000"))
    '50 万元'
    >>> display_value(FEATURES["guarantee"], ("CREDIT", "SURETY"))
    '信用、保证'
    """
    if isinstance(value, bool):
        return "是" if value else "否"
    if feature.is_coded:
        codes = {value} if isinstance(value, str) else set(_as_iterable(value))
        order = {code: place for place, code in enumerate(feature.choices)}
        shown = sorted((str(code) for code in codes), key=lambda code: (order.get(code, 0), code))
        return "、".join(feature.choices.get(code, code) for code in shown) or "无"
    if isinstance(value, tuple):
        return f"{display_value(feature, value[0])}至 {display_value(feature, value[1])}"
    number = value if isinstance(value, Decimal) else Decimal(str(value))
    if feature.kind is FeatureKind.MONEY_YUAN:
        return display_wan(number)
    plain = f"{number.normalize():,f}"
    return f"{plain}%" if feature.unit == "%" else f"{plain} {feature.unit}"


def _as_iterable(value: object) -> Iterable[object]:
    return value if isinstance(value, Iterable) else (value,)


def _operator(feature: Feature | None, text: str, fields: dict[str, str]) -> Operator | None:
    if feature is None:
        fields["feature"] = "没有这个指标，请从列表中选择。"
        return None
    allowed = operators_for(feature.kind)
    if text not in allowed:
        names = "、".join(OPERATOR_LABELS[operator] for operator in allowed)
        fields["operator"] = f"“{feature.label}”只能使用以下比较方式：{names}。"
        return None
    return Operator(text)


def _value(
    feature: Feature | None, operator: Operator | None, raw: Any, fields: dict[str, str]
) -> RuleValue | None:
    if feature is None or operator is None:
        return None
    try:
        if operator in _BOOLEAN_OPERATORS:
            return operator is Operator.IS_TRUE
        if operator in _CODED_OPERATORS:
            return _codes(feature, raw)
        if operator is Operator.BETWEEN:
            return _pair(feature, raw)
        return _number(feature, raw)
    except ValueError as error:
        fields["value"] = str(error)
        return None


def _codes(feature: Feature, raw: Any) -> tuple[str, ...]:
    if isinstance(raw, str):
        raw = [part for part in _SEPARATORS.split(half_width(raw)) if part]
    if not isinstance(raw, list | tuple | set | frozenset) or not raw:
        raise ValueError("请至少选择一项。")
    codes = list(dict.fromkeys(str(code) for code in raw))
    unknown = [code for code in codes if not feature.has_code(code)]
    if unknown:
        raise ValueError(f"“{feature.label}”没有以下代码：{'、'.join(unknown)[:80]}。")
    order = list(feature.choices) or sorted(codes)
    return tuple(code for code in order if code in codes)


def _pair(feature: Feature, raw: Any) -> tuple[Decimal, Decimal]:
    if not isinstance(raw, list | tuple) or len(raw) != 2:
        raise ValueError("请填写下限和上限两个数值。")
    low, high = _number(feature, raw[0]), _number(feature, raw[1])
    if low > high:
        raise ValueError("下限不能高于上限。")
    return low, high


def _number(feature: Feature, raw: Any) -> Decimal:
    if raw is None or isinstance(raw, bool) or str(raw).strip() == "":
        raise ValueError("请填写数值。")
    try:
        number = Decimal(half_width(str(raw)).replace(",", "").strip())
    except InvalidOperation:
        raise ValueError("数值无法识别，应为阿拉伯数字。") from None
    if not number.is_finite() or abs(number) > _GREATEST:
        raise ValueError("数值超出可接受的范围。")
    if number < 0 and not feature.may_be_negative:
        raise ValueError("数值不能为负。")
    if feature.whole and number != number.to_integral_value():
        raise ValueError("应为整数。")
    return number


def _period(
    begin: date | str, end: date | str | None, fields: dict[str, str]
) -> tuple[date | None, date | None]:
    first = _date("effective_from", begin, fields)
    last = _date("effective_until", end, fields) if end else None
    if first and last and last <= first:
        fields["effective_until"] = "失效日期应晚于生效日期。"
    return first, last


def _date(field: str, raw: date | str, fields: dict[str, str]) -> date | None:
    if isinstance(raw, date):
        return raw.date() if isinstance(raw, datetime) else raw
    try:
        return parse_date(raw)
    except DateUnreadable as error:
        fields[field] = error.sentence if raw else "请填写日期。"
        return None


def _value_to_json(value: RuleValue) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, Decimal):
        return str(value)
    return [str(part) for part in value]
