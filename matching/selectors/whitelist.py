"""Reads of whitelists: as their district makes them, and as institutions see what is recommended to them.

Source: domain note 0.4, 2.3, 4.2; design section 5.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain, count

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from marketplace.domain.errors import NotFound
from marketplace.domain.parameters import ParameterSet
from marketplace.domain.workdays import local_date
from marketplace.models import District, User
from marketplace.selectors import parameters_in_force
from matching.domain.parameters import shipped
from matching.domain.whitelist_entry import EntryStatus
from matching.domain.whitelist_feedback import NAMES, Feedback
from matching.models import LoanApplication, Whitelist, WhitelistContact, WhitelistEntry
from matching.policies.application import BEFORE_ROUTING, lender_applications
from matching.policies.whitelist import (
    lending_institutions,
    visible_entries,
    visible_recommendations,
    visible_whitelists,
    writable_districts,
)

ISSUED_STATES = ("PUBLISHED", "RECALLED")


@dataclass(frozen=True)
class RecommendationFilter:
    """What an institution looks for among its recommendations; empty fields ask for nothing.

    Attributes:
        sector: section letter of GB/T 4754.
        district_code: GB/T 2260.
        amount_min_yuan, amount_max_yuan: bounds of the need; entries without an amount do not match a bound.
        taken: True for those the own institution took on, False for the others.
        q: part of the enterprise's name or credit code.
        issue_no: number of the issue, or the month with which it begins.
    """

    sector: str = ""
    district_code: str = ""
    amount_min_yuan: Decimal | None = None
    amount_max_yuan: Decimal | None = None
    taken: bool | None = None
    q: str = ""
    issue_no: str = ""


@dataclass(frozen=True)
class OwnApplication:
    """What a recommended enterprise already asked of the reader's lender.

    Attributes:
        application: the open one, of several the latest; the latest ended one when none is open.
        may_open: whether it is of the reader's to work on; a colleague of another branch reads the state alone.
    """

    application: LoanApplication
    may_open: bool


@dataclass(frozen=True)
class WhitelistDiff:
    """How an issue differs from the one before: enterprises new, gone and stayed.

    Attributes:
        previous: the district's issue published before it; None for the first.
        new, gone, stayed: admitted entries; the gone ones are rows of the previous issue.
    """

    previous: Whitelist | None
    new: QuerySet[WhitelistEntry]
    gone: QuerySet[WhitelistEntry]
    stayed: QuerySet[WhitelistEntry]


def district_choices(user: User, at: datetime) -> list[District]:
    """Return the districts for which the user makes lists. Queries: one, for clerks one more."""
    return list(writable_districts(user, at))


def issue_proposed(district: District, day: date) -> str:
    """Return the first number of the month that no list of a district has: ``2026-11``, then ``2026-11-2``.

    Queries: one.
    """
    month = f"{day:%Y-%m}"
    of_month = Whitelist.objects.filter(district=district, issue_no__startswith=month)
    taken = set(of_month.values_list("issue_no", flat=True))
    others = (f"{month}-{number}" for number in count(2))
    return next(number for number in chain([month], others) if number not in taken)


def whitelist_list(user: User, at: datetime) -> QuerySet[Whitelist]:
    """Return the lists whose making the user may see, latest first."""
    return (
        visible_whitelists(user, at)
        .select_related("district", "created_by", "approved_by")
        .order_by("-id")
    )


def whitelist_get(user: User, public_id: uuid.UUID, at: datetime) -> Whitelist:
    """Return one of these lists.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    found = whitelist_list(user, at).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def whitelist_entries(
    user: User,
    whitelist: Whitelist,
    at: datetime,
    status: str = "",
    code: str = "",
    taken: bool | None = None,
) -> QuerySet[WhitelistEntry]:
    """Return the rows of a list, of one status and with one code among reasons or marks when asked, not ordered.

    Args:
        user: the reader.
        whitelist: one of theirs.
        at: moment of reading, aware.
        status: code of ``EntryStatus``.
        code: rule code.
        taken: True for admitted ones that an institution took on, False for those nobody did.
    """
    found = visible_entries(user, at).filter(whitelist=whitelist)
    if status:
        found = found.filter(status=status)
    if taken is not None:
        contacts = WhitelistContact.objects.filter(entry=OuterRef("pk"))
        found = found.filter(
            Exists(contacts) if taken else ~Exists(contacts), status=EntryStatus.ADMITTED
        )
    if code:
        quoted = f'"rule_code": "{code}"'
        found = found.annotate(
            reasons_text=Cast("reasons", TextField()), marks_text=Cast("marks", TextField())
        ).filter(Q(reasons_text__contains=quoted) | Q(marks_text__contains=quoted))
    return found


