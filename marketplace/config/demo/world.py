"""The enterprises of the demonstration city, as profiles from which register rows and credit records are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from marketplace.domain import uscc
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.period import add_months, month_start

MONTHS = 36
INVOICED_EVERY = 7
"""Every so many enterprises one has its invoices on file."""
LARGE_EVERY, LARGE_FROM = 389, 11
"""Every so many enterprises one is a large manufacturer, of some age."""
LARGE_AGE_DAYS = 3000
MEAN_AGE_DAYS, OLDEST_DAYS, YOUNGEST_DAYS = 2000, 11_000, 40
SYLLABLES_FIRST = (
    "津海河滨泰安瑞丰恒信嘉禾盛达华宇中诚锦绣博远启明弘毅天成云帆润泽正德和顺广源聚力开元金石"
)
SYLLABLES_SECOND = "达丰源盛和泰信诚宇辉隆昌润祥运通联创睿科特佳美优德升旺"
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张"
GIVEN = "明华建国志强丽娜小红文博雅静子涵宇轩思远海燕立新春生"
STREETS = ("示例路", "样板道", "演示大街", "模拟东路", "范例西道")


@dataclass(frozen=True)
class Trade:
    """A line of business: industry code, word in the name, business scope, season, monthly sales per head in yuan.

    ``season`` gives the share of each calendar month in percent of the average month.
    """

    industry: str
    word: str
    scope: str
    season: tuple[int, ...]
    sales_per_head_yuan: int
    weight: int
    power_per_head_kwh: int = 60


_EVEN = (80, 75, 100, 102, 103, 104, 100, 100, 106, 104, 110, 116)
_SUMMER = (70, 70, 85, 95, 110, 130, 140, 135, 110, 95, 85, 75)
_WINTER = (150, 120, 85, 80, 80, 80, 85, 85, 95, 105, 110, 125)
_BUILD = (50, 40, 85, 110, 120, 120, 115, 115, 120, 120, 110, 95)
_FARM = (60, 60, 70, 80, 90, 110, 120, 130, 160, 150, 100, 70)

MACHINES = Trade("3484", "机械", "机械零部件加工；机械设备销售", _EVEN, 48_000, 8, 380)
TRADES = (
    Trade("1431", "食品", "米、面制品制造；食品销售", _WINTER, 38_000, 7, 260),
    Trade("3311", "金属制品", "金属结构制造；金属加工", _EVEN, 52_000, 9, 420),
    MACHINES,
    Trade("2929", "塑料制品", "塑料零件制造", _EVEN, 42_000, 5, 400),
    Trade("3670", "汽车配件", "汽车零部件及配件制造", _EVEN, 58_000, 5, 360),
    Trade("3463", "暖通设备", "制冷、空调设备制造", _SUMMER, 55_000, 3, 300),
    Trade("5121", "粮油贸易", "谷物、食用油批发", _WINTER, 120_000, 6),
    Trade("5164", "建材贸易", "建材批发；五金产品批发", _BUILD, 130_000, 8),
    Trade("5211", "百货", "日用百货零售", _WINTER, 35_000, 7),
    Trade("5292", "电子商务", "互联网零售", _EVEN, 60_000, 6),
    Trade("5437", "货运", "道路货物运输", _EVEN, 40_000, 6),
    Trade("5920", "仓储", "通用仓储服务", _EVEN, 36_000, 3, 150),
    Trade("6210", "餐饮", "正餐服务", _SUMMER, 18_000, 7, 180),
    Trade("6110", "宾馆", "旅游饭店住宿服务", _SUMMER, 20_000, 2, 240),
    Trade("6513", "软件", "应用软件开发；信息技术咨询", _EVEN, 32_000, 7, 40),
    Trade("6550", "信息服务", "数据处理和存储服务", _EVEN, 34_000, 3, 220),
    Trade("7212", "企业管理", "企业总部管理；商务咨询", _EVEN, 28_000, 4, 40),
    Trade("7320", "科技研发", "工程和技术研究和试验发展", _EVEN, 30_000, 4, 90),
    Trade("4790", "建筑工程", "房屋建筑工程施工", _BUILD, 70_000, 5),
    Trade("4910", "电气安装", "电气设备安装", _BUILD, 46_000, 3),
    Trade("7020", "物业服务", "物业管理", _EVEN, 15_000, 3, 60),
    Trade("8211", "家政服务", "家庭服务", _EVEN, 12_000, 3, 20),
    Trade("0141", "蔬菜种植", "蔬菜种植、销售", _FARM, 14_000, 4, 50),
    Trade("0321", "畜牧养殖", "猪的饲养、销售", _FARM, 26_000, 2, 80),
)
DISTRICT_WEIGHTS = {
    "120101": 6, "120102": 5, "120103": 6, "120104": 7, "120105": 5, "120106": 4,
    "120110": 6, "120111": 7, "120112": 6, "120113": 7, "120114": 8, "120115": 5,
    "120116": 15, "120117": 3, "120118": 5, "120119": 5,
}  # fmt: skip
ENTITY_WEIGHTS = {"ENTERPRISE": 82, "INDIVIDUAL": 13, "COOPERATIVE": 5}
CODE_HEADS = {"ENTERPRISE": "91", "INDIVIDUAL": "92", "COOPERATIVE": "93"}


@dataclass(frozen=True)
class Profile:
    """One enterprise and the hidden traits its records follow.

    Attributes:
        number: 1, 2, 3 … in the city.
        born, ended: first day, and the day it was struck off.
        heads: employees at the end.
        growth_pct: change of sales within a year.
        discipline: 0 (careless) to 100 (spotless): decides arrears, penalties, lists.
        innovative: holds patents and qualifications.
        exporter: has customs records.
    """

    number: int
    uscc: str
    name: str
    entity_type: str
    trade: Trade
    district_code: str
    street: str
    born: date
    ended: date | None
    heads: int
    growth_pct: int
    discipline: int
    innovative: bool
    exporter: bool
    representative: str
    capital_wan: int

    @property
    def is_alive(self) -> bool:
        """Return whether it still exists."""
        return self.ended is None

    def sales_yuan(self, month: date, latest: date, noise: Random) -> int:
        """Return the sales of a month: size, growth, season, noise."""
        years_ago = ((latest.year - month.year) * 12 + latest.month - month.month) / 12
        base = (
            self.heads * self.trade.sales_per_head_yuan / (1 + self.growth_pct / 100) ** years_ago
        )
        return int(base * self.trade.season[month.month - 1] / 100 * noise.uniform(0.88, 1.12))

    def alive_in(self, month: date) -> bool:
        """Return whether it did business in the month."""
        return self.born <= month and (self.ended is None or month < month_start(self.ended))


def profiles(count: int, seed: int, today: date) -> Iterator[Profile]:
    """Yield the enterprises of the city, one after the other, the same for the same seed.

    Args:
        count: how many.
        seed: of the city.
        today: the latest business date; nobody is younger than a month.
    """
    random = Random(f"world-{seed}")
    for number in range(1, count + 1):
        yield _profile(number, random, today)


def months_before(today: date, count: int = MONTHS) -> list[date]:
    """Return the first days of the whole months before the current one, oldest first."""
    this = month_start(today)
    return [add_months(this, -back) for back in range(count, 0, -1)]


def _profile(number: int, random: Random, today: date) -> Profile:
    trade = random.choices(TRADES, [entry.weight for entry in TRADES])[0]
    is_large = number % LARGE_EVERY == LARGE_FROM
    trade = MACHINES if is_large else trade
    kind = "ENTERPRISE" if is_large else _entity(trade, random)
    district = _district(number, random)
    age = min(OLDEST_DAYS, YOUNGEST_DAYS + int(random.expovariate(1 / MEAN_AGE_DAYS)))
    age = max(age, LARGE_AGE_DAYS) if is_large else age
    born = today - timedelta(days=age)
    discipline = min(100, max(0, int(random.gauss(78, 18))))
    heads = random.randint(1050, 1500) if is_large else _heads(kind, random)
    return Profile(
        number=number,
        uscc=_code(kind, district, number),
        name=_name(number, kind, trade, district, random),
        entity_type=kind,
        trade=trade,
        district_code=district,
        street=f"{random.choice(STREETS)}{random.randint(1, 299)}号",
        born=born,
        ended=None if is_large else _ended(born, discipline, today, random),
        heads=heads,
        growth_pct=int(random.gauss(6, 14)),
        discipline=discipline,
        innovative=trade.industry[:2] in {"65", "73", "34", "36"} and random.random() < 0.4,
        exporter=trade.industry[:1] in {"1", "2", "3", "5"} and random.random() < 0.15,
        representative=person_name(random),
        capital_wan=random.choice((10, 50, 100, 100, 200, 500, 500, 1000, 2000)),
    )


def _district(number: int, random: Random) -> str:
    """Return where an enterprise sits: the first ones one in each district, the others by its weight."""
    codes = list(DISTRICT_WEIGHTS)
    if number <= len(codes):
        return codes[number - 1]
    return random.choices(codes, list(DISTRICT_WEIGHTS.values()))[0]


def _entity(trade: Trade, random: Random) -> str:
    if trade.industry.startswith("0"):
        return random.choices(["COOPERATIVE", "ENTERPRISE"], [70, 30])[0]
    kinds = {kind: w for kind, w in ENTITY_WEIGHTS.items() if kind != "COOPERATIVE"}
    if trade.industry[:2] not in {"52", "62", "54", "82"}:
        kinds["INDIVIDUAL"] = 3
    return random.choices(list(kinds), list(kinds.values()))[0]


def _heads(kind: str, random: Random) -> int:
    if kind == "INDIVIDUAL":
        return random.randint(1, 6)
    return min(1500, max(2, int(random.lognormvariate(2.7, 1.0))))


def _code(kind: str, district: str, number: int) -> str:
    """Return a valid credit code whose organisation number starts with DEMO letters no office gives out."""
    return uscc.make(CODE_HEADS[kind], district, f"XY{number:06d}")


def _name(number: int, kind: str, trade: Trade, district: str, random: Random) -> str:
    brand = random.choice(SYLLABLES_FIRST) + random.choice(SYLLABLES_SECOND)
    label = DISTRICT_LABELS[district]
    if kind == "INDIVIDUAL":
        return f"{label}示例{brand}{trade.word}店{number}"
    if kind == "COOPERATIVE":
        return f"天津市{label}示例{brand}{trade.word}专业合作社"[:60] + f"{number}"
    return f"天津示例{brand}{trade.word}{number}号有限公司"


def person_name(random: Random) -> str:
    """Return the name of a fictional person."""
    return random.choice(SURNAMES) + "示" + random.choice(GIVEN)


def _ended(born: date, discipline: int, today: date, random: Random) -> date | None:
    if random.random() > 0.06 + (0.06 if discipline < 45 else 0):
        return None
    span = (today - born).days
    return None if span < 400 else today - timedelta(days=random.randint(10, min(span - 300, 900)))


def register_row(profile: Profile, day: date) -> dict[str, str]:
    """Return the enterprise as a row of the register's sheet on a day."""
    ended = profile.ended if profile.ended and profile.ended <= day else None
    return {
        "企业名称": profile.name,
        "统一社会信用代码": profile.uscc,
        "注册日期": profile.born.isoformat(),
        "注销日期": ended.isoformat() if ended else "",
        "登记状态": "注销" if ended else "存续",
        "企业类型": {
            "ENTERPRISE": "有限责任公司",
            "INDIVIDUAL": "个体工商户",
            "COOPERATIVE": "农民专业合作社",
        }[profile.entity_type],
        "注册资金": f"{profile.capital_wan}(万元人民币)",
        "行业代码": profile.trade.industry,
        "从业人数": str(profile.heads),
        "法定代表人": profile.representative,
        "经营范围": profile.trade.scope,
        "所在省份": "天津",
        "地区": DISTRICT_LABELS[profile.district_code],
        "注册地址": f"天津市{DISTRICT_LABELS[profile.district_code]}{profile.street}",
    }
