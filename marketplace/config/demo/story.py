"""A year of dealings: needs, consents, applications, decisions, loans and repayments, each step by its service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from borrowers.models import Enterprise
from borrowers.services import account_apply, account_review, agent_add, consent_revoke
from marketplace.config.demo.lending import Lender
from marketplace.config.demo.people import DEMO_PASSWORD, People, person
from marketplace.config.demo.records import INVOICED_EVERY
from marketplace.config.demo.world import Profile
from marketplace.domain.money import to_yuan
from marketplace.domain.vocabulary import DATA_CLASS_LABELS
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.policies import memberships_forget
from matching.models import FinancingDemand, LoanApplication
from matching.selectors.fit import ProductFit, demand_fit
from matching.services.application import ConsentChoice, application_submit
from matching.services.demand import demand_create, demand_publish
from matching.services.outcome import outcome_record
from matching.services.transition import application_transition

CLASSES = tuple(sorted(entry.value for entry in DATA_CLASS_LABELS))
SHARE_WITH_NEED = 0.024
LONGEST_DAYS = 350
REPAY_EVERY_DAYS = 91


@dataclass(frozen=True)
class Borrower:
    """An enterprise with a verified account."""

    profile: Profile
    enterprise: Enterprise
    owner: User


class StoryEnded(Exception):
    """The next step would be in the future."""


@dataclass
class Clock:
    """The time of one story; it stops at the present."""

    at: datetime
    now: datetime

    def later(self, days: float) -> datetime:
        """Go on by so many days.

        Raises:
            StoryEnded: that is in the future.
        """
        self.at += timedelta(days=days)
        if self.at > self.now:
            raise StoryEnded
        return self.at


def city_borrowers(
    profiles: Sequence[Profile], people: People, seed: int, at: datetime
) -> Iterator[Borrower]:
    """Open accounts for the enterprises that will have a need; the first one's people are printed."""
    random = Random(f"borrowers-{seed}")
    able = [
        entry
        for entry in profiles
        if entry.is_alive
        and entry.entity_type != "INDIVIDUAL"
        and entry.heads >= 8
        and entry.discipline >= 40
        and (local_date(at) - entry.born).days > 500
    ]
    first = [entry for entry in able if _makes_a_good_first(entry)][:1] or able[:1]
    wanted = max(6, int(len(profiles) * SHARE_WITH_NEED))
    rest = [entry for entry in able if entry not in first]
    chosen = first + random.sample(rest, min(wanted, len(rest)))
    for place, profile in enumerate(chosen):
        yield _borrower(profile, people, at, shown=place == 0)


def _makes_a_good_first(entry: Profile) -> bool:
    """Return whether the printed account should be this one: a tidy manufacturer with invoices on file."""
    is_maker = entry.trade.industry.startswith("3")
    return is_maker and entry.number % INVOICED_EVERY == 0 and entry.discipline >= 70


def _borrower(profile: Profile, people: People, at: datetime, *, shown: bool) -> Borrower:
    username = "owner" if shown else f"owner-{profile.number:06d}"
    owner = person(username, profile.representative, at, shown=shown)
    account = account_apply(
        uscc=profile.uscc,
        contact_name=profile.representative,
        contact_phone=f"1390000{profile.number % 10000:04d}",
        actor=owner,
        at=at,
    )
    account_review(account=account, approve=True, reason="", actor=people.operator, at=at)
    memberships_forget(owner)
    enterprise = Enterprise.objects.select_related("account").get(pk=account.enterprise_id)
    if shown:
        people.announce(
            owner, "企业负责人", profile.name, "“融资需求”里看匹配结果和理由,“信用画像”看自己的数据"
        )
        agent = agent_add(
            enterprise=enterprise,
            username="agent",
            password=DEMO_PASSWORD,
            display_name="演示经办",
            actor=owner,
            at=at,
        )
        people.announce(agent.user, "企业经办人", profile.name, "“我的申请”看进度")
    return Borrower(profile, enterprise, owner)


