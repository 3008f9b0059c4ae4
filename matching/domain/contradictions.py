"""What the enterprise declares, held against what is recorded of it.

A contradiction is a question for the officer, not a finding: it names both figures, their ratio and the tolerance, and
the records behind the recorded one. Where a figure is missing nothing is said.

Source: design (portrait: declared against recorded); domain note 5 (approver: contradictions); tolerances are dated
parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from marketplace.domain.parameters import DatedParameter, ParameterSet, load_parameters
from marketplace.domain.vocabulary import PURPOSE_LABELS, Purpose
from matching.domain.declaration import Kind
from matching.domain.indicators import IndicatorValue, display
from matching.domain.subject import DeclaredFacts, EnterpriseFacts

CONTRADICTIONS_FILE = Path(__file__).resolve().parent.parent / "parameters" / "contradictions.toml"
RECORDED_SALES = ("declared_sales_12m_yuan", "invoiced_sales_12m_yuan", "annual_revenue_yuan")
RESEARCH_SIGNS = ("patents_count", "software_copyrights_count", "innovation_titles_count")

HUNDREDTH = Decimal("0.01")


class Severity(StrEnum):
    """How far apart the figures are."""

    NOTICE = "NOTICE"
    SERIOUS = "SERIOUS"


SEVERITY_LABELS = {Severity.NOTICE: "注意", Severity.SERIOUS: "重大差异"}


@dataclass(frozen=True)
class Contradiction:
    """One contradiction.

    Attributes:
        code: UPPER_SNAKE.
        declared, recorded: both figures as shown.
        ratio_pct: declared over recorded in percent, None when nothing is recorded or it is no figure.
        severity: how far apart.
        sentence: one Chinese sentence.
        indicators: codes of the indicators compared; who may not see them may not see this.
        evidence_ids: newest records behind the recorded figure.
        parameter_version: date of the tolerance used.
    """

    code: str
    declared: str
    recorded: str
    ratio_pct: Decimal | None
    severity: Severity
    sentence: str
    indicators: tuple[str, ...]
    evidence_ids: tuple[str, ...]
    parameter_version: str


@dataclass(frozen=True)
class Case:
    """Everything a check looks at."""

    declared: DeclaredFacts
    enterprise: EnterpriseFacts
    values: Mapping[str, IndicatorValue]
    day: date


@cache
def shipped_tolerances() -> ParameterSet:
    """Return the tolerances shipped with the marketplace, read once."""
    return load_parameters(CONTRADICTIONS_FILE)


def find_contradictions(
    case: Case, tolerances: ParameterSet | None = None
) -> tuple[Contradiction, ...]:
    """Return the contradictions, serious ones first, then in the order of the parameters.

    50 declared employees against 12 insured are 416.67 %, beyond 400 %: serious.

    Args:
        case: declared facts, register, indicators, day.
        tolerances: instead of the shipped ones.
    """
    found: list[Contradiction] = []
    for parameter in tolerances or shipped_tolerances():
        if not parameter.in_force(case.day):
            continue
        name = parameter.code.split(".", 1)[1]
        check = _SPECIAL.get(name, _ratio)
        found += check(case, parameter)
    found += _without_tolerance(case)
    return tuple(sorted(found, key=lambda entry: entry.severity is not Severity.SERIOUS))


def _ratio(case: Case, parameter: DatedParameter) -> Iterator[Contradiction]:
    limits = parameter.value_on(case.day)
    left, right = _figure(case, limits["declared"]), _figure(case, limits["recorded"])
    if left is None or right is None:
        return
    own, other = left.number, right.number
    if abs(own - other) <= limits["slack"]:
        return
    ratio = _percent(own, other)
    severity = _severity(own, other, limits)
    if severity is None:
        return
    compared = f"前者为后者的 {ratio}%" if ratio is not None else "后者为 0"
    yield Contradiction(
        code=parameter.code.split(".", 1)[1].upper(),
        declared=left.shown,
        recorded=right.shown,
        ratio_pct=ratio,
        severity=severity,
        sentence=f"{left.label}{left.shown}，{right.label}{right.shown}，{compared}，"
        f"超出 {limits['low']}% 至 {limits['high']}% 的一般范围。",
        indicators=tuple(code for code in (left.indicator, right.indicator) if code),
        evidence_ids=right.evidence_ids,
        parameter_version=parameter.version_on(case.day),
    )


def _amount_against_sales(case: Case, parameter: DatedParameter) -> Iterator[Contradiction]:
    limits = parameter.value_on(case.day)
    amount = case.declared.amount_yuan
    recorded = [entry for code in RECORDED_SALES if (entry := _figure(case, code))]
    if amount is None or not recorded:
        return
    largest = max(recorded, key=lambda entry: entry.number)
    ratio = _percent(amount, largest.number)
    severity = _severity(amount, largest.number, limits)
    if severity is None:
        return
    shown = display(Kind.YUAN, amount, "元")
    compared = f"为其 {ratio}%" if ratio is not None else "后者为 0"
    yield Contradiction(
        code="AMOUNT_REVENUE",
        declared=shown,
        recorded=largest.shown,
        ratio_pct=ratio,
        severity=severity,
        sentence=f"融资金额 {shown}，{largest.label}{largest.shown}，{compared}，超过 {limits['high']}%。",
        indicators=(largest.indicator,),
        evidence_ids=largest.evidence_ids,
        parameter_version=parameter.version_on(case.day),
    )


def _agriculture(case: Case, parameter: DatedParameter) -> Iterator[Contradiction]:
    allowed = parameter.value_on(case.day)
    enterprise = case.enterprise
    if case.declared.purpose != Purpose.AGRICULTURE or not enterprise.industry_section:
        return
    if enterprise.industry_section in allowed["sections"]:
        return
    if enterprise.industry_division in allowed["divisions"]:
        return
    code = enterprise.industry_code or enterprise.industry_section
    yield _plain(
        "PURPOSE_AGRICULTURE",
        PURPOSE_LABELS[Purpose.AGRICULTURE],
        code,
        f"贷款用途为涉农，登记的行业代码为 {code}，不属于农林牧渔业或农副食品加工业。",
        version=parameter.version_on(case.day),
    )


def _without_tolerance(case: Case) -> Iterator[Contradiction]:
    """Contradictions of kind: a purpose or a statement of which the records show the opposite."""
    declared, values = case.declared, case.values
    signs = [values.get(code) for code in RESEARCH_SIGNS]
    if declared.purpose == Purpose.RESEARCH and all(
        sign is not None and sign.value == 0 for sign in signs
    ):
        yield _plain(
            "PURPOSE_RESEARCH",
            PURPOSE_LABELS[Purpose.RESEARCH],
            "无",
            "贷款用途为科技研发，未见专利、软件著作权或科技创新资质的记录。",
            RESEARCH_SIGNS,
        )
    sales = values.get("invoiced_sales_12m_yuan")
    if declared.purpose == Purpose.RECEIVABLES and sales and sales.value == 0:
        yield _plain(
            "PURPOSE_RECEIVABLES",
            PURPOSE_LABELS[Purpose.RECEIVABLES],
            sales.display,
            "贷款用途为订单/应收账款，近 12 个月没有开票销售额。",
            (sales.code,),
            sales.evidence_ids,
            severity=Severity.SERIOUS,
        )
    mortgages = values.get("mortgages_open_yuan")
    if declared.is_first_loan and mortgages and _number(mortgages.value):
        yield _plain(
            "FIRST_LOAN_MORTGAGE",
            "首贷",
            mortgages.display,
            f"申报为首贷，不动产上有未注销的抵押债权 {mortgages.display}。",
            (mortgages.code,),
            mortgages.evidence_ids,
        )


@dataclass(frozen=True)
class _Figure:
    label: str
    number: Decimal
    shown: str
    indicator: str = ""
    evidence_ids: tuple[str, ...] = ()


_DECLARED_FIGURES = {
    "declared_employees": ("申报从业人数 ", Kind.COUNT, "人"),
    "declared_revenue_yuan": ("申报上年营业收入 ", Kind.YUAN, "元"),
}


def _figure(case: Case, code: str) -> _Figure | None:
    """Return a figure by name, declared or recorded; None when it is missing."""
    if code in _DECLARED_FIGURES:
        label, kind, unit = _DECLARED_FIGURES[code]
        number = _number(getattr(case.declared, code))
        raw = getattr(case.declared, code)
        return None if number is None else _Figure(label, number, display(kind, raw, unit))
    value = case.values.get(code)
    number = _number(value.value) if value else None
    if value is None or number is None:
        return None
    return _Figure(f"{value.label} ", number, value.display, code, value.evidence_ids)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value)


def _percent(own: Decimal, other: Decimal) -> Decimal | None:
    if other <= 0:
        return None
    return (own * 100 / other).quantize(HUNDREDTH, rounding=ROUND_HALF_UP)


def _severity(own: Decimal, other: Decimal, limits: Mapping[str, Any]) -> Severity | None:
    """Compare exactly; the ratio is rounded only for showing."""
    if other <= 0:
        return Severity.SERIOUS
    share = own * 100
    if share > limits["serious_high"] * other or share < limits.get("serious_low", 0) * other:
        return Severity.SERIOUS
    if share > limits["high"] * other or share < limits.get("low", 0) * other:
        return Severity.NOTICE
    return None


def _plain(
    code: str,
    declared: str,
    recorded: str,
    sentence: str,
    indicators: tuple[str, ...] = (),
    evidence_ids: tuple[str, ...] = (),
    *,
    severity: Severity = Severity.NOTICE,
    version: str = "",
) -> Contradiction:
    return Contradiction(
        code, declared, recorded, None, severity, sentence, indicators, evidence_ids, version
    )


_SPECIAL: Mapping[str, Callable[[Case, DatedParameter], Iterator[Contradiction]]] = {
    "amount_revenue": _amount_against_sales,
    "purpose_agriculture": _agriculture,
}
