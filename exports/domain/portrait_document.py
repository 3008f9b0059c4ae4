"""From a frozen portrait to the document that is printed: who, for whom, what was asked, what fits and why.

Source: domain note 2.12, 4.2; design law 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from borrowers.domain.industry import SECTION_LABELS
from exports.domain import portrait_parts as parts
from exports.domain.report import (
    PORTRAIT_TITLE,
    ConsentSummary,
    EnterpriseHeader,
    Fact,
    PortraitDocument,
    ProductFit,
    Reader,
    RuleFinding,
    Verification,
)
from lenders.domain.feature import FEATURES, REGISTRATION_STATUS_LABELS, Feature, FeatureKind
from lenders.domain.rule import OPERATOR_LABELS, RuleSpec, display_value
from marketplace.domain.money import WAN, display_rate
from marketplace.domain.verdict import Verdict
from marketplace.domain.vocabulary import (
    GUARANTEE_LABELS,
    PURPOSE_LABELS,
    SIZE_CLASS_LABELS,
    Guarantee,
    Purpose,
    SizeClass,
)
from matching.domain.fit import FitResult
from matching.domain.portrait import Portrait
from matching.domain.subject import INDIVIDUAL, DeclaredFacts, EnterpriseFacts

UNKNOWN = "—"
CURRENCY_NAMES = {"CNY": "元", "USD": "美元", "HKD": "港元", "EUR": "欧元", "JPY": "日元"}


@dataclass(frozen=True)
class Copy:
    """What makes one printed copy of a portrait.

    Attributes:
        content_sha256: hash of the frozen portrait's canonical text.
        reader: whose name stands across the pages.
        submitted_at: when the application was submitted; None without one.
        consent: under which the data were read; None for the enterprise's own copy.
        fit: the product applied for, as it was frozen.
        is_own: the enterprise reads about itself.
    """

    report_number: str
    content_sha256: str
    reader: Reader
    verification: Verification
    submitted_at: datetime | None = None
    consent: ConsentSummary | None = None
    fit: ProductFit | None = None
    is_own: bool = False


def document_of(portrait: Portrait, copy: Copy) -> PortraitDocument:
    """Return the document of a portrait as its reader may see it.

    Args:
        portrait: redacted for the reader already.
        copy: what is special to this copy.
    """
    return PortraitDocument(
        report_number=copy.report_number,
        frozen_at=portrait.as_of,
        content_sha256=copy.content_sha256,
        reader=copy.reader,
        enterprise=_header(portrait.enterprise),
        verification=copy.verification,
        application=_application(portrait.declared, copy.submitted_at),
        score=parts.score_of(portrait),
        contradictions=parts.contradictions_of(portrait),
        freshness=parts.freshness_of(portrait),
        indicators=parts.indicators_of(portrait),
        series=parts.series_of(portrait),
        records=parts.records_of(portrait),
        fits=(copy.fit,) if copy.fit else (),
        missing=parts.missing_of(portrait),
        consent=copy.consent,
        title=PORTRAIT_TITLE,
        is_own=copy.is_own,
    )


def product_fit(
    *, product: str, institution: str, version: str, result: FitResult, rules: Iterable[RuleSpec]
) -> ProductFit:
    """Return a frozen fit as it is printed, rule by rule.

    Args:
        result: as frozen with the application.
        rules: the version's terms as rules, and its own rules; a verdict without its rule keeps its sentence.
    """
    specs = {rule.code: rule for rule in rules}
    findings = tuple(_finding(found, specs.get(found.rule_code)) for found in result.verdicts)
    return ProductFit(product, institution, version, result.outcome, findings)


def _finding(found: Verdict, rule: RuleSpec | None) -> RuleFinding:
    if rule is None:
        limit, own = _plain(found.limit), _plain(found.own_value)
        return RuleFinding(found.rule_code, limit, own, found.outcome, found.sentence)
    feature = FEATURES[rule.feature]
    return RuleFinding(
        rule=feature.label,
        limit=_limit(feature, rule),
        own_value=_own(feature, found.own_value),
        outcome=found.outcome,
        reason=found.sentence,
    )


def _limit(feature: Feature, rule: RuleSpec) -> str:
    if isinstance(rule.value, bool):
        return feature.when_true if rule.value else feature.when_false
    return f"{OPERATOR_LABELS[rule.operator]} {display_value(feature, rule.value)}"


def _own(feature: Feature, value: Any) -> str:
    """Return the enterprise's value in words; what cannot be read stays as it was kept."""
    if value is None:
        return UNKNOWN
    if feature.kind is FeatureKind.BOOLEAN:
        return feature.when_true if value in (True, 1) else feature.when_false
    try:
        return display_value(feature, tuple(value) if isinstance(value, list) else value)
    except (ArithmeticError, TypeError, ValueError):
        return str(value)


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(str(part) for part in value)
    return UNKNOWN if value is None else str(value)


