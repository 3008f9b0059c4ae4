"""Building the whole city: its people and lenders, then the days of two years, played in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random

from borrowers.services import account_review, catalogue_seed
from borrowers.services.thematic import thematic_run_all
from lenders.models import ProductVersion
from lenders.selectors import rules_of, terms_of
from lenders.services import product_submit, product_version_draft
from marketplace.config.demo.disputes import objections_lived, repairs_lived
from marketplace.config.demo.districts import offices, whitelists_lived
from marketplace.config.demo.gatherings import coming_event, past_event
from marketplace.config.demo.lending import SHOWN_LENDER, Lender, city_lenders
from marketplace.config.demo.people import People, city_people, person
from marketplace.config.demo.plan import BorrowerPlan, borrower_plans
from marketplace.config.demo.searching import searching_lived
from marketplace.config.demo.sending import REASON, REGISTERED, deliveries_lived, opening_day
from marketplace.config.demo.standing import BEGUN, COMPLETE, mark
from marketplace.config.demo.story import Cast, account_applied, borrower_lived
from marketplace.config.demo.timeline import Clock, Tale, at_hour, play, working_days_before
from marketplace.config.demo.world import Profile, profiles
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.workdays import local_date
from marketplace.services import districts_seed
from matching.models import FinancingDemand, LoanApplication
from matching.services.clock import clocks_sweep
from matching.services.evaluation import evaluation_publish, evaluation_run

Say = Callable[[str], None]
OPENING_HOUR, CLOSING_HOUR = 8, 18
WEEK = timedelta(days=7)
EVALUATED_WORKING_DAYS_AGO = 4
WAITING_ACCOUNTS = 4


@dataclass(frozen=True)
class City:
    """What was built.

    Attributes:
        counts: what there is now, Chinese label to number.
        read, accepted, rejected, duplicates: rows that went through the ingest.
        reasons: why rows were rejected, by code.
    """

    counts: dict[str, int]
    read: int
    accepted: int
    rejected: int
    duplicates: int
    reasons: dict[str, int]


def city_build(*, enterprises: int, seed: int, now: datetime, say: Say) -> City:
    """Build the city up to yesterday evening: on one day the same seed gives the same city at every hour.

    Args:
        enterprises: how many market entities.
        seed: of the city.
        now: the present, aware.
        say: told each step, one Chinese line.
    """
    until = at_hour(local_date(now) - timedelta(days=1), CLOSING_HOUR)
    today = local_date(until)
    opened = at_hour(opening_day(today), OPENING_HOUR)
    mark(BEGUN, enterprises=enterprises, seed=seed, at=opened)
    say("人员与区划")
    districts_seed(names=DISTRICT_LABELS, actor=None, at=opened)
    people = city_people(opened)
    catalogue_seed(actor=people.operator, at=opened)
    say("54 家机构与产品")
    lenders = list(city_lenders(people, opened, seed))
    say(f"{enterprises} 家市场主体与它们的信用记录")
    city = list(profiles(enterprises, seed, today))
    tally = Counter[str]()
    play(_tales(city, people, lenders, seed, until, tally), until, lambda day: say(_month(day)))
    say("专题库")
    thematic_run_all(actor=people.operator, at=until)
    say("时限检查")
    clocks_sweep(at=until)
    mark(COMPLETE, enterprises=enterprises, seed=seed, at=until)
    return City(
        counts=_counts(len(city), lenders, tally),
        read=tally["read"],
        accepted=tally["accepted"],
        rejected=tally["rejected"],
        duplicates=tally["duplicates"],
        reasons={code.removeprefix(REASON): n for code, n in tally.items() if REASON in code},
    )


def _tales(
    city: Sequence[Profile],
    people: People,
    lenders: Sequence[Lender],
    seed: int,
    until: datetime,
    tally: Counter[str],
) -> list[Tale]:
    """Return everybody who acts; of acts at the same moment, those that come first here come first."""
    today = local_date(until)
    plans = borrower_plans(city, seed, today)
    by_institution = {lender.institution.pk: lender for lender in lenders}
    cast = Cast(people, by_institution, until, seed)
    return [
        deliveries_lived(city, seed, until, tally),
        _weeks(today),
        *(borrower_lived(plan, cast) for plan in plans),
        *(whitelists_lived(office, lenders, seed, until) for office in offices(people, city)),
        repairs_lived(people, seed, until),
        objections_lived(people, seed, until),
        _evaluated(people, today),
        _waiting_accounts(city, plans, people, today),
        _waiting_version(lenders[SHOWN_LENDER - 1], today),
        past_event(people, lenders, today),
        searching_lived(lenders, people, today),
        coming_event(people, lenders, today),
    ]


def _weeks(today: date) -> Tale:
    """Let the clocks be looked at once a week, as the marketplace does every few minutes."""
    at = at_hour(opening_day(today), CLOSING_HOUR)
    while True:
        at += WEEK
        yield at
        clocks_sweep(at=at)


def _evaluated(people: People, today: date) -> Tale:
    """Run the month's evaluation and publish it, by two persons."""
    day = working_days_before(today, EVALUATED_WORKING_DAYS_AGO)
    clock = Clock(at_hour(day, OPENING_HOUR), Random(1))
    yield clock.office(0)
    run = evaluation_run(month=day, actor=people.operator, at=clock.at)
    yield clock.office(0.2)
    evaluation_publish(public_id=run.public_id, actor=people.second_operator, at=clock.at)


