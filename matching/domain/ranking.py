"""The order of products for one need: what the loan costs, how the institution answers and decides, how safely it fits.

The same for every enterprise and institution, from dated weights; nothing that is paid for and nothing about persons
goes in. Every product comes with the sentence that explains its place.

Source: issue of matching (ranking); domain note 3.6 (all-in annual rate); ``matching/parameters/ranking.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from pathlib import Path

from lenders.domain.product import ProductTerms, rules_of_terms
from lenders.domain.rate import all_in_rate, cash_flows
from lenders.domain.rule import Operator, RuleSpec, RuleValue
from marketplace.domain.money import display_rate, display_wan, to_yuan
from marketplace.domain.parameters import ParameterSet, load_parameters
from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import Repayment
from matching.domain.fit import UNKNOWN, FeatureFacts, decide, number_of

RANKING_FILE = Path(__file__).resolve().parent.parent / "parameters" / "ranking.toml"
TENTH = Decimal("0.1")
SHARE = Decimal("0.0001")
NEUTRAL = Decimal("0.5")
ZERO, ONE = Decimal(0), Decimal(1)


@dataclass(frozen=True)
class LoanCost:
    """What a loan of one product costs at most.

    Attributes:
        amount_yuan, term_months: as asked for, or the nearest the product gives.
        rate_bp: all-in annual rate (simple) at the product's highest rate, the highest over its kinds of repayment.
        cost_yuan: interest and fees over the whole term, the most over its kinds of repayment.
        is_as_asked: amount and term are those of the need.
    """

    amount_yuan: Decimal
    term_months: int
    rate_bp: int
    cost_yuan: Decimal
    is_as_asked: bool

    @property
    def monthly_yuan(self) -> Decimal:
        """Return interest and fees of a month, spread evenly over the term."""
        return to_yuan(self.cost_yuan / self.term_months)


@dataclass(frozen=True)
class TrackRecord:
    """How an institution dealt with applications like this need.

    Attributes:
        cases: decided, or expired without an answer.
        approved: of them.
        answer_days: mean days from submission to decision, None when none was decided.
    """

    cases: int
    approved: int
    answer_days: Decimal | None


@dataclass(frozen=True)
class RankPart:
    """One part of a product's points, with what it rests on."""

    name: str
    label: str
    points: Decimal
    most: int
    text: str


@dataclass(frozen=True)
class Rank:
    """A product's place, explained.

    Attributes:
        points: of 100, one decimal place.
        parts: in the order of the weights.
        sentence: the whole in one Chinese sentence.
    """

    points: Decimal
    parts: tuple[RankPart, ...]
    sentence: str

    def part(self, name: str) -> RankPart:
        """Return the part of that name (a key of ``PART_LABELS``)."""
        return next(part for part in self.parts if part.name == name)


@dataclass(frozen=True)
class RankingRules:
    """The dated parameters of one day."""

    weights: Mapping[str, int]
    dearest_rate_bp: int
    slowest_answer_days: int
    record_months: int
    least_cases: int
    similar_factor: int


@cache
def shipped_ranking() -> ParameterSet:
    """Return the parameters shipped with the marketplace, read once."""
    return load_parameters(RANKING_FILE)


def ranking_rules(on: date, parameters: ParameterSet | None = None) -> RankingRules:
    """Return what products are ranked by on a day.

    Raises:
        Refused: ``PARAMETER_NOT_IN_FORCE``.
    """
    chosen = parameters or shipped_ranking()
    names = ("dearest_rate_bp", "slowest_answer_days", "record_months", "least_cases")
    numbers = {name: int(chosen.value_on(f"ranking.{name}", on)) for name in names}
    return RankingRules(
        weights=chosen.value_on("ranking.weights", on),
        similar_factor=int(chosen.value_on("ranking.similar_factor", on)),
        **numbers,
    )


def loan_cost(terms: ProductTerms, amount_yuan: Decimal, term_months: int) -> LoanCost:
    """Return what a need would cost at most with a product.

    Upper limits that hold for every offer of the institution: its highest rate, all one-off fees. Rate and yuan are
    each of the kind of repayment in which they are highest, with fees not the same one: paid back early, fees weigh
    more in the rate, and interest runs on less. 500,000 yuan over a year at 4.80 % without fees: 4.80 %, 24,000 yuan
    with interest monthly and the principal at the end.

    Raises:
        Refused: ``RATE_FEES_TOO_HIGH``.
    """
    amount = min(max(amount_yuan, terms.amount_min_yuan), terms.amount_max_yuan)
    months = min(max(term_months, terms.term_min_months), terms.term_max_months)
    found = [
        _cost(amount, terms.annual_rate_max_bp, months, Repayment(kind), terms.fee_rate_bp)
        for kind in terms.repayments
    ]
    as_asked = (amount, months) == (amount_yuan, term_months)
    return LoanCost(
        amount,
        months,
        rate_bp=max(rate_bp for rate_bp, _ in found),
        cost_yuan=max(cost_yuan for _, cost_yuan in found),
        is_as_asked=as_asked,
    )


SeenMargins = dict[tuple[str, Operator, RuleValue], Decimal]
"""Margins found already; one memory serves the same facts only."""


