"""The declared vocabulary of what a product's rules may look at.

A feature names its unit, its kind of value, and the data class whose consent is needed to know it (None: declared by
the enterprise itself, or public). Pages, validation, fit and the query of records all read this one table.

Source: domain note 2.1 (classes and which of them need authorisation), 3.3 (sections), 3.7 (loan vocabularies).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.thematic import CHAIN_LABELS, THEME_LABELS
from marketplace.domain.uscc import SUBJECT_TYPE_LABELS
from marketplace.domain.vocabulary import (
    GUARANTEE_LABELS,
    PURPOSE_LABELS,
    SIZE_CLASS_LABELS,
    DataClass,
    SizeClass,
)


class FeatureKind(StrEnum):
    """What kind of value a feature has, and so which operators suit it."""

    NUMBER = "NUMBER"
    MONEY_YUAN = "MONEY_YUAN"
    MONTHS = "MONTHS"
    CHOICE = "CHOICE"
    SET = "SET"
    BOOLEAN = "BOOLEAN"


NUMERIC_KINDS = frozenset({FeatureKind.NUMBER, FeatureKind.MONEY_YUAN, FeatureKind.MONTHS})
CODED_KINDS = frozenset({FeatureKind.CHOICE, FeatureKind.SET})


@dataclass(frozen=True)
class Feature:
    """One thing about an enterprise or its need that rules may look at.

    Attributes:
        code: identifier, with the unit as suffix where it is a number.
        label: Chinese name.
        kind: kind of value.
        unit: Chinese unit of the value as compared, empty for coded and boolean values; money is shown in 万元.
        data_class: class whose consent is needed, None when public or declared.
        declared: True when the enterprise states it in its need and may change it there.
        whole: the value is a whole number.
        may_be_negative: numbers below zero make sense.
        choices: code to Chinese label; empty when codes follow ``pattern`` instead.
        pattern: regular expression of a code without a fixed list.
        at_least: wording of a lower limit, ``{}`` stands for it.
        at_most: wording of an upper limit.
        none: wording of "at most zero"; empty when there is no better one.
        when_true: wording of a demand that it be so.
        when_false: wording of a demand that it be not so.
    """

    code: str
    label: str
    kind: FeatureKind
    unit: str = ""
    data_class: DataClass | None = None
    declared: bool = False
    whole: bool = False
    may_be_negative: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    pattern: str = ""
    at_least: str = ""
    at_most: str = ""
    none: str = ""
    when_true: str = ""
    when_false: str = ""

    @property
    def is_numeric(self) -> bool:
        """Return whether values are compared by size."""
        return self.kind in NUMERIC_KINDS

    @property
    def is_coded(self) -> bool:
        """Return whether values are codes of a list."""
        return self.kind in CODED_KINDS

    def has_code(self, code: str) -> bool:
        """Return whether a text is one of the feature's codes."""
        if self.choices:
            return code in self.choices
        return re.fullmatch(self.pattern, code) is not None


INDUSTRY_SECTION_LABELS = {
    "A": "农、林、牧、渔业",
    "B": "采矿业",
    "C": "制造业",
    "D": "电力、热力、燃气及水生产和供应业",
    "E": "建筑业",
    "F": "批发和零售业",
    "G": "交通运输、仓储和邮政业",
    "H": "住宿和餐饮业",
    "I": "信息传输、软件和信息技术服务业",
    "J": "金融业",
    "K": "房地产业",
    "L": "租赁和商务服务业",
    "M": "科学研究和技术服务业",
    "N": "水利、环境和公共设施管理业",
    "O": "居民服务、修理和其他服务业",
    "P": "教育",
    "Q": "卫生和社会工作",
    "R": "文化、体育和娱乐业",
    "S": "公共管理、社会保障和社会组织",
    "T": "国际组织",
}

REGISTRATION_STATUS_LABELS = {
    "ACTIVE": "存续",
    "REVOKED": "吊销",
    "CANCELLED": "注销",
    "MOVED_OUT": "迁出",
}

GRADE_LABELS = {"A": "A级", "B": "B级", "C": "C级", "D": "D级"}
TAX_RATING_LABELS = {"A": "A级", "B": "B级", "M": "M级", "C": "C级", "D": "D级"}


def _coded(labels: Mapping[Any, str]) -> Mapping[str, str]:
    return MappingProxyType({str(code): label for code, label in labels.items()})


# An unknown size is missing data, which no rule may ask for.
_SIZE_CLASSES = _coded(
    {code: label for code, label in SIZE_CLASS_LABELS.items() if code is not SizeClass.UNKNOWN}
)
_NUMBER, _MONEY, _MONTHS = FeatureKind.NUMBER, FeatureKind.MONEY_YUAN, FeatureKind.MONTHS
_CHOICE, _SET, _BOOLEAN = FeatureKind.CHOICE, FeatureKind.SET, FeatureKind.BOOLEAN
_TAX, _SOCIAL = DataClass.TAX, DataClass.SOCIAL_INSURANCE

_DECLARED = (
    Feature("amount_yuan", "融资金额", _MONEY, "元", declared=True),
    Feature("term_months", "融资期限", _MONTHS, "个月", declared=True, whole=True),
    Feature("purpose", "贷款用途", _CHOICE, declared=True, choices=_coded(PURPOSE_LABELS)),
    Feature("guarantee", "担保方式", _SET, declared=True, choices=_coded(GUARANTEE_LABELS)),
)

