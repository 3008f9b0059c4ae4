"""Credit records that come month by month and year by year: taxes, invoices, insurance, utilities, annual reports.

Rows are what a unit's sheet would hold: catalogue field codes as titles, amounts and dates as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from marketplace.config.demo.world import INVOICED_EVERY, Profile
from marketplace.domain.period import add_months, month_start

Row = dict[str, str]


@dataclass(frozen=True)
class Fact:
    """One row of a unit's file.

    Attributes:
        happened: on which day; it is in the first delivery after it.
        row: catalogue field code to text, the subject left out where it is the credit code.
    """

    item_code: str
    unit_code: str
    happened: date
    row: Row


def regular_facts(
    profile: Profile, random: Random, months: list[date], today: date
) -> Iterator[Fact]:
    """Yield what is recorded of an enterprise regularly.

    Args:
        profile: of the enterprise.
        random: its own.
        months: first days of the months in which it did business, oldest first.
        today: the last day that is played.
    """
    yield from _taxes(profile, random, months, today)
    yield from _insurance(profile, random, months)
    yield from _utilities(profile, random, months)
    yield from _yearly(profile, random, today)
    yield from _customs(profile, random, months)


def money(amount: float) -> str:
    """Return an amount as a sheet would hold it."""
    return f"{amount:.2f}"


def careless(profile: Profile, random: Random, permille: float) -> bool:
    """Return whether something goes wrong that befalls the spotless never and the careless often."""
    return random.random() * 1000 < permille * ((100 - profile.discipline) / 25) ** 2


def _month(day: date) -> str:
    return day.isoformat()[:7]


def _end(month: date) -> date:
    return add_months(month, 1) - timedelta(days=1)


def _taxes(profile: Profile, random: Random, months: list[date], today: date) -> Iterator[Fact]:
    quarterly = profile.heads < 20
    latest = month_start(today)
    for month in months:
        if quarterly and month.month % 3:
            continue
        span = 3 if quarterly else 1
        first = add_months(month, 1 - span)
        sales = sum(profile.sales_yuan(add_months(first, k), latest, random) for k in range(span))
        paid_on = add_months(month, 1).replace(day=random.randint(8, 15))
        if careless(profile, random, 12):
            yield Fact("TAX_ARREARS", "TAX", paid_on + timedelta(days=40), {
                "tax_kind": "增值税",
                "balance_yuan": money(sales * 0.02),
                "announced_date": (paid_on + timedelta(days=40)).isoformat(),
                "cleared_date": (paid_on + timedelta(days=100)).isoformat()
                if profile.discipline > 45 else "",
            })  # fmt: skip
            continue
        yield Fact("TAX_PAYMENT", "TAX", paid_on, {
            "tax_kind": "增值税",
            "period_from": first.isoformat(),
            "period_to": _end(month).isoformat(),
            "paid_date": paid_on.isoformat(),
            "paid_yuan": money(sales * random.uniform(0.012, 0.03)),
        })  # fmt: skip
    yield from _invoices(profile, random, months[-26:], latest)


def _invoices(profile: Profile, random: Random, months: list[date], latest: date) -> Iterator[Fact]:
    """Invoices of some enterprises: two sales and one purchase a month, some void, some reversed."""
    if profile.number % INVOICED_EVERY:
        return
    for month in months:
        sales = profile.sales_yuan(month, latest, random)
        parts = [("VAT_OUTPUT_INVOICE", sales * 0.6), ("VAT_OUTPUT_INVOICE", sales * 0.4)]
        parts.append(("VAT_INPUT_INVOICE", sales * random.uniform(0.6, 0.8)))
        if random.random() < 0.05:
            parts.append(("VAT_OUTPUT_INVOICE", -sales * 0.1))
        for place, (item, amount) in enumerate(parts):
            net, tax = round(amount, 2), round(amount * 0.13, 2)
            issued = month + timedelta(days=random.randint(0, 27))
            yield Fact(item, "TAX", issued, {
                "subject": profile.uscc,
                "invoice_no": f"{profile.number:06d}{month:%y%m}{place}",
                "issued_date": issued.isoformat(),
                "counterparty": f"D{random.randint(1, 12):03d}",
                "amount_yuan": money(net),
                "tax_yuan": money(tax),
                "total_yuan": money(round(net + tax, 2)),
                "status": "作废发票" if random.random() < 0.03 else "有效发票",
            })  # fmt: skip


def _insurance(profile: Profile, random: Random, months: list[date]) -> Iterator[Fact]:
    if profile.entity_type == "INDIVIDUAL" or profile.heads < 3:
        return
    known = months if profile.heads >= 60 or profile.number % 8 == 0 else months[-14:]
    for back, month in enumerate(reversed(known)):
        heads = max(1, int(profile.heads * (1 - back * profile.growth_pct / 2400)))
        unpaid = careless(profile, random, 10)
        due = heads * 1430
        yield Fact("SOCIAL_INSURANCE", "HUMAN_RESOURCES", _end(month), {
            "month": _month(month),
            "headcount": str(heads),
            "due_yuan": money(due),
            "paid_yuan": money(0 if unpaid else due),
            "status": "欠费" if unpaid else "已缴",
        })  # fmt: skip
        if unpaid and profile.discipline < 60:
            yield Fact("SOCIAL_INSURANCE_ARREARS", "HUMAN_RESOURCES", _end(month), {
                "insurance_kind": "养老",
                "arrears_from": _month(month),
                "arrears_yuan": money(due * 0.6),
            })  # fmt: skip
        if profile.heads >= 15 and back < 13:
            yield Fact("HOUSING_FUND", "HOUSING_FUND", _end(month), {
                "month": _month(month),
                "headcount": str(int(heads * 0.8)),
                "paid_yuan": money(heads * 0.8 * 980),
                "status": "正常",
            })  # fmt: skip


def _utilities(profile: Profile, random: Random, months: list[date]) -> Iterator[Fact]:
    if profile.trade.power_per_head_kwh < 150 and profile.number % 6:
        return
    known = 26 if profile.heads >= 30 or profile.number % 3 == 0 else 13
    for back, month in enumerate(reversed(months[-known:])):
        growth = (1 + profile.growth_pct / 100) ** (-back / 12)
        season = profile.trade.season[month.month - 1] / 100
        usage = (
            profile.heads
            * profile.trade.power_per_head_kwh
            * growth
            * season
            * random.uniform(0.93, 1.07)
        )
        owes = careless(profile, random, 8)
        yield Fact("POWER_BILL", "POWER", _end(month), {
            "subject": profile.uscc,
            "month": _month(month),
            "usage": f"{usage:.1f}",
            "billed_yuan": money(usage * 0.72),
            "paid_yuan": money(0 if owes else usage * 0.72),
            "arrears_periods": "1" if owes else "0",
            "arrears_yuan": money(usage * 0.72 if owes else 0),
        })  # fmt: skip
        if month.month % 3 == 0 and profile.number % 2:
            yield Fact("WATER_BILL", "WATER", _end(month), {
                "subject": profile.uscc,
                "month": _month(month),
                "usage": f"{profile.heads * 2.4 * season:.1f}",
                "billed_yuan": money(profile.heads * 2.4 * season * 7.9),
                "paid_yuan": money(profile.heads * 2.4 * season * 7.9),
                "arrears_periods": "0",
            })  # fmt: skip


def _yearly(profile: Profile, random: Random, today: date) -> Iterator[Fact]:
    latest = month_start(today)
    for year in (today.year - 2, today.year - 1):
        if profile.born.year > year or (profile.ended and profile.ended.year <= year):
            continue
        reported = date(year + 1, random.randint(3, 6), random.randint(1, 28))
        months = [date(year, month, 1) for month in range(1, 13)]
        sales = sum(profile.sales_yuan(m, latest, random) for m in months if profile.alive_in(m))
        assets, profit = sales * random.uniform(0.5, 1.4), sales * random.uniform(-0.03, 0.12)
        yield Fact("ANNUAL_REPORT", "MARKET", reported, {
            "report_year": str(year),
            "report_date": reported.isoformat(),
            "assets_yuan": f"{assets / 10000:.2f}",
            "liabilities_yuan": f"{assets * random.uniform(0.25, 0.75) / 10000:.2f}",
            "revenue_yuan": f"{sales / 10000:.2f}",
            "net_profit_yuan": f"{profit / 10000:.2f}",
            "employees": str(profile.heads),
            "revenue_public": "否",
        })  # fmt: skip
        if profile.entity_type == "INDIVIDUAL":
            continue
        grade = "A" if profile.discipline > 88 else "B" if profile.discipline > 62 else "M"
        grade = "C" if profile.discipline < 45 else grade
        yield Fact("TAX_RATING", "TAX", date(year + 1, 4, 28), {
            "rating_year": str(year),
            "grade": grade,
            "rated_date": date(year + 1, 4, 28).isoformat(),
        })  # fmt: skip


def _customs(profile: Profile, random: Random, months: list[date]) -> Iterator[Fact]:
    if profile.exporter:
        for month in months[-26:]:
            amount = (
                profile.heads * profile.trade.sales_per_head_yuan * 0.2 * random.uniform(0.6, 1.4)
            )
            yield Fact("CUSTOMS_TRADE", "CUSTOMS", _end(month), {
                "month": _month(month),
                "import_yuan": "0",
                "export_yuan": f"{amount / 10000:.2f}",
            })  # fmt: skip
        if months:
            yield Fact("CUSTOMS_RATING", "CUSTOMS", months[0], {
                "grade": "注册登记和备案企业",
                "rated_date": months[0].isoformat(),
            })  # fmt: skip
