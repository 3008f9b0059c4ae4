"""Credit records of the demonstration city: 36 months with seasons, arrears, penalties and repairs.

Rows are what a unit's sheet would hold: catalogue field codes as titles, amounts and dates as text. They go through
the ordinary ingest, in the deliveries in which a unit would have sent them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from marketplace.config.demo.world import Profile, months_before
from marketplace.domain.period import add_months, month_start

Row = dict[str, str]
DELIVERY_DAY = 10
HISTORY_MONTHS = 13
"""Before so many months everything came in one first delivery."""
INVOICED_EVERY = 7
"""Every so many enterprises one has its invoices on file."""

AGENCY = "示例市监管部门"
AGENCY_CODE = "11120000000000000T"
ALWAYS_DELIVERED = {
    "PERMIT": "CREDIT_CENTER",
    "PENALTY": "CREDIT_CENTER",
    "INSPECTION": "MARKET",
    "COERCION": "MARKET",
    "REWARD": "REFORM",
    "JUDGMENT": "COURT",
    "ENFORCEMENT": "COURT",
    "DISHONEST_DEBTOR": "COURT",
    "BANKRUPTCY": "COURT",
    "ASSET_FREEZE": "COURT",
    "ABNORMAL_LIST": "MARKET",
    "SERIOUS_VIOLATION_LIST": "MARKET",
    "SERIOUS_BREACH_LIST": "CREDIT_CENTER",
    "TAX_ARREARS": "TAX",
    "TAX_ABNORMAL": "TAX",
    "TAX_MAJOR_VIOLATION": "TAX",
    "SOCIAL_INSURANCE_ARREARS": "HUMAN_RESOURCES",
    "REAL_ESTATE_SEIZURE": "PLANNING",
    "REAL_ESTATE_MORTGAGE": "PLANNING",
    "EQUITY_PLEDGE": "MARKET",
    "CREDIT_COMMITMENT": "CREDIT_CENTER",
    "CONTRACT_PERFORMANCE": "FINANCE",
}
"""Items delivered every month, with nothing in it when nothing happened: only so does "none" mean none."""


@dataclass(frozen=True)
class Delivery:
    """One file of one item from one unit on one day."""

    day: date
    item_code: str
    unit_code: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class _Fact:
    item_code: str
    unit_code: str
    happened: date
    row: Row


def deliveries(profiles: Iterable[Profile], seed: int, today: date) -> list[Delivery]:
    """Return every delivery of the city up to today, oldest first."""
    grouped: dict[tuple[date, str, str], list[Row]] = defaultdict(list)
    days = delivery_days(today)
    for day in days:
        for item_code, unit_code in ALWAYS_DELIVERED.items():
            grouped[(day, item_code, unit_code)] = []
    for profile in profiles:
        random = Random(f"records-{seed}-{profile.number}")
        for fact in _facts(profile, random, today):
            sent = delivered_on(fact.happened, days)
            if sent is not None:
                row = {"uscc": profile.uscc, **fact.row}
                grouped[(sent, fact.item_code, fact.unit_code)].append(row)
    return [Delivery(*key, tuple(rows)) for key, rows in sorted(grouped.items())]


def delivery_days(today: date) -> list[date]:
    """Return the days on which units deliver: one long ago, then the tenth of each month."""
    this = month_start(today)
    days = [
        add_months(this, -back).replace(day=DELIVERY_DAY) for back in range(HISTORY_MONTHS, -1, -1)
    ]
    return [day for day in days if day <= today]


def delivered_on(happened: date, days: list[date]) -> date | None:
    """Return the delivery in which something came that happened on a day; None while it is still on its way."""
    place = bisect_right(days, happened)
    return days[place] if place < len(days) else None


def _facts(profile: Profile, random: Random, today: date) -> Iterator[_Fact]:
    months = [month for month in months_before(today) if profile.alive_in(month)]
    yield from _taxes(profile, random, months, today)
    yield from _insurance(profile, random, months)
    yield from _utilities(profile, random, months)
    yield from _yearly(profile, random, today)
    yield from _breaches(profile, random, months)
    yield from _assets(profile, random, today)
    yield from _trade(profile, random, months)


def _money(amount: float) -> str:
    return f"{amount:.2f}"


def _month(day: date) -> str:
    return day.strftime("%Y-%m")


def _end(month: date) -> date:
    return add_months(month, 1) - timedelta(days=1)


def _careless(profile: Profile, random: Random, permille: float) -> bool:
    """Return whether something goes wrong that befalls the spotless never and the careless often."""
    return random.random() * 1000 < permille * ((100 - profile.discipline) / 25) ** 2


def _taxes(profile: Profile, random: Random, months: list[date], today: date) -> Iterator[_Fact]:
    quarterly = profile.heads < 20
    latest = month_start(today)
    for month in months:
        if quarterly and month.month % 3:
            continue
        span = 3 if quarterly else 1
        first = add_months(month, 1 - span)
        sales = sum(profile.sales_yuan(add_months(first, k), latest, random) for k in range(span))
        paid_on = add_months(month, 1).replace(day=random.randint(8, 15))
        if _careless(profile, random, 12):
            yield _Fact("TAX_ARREARS", "TAX", paid_on + timedelta(days=40), {
                "tax_kind": "增值税",
                "balance_yuan": _money(sales * 0.02),
                "announced_date": (paid_on + timedelta(days=40)).isoformat(),
                "cleared_date": (paid_on + timedelta(days=100)).isoformat()
                if profile.discipline > 45 else "",
            })  # fmt: skip
            continue
        yield _Fact("TAX_PAYMENT", "TAX", paid_on, {
            "tax_kind": "增值税",
            "period_from": first.isoformat(),
            "period_to": _end(month).isoformat(),
            "paid_date": paid_on.isoformat(),
            "paid_yuan": _money(sales * random.uniform(0.012, 0.03)),
        })  # fmt: skip
    yield from _invoices(profile, random, months[-26:], latest)


def _invoices(
    profile: Profile, random: Random, months: list[date], latest: date
) -> Iterator[_Fact]:
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
            yield _Fact(item, "TAX", issued, {
                "subject": profile.uscc,
                "invoice_no": f"{profile.number:06d}{month:%y%m}{place}",
                "issued_date": issued.isoformat(),
                "counterparty": f"D{random.randint(1, 12):03d}",
                "amount_yuan": _money(net),
                "tax_yuan": _money(tax),
                "total_yuan": _money(round(net + tax, 2)),
                "status": "作废发票" if random.random() < 0.03 else "有效发票",
            })  # fmt: skip


def _insurance(profile: Profile, random: Random, months: list[date]) -> Iterator[_Fact]:
    if profile.entity_type == "INDIVIDUAL" or profile.heads < 3:
        return
    known = months if profile.heads >= 60 or profile.number % 8 == 0 else months[-14:]
    for back, month in enumerate(reversed(known)):
        heads = max(1, int(profile.heads * (1 - back * profile.growth_pct / 2400)))
        unpaid = _careless(profile, random, 10)
        due = heads * 1430
        yield _Fact("SOCIAL_INSURANCE", "HUMAN_RESOURCES", _end(month), {
            "month": _month(month),
            "headcount": str(heads),
            "due_yuan": _money(due),
            "paid_yuan": _money(0 if unpaid else due),
            "status": "欠费" if unpaid else "已缴",
        })  # fmt: skip
        if profile.heads >= 15 and back < 15:
            yield _Fact("HOUSING_FUND", "HOUSING_FUND", _end(month), {
                "month": _month(month),
                "headcount": str(int(heads * 0.8)),
                "paid_yuan": _money(heads * 0.8 * 980),
                "status": "正常",
            })  # fmt: skip


def _utilities(profile: Profile, random: Random, months: list[date]) -> Iterator[_Fact]:
    if profile.trade.power_per_head_kwh < 150 and profile.number % 6:
        return
    for back, month in enumerate(reversed(months[-26:])):
        growth = (1 + profile.growth_pct / 100) ** (-back / 12)
        season = profile.trade.season[month.month - 1] / 100
        usage = (
            profile.heads
            * profile.trade.power_per_head_kwh
            * growth
            * season
            * random.uniform(0.93, 1.07)
        )
        owes = _careless(profile, random, 8)
        yield _Fact("POWER_BILL", "POWER", _end(month), {
            "subject": profile.uscc,
            "month": _month(month),
            "usage": f"{usage:.1f}",
            "billed_yuan": _money(usage * 0.72),
            "paid_yuan": _money(0 if owes else usage * 0.72),
            "arrears_periods": "1" if owes else "0",
            "arrears_yuan": _money(usage * 0.72 if owes else 0),
        })  # fmt: skip
        if month.month % 3 == 0 and profile.number % 2:
            yield _Fact("WATER_BILL", "WATER", _end(month), {
                "subject": profile.uscc,
                "month": _month(month),
                "usage": f"{profile.heads * 2.4 * season:.1f}",
                "billed_yuan": _money(profile.heads * 2.4 * season * 7.9),
                "paid_yuan": _money(profile.heads * 2.4 * season * 7.9),
                "arrears_periods": "0",
            })  # fmt: skip


def _yearly(profile: Profile, random: Random, today: date) -> Iterator[_Fact]:
    latest = month_start(today)
    for year in (today.year - 2, today.year - 1):
        if profile.born.year > year or (profile.ended and profile.ended.year <= year):
            continue
        reported = date(year + 1, random.randint(3, 6), random.randint(1, 28))
        months = [date(year, month, 1) for month in range(1, 13)]
        sales = sum(profile.sales_yuan(m, latest, random) for m in months if profile.alive_in(m))
        assets, profit = sales * random.uniform(0.5, 1.4), sales * random.uniform(-0.03, 0.12)
        yield _Fact("ANNUAL_REPORT", "MARKET", reported, {
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
        yield _Fact("TAX_RATING", "TAX", date(year + 1, 4, 28), {
            "rating_year": str(year),
            "grade": grade,
            "rated_date": date(year + 1, 4, 28).isoformat(),
        })  # fmt: skip


def _breaches(profile: Profile, random: Random, months: list[date]) -> Iterator[_Fact]:
    for month in months:
        day = month + timedelta(days=random.randint(0, 26))
        no = f"{day:%Y%m}{profile.number:06d}"
        if _careless(profile, random, 5):
            yield _penalty(profile, random, day, no)
        if _careless(profile, random, 2.5):
            lifted = (day + timedelta(days=90)).isoformat() if profile.discipline > 35 else ""
            yield _Fact("ABNORMAL_LIST", "MARKET", day, {
                "listed_reason": "未按规定期限公示年度报告",
                "listed_date": day.isoformat(),
                "listed_by": AGENCY,
                "removed_date": lifted,
                "removed_reason": "已补报并公示" if lifted else "",
            })  # fmt: skip
        if _careless(profile, random, 2.5):
            amount = random.randint(2, 80) * 10_000
            is_open = profile.discipline < 50
            yield _Fact("ENFORCEMENT", "COURT", day, {
                "case_no": f"(示例{day.year})津演执{no}号",
                "court": "示例区人民法院",
                "amount_yuan": _money(amount),
                "unpaid_yuan": _money(amount if is_open else 0),
                "filed_date": day.isoformat(),
                "status": "执行中" if is_open else "已结案",
            })  # fmt: skip
            if profile.discipline < 30:
                yield _Fact("DISHONEST_DEBTOR", "COURT", day, {
                    "case_no": f"(示例{day.year})津演执{no}号",
                    "court": "示例区人民法院",
                    "performance": "全部未履行",
                    "listed_date": day.isoformat(),
                })  # fmt: skip
        if random.random() < 0.012:
            result = "发现问题待整改" if profile.discipline < 45 else "正常"
            yield _Fact("INSPECTION", "MARKET", day, {
                "task_no": f"演示{no}",
                "agency": AGENCY,
                "kind": "双随机抽查",
                "result": result,
                "inspected_date": day.isoformat(),
            })  # fmt: skip


def _penalty(profile: Profile, random: Random, day: date, no: str) -> _Fact:
    severity = random.choices(["轻微", "一般", "严重"], [5, 4, 1])[0]
    kind = "警告" if severity == "轻微" else "罚款"
    fine = {"轻微": 0.0, "一般": random.randint(1, 9) / 2, "严重": random.randint(10, 60)}[severity]
    fulfilled = (day + timedelta(days=20)).isoformat() if profile.discipline > 30 else ""
    return _Fact("PENALTY", "CREDIT_CENTER", day, {
        "CF_XDR_MC": profile.name,
        "CF_XDR_LB": "个体工商户" if profile.entity_type == "INDIVIDUAL" else "法人及非法人组织",
        "CF_XDR_SHXYM": profile.uscc,
        "CF_WSH": f"演示罚〔{day.year}〕{no}号",
        "CF_WFXW": "示例:未按规定公示信息",
        "CF_SY": "示例事实,纯属虚构",
        "CF_YJ": "示例依据",
        "CF_CFLB": kind,
        "CF_NR": "警告" if kind == "警告" else f"罚款 {fine} 万元",
        "CF_NR_FK": f"{fine:.2f}" if fine else "",
        "CF_JDRQ": day.isoformat(),
        "CF_CFJG": AGENCY,
        "CF_CFJGDM": AGENCY_CODE,
        "CF_SJLY": AGENCY,
        "CF_SJLYDM": AGENCY_CODE,
        "CF_DJ": severity,
        "CF_LXRQ": fulfilled,
    })  # fmt: skip


def _assets(profile: Profile, random: Random, today: date) -> Iterator[_Fact]:
    age_days = max(60, (today - profile.born).days)
    when = profile.born + timedelta(days=random.randint(20, age_days - 20))
    if profile.ended and when >= profile.ended:
        return
    if profile.heads >= 25 and random.random() < 0.35:
        yield _Fact("REAL_ESTATE", "PLANNING", when, {
            "certificate_no": f"津(示例)不动产权第{profile.number:07d}号",
            "location": f"示例市{profile.street}",
            "area_m2": str(random.randint(120, 6000)),
            "use": "工业",
            "registered_date": when.isoformat(),
        })  # fmt: skip
    if profile.innovative:
        for place in range(random.randint(1, 6)):
            yield _Fact("PATENT", "INTELLECTUAL_PROPERTY", when, {
                "patent_no": f"ZLYS{profile.number:06d}{place}",
                "title": f"一种示例装置({place + 1})",
                "kind": "发明" if place == 0 else "实用新型",
                "status": "有效",
                "granted_date": when.isoformat(),
            })  # fmt: skip
        issued = today - timedelta(days=random.randint(60, 900))
        if issued > profile.born:
            yield _Fact("INNOVATION_QUALIFICATION", "SCIENCE", issued, {
                "kind": random.choice(["高新技术企业", "科技型中小企业", "专精特新中小企业"]),
                "level_name": "市级",
                "certificate_no": f"YS{profile.number:07d}",
                "issued_date": issued.isoformat(),
                "expires_date": add_months(month_start(issued), 36).isoformat(),
            })  # fmt: skip
    if random.random() < 0.4:
        yield _permit(profile, when)
    if profile.discipline > 90 and random.random() < 0.3:
        yield _Fact("HONOR", "REFORM", when, {
            "honor_name": "示例诚信经营单位",
            "level_name": "区级",
            "agency": AGENCY,
            "granted_date": when.isoformat(),
        })  # fmt: skip
    if profile.trade.industry.startswith("0"):
        yield _Fact("FARMING", "AGRICULTURE", profile.born, {
            "contract_no": f"YSCB{profile.number:06d}",
            "area_mu": str(random.randint(10, 600)),
            "crop": profile.trade.word,
            "contract_from": profile.born.isoformat(),
        })  # fmt: skip


def _permit(profile: Profile, day: date) -> _Fact:
    until = add_months(month_start(day), 60)
    return _Fact("PERMIT", "CREDIT_CENTER", day, {
        "XK_XDR_MC": profile.name,
        "XK_XDR_LB": "个体工商户" if profile.entity_type == "INDIVIDUAL" else "法人及非法人组织",
        "XK_XDR_SHXYM": profile.uscc,
        "XK_XKWS": "示例许可决定书",
        "XK_WSH": f"演示许〔{day.year}〕{profile.number:06d}号",
        "XK_XKLB": "普通",
        "XK_NR": profile.trade.scope,
        "XK_JDRQ": day.isoformat(),
        "XK_YXQZ": day.isoformat(),
        "XK_YXQZI": until.isoformat(),
        "XK_XKJG": AGENCY,
        "XK_XKJGDM": AGENCY_CODE,
        "XK_ZT": "1",
        "XK_LYDW": AGENCY,
        "XK_LYDWDM": AGENCY_CODE,
    })  # fmt: skip


def _trade(profile: Profile, random: Random, months: list[date]) -> Iterator[_Fact]:
    if profile.exporter:
        for month in months[-26:]:
            amount = (
                profile.heads * profile.trade.sales_per_head_yuan * 0.2 * random.uniform(0.6, 1.4)
            )
            yield _Fact("CUSTOMS_TRADE", "CUSTOMS", _end(month), {
                "month": _month(month),
                "import_yuan": "0",
                "export_yuan": f"{amount / 10000:.2f}",
            })  # fmt: skip
        if months:
            yield _Fact("CUSTOMS_RATING", "CUSTOMS", months[0], {
                "grade": "注册登记和备案企业",
                "rated_date": months[0].isoformat(),
            })  # fmt: skip
    if profile.heads >= 30 and random.random() < 0.2 and months:
        signed = random.choice(months)
        yield _Fact("CONTRACT_PERFORMANCE", "FINANCE", signed, {
            "contract_no": f"YSHT{profile.number:06d}",
            "buyer": "示例采购单位",
            "amount_yuan": _money(random.randint(5, 300) * 10_000),
            "signed_date": signed.isoformat(),
            "result": "违约" if profile.discipline < 35 else "按期履约",
        })  # fmt: skip
