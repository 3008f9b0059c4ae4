"""The way of one need through the demonstration city, from publication to the loan, each step by its service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from borrowers.models import Enterprise, EnterpriseAccount
from borrowers.services import account_apply, account_review, agent_add, consent_revoke
from marketplace.config.demo.lending import SHOWN_LENDER, Lender
from marketplace.config.demo.loans import Account, loan_lived
from marketplace.config.demo.people import DEMO_PASSWORD, INITIAL_PASSWORD, People, person
from marketplace.config.demo.plan import BorrowerPlan, Chapter, Fate
from marketplace.config.demo.timeline import Clock, Tale, at_hour
from marketplace.config.demo.world import Profile
from marketplace.domain.money import to_yuan
from marketplace.domain.vocabulary import DATA_CLASS_LABELS, QueryPurpose
from marketplace.domain.workdays import local_date
from marketplace.models import User
from marketplace.policies import memberships_forget
from marketplace.services import password_change
from matching.models import FinancingDemand, LoanApplication
from matching.selectors.fit import ProductFit, demand_fit
from matching.services.application import (
    ConsentChoice,
    application_consent_again,
    application_submit,
)
from matching.services.demand import demand_create
from matching.services.portrait import portrait_read
from matching.services.transition import application_transition

CLASSES = tuple(sorted(entry.value for entry in DATA_CLASS_LABELS))
PURPOSES = (*("WORKING_CAPITAL",) * 6, "EQUIPMENT")
NOTES = {"WORKING_CAPITAL": "备货与日常周转（演示）", "EQUIPMENT": "更新生产设备（演示）"}
GUARANTEES = (*("CREDIT",) * 9, "MORTGAGE", "SURETY", "SURETY")
TERMS = (6, 6, *(12,) * 6, 24)
REFUSALS = ("WEAK_CASH_FLOW", "OVER_INDEBTED", "FILE_INCOMPLETE", "FUNDED_ELSEWHERE")
SMALLEST_WAN, LARGEST_WAN = 5, 1000
LIMIT_DAYS, SHORT_LIMIT_DAYS = 180, 30
APPROVER_READS = 0.3
"""Share of the files of which the approver opens the portrait beside the officer's opinion."""
TRIES_AGAIN = 0.4
"""Share of the refused that go to another lender with the same need."""


@dataclass(frozen=True)
class Cast:
    """Who a tale needs beside its borrower.

    Attributes:
        lenders: by primary key of the institution.
        until: the last moment that is played.
    """

    people: People
    lenders: Mapping[int, Lender]
    until: datetime
    seed: int


@dataclass
class Borrower:
    """An enterprise with a verified account."""

    profile: Profile
    enterprise: Enterprise
    owner: User


@dataclass
class Case:
    """One application on its way."""

    application: LoanApplication
    lender: Lender
    borrower: Borrower
    clock: Clock
    fate: Fate

    def officer(self, event: str, **payload: object) -> None:
        """Let the lender's officer act now."""
        self._act(event, self.lender.officer, payload)

    def approver(self, event: str, **payload: object) -> None:
        """Let the lender's approver act now."""
        self._act(event, self.lender.approver, payload)

    def owner(self, event: str, **payload: object) -> None:
        """Let the enterprise act now."""
        self._act(event, self.borrower.owner, payload)

    def read(self, reader: User) -> None:
        """Let one of the lender's people read the portrait, which the enterprise will see."""
        portrait_read(
            user=reader,
            application=self.application,
            purpose=QueryPurpose.APPLICATION_REVIEW,
            at=self.clock.at,
        )

    def _act(self, event: str, actor: User, payload: Mapping[str, object]) -> None:
        self.application = application_transition(
            application_id=self.application.public_id,
            event=event,
            payload=dict(payload),
            actor=actor,
            at=self.clock.at,
        )


def borrower_lived(plan: BorrowerPlan, cast: Cast) -> Tale:
    """Open an enterprise's account some days before its first need, then follow its needs one after the other."""
    profile = plan.profile
    random = Random(f"story-{cast.seed}-{profile.number}")
    begun = at_hour(plan.chapters[0].day - timedelta(days=random.randint(5, 20)), 10)
    clock = Clock(begun, random)
    yield clock.later(0)
    owner = person(
        "owner" if plan.shown else f"owner-{profile.number:06d}",
        profile.representative,
        clock.at,
        shown=plan.shown,
    )
    account = account_applied(profile, owner, clock.at)
    yield clock.office(0.5)
    operator = cast.people.operator
    account_review(account=account, approve=True, reason="", actor=operator, at=clock.at)
    memberships_forget(owner)
    enterprise = Enterprise.objects.select_related("account").get(pk=account.enterprise_id)
    borrower = Borrower(profile, enterprise, owner)
    if plan.shown:
        _announce(borrower, clock.at)
    for chapter in plan.chapters:
        hour, minute = random.randint(8, 17), random.randint(0, 59)
        clock.at = max(clock.at, at_hour(chapter.day, hour, minute))
        yield from _need_lived(borrower, chapter, cast, clock)


