"""The 54 institutions of the demonstration city, and what they offer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from random import Random

from lenders.domain.institution import InstitutionKind
from lenders.domain.product import ProductTerms, highest_all_in
from lenders.domain.rule import Operator, RuleSpec, RuleValue
from lenders.models import Branch, Institution
from lenders.services import (
    branch_create,
    institution_apply,
    institution_review,
    product_draft,
    product_review,
    product_submit,
    staff_post,
)
from marketplace.config.demo.people import People, person
from marketplace.domain import uscc
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.roles import Role
from marketplace.models import User

K = InstitutionKind
Condition = tuple[str, Operator, RuleValue]
"""Feature, comparison, limit."""

COUNTS = {
    K.POLICY: 3,
    K.LARGE: 6,
    K.JOINT_STOCK: 12,
    K.CITY: 11,
    K.PRIVATE: 1,
    K.RURAL: 2,
    K.VILLAGE: 8,
    K.MICROCREDIT: 4,
    K.GUARANTEE: 4,
    K.LEASING: 3,
}
"""Kinds of the city's 54 institutions."""

WORDS = {
    K.POLICY: "政策银行",
    K.LARGE: "大型银行",
    K.JOINT_STOCK: "股份银行",
    K.CITY: "城市银行",
    K.PRIVATE: "民营银行",
    K.RURAL: "农村商业银行",
    K.VILLAGE: "村镇银行",
    K.MICROCREDIT: "小额贷款公司",
    K.GUARANTEE: "融资担保公司",
    K.LEASING: "融资租赁公司",
}
MARKS = "甲乙丙丁戊己庚辛壬癸子丑"
PRODUCTS_PER_KIND = {
    K.POLICY: 2,
    K.LARGE: 4,
    K.JOINT_STOCK: 4,
    K.CITY: 4,
    K.PRIVATE: 3,
    K.RURAL: 3,
    K.VILLAGE: 2,
    K.MICROCREDIT: 1,
    K.GUARANTEE: 1,
    K.LEASING: 1,
}


@dataclass(frozen=True)
class Lender:
    """One institution with its people and its branch."""

    institution: Institution
    branch: Branch
    officer: User
    approver: User


@dataclass(frozen=True)
class Line:
    """A kind of product: what it is called, whom it is for, its range and its rules."""

    code: str
    name: str
    summary: str
    amount_wan: tuple[int, int]
    term: tuple[int, int]
    rate_bp: tuple[int, int]
    guarantee: tuple[str, ...]
    purposes: tuple[str, ...]
    rules: tuple[Condition, ...]
    repayments: tuple[str, ...] = ("EQUAL_INSTALLMENT", "INTEREST_THEN_PRINCIPAL")
    fee_bp: int = 0


_ALIVE: tuple[Condition, ...] = (
    ("registration_status", Operator.IN, ("ACTIVE",)),
    ("serious_breach", Operator.IS_FALSE, False),
    ("dishonest_debtor", Operator.IS_FALSE, False),
)


def _at_least(feature: str, number: int) -> Condition:
    return feature, Operator.GE, Decimal(number)


def _at_most(feature: str, number: int) -> Condition:
    return feature, Operator.LE, Decimal(number)


