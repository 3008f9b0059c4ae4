"""How far institutions are with a published whitelist: receipts, enterprises contacted, what is late.

Every listed enterprise is to be contacted, by whichever institution; an enterprise counts as contacted from the day an
institution took it on, and as reported when a result came back.

Source: domain note 2.2 (contact 100 % of the recommendation list), 2.3 (push).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from marketplace.domain.workdays import Deadline, local_date
from marketplace.models import User
from matching.domain.clock import clock_on, deadline
from matching.domain.whitelist_entry import EntryStatus
from matching.models import Whitelist, WhitelistContact, WhitelistEntry, WhitelistReceipt
from matching.policies.whitelist import live_whitelists, visible_whitelists
from matching.selectors.clock import ClockTable

CONTACT_CLOCK = "WL_CONTACT"


@dataclass(frozen=True)
class Coverage:
    """How many of a list's admitted enterprises some institution took on, and of how many a result came back."""

    listed: int = 0
    contacted: int = 0
    reported: int = 0

    @property
    def left(self) -> int:
        """Return how many nobody has taken on."""
        return self.listed - self.contacted

    @property
    def share(self) -> Decimal | None:
        """Return the share contacted, 0 to 1; None for a list without admitted enterprises.

        >>> Coverage(listed=8, contacted=6).share
        Decimal('0.75')
        """
        return Decimal(self.contacted) / self.listed if self.listed else None


@dataclass(frozen=True)
class ReceiptLine:
    """One institution's receipt of a list, and what it did since.

    Attributes:
        institution: name.
        told: people notified at the push.
        read_at: first opened by somebody of the institution; None while unread.
        first_contact_at: when it took on the first enterprise.
        taken, reported, will_apply: enterprises taken on; with a result; who want to apply.
    """

    institution: str
    pushed_at: datetime | None
    told: int
    read_at: datetime | None
    first_contact_at: datetime | None
    taken: int
    reported: int
    will_apply: int


def receipt_lines(whitelist: Whitelist) -> list[ReceiptLine]:
    """Return every institution a list was pushed to or that took an enterprise of it on, the busiest first.

    Queries: two.
    """
    receipts = {
        row.institution_id: row
        for row in whitelist.receipts.select_related("institution__organisation")
    }
    done = {
        row["institution"]: row
        for row in WhitelistContact.objects.filter(entry__whitelist=whitelist)
        .order_by()
        .values("institution", "institution__organisation__name")
        .annotate(
            first=Min("contacted_at"),
            taken=Count("pk"),
            reported=Count("pk", filter=~Q(result="")),
            will_apply=Count("pk", filter=Q(result="WILL_APPLY")),
        )
    }
    lines = [_line(receipts.get(key), done.get(key)) for key in {**receipts, **done}]
    return sorted(lines, key=lambda line: (-line.taken, line.read_at is None, line.institution))


def _line(receipt: WhitelistReceipt | None, done: dict[str, object] | None) -> ReceiptLine:
    acts: dict[str, object] = done or {}
    name = receipt.institution.organisation.name if receipt else ""
    return ReceiptLine(
        institution=name or str(acts.get("institution__organisation__name", "")),
        pushed_at=receipt.pushed_at if receipt else None,
        told=receipt.told if receipt else 0,
        read_at=receipt.read_at if receipt else None,
        first_contact_at=acts.get("first"),  # type: ignore[arg-type]
        taken=int(str(acts.get("taken", 0))),
        reported=int(str(acts.get("reported", 0))),
        will_apply=int(str(acts.get("will_apply", 0))),
    )


def coverage_of(whitelists: Sequence[Whitelist]) -> dict[int, Coverage]:
    """Return how far each list is, by primary key. Queries: one."""
    contacts = WhitelistContact.objects.filter(entry=OuterRef("pk"))
    rows = (
        WhitelistEntry.objects.filter(
            whitelist__in=[row.pk for row in whitelists], status=EntryStatus.ADMITTED
        )
        .annotate(is_taken=Exists(contacts), is_reported=Exists(contacts.exclude(result="")))
        .order_by()
        .values("whitelist")
        .annotate(
            listed=Count("pk"),
            contacted=Count("pk", filter=Q(is_taken=True)),
            reported=Count("pk", filter=Q(is_reported=True)),
        )
    )
    found = {
        row["whitelist"]: Coverage(row["listed"], row["contacted"], row["reported"]) for row in rows
    }
    return {row.pk: found.get(row.pk, Coverage()) for row in whitelists}


def contact_due(whitelist: Whitelist, table: ClockTable) -> Deadline | None:
    """Return until when every enterprise of a published list is to be contacted; None before publication."""
    if whitelist.published_at is None:
        return None
    clock = clock_on(CONTACT_CLOCK, local_date(whitelist.published_at), table.parameters)
    return deadline(clock, whitelist.published_at, table.calendar)


def watched_lists(user: User, at: datetime) -> QuerySet[Whitelist]:
    """Return the live lists whose making the user may see, the longest published first."""
    live = visible_whitelists(user, at).filter(pk__in=live_whitelists(at).values("pk"))
    return live.select_related("district").order_by("published_at", "pk")


def contacts_waiting(whitelists: Sequence[Whitelist]) -> dict[int, int]:
    """Return how many contacts of each list wait for a first result, by primary key. Queries: one."""
    rows = (
        WhitelistContact.objects.filter(
            entry__whitelist__in=[row.pk for row in whitelists], result=""
        )
        .order_by()
        .values_list("entry__whitelist")
        .annotate(n=Count("pk"))
    )
    return dict(rows)
