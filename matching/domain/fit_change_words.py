"""The words of a change: what to do so that a product fits, said to the enterprise.

Source: issue of matching ("what would make it fit").
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from lenders.domain.feature import FEATURES, Feature
from lenders.domain.rule import RuleSpec, display_value, sentence_of
from marketplace.domain.vocabulary import DATA_CLASS_LABELS, DataClass
from matching.domain.fit import Fact, number_of, why_unknown
from matching.domain.fit_levers import Means
from matching.domain.fit_target import accepted_codes

SETTLED = {
    "dishonest_debtor": "履行生效法律文书确定的义务，申请移出失信被执行人名单",
    "abnormal_listed": "补报年报、更正公示信息等，申请移出经营异常名录",
}
COUNTED = {
    "enforcement_open_count": "了结 {} 件未结被执行案件",
    "penalties_24m": "完成 {} 项行政处罚的信用修复",
    "serious_penalties_36m": "完成 {} 项严重行政处罚的信用修复",
}
SERIOUS_BREACH = "完成信用修复，移出严重失信主体名单"
DOWN = {"amount_yuan": "降至", "term_months": "缩短至"}
UP = {"amount_yuan": "提高至", "term_months": "延长至"}


def authorize_sentence(data_class: DataClass | None) -> str:
    """Return what to authorise."""
    label = DATA_CLASS_LABELS[data_class] if data_class else "相关"
    return f"授权机构查询“{label}”信息"


def change_sentence(
    asked: Sequence[RuleSpec],
    fact: Fact,
    target: Any,
    means: Means,
    on_date: date | None,
    on: date,
) -> str:
    """Return what to do about one feature, in one Chinese sentence without full stop.

    Args:
        asked: the rules on it.
        fact: present value, or why there is none.
        target: the nearest value that fits.
        means: how it changes.
        on_date: see ``Change.on_date``.
        on: business date.
    """
    feature = FEATURES[asked[0].feature]
    if means is Means.NEED:
        return _need(feature, asked, fact, target)
    if means in (Means.REPAIR, Means.SETTLE):
        return _settle(feature, fact, target) + _from_when(on_date, on)
    if means is Means.WAIT:
        return _wait(feature, target, on_date)
    wanted = "、".join(sentence_of(rule) for rule in asked)
    if means is Means.CORRECT:
        return f"补全或更正登记信息中的“{feature.label}”，须属实并满足：{wanted}"
    if means is Means.SUPPLY:
        return f"“{feature.label}”{why_unknown(fact)}，有数据后须满足：{wanted}"
    if means is Means.BUSINESS:
        return f"须{wanted}，随经营和信用状况变化，不能预计日期"
    return f"须{wanted}，不能靠操作改变"


def _need(feature: Feature, asked: Sequence[RuleSpec], fact: Fact, target: Any) -> str:
    if feature.is_coded:
        codes = accepted_codes(asked)
        one_of = "之一" if len(codes) > 1 else ""
        honest = "（须与实际用途一致）" if feature.code == "purpose" else ""
        return f"{feature.label}改为{display_value(feature, codes or target)}{one_of}{honest}"
    own, shown = number_of(fact.value), display_value(feature, target)
    if own is None or not isinstance(target, Decimal):
        return f"{feature.label}填写为 {shown}"
    verb = (DOWN if target < own else UP).get(feature.code, "改为")
    return f"{feature.label}由 {display_value(feature, own)}{verb} {shown}"


def _settle(feature: Feature, fact: Fact, target: Any) -> str:
    if feature.code in SETTLED:
        return SETTLED[feature.code]
    own = number_of(fact.value)
    if feature.code in COUNTED and own is not None and isinstance(target, Decimal):
        return COUNTED[feature.code].format(f"{own - target:f}")
    if feature.code == "tax_arrears_yuan":
        return "缴清欠税" if not target else f"欠税余额降至 {display_value(feature, target)}"
    return SERIOUS_BREACH


def _from_when(on_date: date | None, on: date) -> str:
    if on_date is None:
        return ""
    return "，现在即可申请" if on_date <= on else f"，最早 {on_date.isoformat()} 可申请"


def _wait(feature: Feature, target: Any, on_date: date | None) -> str:
    if feature.code != "age_months":
        until = f"，最迟 {on_date.isoformat()} 起" if on_date else ""
        return f"不再新增水电气欠费{until}满足"
    reached = (feature.at_least or "{}").format(display_value(feature, target))
    return f"等到 {on_date.isoformat()}（{reached}）" if on_date else f"等到{reached}"
