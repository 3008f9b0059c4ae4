"""What a loan product offers, when its terms may be published, and the life of a version.

Source: domain note 3.6 (an all-in annual rate must be shown), 3.7 (vocabularies); design law 3 of the lenders' side:
a version is published by a second person and then never changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from lenders.domain.rate import MAX_TERM_MONTHS, AllInRate, all_in_rate
from lenders.domain.rule import Operator, RuleSpec, RuleValue
from marketplace.domain.district import unknown_districts
from marketplace.domain.errors import Refused
from marketplace.domain.machine import Machine, rows
from marketplace.domain.money import display_rate
from marketplace.domain.roles import SYSTEM, Role
from marketplace.domain.vocabulary import (
    GUARANTEE_LABELS,
    PURPOSE_LABELS,
    REPAYMENT_LABELS,
    Repayment,
)

HIGHEST_RATE_BP = 10_000
HIGHEST_AMOUNT_YUAN = Decimal(10) ** 12
HIGHEST_DECISION_DAYS = 60


@dataclass(frozen=True)
class ProductTerms:
    """The terms of one product version.

    Attributes:
        fee_rate_bp: one-off costs beside interest as a share of the principal.
        all_in_rate_max_bp: highest all-in annual rate (综合年化成本上限) as the institution states it.
        guarantees, purposes, repayments: codes of the shared vocabulary, at least one each.
        district_codes: districts served; empty for the whole city.
        decision_days: working days within which the institution decides.
    """

    amount_min_yuan: Decimal
    amount_max_yuan: Decimal
    term_min_months: int
    term_max_months: int
    annual_rate_min_bp: int
    annual_rate_max_bp: int
    all_in_rate_max_bp: int | None
    guarantees: tuple[str, ...]
    purposes: tuple[str, ...]
    repayments: tuple[str, ...]
    fee_rate_bp: int = 0
    district_codes: tuple[str, ...] = ()
    decision_days: int = 5


def check_terms(terms: ProductTerms) -> ProductTerms:
    """Return the terms when they may be offered, else refuse with one sentence per field.

    Raises:
        Refused: ``PRODUCT_TERMS_INVALID`` with ``fields``.

    Source: domain note 3.6; PBoC notice 2021 no. 3 (no product without its annualised all-in rate).
    """
    fields: dict[str, str] = {}
    _check_amounts(terms, fields)
    _check_months(terms, fields)
    _check_rates(terms, fields)
    _check_codes("guarantees", terms.guarantees, GUARANTEE_LABELS, "担保方式", fields)
    _check_codes("purposes", terms.purposes, PURPOSE_LABELS, "贷款用途", fields)
    _check_codes("repayments", terms.repayments, REPAYMENT_LABELS, "还款方式", fields)
    unknown = unknown_districts(terms.district_codes)
    if unknown:
        fields["district_codes"] = f"没有以下区划代码：{'、'.join(unknown)[:80]}。"
    if not 1 <= terms.decision_days <= HIGHEST_DECISION_DAYS:
        fields["decision_days"] = f"审批时限应在 1 至 {HIGHEST_DECISION_DAYS} 个工作日之间。"
    if not fields:
        _check_all_in_rate(terms, fields)
    if fields:
        raise Refused("PRODUCT_TERMS_INVALID", "产品要素填写有误，请按提示修改。", fields)
    return terms


def highest_all_in(terms: ProductTerms) -> AllInRate:
    """Return the all-in rate of the most expensive loan the terms allow.

    That is the highest nominal rate over the shortest term, where one-off fees weigh most, in the most expensive of
    the kinds of repayment offered.

    Raises:
        Refused: ``RATE_INPUT_INVALID``, ``RATE_FEES_TOO_HIGH``.
    """
    found = (
        all_in_rate(
            principal_yuan=terms.amount_max_yuan,
            annual_rate_bp=terms.annual_rate_max_bp,
            term_months=terms.term_min_months,
            repayment=Repayment(repayment),
            fee_rate_bp=terms.fee_rate_bp,
        )
        for repayment in terms.repayments
    )
    return max(found, key=lambda rate: rate.simple_bp)


@lru_cache(maxsize=4096)
def rules_of_terms(terms: ProductTerms) -> tuple[RuleSpec, ...]:
    """Return the terms as rules of the same form as the product's own, so that one evaluator serves both.

    Terms hold as long as their version does, so the rules hold on every date.
    """
    rules = [
        _term_rule("PRODUCT_AMOUNT", "amount_yuan", Operator.BETWEEN, _range(terms, "amount")),
        _term_rule("PRODUCT_TERM", "term_months", Operator.BETWEEN, _range(terms, "term")),
        _term_rule("PRODUCT_PURPOSE", "purpose", Operator.IN, terms.purposes),
        _term_rule("PRODUCT_GUARANTEE", "guarantee", Operator.IN, terms.guarantees),
    ]
    if terms.district_codes:
        rules.append(
            _term_rule("PRODUCT_DISTRICT", "district_code", Operator.IN, terms.district_codes)
        )
    return tuple(rules)


class VersionState(StrEnum):
    """Where a product version stands."""

    DRAFT = "DRAFT"
    PENDING_REVIEW = "PENDING_REVIEW"
    PUBLISHED = "PUBLISHED"
    REFUSED = "REFUSED"
    SUPERSEDED = "SUPERSEDED"
    WITHDRAWN = "WITHDRAWN"


VERSION_STATE_LABELS = {
    VersionState.DRAFT: "草稿",
    VersionState.PENDING_REVIEW: "待复核",
    VersionState.PUBLISHED: "已发布",
    VersionState.REFUSED: "未通过",
    VersionState.SUPERSEDED: "已被新版本替代",
    VersionState.WITHDRAWN: "已下架",
}


def _second_person(facts: Mapping[str, Any]) -> str | None:
    actor, author = facts.get("actor_id"), facts.get("drafted_by_id")
    if actor is None or author is None:
        return "缺少起草人信息，不能复核。"
    return "复核人不能与起草人为同一人。" if actor == author else None


def _reviewed_with_reason(facts: Mapping[str, Any]) -> str | None:
    return _second_person(facts) or _reason_given(facts)


def _reason_given(facts: Mapping[str, Any]) -> str | None:
    return None if str(facts.get("reason") or "").strip() else "请填写原因。"


def _terms_complete(facts: Mapping[str, Any]) -> str | None:
    return None if facts.get("terms_checked") is True else "产品要素尚未通过检查，不能提交复核。"


_STAFF = (Role.OFFICER, Role.APPROVER)
_REVIEWERS = (Role.APPROVER, Role.OPERATOR)

PRODUCT_VERSION = Machine(
    name="product_version",
    initial=VersionState.DRAFT.value,
    transitions=(
        *rows(("DRAFT",), "SUBMIT", "PENDING_REVIEW", _STAFF, "提交复核", _terms_complete),
        *rows(("PENDING_REVIEW",), "PUBLISH", "PUBLISHED", _REVIEWERS, "发布", _second_person),
        *rows(
            ("PENDING_REVIEW",), "REFUSE", "REFUSED", _REVIEWERS, "不予发布", _reviewed_with_reason
        ),
        *rows(("PUBLISHED",), "SUPERSEDE", "SUPERSEDED", (SYSTEM,), "由新版本替代"),
        *rows(
            ("PUBLISHED",), "WITHDRAW", "WITHDRAWN", (*_STAFF, Role.OPERATOR), "下架", _reason_given
        ),
    ),
    labels={state.value: label for state, label in VERSION_STATE_LABELS.items()},
)
"""Facts read by guards: ``actor_id``, ``drafted_by_id``, ``reason``, ``terms_checked`` (`check_terms` passed)."""


def _check_amounts(terms: ProductTerms, fields: dict[str, str]) -> None:
    low, high = terms.amount_min_yuan, terms.amount_max_yuan
    if not low.is_finite() or low <= 0:
        fields["amount_min_yuan"] = "最低额度应大于零。"
    if not high.is_finite() or high > HIGHEST_AMOUNT_YUAN:
        fields["amount_max_yuan"] = "最高额度超出可接受的范围。"
    elif low.is_finite() and high < low:
        fields["amount_max_yuan"] = "最高额度不能低于最低额度。"


def _check_months(terms: ProductTerms, fields: dict[str, str]) -> None:
    if terms.term_min_months < 1:
        fields["term_min_months"] = "最短期限至少为 1 个月。"
    if terms.term_max_months > MAX_TERM_MONTHS:
        fields["term_max_months"] = f"最长期限不能超过 {MAX_TERM_MONTHS} 个月。"
    elif terms.term_max_months < terms.term_min_months:
        fields["term_max_months"] = "最长期限不能短于最短期限。"


def _check_rates(terms: ProductTerms, fields: dict[str, str]) -> None:
    if terms.annual_rate_min_bp < 0:
        fields["annual_rate_min_bp"] = "年化利率不能为负。"
    if terms.annual_rate_max_bp > HIGHEST_RATE_BP:
        fields["annual_rate_max_bp"] = "年化利率上限超出可接受的范围。"
    elif terms.annual_rate_max_bp < terms.annual_rate_min_bp:
        fields["annual_rate_max_bp"] = "年化利率上限不能低于下限。"
    if not 0 <= terms.fee_rate_bp < HIGHEST_RATE_BP:
        fields["fee_rate_bp"] = "其他费用应在本金的 0 至 100% 之间。"
    if terms.all_in_rate_max_bp is None:
        fields["all_in_rate_max_bp"] = "请填写综合年化成本上限（含利息和全部费用）。"
    elif terms.all_in_rate_max_bp < terms.annual_rate_max_bp:
        fields["all_in_rate_max_bp"] = "综合年化成本上限不能低于年化利率上限。"


def _check_all_in_rate(terms: ProductTerms, fields: dict[str, str]) -> None:
    computed = highest_all_in(terms)
    if (terms.all_in_rate_max_bp or 0) < computed.simple_bp:
        fields["all_in_rate_max_bp"] = (
            f"按最高利率、最短期限和所列费用计算，综合年化成本为 {display_rate(computed.simple_bp)}，"
            "填写的上限不能低于该值。"
        )


def _check_codes(
    field: str,
    codes: Sequence[str],
    labels: Mapping[Any, str],
    name: str,
    fields: dict[str, str],
) -> None:
    unknown = [code for code in codes if code not in labels]
    if not codes:
        fields[field] = f"请至少选择一种{name}。"
    elif unknown:
        fields[field] = f"没有以下{name}：{'、'.join(unknown)[:80]}。"


def _term_rule(code: str, feature: str, operator: Operator, value: RuleValue) -> RuleSpec:
    return RuleSpec(code, feature, operator, value, date.min)


def _range(terms: ProductTerms, what: str) -> tuple[Decimal, Decimal]:
    if what == "amount":
        return terms.amount_min_yuan, terms.amount_max_yuan
    return Decimal(terms.term_min_months), Decimal(terms.term_max_months)
