"""Credit records that come when something happens: people and changes, permits, penalties, cases, lists, assets.

Rows are what a unit's sheet would hold, as in `marketplace.config.demo.facts`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random

from marketplace.config.demo.facts import Fact, careless, money
from marketplace.config.demo.world import Profile, person_name
from marketplace.domain.period import add_months, month_start

AGENCY = "示例市监管部门"
AGENCY_CODE = "11120000000000000T"
PENALIZED_EVERY = 11
"""Every so many enterprises one has a penalty whose duties are fulfilled: it can be repaired."""

COURT = "示例区人民法院"
POSITIONS = ("执行董事", "监事", "财务负责人")


def incidental_facts(
    profile: Profile, random: Random, months: list[date], today: date
) -> Iterator[Fact]:
    """Yield what is recorded of an enterprise when it happens; arguments as in `regular_facts`."""
    yield from _people(profile, random)
    yield from _changes(profile, random, months)
    yield from _breaches(profile, random, months)
    yield from _courts(profile, random, months)
    yield from _lists(profile, random, months)
    yield from _assets(profile, random, today)
    yield from _permits(profile, random, today)
    yield from _merits(profile, random, months)


def _people(profile: Profile, random: Random) -> Iterator[Fact]:
    """The representative and two others; an individual's business has no register of people."""
    if profile.entity_type == "INDIVIDUAL":
        return
    others = {person_name(random) for _ in POSITIONS} - {profile.representative}
    names = [profile.representative, *sorted(others)]
    for name, position in zip(names, POSITIONS, strict=False):
        yield Fact("KEY_PERSON", "MARKET", profile.born, {
            "person_name": name,
            "position": position,
            "appointed_date": profile.born.isoformat(),
        })  # fmt: skip
    share = random.choice((51, 60, 80, 100))
    for name, part in zip(names, (share, 100 - share), strict=False):
        if part:
            yield Fact("SHAREHOLDER", "MARKET", profile.born, {
                "shareholder_name": name,
                "shareholder_kind": "自然人",
                "subscribed_yuan": f"{profile.capital_wan * part / 100:.2f}",
                "share_pct": str(part),
                "disclosed_date": profile.born.isoformat(),
            })  # fmt: skip


def _changes(profile: Profile, random: Random, months: list[date]) -> Iterator[Fact]:
    for month in months:
        if random.random() < 0.008:
            day = month + timedelta(days=random.randint(0, 27))
            yield Fact("REGISTRATION_CHANGE", "MARKET", day, {
                "change_item": random.choice(("经营范围", "注册资本", "住所", "监事")),
                "before": "示例变更前",
                "after": "示例变更后",
                "changed_date": day.isoformat(),
            })  # fmt: skip


def _breaches(profile: Profile, random: Random, months: list[date]) -> Iterator[Fact]:
    """Penalties, coercion and inspections."""
    if profile.number % PENALIZED_EVERY == 4 and len(months) > 24:
        day = months[-random.randint(6, 20)] + timedelta(days=27)
        yield _penalty(profile, random, day, severity="一般", fulfilled=True)
    for month in months:
        day = month + timedelta(days=random.randint(0, 26))
        if careless(profile, random, 3):
            severity = random.choices(("轻微", "一般", "严重"), (5, 4, 1))[0]
            fulfilled = profile.discipline > 30
            yield _penalty(profile, random, day, severity=severity, fulfilled=fulfilled)
        if careless(profile, random, 0.3):
            yield Fact("COERCION", "MARKET", day, {
                "document_no": f"演示强〔{day.year}〕{_number(profile, day)}号",
                "measure": "查封",
                "agency": AGENCY,
                "decided_date": day.isoformat(),
            })  # fmt: skip
        if random.random() < 0.012:
            result = "发现问题待整改" if profile.discipline < 45 else "正常"
            yield Fact("INSPECTION", "MARKET", day, {
                "task_no": f"演示{_number(profile, day)}",
                "agency": AGENCY,
                "kind": "双随机抽查",
                "result": result,
                "inspected_date": day.isoformat(),
            })  # fmt: skip