def entry_get(user: User, public_id: uuid.UUID, at: datetime) -> WhitelistEntry:
    """Return one row of a list whose making the user may see.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    found = visible_entries(user, at).select_related("whitelist__district", "enterprise__district")
    entry = found.filter(public_id=public_id).first()
    if entry is None:
        raise NotFound
    return entry


def recheck_due_on(checked_at: datetime, parameters: ParameterSet) -> datetime:
    """Return when a published list last checked at a moment is to be judged again.

    Args:
        checked_at: aware.
        parameters: ``whitelist.recheck_days``.
    """
    days = int(parameters.value_on("whitelist.recheck_days", local_date(checked_at)))
    return checked_at + timedelta(days=days)


def recheck_next(whitelist: Whitelist) -> datetime:
    """Return when a published list is to be judged again by itself. Queries: one."""
    return recheck_due_on(whitelist.checked_at, parameters_in_force(shipped()))


def entry_status_counts(whitelist: Whitelist) -> dict[str, int]:
    """Return how many rows of a list have each status. Queries: one."""
    rows = WhitelistEntry.objects.filter(whitelist=whitelist).order_by()
    return dict(rows.values_list("status").annotate(n=Count("pk")))


def rows_delivered(whitelist: Whitelist) -> Iterator[tuple[WhitelistEntry, tuple[str, ...]]]:
    """Yield the rows of an uploaded list with their cells as delivered, in order, streamed. Queries: one."""
    entries = WhitelistEntry.objects.filter(whitelist=whitelist).order_by("row_number")
    for entry in entries.iterator(2000):
        yield entry, tuple(json.loads(entry.row)) if entry.row else ()


def entry_contacts(entry: WhitelistEntry) -> list[WhitelistContact]:
    """Return who took an entry on, the first first. Queries: one."""
    found = entry.contacts.select_related("institution__organisation", "officer")
    return list(found.order_by("pk"))


def whitelist_diff(whitelist: Whitelist) -> WhitelistDiff:
    """Return how a list differs from the district's issue published before it. Queries: one, and one for each part."""
    earlier = Whitelist.objects.filter(district=whitelist.district_id, state__in=ISSUED_STATES)
    earlier = earlier.exclude(pk=whitelist.pk)
    if whitelist.published_at is not None:
        earlier = earlier.filter(published_at__lt=whitelist.published_at)
    previous = earlier.order_by("-published_at", "-pk").first()
    own, before = _admitted(whitelist), _admitted(previous)
    was_there = Exists(before.filter(enterprise=OuterRef("enterprise")))
    is_there = Exists(own.filter(enterprise=OuterRef("enterprise")))
    return WhitelistDiff(
        previous=previous,
        new=own.filter(~was_there),
        gone=before.filter(~is_there),
        stayed=own.filter(was_there),
    )


