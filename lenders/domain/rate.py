"""What a loan really costs in a year: the all-in annual rate from the cash flows of the five kinds of repayment.

The monthly internal rate of return of "money received, money paid" is annualised in two ways, and both are named:
times twelve (单利) and compounded (复利). Months are equal, as in a repayment plan of twelve instalments a year.

Source: PBoC notice 2021 no. 3 (all costs over the principal in use, annualised; compound is the IRR, simple interest
must be stated as such); domain note 3.6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from marketplace.domain.errors import Refused
from marketplace.domain.money import display_rate, to_yuan
from marketplace.domain.vocabulary import Repayment

SIMPLE_LABEL = "单利"
COMPOUND_LABEL = "复利"
BASIS_POINTS = Decimal(10_000)
MONTHS_PER_YEAR = 12
MAX_TERM_MONTHS = 480
PRECISION = 34
ROOT_STEPS = 70
HIGHEST_MONTHLY_RATE = Decimal(64)


@dataclass(frozen=True)
class AllInRate:
    """The yearly cost of one loan, all costs in.

    Attributes:
        simple_bp: monthly rate of return times twelve, basis points, half up.
        compound_bp: monthly rate of return compounded over twelve months, basis points, half up.
        cost_yuan: interest and fees over the whole term.
    """

    simple_bp: int
    compound_bp: int
    cost_yuan: Decimal

    @property
    def text(self) -> str:
        """Return both rates with the way they were annualised."""
        simple, compound = display_rate(self.simple_bp), display_rate(self.compound_bp)
        return f"综合年化 {simple}（{SIMPLE_LABEL}），折合 {compound}（{COMPOUND_LABEL}）"


def cash_flows(
    *,
    principal_yuan: Decimal,
    annual_rate_bp: int,
    term_months: int,
    repayment: Repayment,
    fee_rate_bp: int = 0,
    annual_fee_rate_bp: int = 0,
) -> tuple[Decimal, ...]:
    """Return the borrower's cash flows from month 0 to the end; received positive, paid negative, not rounded.

    随借随还 is reckoned as drawn in full for the whole term, interest paid monthly: its most expensive use.

    Args:
        principal_yuan: amount lent, above zero.
        annual_rate_bp: nominal annual rate.
        term_months: 1 to 480.
        repayment: kind of repayment.
        fee_rate_bp: one-off fees as a share of the principal, paid at disbursement.
        annual_fee_rate_bp: fees of each begun year as a share of the principal (a guarantee fee), paid in advance.

    Raises:
        Refused: ``RATE_INPUT_INVALID`` when a number makes no sense.
    """
    _check(principal_yuan, annual_rate_bp, term_months, fee_rate_bp, annual_fee_rate_bp)
    with localcontext() as context:
        context.prec = PRECISION
        monthly = Decimal(annual_rate_bp) / BASIS_POINTS / MONTHS_PER_YEAR
        flows = [Decimal(0), *_payments(principal_yuan, monthly, term_months, repayment)]
        flows[0] = principal_yuan - principal_yuan * fee_rate_bp / BASIS_POINTS
        for month in range(0, term_months, MONTHS_PER_YEAR):
            flows[month] -= principal_yuan * annual_fee_rate_bp / BASIS_POINTS
        return tuple(flows)


def all_in_rate(
    *,
    principal_yuan: Decimal,
    annual_rate_bp: int,
    term_months: int,
    repayment: Repayment,
    fee_rate_bp: int = 0,
    annual_fee_rate_bp: int = 0,
) -> AllInRate:
    """Return the all-in annual rate of one loan.

    Monthly interest at 4.8 %, a year, one percent of fees: 4.80 % becomes 6.68 % simple.

    >>> all_in_rate(
    ...     principal_yuan=Decimal(500000), annual_rate_bp=480, term_months=12,
    ...     repayment=Repayment.EQUAL_INSTALLMENT, fee_rate_bp=100,
    ... ).text
    '综合年化 6.68%（单利），折合 6.89%（复利）'

    Raises:
        Refused: ``RATE_INPUT_INVALID``; ``RATE_FEES_TOO_HIGH`` when fees eat up the money received.
    """
    flows = cash_flows(
        principal_yuan=principal_yuan,
        annual_rate_bp=annual_rate_bp,
        term_months=term_months,
        repayment=repayment,
        fee_rate_bp=fee_rate_bp,
        annual_fee_rate_bp=annual_fee_rate_bp,
    )
    with localcontext() as context:
        context.prec = PRECISION
        monthly = internal_rate(flows)
        compound = (1 + monthly) ** MONTHS_PER_YEAR - 1
        return AllInRate(
            _basis_points(monthly * MONTHS_PER_YEAR),
            _basis_points(compound),
            to_yuan(-sum(flows, Decimal(0))),
        )


def internal_rate(flows: Sequence[Decimal]) -> Decimal:
    """Return the rate per period at which the flows are worth nothing, by bisection.

    Args:
        flows: first one above zero, all later ones at or below zero.

    Raises:
        Refused: ``RATE_FEES_TOO_HIGH`` when there is no such rate.
    """
    if flows[0] <= 0:
        raise Refused("RATE_FEES_TOO_HIGH", "费用不低于贷款本金，无法计算综合年化成本。")
    low, high = Decimal(0), HIGHEST_MONTHLY_RATE
    if _worth(flows, high) < 0:
        raise Refused("RATE_FEES_TOO_HIGH", "费用过高，无法计算综合年化成本。")
    for _ in range(ROOT_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _worth(flows, middle) < 0 else (low, middle)
    return high


def _worth(flows: Sequence[Decimal], rate: Decimal) -> Decimal:
    # Horner's scheme from the last flow back: one multiplication per month.
    factor, worth = 1 / (1 + rate), Decimal(0)
    for flow in reversed(flows):
        worth = worth * factor + flow
    return worth


def _payments(
    principal: Decimal, monthly: Decimal, months: int, repayment: Repayment
) -> list[Decimal]:
    if repayment is Repayment.EQUAL_INSTALLMENT:
        growth = (1 + monthly) ** months
        share = monthly * growth / (growth - 1) if monthly else Decimal(1) / months
        return [-principal * share] * months
    if repayment is Repayment.EQUAL_PRINCIPAL:
        part = principal / months
        return [-part - (principal - part * month) * monthly for month in range(months)]
    if repayment is Repayment.BULLET:
        return [Decimal(0)] * (months - 1) + [-principal * (1 + monthly * months)]
    interest = -principal * monthly
    return [interest] * (months - 1) + [interest - principal]


def _check(principal: Decimal, rate: int, months: int, *fees: int) -> None:
    if not principal.is_finite() or principal <= 0:
        raise Refused("RATE_INPUT_INVALID", "本金应大于零。")
    if not 1 <= months <= MAX_TERM_MONTHS:
        raise Refused("RATE_INPUT_INVALID", f"期限应在 1 至 {MAX_TERM_MONTHS} 个月之间。")
    if rate < 0 or any(fee < 0 for fee in fees):
        raise Refused("RATE_INPUT_INVALID", "利率和费用不能为负。")


def _basis_points(share: Decimal) -> int:
    return int((share * BASIS_POINTS).quantize(Decimal(1), rounding=ROUND_HALF_UP))
