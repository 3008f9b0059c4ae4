"""Every dated parameter: code, value in words, unit, effective date, source; one table for each file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings

from borrowers.domain.repair import BREACH_CLASS_LABELS
from lenders.domain.feature import REGISTRATION_STATUS_LABELS
from marketplace.config.docs.machines import state_labels
from marketplace.config.docs.markdown import blocks, code, table
from marketplace.domain.district import district_label
from marketplace.domain.parameters import DatedParameter, DatedValue, load_parameters
from marketplace.domain.thematic import LIST_KIND_LABELS
from marketplace.domain.vocabulary import (
    DATA_CLASS_LABELS,
    QUERY_PURPOSE_LABELS,
    SIZE_CLASS_LABELS,
    DataClass,
)
from matching.domain.clock import CLOCK_ACTION_LABELS, ClockAction
from matching.domain.outcome import LOAN_CLASS_LABELS
from matching.selectors.parameter import SHIPPED_ONLY

TITLES = {
    "consent": "授权的合理限度",
    "repair": "公示、异议与信用修复",
    "unit_token": "来源单位的令牌",
    "interface": "机构系统的接口",
    "size_class": "企业规模划分",
    "thematic": "专题库",
    "clocks": "申请的时限",
    "demand": "融资需求",
    "events": "对接会",
    "ranking": "产品排序",
    "outcome": "贷款结果",
    "whitelist": "白名单门槛",
    "grant": "例外授权",
    "contradictions": "申报与记录的矛盾提示",
    "freshness": "数据新鲜度",
    "indicators": "画像指标",
    "series": "月度序列",
    "lists": "公开记录列示",
    "scorecard": "公共信用综合评价",
}
"""File to heading, in the order of the document; a file without one comes last under its own name."""

HEADINGS = ("代码", "名称", "取值", "单位", "生效日期", "依据")
OWN_DECISION = "平台"
"""A source that names the marketplace itself: no document demands the value, or all of it."""

_WORDS: Mapping[str, str] = {
    **{str(key): label for key, label in SIZE_CLASS_LABELS.items()},
    **REGISTRATION_STATUS_LABELS,
    **{str(key): f"{label}类" for key, label in LOAN_CLASS_LABELS.items()},
    "*": "各区",
    "mark_working_days": "标注（工作日）",
    "answer_days": "答复（日）",
    "city_review_working_days": "市级复审（工作日）",
    "total_working_days": "全程（工作日）",
    "supplement_days": "补正（日）",
    "cost": "综合成本",
    "approval": "批准情况",
    "answer": "答复时间",
    "margin": "条件余量",
    "sections": "行业门类",
    "divisions": "行业大类",
    "kind": "类别",
    "industries": "行业代码",
    "records": "公开记录",
    "item": "信息项",
    "field": "字段",
    "options": "取值",
    "last_day": "有效期至",
    "removed": "移出日期",
    "may_block": "可作限制依据",
    "legal_basis": "法律依据",
    **{str(kind): label for kind, label in LIST_KIND_LABELS.items()},
}


def parameter_files() -> list[Path]:
    """Return the files of dated parameters of all apps, in the order of their headings."""
    files = {path.stem: path for path in Path(settings.BASE_DIR).glob("*/parameters/*.toml")}
    ordered = [stem for stem in TITLES if stem in files]
    return [files[stem] for stem in (*ordered, *sorted(files.keys() - TITLES.keys()))]


def parameters_section() -> str:
    """Return the table of each file under its heading."""
    parts = []
    for path in parameter_files():
        kept = (
            "随版本发布" if path.stem in SHIPPED_ONLY or path.stem == "size_class" else "运营可改"
        )
        shown = path.relative_to(settings.BASE_DIR).as_posix()
        parts += [
            f"### {TITLES.get(path.stem, path.stem)}",
            f"{code(shown)} · {kept}",
            table(HEADINGS, _rows(path)),
        ]
    return blocks(*parts)


def own_decisions_section() -> str:
    """Return the values whose source names the marketplace itself."""
    rows = [
        (code(parameter.code), parameter.label, _shown(parameter, entry), entry.source)
        for path in parameter_files()
        for parameter in load_parameters(path)
        for entry in parameter.values
        if OWN_DECISION in entry.source
    ]
    return table(("代码", "名称", "取值", "说明"), rows)


def _rows(path: Path) -> Iterator[tuple[str, ...]]:
    for parameter in load_parameters(path):
        for entry in parameter.values:
            yield (
                code(parameter.code.partition(".")[2]),
                parameter.label,
                _shown(parameter, entry),
                parameter.unit,
                entry.effective_from.isoformat(),
                entry.source,
            )


def _shown(parameter: DatedParameter, entry: DatedValue) -> str:
    stem = parameter.code.partition(".")[0]
    words = SPELLED.get(parameter.code) or SPELLED.get(stem)
    return words(entry.value) if words else value_in_words(entry.value)


def value_in_words(value: Any) -> str:
    """Return any value of a parameter in words: codes by their labels, numbers with separators."""
    if isinstance(value, Mapping):
        return "；".join(f"{_word(key)}：{value_in_words(inner)}" for key, inner in value.items())
    if isinstance(value, tuple | list):
        return "、".join(value_in_words(inner) for inner in value) or "无"
    if isinstance(value, bool):
        return "是" if value else "否"
    return f"{value:,}" if isinstance(value, int | Decimal) else _word(str(value))


def _word(key: str) -> str:
    return _WORDS.get(key) or (district_label(key) if key.isdigit() and len(key) == 6 else key)


def _fair_use(value: Mapping[str, Any]) -> str:
    return "；".join(
        f"{label}：授权不超过 {limits['validity_months']} 个月，数据不早于 {limits['data_months']} 个月前，"
        f"留存不超过 {limits['life_days']:,} 日"
        + ("，须对应一笔申请" if limits["application"] else "")
        for purpose, label in QUERY_PURPOSE_LABELS.items()
        if (limits := value.get(purpose.value))
    )


def _publicity(value: Mapping[str, Any]) -> str:
    return "；".join(
        f"{label}：最短 {found['min']}、最长 {found['max']}（特定领域最短 {found['special_min']}）"
        + ("" if found["published"] else "，不予公示")
        for degree, label in BREACH_CLASS_LABELS.items()
        if (found := value[degree.value])
    )


def _clock(value: Mapping[str, Any]) -> str:
    labels = state_labels((*value["states"], *value["pauses"]))
    basis = "个工作日" if value["basis"] == "WORKING" else "日"
    start = CLOCK_STARTS.get(value["start"]) or labels[value["start"]]
    steps = "、".join(
        f"满 {step['after']} {CLOCK_ACTION_LABELS[ClockAction(step['action'])]}"
        for step in value["steps"]
    )
    running, paused = (
        "、".join(labels[state] for state in value[name]) for name in ("states", "pauses")
    )
    parts = (
        f"自“{start}”起 {value['days']} {basis}",
        f"运行于：{running}" if running else "",
        steps,
        f"暂停于：{paused}" if paused else "",
        "仅限纯信用产品" if value["applies"] == "CREDIT_ONLY" else "",
    )
    return "；".join(part for part in parts if part)


CLOCK_STARTS = {
    "FILE_COMPLETE": "资料齐全",
    "DISBURSEMENT": "放款",
    "PUBLISHED": "发布",
    "CONTACTED": "登记对接",
}


def _indicator(value: Mapping[str, Any]) -> str:
    access = "须授权" if value["consent"] else "公开"
    return f"{_data_class(value)}，{access}。{value['definition']}"


def _list(value: Mapping[str, Any]) -> str:
    fields = "、".join(field["label"] for field in value["fields"])
    return f"{_data_class(value)}，最新 {value['shown']} 条：{fields}"


def _data_class(value: Mapping[str, Any]) -> str:
    number = value["data_class"]
    return f"第 {number} 类 {DATA_CLASS_LABELS[DataClass(number)]}"


def _tolerance(value: Mapping[str, Any]) -> str:
    if "high" not in value:
        return value_in_words(value)
    low = f"低于 {value['low']} 或" if "low" in value else ""
    serious = f"低于 {value['serious_low']} 或" if "serious_low" in value else ""
    return (
        f"{low}高于 {value['high']} 提示注意，{serious}高于 {value['serious_high']} 为重大差异"
        + (f"，差额不超过 {value['slack']:,} 不提示" if value["slack"] else "")
    )


def _size_table(value: tuple[Mapping[str, Any], ...]) -> str:
    return f"{len(value)} 个行业，见[企业规模划分标准](rules.md#企业规模划分标准)"


def _scorecard(value: Mapping[str, Any]) -> str:
    grades = "、".join(f"{row['grade']} 级自 {row['from_points']} 分" for row in value["grades"])
    return (
        f"满分 {value['max_points']:,}，基础分 {value['base_points']}，{len(value['lines'])} 项指标；{grades}。"
        "见[评价模型](rules.md#评价模型)"
    )


SPELLED: Mapping[str, Callable[[Any], str]] = {
    "consent": _fair_use,
    "repair.publicity": _publicity,
    "clocks": _clock,
    "indicators": _indicator,
    "series": _indicator,
    "lists": _list,
    "contradictions": _tolerance,
    "size_class": _size_table,
    "scorecard": _scorecard,
}
"""How the values of a file, or of one parameter, are put into words; others by `value_in_words`."""
