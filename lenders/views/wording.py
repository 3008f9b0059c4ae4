"""How products and rules read on pages: particulars, sentences and tables from plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from lenders.domain.feature import FEATURES
from lenders.domain.product import ProductTerms
from lenders.domain.rule import RuleSpec, sentence_of
from lenders.domain.shelf import CostLine
from lenders.selectors import PublishedProduct
from marketplace.domain.district import district_label
from marketplace.domain.money import display_rate
from marketplace.domain.vocabulary import (
    DATA_CLASS_LABELS,
    GUARANTEE_LABELS,
    PURPOSE_LABELS,
    REPAYMENT_LABELS,
)
from marketplace.web.components import Change, Column, Pair, Table
from marketplace.web.language import listed, said
from marketplace.web.templatetags.market import wan

ALL_IN_DEFINITION = (
    "综合年化成本：利息与全部直接费用之和，按实际占用的本金折算为年。单利为月内部收益率乘以 12，"
    "复利为月内部收益率按 12 个月复合。依据中国人民银行公告〔2021〕第 3 号。"
)


@dataclass(frozen=True)
class RuleLine:
    """One rule as people read it.

    Attributes:
        code: of the rule.
        sentence: what it demands.
        when: from or until when, empty when it simply holds.
        data_class: the class whose consent it needs, in Chinese, else empty.
    """

    code: str
    sentence: str
    when: str
    data_class: str


def rule_lines(rules: Iterable[RuleSpec], on: date) -> list[RuleLine]:
    """Return the rules that hold or will hold, as sentences; ended ones are left out."""
    return [rule_line(rule, on) for rule in rules if not _ended(rule, on)]


def rule_line(rule: RuleSpec, on: date) -> RuleLine:
    """Return one rule as a sentence with its dates."""
    needed = FEATURES[rule.feature].data_class
    words = DATA_CLASS_LABELS[needed] if needed else ""
    return RuleLine(rule.code, sentence_of(rule), _when(rule, on), words)


def terms_pairs(terms: ProductTerms) -> list[Pair]:
    """Return terms as a sheet of particulars, the all-in rate first among the rates."""
    values = terms_words(terms)
    definitions = {"综合年化成本上限": ALL_IN_DEFINITION}
    return [
        Pair(label, value, definition=definitions.get(label, "")) for label, value in values.items()
    ]


def terms_words(terms: ProductTerms) -> dict[str, str]:
    """Return terms as label and words, in the order of reading."""
    return {
        "额度": gettext("%(least)s至 %(most)s")
        % {
            "least": wan(terms.amount_min_yuan),
            "most": wan(terms.amount_max_yuan),
        },
        "期限": gettext("%(term_min_months)s 至 %(term_max_months)s 个月")
        % {"term_min_months": terms.term_min_months, "term_max_months": terms.term_max_months},
        "综合年化成本上限": display_rate(terms.all_in_rate_max_bp),
        "年化利率": rate_range(terms.annual_rate_min_bp, terms.annual_rate_max_bp),
        "其他费用": gettext("本金的 %(rate)s") % {"rate": display_rate(terms.fee_rate_bp)}
        if terms.fee_rate_bp
        else "无",
        "担保方式": words_of(terms.guarantees, GUARANTEE_LABELS),
        "贷款用途": words_of(terms.purposes, PURPOSE_LABELS),
        "还款方式": words_of(terms.repayments, REPAYMENT_LABELS),
        "服务区域": listed(map(district_label, terms.district_codes)) or "全市",
        "审批时限": gettext("%(decision_days)s 个工作日") % {"decision_days": terms.decision_days},
    }


def rate_range(low_bp: int, high_bp: int) -> str:
    """Return two annual rates as one text.

    >>> rate_range(345, 480), rate_range(480, 480)
    ('3.45% 至 4.80%', '4.80%')
    """
    low, high = display_rate(low_bp), display_rate(high_bp)
    return low if low == high else gettext("%(low)s 至 %(high)s") % {"low": low, "high": high}


def words_of(codes: Iterable[str], labels: Mapping[Any, str]) -> str:
    """Return codes as words in one text."""
    return listed(labels.get(code, code) for code in codes)


def cost_table(lines: Sequence[CostLine], amount_yuan: Decimal, term_months: int) -> Table:
    """Return what a loan costs for each kind of repayment."""
    columns = [
        Column("还款方式"),
        Column("综合年化（单利）", definition=ALL_IN_DEFINITION),
        Column("折合复利", definition=ALL_IN_DEFINITION),
        Column(
            "利息和费用合计（元）",
            definition="整个期限内利息与一次性费用之和，按最低和最高利率各算一次。",
        ),
    ]
    rows = [
        [
            REPAYMENT_LABELS[line.repayment],
            rate_range(line.low.simple_bp, line.high.simple_bp),
            rate_range(line.low.compound_bp, line.high.compound_bp),
            _amount_range(line.low.cost_yuan, line.high.cost_yuan),
        ]
        for line in lines
    ]
    caption = gettext("%(amount)s、%(term_months)s 个月的真实成本") % {
        "amount": wan(amount_yuan),
        "term_months": term_months,
    }
    return Table(columns, rows, caption=caption)


def compare_table(items: Sequence[PublishedProduct], on: date) -> Table:
    """Return products side by side: terms, rules and what must be authorised."""
    rows: dict[str, list[str]] = {"机构": [item.institution.organisation.name for item in items]}
    for item in items:
        for label, words in terms_words(item.terms).items():
            rows.setdefault(label, []).append(words)
    rows["准入条件"] = [_rules_in_one(item, on) for item in items]
    rows["需授权的信息"] = [
        words_of(item.data_classes_on(on), DATA_CLASS_LABELS) or "无" for item in items
    ]
    columns = [Column("项目"), *(Column(item.product.name) for item in items)]
    return Table(columns, [[label, *words] for label, words in rows.items()])


def version_changes(
    before: tuple[ProductTerms, Sequence[RuleSpec]],
    after: tuple[ProductTerms, Sequence[RuleSpec]],
    on: date,
) -> list[Change]:
    """Return what differs between two versions: terms by name, rules by what they look at."""
    old, new = terms_words(before[0]), terms_words(after[0])
    changes = [Change(label, old[label], new[label]) for label in new if old[label] != new[label]]
    old, new = _rule_words(before[1], on), _rule_words(after[1], on)
    labels = dict.fromkeys([*old, *new])
    return changes + [
        Change(
            gettext("条件：%(label)s") % {"label": label}, old.get(label, ""), new.get(label, "")
        )
        for label in labels
        if old.get(label) != new.get(label)
    ]


def _rules_in_one(item: PublishedProduct, on: date) -> str:
    return "；".join(line.sentence for line in rule_lines(item.rules_on(on), on)) or "无"


def _rule_words(rules: Iterable[RuleSpec], on: date) -> dict[str, str]:
    """Return what a version asks, by the name of the feature asked about; several rules about one stand together."""
    told: dict[str, list[str]] = {}
    for rule in rules:
        line = rule_line(rule, on)
        words = f"{line.sentence}{_bracketed(line.when)}"
        told.setdefault(said(FEATURES[rule.feature].label), []).append(words)
    return {label: "；".join(sentences) for label, sentences in told.items()}


def _bracketed(when: str) -> str:
    return gettext("（%(when)s）") % {"when": when} if when else ""


def _ended(rule: RuleSpec, on: date) -> bool:
    return rule.effective_until is not None and rule.effective_until <= on


def _when(rule: RuleSpec, on: date) -> str:
    parts = (
        [gettext("自 %(effective_from)s 起") % {"effective_from": rule.effective_from}]
        if rule.effective_from > on
        else []
    )
    if rule.effective_until is not None:
        parts.append(
            gettext("%(effective_until)s 起不再适用") % {"effective_until": rule.effective_until}
        )
    return gettext("，").join(parts)


def _amount_range(low: Decimal, high: Decimal) -> str:
    return (
        f"{low:,.2f}"
        if low == high
        else gettext("%(low)s 至 %(high)s") % {"low": f"{low:,.2f}", "high": f"{high:,.2f}"}
    )
