"""The seats of an event as they could be assigned: what suits whom, and both ways side by side.

Only what the pool shows of a need goes into the fit (`matching.selectors.eligible`): no record of an enterprise is
looked at to seat it.

Source: domain note 1.4 (5); parameters ``events.fit_weights``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lenders.selectors import PublishedProduct, product_published_list
from matching.domain.assignment import (
    Assignment,
    AssignmentProblem,
    Method,
    stability_cost_bp,
)
from matching.domain.event import COMING
from matching.domain.event_fit import FitRules, MeetingFit, meeting_fit
from matching.models import EventDesk, EventInvitation, MatchmakingEvent
from matching.scoring.assignment import assign
from matching.selectors.dispatch import serving_institutions
from matching.selectors.eligible import suited
from matching.selectors.event import event_rules


@dataclass(frozen=True)
class EventCase:
    """An event as a problem.

    Attributes:
        guests: enterprises that take part; the needs of the problem in their order.
        desks: of the institutions that take part; its places.
        fits: of the problem's pairs.
        problem: what there is to seat.
    """

    guests: tuple[EventInvitation, ...]
    desks: tuple[EventDesk, ...]
    fits: tuple[MeetingFit, ...]
    problem: AssignmentProblem


@dataclass(frozen=True)
class EventWays:
    """Both assignments of one case.

    Attributes:
        cost_bp: what stability costs, in hundredths of a percent of the optimal fit.
    """

    case: EventCase
    optimal: Assignment
    stable: Assignment

    @property
    def cost_bp(self) -> int:
        """Return what the stable way gives up."""
        return stability_cost_bp(self.optimal, self.stable)

    def of(self, method: Method) -> Assignment:
        """Return one of them."""
        return self.optimal if method is Method.OPTIMAL else self.stable


def event_case(event: MatchmakingEvent, at: datetime) -> EventCase:
    """Return who takes part in an event as a problem to assign.

    Institutions that neither have a branch for the district nor one that takes whatever is left can meet nobody.

    Queries: six.
    """
    guests = tuple(
        EventInvitation.objects.filter(event=event, demand__isnull=False, state__in=COMING)
        .select_related("demand__enterprise", "enterprise")
        .order_by("id")
    )
    desks = tuple(
        EventDesk.objects.filter(invitation__event=event, invitation__state__in=COMING)
        .select_related("invitation__institution__organisation")
        .order_by("invitation__institution__code")
    )
    rules = event_rules(at)
    columns = _columns(event, guests, desks, rules, at)
    problem = AssignmentProblem(
        needs=len(guests),
        tables=[desk.tables for desk in desks],
        slots=event.slots,
        most_meetings=event.most_meetings,
        need=[need for need, *_ in columns],
        place=[place for _, place, *_ in columns],
        utility=[fit.points for *_, fit in columns],
        need_rank=[rank for _, _, rank, _, _ in columns],
        place_rank=[rank for _, _, _, rank, _ in columns],
    )
    return EventCase(guests, desks, tuple(fit for *_, fit in columns), problem)


def event_ways(event: MatchmakingEvent, at: datetime) -> EventWays:
    """Return both ways to seat an event. Queries: six."""
    case = event_case(event, at)
    return EventWays(
        case, assign(case.problem, Method.OPTIMAL), assign(case.problem, Method.STABLE)
    )


_Row = tuple[int, int, int, int, MeetingFit]


def _columns(
    event: MatchmakingEvent,
    guests: Sequence[EventInvitation],
    desks: Sequence[EventDesk],
    rules: FitRules,
    at: datetime,
) -> list[_Row]:
    """Return need, place, both wishes and fit of every pair that can meet."""
    banks = {desk.invitation.institution_id: place for place, desk in enumerate(desks)}
    shelf = [o for o in product_published_list(at) if o.institution.pk in banks]
    own, default = serving_institutions(event.district_id)
    found: list[_Row] = []
    for number, guest in enumerate(guests):
        for bank, offers in _by_bank(guest, shelf, at).items():
            if bank not in own | default:
                continue
            desk = desks[banks[bank]]
            ranks = (
                _rank(guest.wishes, str(desk.invitation.public_id)),
                _rank(desk.invitation.wishes, str(guest.public_id)),
            )
            fit = meeting_fit(
                offers,
                serves=bank in own,
                need_rank=ranks[0],
                place_rank=ranks[1],
                rules=rules,
            )
            found.append((number, banks[bank], *ranks, fit))
    return sorted(found, key=lambda row: row[:2])


def _by_bank(
    guest: EventInvitation, shelf: list[PublishedProduct], at: datetime
) -> dict[int, list[Decimal]]:
    """Return, by institution, how surely each of its products that suit the need does, the surest first."""
    found: defaultdict[int, list[Decimal]] = defaultdict(list)
    if guest.demand is not None:
        for entry in suited(guest.demand, shelf, at):
            found[entry.offer.institution.pk].append(entry.share)
    return found


def _rank(wishes: Sequence[str], wish: str) -> int:
    """Return the place of a wish, 1 the dearest; 0 without one."""
    return wishes.index(wish) + 1 if wish in wishes else 0
