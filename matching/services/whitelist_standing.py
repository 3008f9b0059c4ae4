"""Published lists judged again: by hand, each month, and at once when a repair or a correction changed the facts.

Whoever hits a gate is moved out, whoever does not any more comes back. Institutions that took the enterprise on are
told that it was moved, never why.

Source: domain note 2.3 (monthly re-check), 2.8 (a repair ends the use of a record at once).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.urls import reverse

from borrowers.models import Enterprise
from marketplace.audit import audit_record
from marketplace.models import User
from marketplace.selectors import parameters_in_force
from marketplace.services import notify
from matching.domain.parameters import shipped
from matching.domain.whitelist_entry import EntryStatus
from matching.models import Whitelist, WhitelistContact, WhitelistEntry
from matching.policies.whitelist import live_whitelists
from matching.selectors.whitelist import recheck_due_on
from matching.services.whitelist_rejudge import Rejudged, entries_move

STANDING = (EntryStatus.ADMITTED, EntryStatus.SUSPENDED)


def list_rejudged(
    row: Whitelist, actor: User | None, at: datetime, *, enterprise: Enterprise | None = None
) -> Rejudged:
    """Judge a locked published list again, or one enterprise of it, and tell who took the moved ones on.

    Args:
        row: locked by the caller.
        actor: who asked; None for the marketplace itself.
        at: now, aware.
        enterprise: only its rows; the list then does not count as checked.

    Writes: ``WhitelistEntry`` status and reasons, ``Whitelist.checked_at``, audit ``matching.whitelist.rejudge`` when
        something moved or all was judged, notices.
    """
    found = entries_move(row, at, enterprise=enterprise)
    if enterprise is None:
        row.checked_at = at
        row.save(update_fields=["checked_at"])
    if enterprise is None or found.moved_out or found.restored:
        audit_record(
            action="matching.whitelist.rejudge",
            subject_kind="Whitelist",
            subject_id=row.public_id,
            actor=actor,
            at=at,
            payload={
                "district": row.district_id,
                "suspended": len(found.moved_out),
                "restored": len(found.restored),
            },
        )
    _tell_officers(found.moved_out, "moved_out", "推荐清单企业已移出", at)
    _tell_officers(found.restored, "restored", "推荐清单企业已恢复列入", at)
    return found


def whitelists_recheck_due(*, at: datetime) -> int:
    """Judge every published list again whose last check is a month old; return how many lists.

    Each list is a transaction of its own; a second run right after does nothing.

    Args:
        at: now, aware.

    Writes: as `list_rejudged`; locks each list. Queries: two, and those of the lists that are due.
    """
    parameters, done = parameters_in_force(shipped()), 0
    for pk, checked_at in live_whitelists(at).order_by("pk").values_list("pk", "checked_at"):
        if recheck_due_on(checked_at, parameters) <= at:
            done += _recheck_one(pk, checked_at, at)
    return done


@transaction.atomic
def _recheck_one(pk: int, checked_at: datetime, at: datetime) -> bool:
    """Judge a list again unless somebody did meanwhile."""
    row = live_whitelists(at).select_for_update().filter(pk=pk, checked_at=checked_at).first()
    if row is not None:
        list_rejudged(row, None, at)
    return row is not None


@transaction.atomic
def enterprise_rejudge(*, enterprise_id: int, at: datetime) -> int:
    """Judge one enterprise again wherever it stands on a published list; return how many entries moved.

    Args:
        enterprise_id: primary key in the register.
        at: now, aware.

    Writes: as `list_rejudged`; locks the lists it stands on.
    """
    enterprise = Enterprise.objects.filter(pk=enterprise_id).first()
    if enterprise is None:
        return 0
    standing = WhitelistEntry.objects.filter(enterprise=enterprise, status__in=STANDING)
    lists = live_whitelists(at).filter(pk__in=standing.values("whitelist")).order_by("pk")
    moved = 0
    for row in lists.select_for_update():
        found = list_rejudged(row, None, at, enterprise=enterprise)
        moved += len(found.moved_out) + len(found.restored)
    return moved


def _tell_officers(entries: Sequence[WhitelistEntry], verb: str, words: str, at: datetime) -> None:
    taken = WhitelistContact.objects.filter(entry__in=[entry.pk for entry in entries])
    for contact in taken.select_related("entry"):
        notify(
            users=[contact.officer_id],
            kind=f"whitelist.{verb}",
            title=f"{words}：{contact.entry.name}"[:120],
            at=at,
            path=reverse("matching:recommendation-detail", args=[contact.entry.public_id]),
        )