FEATURES_OF_TERMS = frozenset(
    {"amount_yuan", "term_months", "purpose", "guarantee", "district_code"}
)
"""What a product's terms bound by themselves; a rule about it says nothing new."""

_REGISTER = (
    Feature("district_code", "所在区", _CHOICE, choices=DISTRICT_LABELS),
    Feature("industry_section", "行业门类", _CHOICE, choices=INDUSTRY_SECTION_LABELS),
    Feature("industry_division", "行业大类", _CHOICE, pattern=r"\d{2}"),
    Feature("size_class", "企业规模", _CHOICE, choices=_SIZE_CLASSES),
    Feature("entity_type", "主体类型", _CHOICE, choices=_coded(SUBJECT_TYPE_LABELS)),
    Feature(
        "age_months",
        "成立时间",
        _MONTHS,
        "个月",
        whole=True,
        at_least="成立满 {}",
        at_most="成立不超过 {}",
    ),
    Feature("registration_status", "登记状态", _CHOICE, choices=REGISTRATION_STATUS_LABELS),
    Feature("capital_yuan", "注册资本", _MONEY, "元"),
)

_LISTED = (
    Feature("industry_chains", "重点产业链", _SET, choices=_coded(CHAIN_LABELS)),
    Feature("thematic_lists", "专题库", _SET, choices=_coded(THEME_LABELS)),
)

_EVALUATION = (
    Feature("score_points", "公共信用综合评分", _NUMBER, "分", whole=True),
    Feature("grade", "公共信用等级", _CHOICE, choices=GRADE_LABELS),
)

_CONSENTED = (
    Feature("tax_rating", "纳税信用等级", _CHOICE, data_class=_TAX, choices=TAX_RATING_LABELS),
    Feature("tax_paid_12m_yuan", "近 12 个月纳税额", _MONEY, "元", _TAX),
    Feature(
        "tax_months_paid_12m",
        "近 12 个月有纳税的月数",
        _NUMBER,
        "个月",
        _TAX,
        whole=True,
        at_least="近 12 个月至少 {}有纳税",
    ),
    Feature("invoiced_sales_12m_yuan", "近 12 个月开票销售额", _MONEY, "元", _TAX),
    Feature("social_insured_count", "社保参保人数", _NUMBER, "人", _SOCIAL, whole=True),
    Feature(
        "social_insurance_months_paid_12m",
        "近 12 个月缴纳社保的月数",
        _NUMBER,
        "个月",
        _SOCIAL,
        whole=True,
        at_least="近 12 个月至少 {}缴纳社保",
    ),
    Feature(
        "housing_fund_count",
        "公积金缴存人数",
        _NUMBER,
        "人",
        DataClass.HOUSING_FUND,
        whole=True,
    ),
    Feature(
        "electricity_trend_pct",
        "用电量同比变化",
        _NUMBER,
        "%",
        DataClass.UTILITIES,
        may_be_negative=True,
    ),
    Feature(
        "utility_arrears_count",
        "水电气欠费次数",
        _NUMBER,
        "次",
        DataClass.UTILITIES,
        whole=True,
        none="无水电气欠费",
    ),
    Feature(
        "real_estate_count",
        "不动产数量",
        _NUMBER,
        "处",
        DataClass.REAL_ESTATE,
        whole=True,
    ),
)

_PUBLIC = (
    Feature("tax_arrears_yuan", "欠税余额", _MONEY, "元", none="无欠税"),
    Feature(
        "penalties_24m",
        "近 24 个月行政处罚",
        _NUMBER,
        "次",
        whole=True,
        none="近 24 个月无行政处罚",
    ),
    Feature(
        "serious_penalties_36m",
        "近 36 个月严重行政处罚",
        _NUMBER,
        "次",
        whole=True,
        none="近 36 个月无严重行政处罚",
    ),
    Feature(
        "enforcement_open_count",
        "未结被执行案件",
        _NUMBER,
        "件",
        whole=True,
        none="无未结被执行案件",
    ),
    Feature(
        "dishonest_debtor",
        "失信被执行人",
        _BOOLEAN,
        when_true="属于失信被执行人",
        when_false="不是失信被执行人",
    ),
    Feature(
        "abnormal_listed",
        "经营异常名录",
        _BOOLEAN,
        when_true="列入经营异常名录",
        when_false="未列入经营异常名录",
    ),
    Feature(
        "serious_breach",
        "严重失信主体名单",
        _BOOLEAN,
        when_true="列入严重失信主体名单",
        when_false="未列入严重失信主体名单",
    ),
    Feature("patents_count", "有效专利数量", _NUMBER, "件", whole=True),
    Feature(
        "high_tech",
        "高新技术企业",
        _BOOLEAN,
        when_true="为高新技术企业",
        when_false="不是高新技术企业",
    ),
)

FEATURES: Mapping[str, Feature] = MappingProxyType(
    {
        feature.code: feature
        for feature in (*_DECLARED, *_REGISTER, *_LISTED, *_EVALUATION, *_CONSENTED, *_PUBLIC)
    }
)
"""Every feature by code, in the order in which pages list them."""