def account_applied(profile: Profile, owner: User, at: datetime) -> EnterpriseAccount:
    """Apply for the account of an enterprise."""
    return account_apply(
        uscc=profile.uscc,
        contact_name=profile.representative,
        contact_phone=f"1390000{profile.number % 10000:04d}",
        actor=owner,
        at=at,
    )


def _announce(borrower: Borrower, at: datetime) -> None:
    """Add the enterprise's agent, who has changed the password that the owner chose."""
    member = agent_add(
        enterprise=borrower.enterprise,
        username="agent",
        password=INITIAL_PASSWORD,
        display_name="演示经办",
        actor=borrower.owner,
        at=at,
    )
    password_change(
        old_password=INITIAL_PASSWORD, new_password=DEMO_PASSWORD, actor=member.user, at=at
    )


def _need_lived(borrower: Borrower, chapter: Chapter, cast: Cast, clock: Clock) -> Tale:
    """Tell of one need from its publication to wherever it comes."""
    yield clock.later(0)
    need = _published(borrower, chapter, clock)
    if chapter.fate is Fate.OPEN_NEED:
        return
    offers = _offers(borrower, need, clock.at, cast, at_shown=chapter.at_shown)
    while offers:
        offer = clock.random.choice(offers)
        yield clock.later(clock.random.uniform(0.005, 0.1))
        case = _submitted(borrower, need, offer, chapter.fate, cast, clock)
        yield from _handled(case, chapter, cast.until)
        if case.fate not in (Fate.REFUSED, Fate.DECLINED) or clock.random.random() > TRIES_AGAIN:
            return
        chapter = Chapter(chapter.day, Fate.FUNDED)
        taken = offer.product.institution
        offers = [entry for entry in offers if entry.product.institution != taken]


def _published(borrower: Borrower, chapter: Chapter, clock: Clock) -> FinancingDemand:
    profile, random = borrower.profile, clock.random
    revenue = Decimal(profile.heads * profile.trade.sales_per_head_yuan * 12)
    purpose = random.choice(PURPOSES)
    return demand_create(
        enterprise=borrower.enterprise,
        amount_yuan=_amount_yuan(profile.heads, random, at_shown=chapter.at_shown),
        term_months=chapter.term_months or random.choice(TERMS),
        purpose=purpose,
        purpose_note=NOTES[purpose],
        guarantee="CREDIT" if chapter.at_shown else random.choice(GUARANTEES),
        max_rate_bp=None,
        declared_employees=int(profile.heads * random.choice((1, 1, 1, 1.4))),
        declared_revenue_yuan=to_yuan(revenue * Decimal(random.choice(("0.9", "1", "1.1", "1.8")))),
        is_first_loan=not chapter.is_renewal and random.random() < 0.3,
        publish=True,
        actor=borrower.owner,
        at=clock.at,
    )


def _amount_yuan(heads: int, random: Random, *, at_shown: bool) -> Decimal:
    """Return what an enterprise of that size asks for, in round numbers."""
    wan = heads * random.uniform(1.5, 6)
    step = 5 if wan < 50 else 10 if wan < 200 else 50
    least = 20 if at_shown else SMALLEST_WAN
    most = 300 if at_shown else LARGEST_WAN
    return Decimal(min(most, max(least, int(wan / step) * step)) * 10_000)


def _offers(
    borrower: Borrower, need: FinancingDemand, at: datetime, cast: Cast, *, at_shown: bool
) -> list[ProductFit]:
    """Return the products worth applying to: those that fit, else those that nearly do."""
    found = [
        entry
        for entry in demand_fit(borrower.owner, need, at)
        if entry.product.terms.amount_min_yuan
        <= need.amount_yuan
        <= entry.product.terms.amount_max_yuan
    ]
    if at_shown:
        shown = f"L{SHOWN_LENDER:03d}"
        found = [entry for entry in found if entry.product.institution.code == shown]
    best = [entry for entry in found if entry.result.outcome.value == "FITS"]
    return best or [entry for entry in found if entry.result.does_not_fit <= 1] or found


def _submitted(
    borrower: Borrower,
    need: FinancingDemand,
    offer: ProductFit,
    fate: Fate,
    cast: Cast,
    clock: Clock,
) -> Case:
    application = application_submit(
        demand=need,
        product_id=offer.product.product.public_id,
        consent=ConsentChoice(CLASSES, 12, feedback_clause=fate is not Fate.QUIET),
        actor=borrower.owner,
        at=clock.at,
    )
    return Case(application, cast.lenders[application.institution_id], borrower, clock, fate)