def _courts(profile: Profile, random: Random, months: list[date]) -> Iterator[Fact]:
    for month in months:
        day = month + timedelta(days=random.randint(0, 26))
        no = _number(profile, day)
        if careless(profile, random, 1.5) or random.random() < 0.002:
            yield Fact("JUDGMENT", "COURT", day, {
                "case_no": f"（示例{day.year}）津演民初{no}号",
                "court": COURT,
                "cause": "买卖合同纠纷",
                "role": "被告" if profile.discipline < 75 else "原告",
                "judged_date": day.isoformat(),
            })  # fmt: skip
        if not careless(profile, random, 1.8):
            continue
        amount = random.randint(2, 80) * 10_000
        is_open = profile.discipline < 50
        yield Fact("ENFORCEMENT", "COURT", day, {
            "case_no": f"（示例{day.year}）津演执{no}号",
            "court": COURT,
            "amount_yuan": money(amount),
            "unpaid_yuan": money(amount if is_open else 0),
            "filed_date": day.isoformat(),
            "status": "执行中" if is_open else "已结案",
        })  # fmt: skip
        if profile.discipline < 30:
            yield Fact("DISHONEST_DEBTOR", "COURT", day, {
                "case_no": f"（示例{day.year}）津演执{no}号",
                "court": COURT,
                "performance": "全部未履行",
                "listed_date": day.isoformat(),
            })  # fmt: skip


def _lists(profile: Profile, random: Random, months: list[date]) -> Iterator[Fact]:
    for month in months:
        day = month + timedelta(days=random.randint(0, 26))
        if careless(profile, random, 2.5):
            lifted = (day + timedelta(days=90)).isoformat() if profile.discipline > 35 else ""
            yield Fact("ABNORMAL_LIST", "MARKET", day, {
                "listed_reason": "未按规定期限公示年度报告",
                "listed_date": day.isoformat(),
                "listed_by": AGENCY,
                "removed_date": lifted,
                "removed_reason": "已补报并公示" if lifted else "",
            })  # fmt: skip
        if profile.discipline < 25 and careless(profile, random, 1):
            yield Fact("SERIOUS_BREACH_LIST", "CREDIT_CENTER", day, {
                "list_kind": "拖欠农民工工资",
                "document_no": f"演示名单〔{day.year}〕{_number(profile, day)}号",
                "legal_basis": "示例依据",
                "listed_reason": "示例事实，纯属虚构",
                "listed_by": AGENCY,
                "listed_date": day.isoformat(),
            })  # fmt: skip


def _penalty(
    profile: Profile, random: Random, day: date, *, severity: str, fulfilled: bool
) -> Fact:
    kind = "警告" if severity == "轻微" else "罚款"
    fines = {"轻微": 0.0, "一般": random.randint(1, 9) / 2, "严重": random.randint(10, 60)}
    fine, no = fines[severity], _number(profile, day)
    return Fact("PENALTY", "CREDIT_CENTER", day, {
        "CF_XDR_MC": profile.name,
        "CF_XDR_LB": "个体工商户" if profile.entity_type == "INDIVIDUAL" else "法人及非法人组织",
        "CF_XDR_SHXYM": profile.uscc,
        "CF_WSH": f"演示罚〔{day.year}〕{no}号",
        "CF_WFXW": "示例：未按规定公示信息",
        "CF_SY": "示例事实，纯属虚构",
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
        "CF_LXRQ": (day + timedelta(days=20)).isoformat() if fulfilled else "",
    })  # fmt: skip


def _assets(profile: Profile, random: Random, today: date) -> Iterator[Fact]:
    """Real estate, and what comes of research."""
    when = _once(profile, random, today)
    if profile.heads >= 25 and random.random() < 0.35:
        yield Fact("REAL_ESTATE", "PLANNING", when, {
            "certificate_no": f"津（示例）不动产权第{profile.number:07d}号",
            "location": f"示例市{profile.street}",
            "area_m2": str(random.randint(120, 6000)),
            "use": "工业",
            "registered_date": when.isoformat(),
        })  # fmt: skip
        if random.random() < 0.3:
            yield Fact("REAL_ESTATE_MORTGAGE", "PLANNING", when, {
                "proof_no": f"津（示例）不动产证明第{profile.number:07d}号",
                "mortgagee": "示例抵押权人",
                "registered_date": when.isoformat(),
            })  # fmt: skip
    if not profile.innovative:
        return
    for place in range(random.randint(1, 6)):
        yield Fact("PATENT", "INTELLECTUAL_PROPERTY", when, {
            "patent_no": f"ZLYS{profile.number:06d}{place}",
            "title": f"一种示例装置（{place + 1}）",
            "kind": "发明" if place == 0 else "实用新型",
            "status": "有效",
            "granted_date": when.isoformat(),
        })  # fmt: skip
    issued = today - timedelta(days=random.randint(60, 900))
    if issued > profile.born:
        yield Fact("INNOVATION_QUALIFICATION", "SCIENCE", issued, {
            "kind": random.choice(["高新技术企业", "科技型中小企业", "专精特新中小企业"]),
            "level_name": "市级",
            "certificate_no": f"YS{profile.number:07d}",
            "issued_date": issued.isoformat(),
            "expires_date": add_months(month_start(issued), 36).isoformat(),
        })  # fmt: skip
    if profile.trade.industry.startswith("65"):
        yield Fact("SOFTWARE_COPYRIGHT", "COPYRIGHT", when, {
            "register_no": f"YSRZ{profile.number:07d}",
            "title": "示例管理软件 V1.0",
            "registered_date": when.isoformat(),
        })  # fmt: skip