def _header(facts: EnterpriseFacts) -> EnterpriseHeader:
    industry = SECTION_LABELS.get(facts.industry_section, "")
    is_person = facts.entity_type == INDIVIDUAL
    listed = [
        Fact("经营者" if is_person else "法定代表人", facts.legal_representative),
        Fact("登记状态", REGISTRATION_STATUS_LABELS.get(facts.status, facts.status)),
        Fact("成立日期", facts.established_date),
        _capital(facts),
        Fact("企业类型", facts.legal_form),
        Fact("所属区", facts.district_name),
        Fact("行业", f"{industry} {facts.industry_code}".strip()),
        Fact("规模", _label(SIZE_CLASS_LABELS, SizeClass, facts.size_class)),
        Fact("从业人员", facts.employees, "人"),
        Fact("营业收入", _wan(facts.revenue_yuan), "万元"),
        Fact("资产总额", _wan(facts.assets_yuan), "万元"),
        Fact("住所", facts.address),
    ]
    return EnterpriseHeader(facts.name, facts.uscc, tuple(listed))


def _capital(facts: EnterpriseFacts) -> Fact:
    currency = CURRENCY_NAMES.get(facts.capital_currency, facts.capital_currency)
    return Fact("注册资本", _wan(facts.capital_amount), f"万{currency}" if currency else "万")


def _application(declared: DeclaredFacts, submitted_at: datetime | None) -> tuple[Fact, ...]:
    if not declared.demand_id:
        return ()
    rate = declared.max_rate_bp
    return (
        Fact("申请编号", declared.application_id),
        Fact("申请产品", f"{declared.product_name} {declared.product_version}".strip()),
        Fact("申请机构", declared.institution_name),
        Fact("申请金额", _wan(declared.amount_yuan), "万元"),
        Fact("期限", declared.term_months, "个月"),
        Fact("用途", _purpose(declared)),
        Fact("担保方式", _label(GUARANTEE_LABELS, Guarantee, declared.guarantee)),
        Fact("可接受年化利率", None if rate is None else f"不超过 {display_rate(rate)}"),
        Fact("申报从业人数", declared.declared_employees, "人"),
        Fact("申报营业收入", _wan(declared.declared_revenue_yuan), "万元"),
        Fact("申报首贷", declared.is_first_loan),
        Fact("提交时间", submitted_at),
    )


def _purpose(declared: DeclaredFacts) -> str:
    label = _label(PURPOSE_LABELS, Purpose, declared.purpose)
    return f"{label}（{declared.purpose_note}）" if declared.purpose_note else label


def _label(labels: Mapping[Any, str], kind: type[StrEnum], code: str) -> str:
    return labels[kind(code)] if code in set(kind) else code


def _wan(amount_yuan: Decimal | None) -> Decimal | None:
    return None if amount_yuan is None else amount_yuan / WAN