def _handled(case: Case, chapter: Chapter, until: datetime) -> Tale:
    """Let the officer take the case on, up to the file that goes to the approver."""
    clock, fate = case.clock, chapter.fate
    case.fate = fate
    if fate is Fate.WITHDRAWN_EARLY:
        yield clock.later(0.3)
        case.owner("WITHDRAW", note="暂不需要")
    if fate in (Fate.PENDING, Fate.EXPIRED, Fate.WITHDRAWN_EARLY):
        return
    yield clock.office(clock.random.uniform(0.1, 0.9))
    case.officer("ACCEPT")
    case.read(case.lender.officer)
    if fate in (Fate.ACCEPTED, Fate.SLOW_CONTACT):
        return
    yield clock.office(clock.random.uniform(0.3, 1.2))
    case.officer("CONTACT", contact_note="已电话联系，约定上门时间。")
    if fate is Fate.CONTACTED:
        return
    if fate in (Fate.REVOKED, Fate.SUSPENDED, Fate.RESUMED):
        yield from _consent_taken_back(case)
    if fate in (Fate.REVOKED, Fate.SUSPENDED):
        return
    yield clock.office(clock.random.uniform(0.5, 1.2))
    case.officer("START_DUE_DILIGENCE")
    yield from _looked_into(case, until, chapter)


def _consent_taken_back(case: Case) -> Tale:
    clock, consent = case.clock, case.application.consent
    yield clock.later(0.5)
    if consent is not None:
        owner = case.borrower.owner
        consent_revoke(
            consent_id=consent.public_id, reason="改为线下办理", actor=owner, at=clock.at
        )
    if case.fate is Fate.RESUMED:
        yield clock.later(3)
        case.application = application_consent_again(
            application_id=case.application.public_id,
            consent=ConsentChoice(CLASSES, 12, feedback_clause=True),
            actor=case.borrower.owner,
            at=clock.at,
        )


def _looked_into(case: Case, until: datetime, chapter: Chapter) -> Tale:
    clock, fate = case.clock, case.fate
    if fate is Fate.DILIGENCE:
        return
    if fate is Fate.SUPPLEMENT or clock.random.random() < 0.25:
        yield clock.office(1)
        case.officer("REQUEST_SUPPLEMENT", document_list=["近三个月银行流水"], note="")
        if fate is Fate.SUPPLEMENT:
            return
        yield clock.later(clock.random.uniform(0.5, 3))
        case.owner("SUPPLY", supplied_note="已上传")
    if fate is Fate.WITHDRAWN:
        yield clock.later(1)
        case.owner("WITHDRAW", note="已有其他资金来源")
        return
    yield clock.office(clock.random.uniform(0.5, 1.5))
    if fate is Fate.REFUSED:
        case.officer("REJECT", refusal_code=clock.random.choice(REFUSALS), refusal_note="")
        return
    case.officer("SUBMIT_FOR_APPROVAL", file_complete=True, opinion="经营稳定，建议批准（演示）。")
    if fate not in (Fate.APPROVAL, Fate.SLOW_APPROVAL):
        yield from _decided(case, until, chapter)


def _decided(case: Case, until: datetime, chapter: Chapter) -> Tale:
    clock, random = case.clock, case.clock.random
    yield clock.office(random.uniform(0.5, 2.5))
    if random.random() < APPROVER_READS:
        case.read(case.lender.approver)
    if case.fate is Fate.DECLINED:
        case.approver("REJECT", refusal_code=random.choice(REFUSALS[:2]), refusal_note="")
        return
    if random.random() < 0.08:
        case.approver("RETURN", opinion="请补充上下游合同（演示）。")
        yield clock.office(1)
        case.officer("SUBMIT_FOR_APPROVAL", file_complete=True, opinion="已补充合同（演示）。")
        yield clock.office(1)
    amount = _approved(case)
    if case.fate in (Fate.APPROVED, Fate.LAPSED):
        return
    yield clock.office(random.uniform(0.5, 4))
    _signed(case, amount, is_renewal=chapter.is_renewal)
    if case.fate is Fate.SIGNED:
        return
    if case.fate is Fate.QUIET:
        yield clock.office(1)
        case.officer("DISBURSE")
        return
    loan = case.application.loan
    yield from loan_lived(Account(loan, case.lender, clock), case.fate, chapter.slip, until)


def _approved(case: Case) -> Decimal:
    need, version, random = (
        case.application.demand,
        case.application.product_version,
        case.clock.random,
    )
    share = Decimal(random.choice(("1", "1", "0.8", "0.6")))
    amount = max(to_yuan(need.amount_yuan * share), version.amount_min_yuan)
    own = need.guarantee in version.guarantees
    limit = SHORT_LIMIT_DAYS if case.fate is Fate.LAPSED else LIMIT_DAYS
    case.approver(
        "APPROVE",
        amount_yuan=amount,
        annual_rate_bp=random.randint(version.annual_rate_min_bp, version.annual_rate_max_bp),
        term_months=min(need.term_months, version.term_max_months),
        guarantee=need.guarantee if own else version.guarantees[0],
        valid_until=local_date(case.clock.at) + timedelta(days=limit),
        opinion="同意（演示）。",
    )
    return amount


def _signed(case: Case, amount: Decimal, *, is_renewal: bool) -> None:
    version: Sequence[str] = case.application.product_version.repayments
    day = local_date(case.clock.at)
    case.officer(
        "SIGN",
        contract_no=f"演示合同{day:%Y%m%d}{case.borrower.profile.number:06d}",
        signed_date=day,
        amount_yuan=amount,
        repayment=case.clock.random.choice(version),
        is_first_loan=case.application.demand.is_first_loan,
        is_renewal=is_renewal,
    )