_NOT_ABNORMAL: Condition = ("abnormal_listed", Operator.IS_FALSE, False)
LINES = (
    Line(
        "TAX", "税信贷", "按纳税记录核定额度的信用贷款。",
        (10, 300), (3, 12), (345, 480), ("CREDIT",), ("WORKING_CAPITAL",),
        (
            _at_least("age_months", 24),
            ("tax_rating", Operator.IN, ("A", "B", "M")),
            _at_least("tax_paid_12m_yuan", 10_000),
            _at_most("tax_arrears_yuan", 0),
        ),
    ),
    Line(
        "PAYROLL", "社保贷", "按社保缴纳人数核定额度，稳岗企业适用。",
        (20, 500), (6, 24), (335, 450), ("CREDIT",), ("WORKING_CAPITAL", "EQUIPMENT"),
        (
            _at_least("age_months", 12),
            _at_least("social_insured_count", 10),
            _at_least("social_insurance_months_paid_12m", 10),
        ),
    ),
    Line(
        "INVOICE", "发票贷", "按开票销售额核定额度。",
        (10, 500), (3, 12), (360, 520), ("CREDIT",), ("WORKING_CAPITAL", "RECEIVABLES", "TRADE"),
        (_at_least("invoiced_sales_12m_yuan", 2_000_000), _NOT_ABNORMAL),
    ),
    Line(
        "TECH", "科创贷", "面向有专利或科技资质的企业。",
        (50, 1000), (6, 36), (310, 420), ("CREDIT", "PLEDGE"),
        ("RESEARCH", "EQUIPMENT", "WORKING_CAPITAL"),
        (_at_least("patents_count", 1), ("grade", Operator.IN, ("A", "B"))),
    ),
    Line(
        "MORTGAGE", "经营抵押贷", "以自有不动产抵押，额度高、期限长。",
        (100, 3000), (12, 120), (320, 430), ("MORTGAGE", "COMBINED"),
        ("WORKING_CAPITAL", "EQUIPMENT", "PROJECT"),
        (_at_least("real_estate_count", 1), _at_most("enforcement_open_count", 0)),
    ),
    Line(
        "POWER", "电力贷", "按用电量及其变化核定额度，制造业适用。",
        (20, 300), (3, 24), (355, 480), ("CREDIT",), ("WORKING_CAPITAL", "EQUIPMENT"),
        (_at_least("electricity_trend_pct", -15), _at_most("utility_arrears_count", 1)),
    ),
    Line(
        "MICRO", "小微速贷", "面向小微企业和个体工商户的小额信用贷款。",
        (1, 50), (1, 12), (420, 720), ("CREDIT",), ("WORKING_CAPITAL", "OTHER"),
        (
            ("size_class", Operator.IN, ("SMALL", "MICRO", "INDIVIDUAL")),
            _at_least("age_months", 6),
            _NOT_ABNORMAL,
        ),
        ("EQUAL_INSTALLMENT", "REVOLVING"),
    ),
    Line(
        "FARM", "惠农贷", "面向合作社与涉农企业。",
        (5, 200), (3, 36), (365, 495), ("CREDIT", "SURETY"), ("AGRICULTURE", "WORKING_CAPITAL"),
        (("industry_section", Operator.IN, ("A", "C", "F")), _at_most("penalties_24m", 1)),
    ),
    Line(
        "SURETY", "政策担保贷", "由政府性融资担保机构保证，担保费率不超过 1%。",
        (20, 1000), (6, 36), (330, 450), ("SURETY",), ("WORKING_CAPITAL", "EQUIPMENT"),
        (_at_least("age_months", 12), _at_most("serious_penalties_36m", 0)),
        fee_bp=90,
    ),
    Line(
        "LEASE", "设备融资租赁", "以设备为标的的融资租赁。",
        (30, 2000), (12, 60), (480, 760), ("PLEDGE", "COMBINED"), ("EQUIPMENT",),
        (_at_least("age_months", 18),),
    ),
)  # fmt: skip
CHOICES = {
    K.POLICY: ("FARM", "MORTGAGE"),
    K.VILLAGE: ("MICRO", "FARM"),
    K.RURAL: ("FARM", "MICRO", "TAX"),
    K.MICROCREDIT: ("MICRO",),
    K.GUARANTEE: ("SURETY",),
    K.LEASING: ("LEASE",),
    K.PRIVATE: ("MICRO", "INVOICE", "TAX"),
}
COMMON = ("TAX", "PAYROLL", "INVOICE", "TECH", "MORTGAGE", "POWER", "SURETY")