def _permits(profile: Profile, random: Random, today: date) -> Iterator[Fact]:
    when = _once(profile, random, today)
    if random.random() < 0.4:
        yield _permit(profile, when)
    if profile.trade.industry.startswith("54"):
        yield Fact("TRANSPORT_LICENCE", "TRANSPORT", when, {
            "licence_no": f"YSYS{profile.number:07d}",
            "scope": "道路普通货物运输",
            "vehicles": str(max(1, profile.heads // 2)),
            "issued_date": when.isoformat(),
        })  # fmt: skip
    if profile.trade.industry.startswith("0"):
        yield Fact("FARMING", "AGRICULTURE", profile.born, {
            "contract_no": f"YSCB{profile.number:06d}",
            "area_mu": str(random.randint(10, 600)),
            "crop": profile.trade.word,
            "contract_from": profile.born.isoformat(),
        })  # fmt: skip


def _permit(profile: Profile, day: date) -> Fact:
    until = add_months(month_start(day), 60)
    return Fact("PERMIT", "CREDIT_CENTER", day, {
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


def _merits(profile: Profile, random: Random, months: list[date]) -> Iterator[Fact]:
    """Honors, commitments, ratings and contracts kept."""
    if not months:
        return
    day = random.choice(months) + timedelta(days=random.randint(0, 26))
    if profile.discipline > 90 and random.random() < 0.3:
        yield Fact("HONOR", "REFORM", day, {
            "honor_name": "示例诚信经营单位",
            "level_name": "区级",
            "agency": AGENCY,
            "granted_date": day.isoformat(),
        })  # fmt: skip
    if random.random() < 0.08:
        yield Fact("CREDIT_COMMITMENT", "CREDIT_CENTER", day, {
            "commitment_no": f"YSCN{_number(profile, day)}",
            "kind": "主动型",
            "made_date": day.isoformat(),
            "fulfilment": "违背承诺" if profile.discipline < 40 else "已履行",
        })  # fmt: skip
    year = months[-1].year - 1
    if profile.trade.industry[0] in "123" and profile.heads >= 20 and profile.born.year <= year:
        yield Fact("ENVIRONMENT_RATING", "ENVIRONMENT", date(year + 1, 6, 5), {
            "rating_year": str(year),
            "grade": "绿" if profile.discipline > 85 else "蓝" if profile.discipline > 50 else "黄",
            "rated_date": date(year + 1, 6, 5).isoformat(),
        })  # fmt: skip
    if profile.heads >= 30 and random.random() < 0.2:
        yield Fact("CONTRACT_PERFORMANCE", "FINANCE", day, {
            "contract_no": f"YSHT{profile.number:06d}",
            "buyer": "示例采购单位",
            "amount_yuan": money(random.randint(5, 300) * 10_000),
            "signed_date": day.isoformat(),
            "result": "违约" if profile.discipline < 35 else "按期履约",
        })  # fmt: skip


def _once(profile: Profile, random: Random, today: date) -> date:
    """Return a day within the life of an enterprise."""
    days = ((profile.ended or today) - profile.born).days
    return profile.born + timedelta(days=random.randint(20, max(21, days - 20)))


def _number(profile: Profile, day: date) -> str:
    return f"{day:%Y%m}{profile.number:06d}"