def tell(
    borrower: Borrower,
    lenders: dict[int, Lender],
    start: datetime,
    now: datetime,
    seed: int,
    favorite: int | None = None,
) -> str:
    """Tell one story from the need to wherever it stands today; return how it ended.

    Args:
        borrower: whose need.
        lenders: by primary key of the institution.
        start: when the need comes up, aware.
        now: the present.
        seed: of the city.
        favorite: primary key of the institution whose product is taken when one of its products will do.
    """
    random = Random(f"story-{seed}-{borrower.profile.number}")
    clock = Clock(start, now)
    need = _need(borrower, random, clock)
    offers = _offers(borrower, need, clock.at)
    if not offers:
        return "NO_OFFER"
    liked = [entry for entry in offers if entry.product.institution.pk == favorite]
    offer = random.choice(liked or offers[:4])
    try:
        application = application_submit(
            demand=need,
            product_id=offer.product.product.public_id,
            consent=ConsentChoice(CLASSES, 12, random.random() < 0.92),
            actor=borrower.owner,
            at=clock.later(0.1),
        )
        return _handled(borrower, application, lenders[application.institution_id], random, clock)
    except StoryEnded:
        return "UNDER_WAY"


def _need(borrower: Borrower, random: Random, clock: Clock) -> FinancingDemand:
    heads = borrower.profile.heads
    amount_wan = min(3000, max(5, int(heads * random.uniform(1.5, 6)) // 5 * 5))
    revenue = Decimal(heads * borrower.profile.trade.sales_per_head_yuan * 12)
    demand = demand_create(
        enterprise=borrower.enterprise,
        amount_yuan=Decimal(amount_wan * 10_000),
        term_months=random.choice((6, 12, 12, 12, 24)),
        purpose=random.choice(("WORKING_CAPITAL", "WORKING_CAPITAL", "EQUIPMENT")),
        purpose_note="备货与日常周转(演示)",
        guarantee=random.choice(("CREDIT", "CREDIT", "CREDIT", "MORTGAGE", "SURETY")),
        max_rate_bp=None,
        declared_employees=int(heads * random.choice((1, 1, 1, 1.4))),
        declared_revenue_yuan=to_yuan(revenue * Decimal(random.choice(("0.9", "1", "1.1", "1.8")))),
        is_first_loan=random.random() < 0.3,
        actor=borrower.owner,
        at=clock.at,
    )
    return demand_publish(demand=demand, actor=borrower.owner, at=clock.at)


def _offers(borrower: Borrower, need: FinancingDemand, at: datetime) -> list[ProductFit]:
    """Return the products worth applying to: those that fit, else those of which it cannot be told."""
    found = [
        entry
        for entry in demand_fit(borrower.owner, need, at)
        if entry.product.terms.amount_min_yuan
        <= need.amount_yuan
        <= entry.product.terms.amount_max_yuan
    ]
    best = [entry for entry in found if entry.result.outcome.value == "FITS"]
    return best or [entry for entry in found if entry.result.does_not_fit <= 1]


def _handled(
    borrower: Borrower, application: LoanApplication, lender: Lender, random: Random, clock: Clock
) -> str:
    key = application.public_id
    fate = random.random()
    if fate < 0.05:
        application_transition(
            application_id=key,
            event="WITHDRAW",
            payload={"note": "暂不需要"},
            actor=borrower.owner,
            at=clock.later(0.5),
        )
        return "WITHDRAWN"

    def officer(event: str, days: float, **payload: object) -> None:
        application_transition(
            application_id=key,
            event=event,
            payload=payload,
            actor=lender.officer,
            at=clock.later(days),
        )

    officer("ACCEPT", random.uniform(0.2, 0.9))
    officer("CONTACT", 1, contact_note="已电话联系,约定上门时间。")
    if fate < 0.08 and application.consent:
        consent_revoke(
            consent_id=application.consent.public_id,
            reason="改为线下办理",
            actor=borrower.owner,
            at=clock.later(0.5),
        )
        return "SUSPENDED"
    officer("START_DUE_DILIGENCE", 1)
    if random.random() < 0.3:
        officer("REQUEST_SUPPLEMENT", 1, document_list=["近三个月银行流水"], note="")
        application_transition(
            application_id=key,
            event="SUPPLY",
            payload={"supplied_note": "已上传"},
            actor=borrower.owner,
            at=clock.later(2),
        )
    if fate < 0.2:
        code = random.choice(("WEAK_CASH_FLOW", "OVER_INDEBTED", "FILE_INCOMPLETE"))
        officer("REJECT", 1, refusal_code=code, refusal_note="")
        return "REJECTED"
    officer("SUBMIT_FOR_APPROVAL", 1, file_complete=True, opinion="经营稳定,建议批准(演示)。")
    return _decided(borrower, application, lender, random, clock)


def _decided(
    borrower: Borrower, application: LoanApplication, lender: Lender, random: Random, clock: Clock
) -> str:
    key = application.public_id
    days = random.uniform(1, 4)
    if random.random() < 0.12:
        application_transition(
            application_id=key,
            event="REJECT",
            payload={"refusal_code": "OVER_INDEBTED", "refusal_note": ""},
            actor=lender.approver,
            at=clock.later(days),
        )
        return "REJECTED"
    need, version = application.demand, application.product_version
    amount = to_yuan(need.amount_yuan * Decimal(random.choice(("1", "1", "0.8", "0.6"))))
    amount = max(amount, version.amount_min_yuan)
    at = clock.later(days)
    guarantee = need.guarantee if need.guarantee in version.guarantees else version.guarantees[0]
    application_transition(
        application_id=key,
        event="APPROVE",
        payload={
            "amount_yuan": amount,
            "annual_rate_bp": random.randint(
                version.annual_rate_min_bp, version.annual_rate_max_bp
            ),
            "term_months": need.term_months,
            "guarantee": guarantee,
            "valid_until": local_date(at) + timedelta(days=180),
            "opinion": "同意(演示)。",
        },
        actor=lender.approver,
        at=at,
    )
    at = clock.later(random.uniform(1, 5))
    application_transition(
        application_id=key,
        event="SIGN",
        payload={
            "contract_no": f"演示合同{application.created_at:%Y%m%d}{borrower.profile.number:06d}",
            "signed_date": local_date(at),
            "amount_yuan": amount,
            "repayment": version.repayments[0],
            "is_first_loan": need.is_first_loan,
            "is_renewal": False,
        },
        actor=lender.officer,
        at=at,
    )
    return _repaid(application, lender, amount, random, clock)


def _repaid(
    application: LoanApplication, lender: Lender, amount: Decimal, random: Random, clock: Clock
) -> str:
    """Pay out and report repayments by the quarter; some fall behind, most of those catch up."""
    if application.consent is None or not application.consent.feedback_clause:
        application_transition(
            application_id=application.public_id,
            event="DISBURSE",
            actor=lender.officer,
            at=clock.later(1),
        )
        return "DISBURSED"
    loan = LoanApplication.objects.get(pk=application.pk).loan
    count = 0

    def report(kind: str, days: float, **facts: Decimal | int) -> None:
        nonlocal count
        count += 1
        at = clock.later(days)
        outcome_record(
            loan_id=loan.public_id,
            kind=kind,
            event_date=local_date(at),
            reference=f"{kind}-{count}",
            actor=lender.officer,
            at=at,
            **facts,  # type: ignore[arg-type]
        )

    report("DISBURSE", random.uniform(0.5, 2), principal_yuan=amount)
    parts = max(2, application.demand.term_months // 3)
    share = to_yuan(amount / parts)
    troubled = random.random() < 0.07
    for part in range(parts):
        principal = share if part + 1 < parts else amount - share * (parts - 1)
        if troubled and part == 0:
            report("OVERDUE", REPAY_EVERY_DAYS + 20, days_overdue=20)
        wait = 15 if troubled and part == 0 else REPAY_EVERY_DAYS
        report("REPAY", wait, principal_yuan=principal, interest_yuan=to_yuan(amount / 100))
        if troubled and part == 0:
            report("CURE", 1)
    report("SETTLE", 1)
    return "SETTLED"
