"""What becomes of every need of the demonstration city, dealt out before the first day is played.

Every outcome the marketplace knows is on the decks, the rare ones on top, so that a small city has each of them too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import cycle
from random import Random

from marketplace.config.demo.timeline import working_days_before
from marketplace.config.demo.world import INVOICED_EVERY, Profile

NEEDS_PER_ENTERPRISE = 0.045
FEWEST_NEEDS = 52
RECENT_SHARE = 0.2
FIRST_NEED_DAYS = 690
"""The oldest need: early enough that last year has its loans too."""
OLD_DAYS, MIDDLE_DAYS, RECENT_DAYS = 440, 140, 25
YOUNGEST_DAYS = 400
"""So old an enterprise is when it first asks for a loan."""
LEAST_HEADS = 4
LEAST_DISCIPLINE = 40


class Fate(StrEnum):
    """How far a need comes, and how it ends."""

    OPEN_NEED = "published, no product chosen yet"
    PENDING = "waits for acceptance"
    ACCEPTED = "accepted"
    SLOW_CONTACT = "accepted, and nobody called in time"
    CONTACTED = "being talked to"
    DILIGENCE = "being looked into"
    SUPPLEMENT = "documents are missing"
    APPROVAL = "waits for the approver"
    SLOW_APPROVAL = "waits for the approver, past the limit"
    APPROVED = "approved"
    SIGNED = "signed"
    SUSPENDED = "consent taken back lately"
    WITHDRAWN_EARLY = "withdrawn before anybody took it"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused by the officer"
    DECLINED = "refused by the approver"
    EXPIRED = "never taken on"
    REVOKED = "consent taken back, never given again"
    RESUMED = "consent taken back and given again, then funded"
    LAPSED = "approved and not used"
    FUNDED = "funded, repaid as agreed"
    QUIET = "funded without the clause on feedback"
    LATE = "funded, once late"
    OVERDUE = "funded, overdue today"
    WRITTEN_OFF = "funded, lost"


class Slip(StrEnum):
    """What the lender's officer reports wrongly of a loan, put right by the approver the day after."""

    MISTYPED = "paid out, typed one digit short: corrected"
    MISPLACED = "another loan's missed day: voided"


Deck = tuple[Fate, ...]
F = Fate
OLD: Deck = (F.WRITTEN_OFF, F.LATE, F.DECLINED, F.WITHDRAWN, *(F.FUNDED,) * 5, F.REFUSED, F.EXPIRED, *(F.FUNDED,) * 6,
       F.REVOKED, *(F.FUNDED,) * 7)  # fmt: skip
MIDDLE: Deck = (F.OVERDUE, F.LAPSED, F.RESUMED, F.WITHDRAWN_EARLY, F.EXPIRED, F.REFUSED, F.QUIET, *(F.FUNDED,) * 8,
          F.LATE, F.REFUSED, F.DECLINED, F.OPEN_NEED, *(F.FUNDED,) * 8, F.OPEN_NEED, *(F.FUNDED,) * 5)  # fmt: skip
FRESH: Deck = (F.REFUSED, F.REVOKED, *(F.FUNDED,) * 6, F.WITHDRAWN, F.DECLINED, F.QUIET, F.OPEN_NEED,
         *(F.FUNDED,) * 6)  # fmt: skip
RECENT: Deck = (F.PENDING, F.DILIGENCE, F.APPROVAL, F.SUPPLEMENT, F.APPROVED, F.SIGNED, F.SLOW_CONTACT,
          F.CONTACTED, F.SUSPENDED, F.ACCEPTED, F.OPEN_NEED, F.SLOW_APPROVAL, F.FUNDED)  # fmt: skip
STARTED_WORKING_DAYS_AGO = {
    F.OPEN_NEED: 2, F.PENDING: 1, F.ACCEPTED: 3, F.SLOW_CONTACT: 8, F.CONTACTED: 4, F.DILIGENCE: 7,
    F.SUPPLEMENT: 9, F.APPROVAL: 9, F.SLOW_APPROVAL: 18, F.APPROVED: 13, F.SIGNED: 17,
    F.SUSPENDED: 7, F.FUNDED: 21,
}  # fmt: skip
"""Enough for every step of the way, on the latest of its hours."""


@dataclass(frozen=True)
class Chapter:
    """One need.

    Attributes:
        day: when it comes up, at the earliest.
        fate: what becomes of it.
        at_shown: its product is taken from the lender whose people are printed, so it is asked for without security.
        term_months: asked for; None for any.
        is_renewal: the enterprise had a loan before.
        slip: what is reported wrongly of its loan.
    """

    day: date
    fate: Fate
    at_shown: bool = False
    term_months: int | None = None
    is_renewal: bool = False
    slip: Slip | None = None


@dataclass(frozen=True)
class BorrowerPlan:
    """An enterprise that asks for loans, one after the other."""

    profile: Profile
    chapters: tuple[Chapter, ...]
    shown: bool = False


def borrower_plans(profiles: Sequence[Profile], seed: int, today: date) -> list[BorrowerPlan]:
    """Return who asks for a loan when, and what becomes of it; the first one's people are printed.

    Args:
        profiles: of the city.
        seed: of the city.
        today: the last day that is played.
    """
    random = Random(f"plan-{seed}")
    able = [entry for entry in profiles if _is_able(entry)]
    oldest = min(able, key=lambda entry: entry.born)
    first = next((entry for entry in able if _makes_a_good_first(entry, today)), oldest)
    rest = [entry for entry in able if entry is not first]
    random.shuffle(rest)
    chapters = _chapters(
        max(FEWEST_NEEDS, int(len(profiles) * NEEDS_PER_ENTERPRISE)), random, today
    )
    plans = [BorrowerPlan(first, _shown_chapters(first, today), shown=True)]
    plans += list(_dealt(chapters, rest))
    return _with_slips([_with_renewal(plan, random, today) for plan in plans], today)