def city_lenders(people: People, at: datetime, seed: int) -> Iterator[Lender]:
    """Create the institutions with branch, officer, approver and products, one after the other."""
    random = Random(f"lenders-{seed}")
    number = 0
    for kind, count in COUNTS.items():
        for place in range(count):
            number += 1
            lender = _lender(number, kind, place, people, at)
            for line in _lines(kind, random):
                _product(lender, line, random, at)
            yield lender


def _lender(number: int, kind: InstitutionKind, place: int, people: People, at: datetime) -> Lender:
    name = f"示例{MARKS[place]}{WORDS[kind]}"
    institution = institution_apply(
        code=f"L{number:03d}",
        kind=kind.value,
        name=name,
        uscc=uscc.make("91", "120100", f"XYL{number:05d}"),
        introduction=f"{name}为演示用的虚构机构。",
        contact_name="示例联系人",
        contact_phone="022-00000000",
        actor=None,
        at=at,
    )
    institution = institution_review(
        institution=institution, approve=True, reason="", actor=people.operator, at=at
    )
    branch = branch_create(
        institution=institution,
        name=f"{name}演示支行",
        district_codes=list(DISTRICT_LABELS),
        is_default=True,
        actor=people.operator,
        at=at,
    )
    shown = number == SHOWN_LENDER
    suffix = "" if shown else f"-{institution.code}"
    staff: list[User] = []
    for username, title, role in (
        ("officer", "客户经理", Role.OFFICER),
        ("approver", "审批人", Role.APPROVER),
    ):
        user = person(f"{username}{suffix}", f"{name}{title}", at, shown=shown)
        staff_post(
            user=user,
            institution=institution,
            role=role,
            branch=branch,
            actor=people.operator,
            at=at,
        )
        staff.append(user)
    return Lender(institution, branch, staff[0], staff[1])


SHOWN_LENDER = 22
"""The first city bank: its officer and approver are printed."""


def _lines(kind: InstitutionKind, random: Random) -> list[Line]:
    codes = list(CHOICES.get(kind, COMMON))
    random.shuffle(codes)
    wanted = codes[: PRODUCTS_PER_KIND[kind]]
    return [line for line in LINES if line.code in wanted]


def _product(lender: Lender, line: Line, random: Random, at: datetime) -> None:
    """Draft, submit and publish one product by two persons."""
    institution = lender.institution
    terms = _terms(line, random)
    rules = [
        RuleSpec(f"R{place:02d}_{feature.upper()}"[:48], feature, operator, value, date(2020, 1, 1))
        for place, (feature, operator, value) in enumerate((*_ALIVE, *line.rules), start=1)
    ]
    version = product_draft(
        institution=institution,
        code=f"{institution.code}-{line.code}",
        name=f"{line.name}（{institution.organisation.name.removeprefix('示例')}）",
        terms=terms,
        rules=rules,
        summary=line.summary,
        actor=lender.officer,
        at=at,
    )
    version = product_submit(version=version, actor=lender.officer, at=at)
    product_review(version=version, publish=True, reason="", actor=lender.approver, at=at)


def _terms(line: Line, random: Random) -> ProductTerms:
    shift = random.randrange(-10, 30, 5)
    terms = ProductTerms(
        amount_min_yuan=Decimal(line.amount_wan[0] * 10_000),
        amount_max_yuan=Decimal(int(line.amount_wan[1] * random.choice((0.6, 1, 1, 1.5))) * 10_000),
        term_min_months=line.term[0],
        term_max_months=line.term[1],
        annual_rate_min_bp=line.rate_bp[0] + shift,
        annual_rate_max_bp=line.rate_bp[1] + shift,
        all_in_rate_max_bp=None,
        guarantees=line.guarantee,
        purposes=line.purposes,
        repayments=line.repayments,
        fee_rate_bp=line.fee_bp,
        decision_days=random.choice((3, 5, 5, 7)),
    )
    highest = highest_all_in(terms).simple_bp
    return replace(terms, all_in_rate_max_bp=max(highest, terms.annual_rate_max_bp))
