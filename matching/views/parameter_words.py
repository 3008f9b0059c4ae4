"""Values of dated parameters in Chinese: what an operator enters as JSON, read without knowing its codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from borrowers.domain.register import REGISTER_STATUS_LABELS
from borrowers.domain.repair import BREACH_CLASS_LABELS
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.vocabulary import QUERY_PURPOSE_LABELS, SIZE_CLASS_LABELS
from marketplace.web.language import said
from matching.domain.application import STATE_LABELS
from matching.domain.clock import CLOCK_ACTION_LABELS
from matching.domain.demand import DEMAND_STATE_LABELS
from matching.domain.lead import LEAD_STATE_LABELS
from matching.domain.outcome import LOAN_CLASS_LABELS

KEYS: Mapping[str, str] = {
    "*": "全市",
    "states": "计时状态",
    "start": "起算",
    "days": "天数",
    "basis": "计日",
    "pauses": "暂停计时",
    "applies": "适用产品",
    "steps": "到期动作",
    "after": "满天数",
    "action": "动作",
    "validity_months": "最长有效期（月）",
    "data_months": "数据最早追溯（月）",
    "life_days": "机构最长留存（天）",
    "application": "须对应一笔申请",
    "min": "最短公示（月）",
    "max": "最长公示（月）",
    "special_min": "特定领域最短公示（月）",
    "published": "公示",
    "mark_working_days": "标注（工作日）",
    "answer_days": "答复（日）",
    "city_review_working_days": "市级复审（工作日）",
    "total_working_days": "全程（工作日）",
    "supplement_days": "补正（日）",
    "suitable": "产品条件",
    "branch": "本区网点",
    "need_wish": "企业志愿",
    "place_wish": "机构志愿",
}
VALUES: Mapping[str, str] = {
    "WORKING": "工作日",
    "CALENDAR": "自然日",
    "ANY": "全部",
    "CREDIT_ONLY": "纯信用产品",
    "FILE_COMPLETE": "资料齐全",
    "DISBURSEMENT": "放款",
    "CONTACTED": "登记对接",
    "PUBLISHED": "发布",
    "ABNORMAL": "经营异常名录",
}
_CODES: Mapping[str, str] = {
    str(code): words
    for labels in (
        DISTRICT_LABELS,
        QUERY_PURPOSE_LABELS,
        SIZE_CLASS_LABELS,
        REGISTER_STATUS_LABELS,
        BREACH_CLASS_LABELS,
        LOAN_CLASS_LABELS,
        LEAD_STATE_LABELS,
        DEMAND_STATE_LABELS,
        STATE_LABELS,
        CLOCK_ACTION_LABELS,
        KEYS,
        VALUES,
    )
    for code, words in labels.items()
}


def words_of(value: Any) -> str:
    """Return a value of a parameter as people read it; a code without a word stays as it is.

    >>> words_of({"days": 3, "basis": "WORKING", "pauses": ()})
    '天数：3；计日：工作日；暂停计时：无'
    >>> words_of(({"after": 1, "action": "REMIND"}, {"after": 2, "action": "ESCALATE"}))
    '满天数：1；动作：提醒 / 满天数：2；动作：督办'
    """
    if isinstance(value, bool):
        return str(said("是" if value else "否"))
    if isinstance(value, Mapping):
        return gettext("；").join(_entry(key, inner) for key, inner in value.items())
    if isinstance(value, list | tuple):
        mark = " / " if any(isinstance(inner, Mapping) for inner in value) else gettext("、")
        return mark.join(words_of(inner) for inner in value) or said("无")
    return str(said(_CODES.get(value, value))) if isinstance(value, str) else f"{value:,}"


def _entry(key: str, inner: Any) -> str:
    shown = words_of(inner)
    if isinstance(inner, Mapping):
        shown = gettext("（%(shown)s）") % {"shown": shown}
    return gettext("%(key)s：%(shown)s") % {"key": said(_CODES.get(key, key)), "shown": shown}
