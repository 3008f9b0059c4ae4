"""The tables that rules read: the score model, size classes, features of products, gates, refusals, the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from borrowers.domain.catalogue import load_catalogue
from borrowers.domain.item_spec import PUBLICATION_LABELS, SHARING_MODE_LABELS, ItemSpec
from borrowers.domain.rhythm import UPDATE_RHYTHM_LABELS
from lenders.domain.feature import FEATURES, Feature
from lenders.domain.rule import OPERATOR_LABELS, operators_for
from marketplace.config.docs.markdown import blocks, code, table
from marketplace.config.docs.parameters import parameter_files
from marketplace.domain.parameters import DatedValue, load_parameters
from marketplace.domain.vocabulary import DATA_CLASS_LABELS, DataClass
from matching.domain.declaration import shipped_indicators
from matching.domain.refusal import REFUSAL_LABELS
from matching.domain.scorecard_model import Bin, ScoreModel, model_from
from matching.domain.whitelist import GATE_CODES, MARK_CODES
from matching.domain.whitelist_labels import code_label

IDENTITY_CODES = ("WL_USCC_INVALID", "WL_NOT_IN_REGISTER")
TRUTH = {"YES": "是", "NO": "否"}


def score_model_section() -> str:
    """Return the latest score model: dimensions, grades, caps, and the points of every indicator."""
    (parameter,) = _file("scorecard")
    entry = parameter.values[-1]
    model = model_from("", parameter.label, entry.value)
    dimensions = [
        (one.label, f"{one.weight_pct}%", str(model.base_of(one)), str(model.max_of(one)))
        for one in model.dimensions
    ]
    floors = [(floor.label, f"至多 {floor.cap_points} 分") for floor in model.floors]
    return blocks(
        f"{parameter.label}，自 {entry.effective_from.isoformat()} 起。依据：{entry.source}。",
        table(("维度", "权重", "基础分", "满分"), dimensions),
        table(("硬性规则", "后果"), floors),
        table(("维度", "指标", "加减分"), _score_rows(model)),
    )


def size_class_section() -> str:
    """Return the lower limits of large, medium and small enterprises for each industry."""
    (parameter,) = _file("size_class")
    entry = parameter.values[-1]
    headings = ("行业", "从业人员（人）", "营业收入（万元）", "资产总额（万元）")
    return blocks(
        f"依次为大型、中型、小型的下限；任一指标低于小型下限的为微型。依据：{entry.source}。",
        table(headings, _size_rows(entry)),
    )


def features_section() -> str:
    """Return what a product's rules may look at, with the operators that suit it."""
    headings = ("特征", "代码", "单位", "数据来自", "可用的比较")
    return table(headings, (_feature_row(feature) for feature in FEATURES.values()))


def gates_section() -> str:
    """Return the gates of a whitelist in the order in which they are asked, then its marks."""
    hard = [(code(one), code_label(one), "拒绝") for one in IDENTITY_CODES]
    gates = [(code(one), code_label(one), "拒绝；缺数据时另记 `_UNKNOWN`") for one in GATE_CODES]
    marks = [(code(one), code_label(one), "只作提示") for one in MARK_CODES]
    return table(("代码", "门槛", "未通过时"), [*hard, *gates, *marks])


def refusals_section() -> str:
    """Return the closed list of reasons for which a lender refuses."""
    return table(
        ("代码", "原因"), ((code(one.value), text) for one, text in REFUSAL_LABELS.items())
    )


def catalogue_section() -> str:
    """Return the items of each class of the shipped catalogue."""
    catalogue = load_catalogue()
    units = {unit.code: unit.name for unit in catalogue.units}
    headings = (
        "信息项",
        "代码",
        "来源单位",
        "授权",
        "共享方式",
        "公开",
        "更新周期",
        "报送期限（天）",
        "更新时限（天）",
        "保存（月）",
        "依据",
    )
    parts = []
    for data_class, label in DATA_CLASS_LABELS.items():
        items = [item for item in catalogue.items if item.data_class is data_class]
        rows = (_item_row(item, units) for item in items)
        parts += [f"### {data_class.value} {label}", table(headings, rows)]
    return blocks(*parts)


def units_section() -> str:
    """Return the source units."""
    units = load_catalogue().units
    rows = ((code(unit.code), unit.name, unit.legal_basis) for unit in units)
    return table(("代码", "来源单位", "依据"), rows)


def _file(stem: str) -> list[Any]:
    return list(load_parameters(*(path for path in parameter_files() if path.stem == stem)))


def _score_rows(model: ScoreModel) -> Iterable[tuple[str, ...]]:
    labels = {entry.code.partition(".")[2]: entry.label for entry in shipped_indicators()}
    for dimension in model.dimensions:
        for line in model.lines:
            if line.dimension == dimension.code:
                points = "；".join(_bin(part) for part in line.bins)
                yield dimension.label, labels[line.indicator], points


def _bin(part: Bin) -> str:
    return f"{part.label} {part.points:+d}" if part.points else f"{part.label} 0"


def _size_rows(entry: DatedValue) -> Iterable[tuple[str, ...]]:
    for line in entry.value:
        yield line["label"], *(_limits(line, name) for name in ("employees", "revenue", "assets"))


def _limits(line: Mapping[str, Any], name: str) -> str:
    return "、".join(f"{limit:,}" for limit in line.get(name, ()))


def _feature_row(feature: Feature) -> tuple[str, ...]:
    if feature.declared:
        origin = "企业填报"
    elif feature.data_class is None:
        origin = "登记或公开信息"
    else:
        label = DATA_CLASS_LABELS[DataClass(feature.data_class)]
        origin = f"第 {feature.data_class} 类 {label}，须授权"
    operators = "、".join(OPERATOR_LABELS[one] for one in operators_for(feature.kind))
    return feature.label, code(feature.code), feature.unit, origin, operators


def _item_row(item: ItemSpec, units: Mapping[str, str]) -> tuple[str, ...]:
    return (
        item.name,
        code(item.code),
        units[item.source_unit],
        "须授权" if item.consent_required else "",
        SHARING_MODE_LABELS[item.sharing_mode],
        PUBLICATION_LABELS[item.publication],
        UPDATE_RHYTHM_LABELS[item.update_rhythm],
        str(item.due_days),
        str(item.freshness_days),
        str(item.retention_months),
        item.legal_basis,
    )