def _waiting_accounts(
    city: Sequence[Profile], plans: Sequence[BorrowerPlan], people: People, today: date
) -> Tale:
    """Let some enterprises ask for an account, the first in vain, the others without answer yet."""
    taken = {plan.profile.number for plan in plans}
    free = [entry for entry in city if entry.is_alive and entry.number not in taken]
    oldest = sorted(free, key=lambda entry: entry.born)[:WAITING_ACCOUNTS]
    clock = Clock(at_hour(working_days_before(today, 2), OPENING_HOUR), Random(2))
    for place, profile in enumerate(oldest):
        yield clock.office(0.05)
        owner = person(f"owner-{profile.number:06d}", profile.representative, clock.at)
        account = account_applied(profile, owner, clock.at)
        if place == 0:
            yield clock.office(0.1)
            reason = "营业执照照片不清晰，请重新提交（演示）。"
            operator = people.operator
            account_review(
                account=account, approve=False, reason=reason, actor=operator, at=clock.at
            )


def _waiting_version(lender: Lender, today: date) -> Tale:
    """Let the shown lender's officer hand in a cheaper version of a product, for the approver to publish."""
    clock = Clock(at_hour(working_days_before(today, 1), OPENING_HOUR), Random(3))
    yield clock.office(0)
    found = ProductVersion.objects.filter(product__institution=lender.institution)
    version = found.select_related("product").order_by("product__code")[0]
    terms = terms_of(version)
    version = product_version_draft(
        product=version.product,
        terms=replace(terms, annual_rate_min_bp=terms.annual_rate_min_bp - 10),
        rules=rules_of(version),
        summary=version.summary,
        actor=lender.officer,
        at=clock.at,
    )
    product_submit(version=version, actor=lender.officer, at=clock.at)


def _month(day: date) -> str:
    needs, cases = FinancingDemand.objects.count(), LoanApplication.objects.count()
    return f"{day:%Y-%m}：已有融资需求 {needs} 笔，贷款申请 {cases} 笔"


def _counts(enterprises: int, lenders: Sequence[Lender], tally: Counter[str]) -> dict[str, int]:
    return {
        "市场主体": enterprises,
        "信用记录": tally["accepted"] - tally[REGISTERED],
        "金融机构": len(lenders),
        "融资需求": FinancingDemand.objects.count(),
        "贷款申请": LoanApplication.objects.count(),
    }