def _is_able(entry: Profile) -> bool:
    is_company = entry.entity_type != "INDIVIDUAL"
    is_sound = entry.heads >= LEAST_HEADS and entry.discipline >= LEAST_DISCIPLINE
    return entry.is_alive and is_company and is_sound


def _makes_a_good_first(entry: Profile, today: date) -> bool:
    """Return whether the printed account should be this one: a tidy manufacturer with invoices on file."""
    is_maker = entry.trade.industry.startswith("3")
    is_documented = entry.number % INVOICED_EVERY == 0 and entry.discipline >= 70
    is_old = (today - entry.born).days > FIRST_NEED_DAYS + YOUNGEST_DAYS
    return is_maker and is_documented and is_old and 15 <= entry.heads <= 80


def _shown_chapters(entry: Profile, today: date) -> tuple[Chapter, ...]:
    """The printed enterprise repaid one loan, owes documents for a second one, and has a need to match."""
    chapters = (
        Chapter(today - timedelta(days=520), Fate.FUNDED, term_months=12),
        Chapter(working_days_before(today, 9), Fate.SUPPLEMENT, at_shown=True),
        Chapter(working_days_before(today, 1), Fate.OPEN_NEED, at_shown=True),
    )
    youngest = entry.born + timedelta(days=YOUNGEST_DAYS)
    return tuple(chapter for chapter in chapters[:1] if chapter.day >= youngest) + chapters[1:]


def _chapters(count: int, random: Random, today: date) -> list[Chapter]:
    """Return the needs, more of them the nearer to today, the fates dealt by how long ago they began."""
    recent = max(2 * len(RECENT), int(count * RECENT_SHARE))
    decks = {deck: cycle(deck) for deck in (OLD, MIDDLE, FRESH)}
    days = [
        _days_ago((place + random.random()) / (count - recent)) for place in range(count - recent)
    ]
    random.shuffle(days)
    chapters = [Chapter(today - timedelta(days=ago), next(decks[_deck(ago)])) for ago in days]
    for place, fate in zip(range(recent), cycle(RECENT), strict=False):
        at_shown = place < len(RECENT)
        day = working_days_before(today, STARTED_WORKING_DAYS_AGO[fate])
        chapters.append(Chapter(day, fate, at_shown))
    return chapters


def _days_ago(share: float) -> int:
    """Return an age such that twice as many needs are young as are old."""
    span = FIRST_NEED_DAYS - RECENT_DAYS
    return RECENT_DAYS + int(span * (3 - (9 - 8 * share) ** 0.5) / 2)


def _deck(days_ago: int) -> Deck:
    if days_ago >= OLD_DAYS:
        return OLD
    return MIDDLE if days_ago >= MIDDLE_DAYS else FRESH


def _dealt(chapters: Iterable[Chapter], able: Iterable[Profile]) -> Iterator[BorrowerPlan]:
    """Give every need to an enterprise that was old enough when it came up, the oldest needs first."""
    left = list(able)
    for chapter in sorted(chapters, key=lambda entry: entry.day):
        latest = chapter.day - timedelta(days=YOUNGEST_DAYS)
        fitting = (entry for entry in left if entry.born <= latest and _suits(entry, chapter))
        profile = next(fitting, None) or next((e for e in left if e.born <= latest), None)
        if profile is not None:
            left.remove(profile)
            yield BorrowerPlan(profile, (chapter,))


def _suits(entry: Profile, chapter: Chapter) -> bool:
    return not chapter.at_shown or entry.heads >= 8


def _with_renewal(plan: BorrowerPlan, random: Random, today: date) -> BorrowerPlan:
    """Let some of those who repaid a first loan come back for a second one."""
    first = plan.chapters[0]
    is_old = (today - first.day).days > OLD_DAYS
    if plan.shown or first.fate is not Fate.FUNDED or not is_old or random.random() > 0.5:
        return plan
    second = Chapter(first.day + timedelta(days=395), Fate.FUNDED, is_renewal=True)
    return replace(plan, chapters=(replace(first, term_months=12), second))


def _with_slips(plans: list[BorrowerPlan], today: date) -> list[BorrowerPlan]:
    """Let one payment at the printed lender be mistyped, and one old loan be taken for another.

    The printed enterprise comes first, so the old loan is its own when it has one.
    """
    for slip, meant in (
        (Slip.MISTYPED, lambda chapter: chapter.at_shown),
        (Slip.MISPLACED, lambda chapter: (today - chapter.day).days > MIDDLE_DAYS),
    ):
        place = next((place for place, plan in enumerate(plans) if _funded(plan, meant)), None)
        if place is not None:
            first, *others = plans[place].chapters
            slipped = (replace(first, slip=slip), *others)
            plans[place] = replace(plans[place], chapters=slipped)
    return plans


def _funded(plan: BorrowerPlan, meant: Callable[[Chapter], bool]) -> bool:
    first = plan.chapters[0]
    return first.fate is Fate.FUNDED and meant(first)