def fit_margin(
    terms: ProductTerms,
    rules: Sequence[RuleSpec],
    facts: FeatureFacts,
    on: date,
    seen: SeenMargins | None = None,
) -> Decimal:
    """Return how far the numbers stay from the limits, between 0 and 1, as the mean over numeric rules.

    0 is at the limit, broken or unknown; 1 as far as can be. 24 months where 12 are asked: 0.5.

    Args:
        terms: of the product version.
        rules: those not in force on the date are left out.
        facts: of the enterprise and the need.
        on: business date.
        seen: filled and read when given; one for the same facts, for many products.
    """
    memory: SeenMargins = {} if seen is None else seen
    asked = [*rules_of_terms(terms), *(rule for rule in rules if rule.in_force(on))]
    numeric = [rule for rule in asked if rule.operator in _MARGINS]
    if not numeric:
        return ONE
    for rule in numeric:
        key = (rule.feature, rule.operator, rule.value)
        if key not in memory:
            memory[key] = _margin(rule, facts)
    total = sum((memory[rule.feature, rule.operator, rule.value] for rule in numeric), ZERO)
    return (total / len(numeric)).quantize(SHARE, ROUND_HALF_UP)


def rank(
    cost: LoanCost,
    own_record: TrackRecord | None,
    pooled: TrackRecord,
    margin: Decimal,
    rules: RankingRules,
) -> Rank:
    """Return a product's points and the sentence that explains them.

    Args:
        cost: of the need with the product.
        own_record: the institution's; None or with few cases, the whole city's stands in.
        pooled: the whole city's.
        margin: from `fit_margin`.
        rules: of the day.
    """
    enough = own_record is not None and own_record.cases >= rules.least_cases
    record = own_record if enough and own_record is not None else pooled
    shares = {
        "cost": (_left(Decimal(cost.rate_bp), rules.dearest_rate_bp), _cost_text(cost)),
        "approval": _approval(record, rules, is_own=enough),
        "answer": _answer(record, rules, is_own=enough),
        "margin": (margin, f"条件余量 {margin:.0%}"),
    }
    whole = sum(rules.weights.values())
    parts = tuple(
        RankPart(
            name, PART_LABELS[name], _points(shares[name][0], most, whole), most, shares[name][1]
        )
        for name, most in rules.weights.items()
    )
    points = sum((part.points for part in parts), ZERO)
    shown = "；".join(f"{part.label} {part.points}/{part.most}（{part.text}）" for part in parts)
    return Rank(points, parts, f"合计 {points} 分：{shown}。")


PART_LABELS = {
    "cost": "综合成本",
    "approval": "批准情况",
    "answer": "答复时间",
    "margin": "条件余量",
}


@lru_cache(maxsize=8192)
def _cost(
    amount: Decimal, rate_bp: int, months: int, repayment: Repayment, fee_bp: int
) -> tuple[int, Decimal]:
    if fee_bp or repayment is Repayment.BULLET:
        found = all_in_rate(
            principal_yuan=amount,
            annual_rate_bp=rate_bp,
            term_months=months,
            repayment=repayment,
            fee_rate_bp=fee_bp,
        )
        return found.simple_bp, found.cost_yuan
    # Without fees and with interest paid monthly, the rate of return is the nominal one.
    flows = cash_flows(
        principal_yuan=amount, annual_rate_bp=rate_bp, term_months=months, repayment=repayment
    )
    return rate_bp, to_yuan(-sum(flows, ZERO))


def _cost_text(cost: LoanCost) -> str:
    asked = "" if cost.is_as_asked else "按产品可贷的"
    return (
        f"{asked}{display_wan(cost.amount_yuan)}、{cost.term_months} 个月，"
        f"综合年化最高 {display_rate(cost.rate_bp)}，利息和费用最多 {cost.cost_yuan:,.2f} 元"
    )


def _approval(record: TrackRecord, rules: RankingRules, *, is_own: bool) -> tuple[Decimal, str]:
    if record.cases < rules.least_cases:
        return NEUTRAL, "同类申请尚少，按中间值计"
    share = Decimal(record.approved) / record.cases
    if not is_own:
        return share, "该机构同类申请尚少，按全市平均计"
    return share, (
        f"近 {rules.record_months} 个月同类申请 {record.cases} 笔，批准 {record.approved} 笔"
    )


def _answer(record: TrackRecord, rules: RankingRules, *, is_own: bool) -> tuple[Decimal, str]:
    days = record.answer_days
    if record.cases < rules.least_cases or days is None:
        return NEUTRAL, "同类申请尚少，按中间值计"
    share = _left(days, rules.slowest_answer_days)
    shown = f"{days.quantize(TENTH, ROUND_HALF_UP)} 天"
    if not is_own:
        return share, f"该机构同类申请尚少，按全市平均 {shown}计"
    return share, f"平均 {shown}作出决定"


def _left(value: Decimal, most: int) -> Decimal:
    return min(max(ONE - value / most, ZERO), ONE) if most > 0 else ZERO


def _points(share: Decimal, most: int, whole: int) -> Decimal:
    return (share * most * 100 / whole).quantize(TENTH, ROUND_HALF_UP)


def _margin(rule: RuleSpec, facts: FeatureFacts) -> Decimal:
    fact = facts.get(rule.feature, UNKNOWN)
    own = number_of(fact.value)
    if own is None or decide(rule, fact) is not Outcome.FITS:
        return ZERO
    if isinstance(rule.value, tuple):
        low, high = (Decimal(end) for end in rule.value)
        half = (high - low) / 2
        return min(own - low, high - own) / half if half else ONE
    limit = Decimal(rule.value)
    larger = max(own, limit)
    if rule.operator is Operator.GE:
        return (own - limit) / larger if limit > 0 else ONE
    return (limit - own) / limit if limit > 0 and own > 0 else ONE


_MARGINS = frozenset({Operator.GE, Operator.LE, Operator.BETWEEN})