def reasons_now(whitelist: Whitelist, entries: Sequence[WhitelistEntry]) -> dict[int, list[str]]:
    """Return, for entries gone from a later list, why that list kept the enterprise out, by enterprise.

    Enterprises that the later list does not name are absent. Queries: one.
    """
    kept_out = WhitelistEntry.objects.filter(
        whitelist=whitelist, enterprise__in=[entry.enterprise_id for entry in entries]
    ).exclude(status=EntryStatus.ADMITTED)
    return {
        row.enterprise_id or 0: [reason["sentence"] for reason in row.reasons] for row in kept_out
    }


def lender_entries(
    user: User, at: datetime, wanted: RecommendationFilter | None = None
) -> QuerySet[WhitelistEntry]:
    """Return the enterprises recommended to the user's institutions, not ordered.

    Those the institution took on stay in the list when they are moved out or the list ends.
    """
    wanted = wanted or RecommendationFilter()
    found = visible_recommendations(user, at).select_related("whitelist__district")
    if wanted.sector:
        found = found.filter(sector=wanted.sector)
    if wanted.district_code:
        found = found.filter(whitelist__district=wanted.district_code)
    if wanted.q:
        found = found.filter(Q(name__icontains=wanted.q) | Q(uscc__icontains=wanted.q))
    if wanted.issue_no:
        found = found.filter(whitelist__issue_no__startswith=wanted.issue_no)
    if wanted.amount_min_yuan is not None:
        found = found.filter(amount_yuan__gte=wanted.amount_min_yuan)
    if wanted.amount_max_yuan is not None:
        found = found.filter(amount_yuan__lte=wanted.amount_max_yuan)
    if wanted.taken is not None:
        own = WhitelistContact.objects.filter(
            entry=OuterRef("pk"), institution__in=lending_institutions(user)
        )
        found = found.filter(Exists(own) if wanted.taken else ~Exists(own))
    return found


def lender_entry_get(user: User, public_id: uuid.UUID, at: datetime) -> WhitelistEntry:
    """Return one recommended enterprise.

    Raises:
        NotFound: it does not stand before the user's institutions.

    Queries: one.
    """
    entry = lender_entries(user, at).filter(public_id=public_id).first()
    if entry is None:
        raise NotFound
    return entry


def entries_by_code(user: User, at: datetime, uscc: str) -> list[WhitelistEntry]:
    """Return the recommended entries of one enterprise, the earliest first. Queries: one."""
    found = visible_recommendations(user, at).filter(uscc=uscc)
    return list(found.select_related("whitelist").order_by("pk"))


def feedback_of(contact: WhitelistContact) -> Feedback:
    """Return what an institution reported of a contact so far. Queries: none."""
    return Feedback(**{name: getattr(contact, name) for name in NAMES})


def own_contacts(user: User, entries: Sequence[WhitelistEntry]) -> dict[int, WhitelistContact]:
    """Return what the user's institutions did with each of some entries, by entry. Queries: one."""
    found = WhitelistContact.objects.filter(
        entry__in=[entry.pk for entry in entries], institution__in=lending_institutions(user)
    )
    return {row.entry_id: row for row in found.select_related("officer")}


def own_applications(user: User, entries: Sequence[WhitelistEntry]) -> dict[int, OwnApplication]:
    """Return what the enterprises of some entries asked of the user's institutions, by enterprise. Queries: one."""
    found = LoanApplication.objects.filter(
        enterprise__in={entry.enterprise_id for entry in entries},
        institution__in=lending_institutions(user),
    ).exclude(state__in=BEFORE_ROUTING)
    handled = lender_applications(user).filter(pk=OuterRef("pk"))
    rows = found.annotate(may_open=Exists(handled)).order_by(
        F("closed_at").asc(nulls_last=True), "pk"
    )
    return {row.enterprise_id: OwnApplication(row, row.may_open) for row in rows}


def _admitted(whitelist: Whitelist | None) -> QuerySet[WhitelistEntry]:
    found = WhitelistEntry.objects.filter(status__in=[EntryStatus.ADMITTED, EntryStatus.SUSPENDED])
    return found.filter(whitelist=whitelist) if whitelist else found.none()
