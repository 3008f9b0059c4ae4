"""A published list put before every institution that serves its district, with a receipt for each.

Source: domain note 2.3 (push by district to institutions).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.urls import reverse

from marketplace.models import User
from marketplace.services import notify_role
from matching.models import Whitelist, WhitelistReceipt
from matching.policies.whitelist import (
    LENDER_ROLES,
    institutions_serving,
    lending_institutions,
    live_whitelists,
)


def list_pushed(row: Whitelist, at: datetime) -> int:
    """Put a published list before the institutions that have no receipt of it yet; return how many.

    Args:
        row: locked by the caller.
        at: now, aware.

    Writes: one ``WhitelistReceipt`` and the notices for each institution.
    """
    known = row.receipts.values("institution")
    waiting = institutions_serving(row.district_id).exclude(pk__in=known).order_by("pk")
    receipts = [
        WhitelistReceipt(
            whitelist=row,
            institution=institution,
            pushed_at=at,
            told=notify_role(
                organisations=[institution.organisation_id],
                roles=LENDER_ROLES,
                kind="whitelist.recommended",
                title=f"新的推荐清单：{row.title}",
                at=at,
                path=reverse("matching:recommendation-list"),
            ),
        )
        for institution in waiting
    ]
    WhitelistReceipt.objects.bulk_create(receipts)
    return len(receipts)


def whitelists_push(*, at: datetime) -> int:
    """Put every live list before institutions that came to serve its district later; return how many pushes.

    Writes: as `list_pushed`, each list in a transaction of its own. Queries: one, and one for each live list.
    """
    return sum(_push_one(pk, at) for pk in live_whitelists(at).values_list("pk", flat=True))


@transaction.atomic
def _push_one(pk: int, at: datetime) -> int:
    row = live_whitelists(at).select_for_update().filter(pk=pk).first()
    return list_pushed(row, at) if row else 0


def receipts_read(*, actor: User, at: datetime) -> int:
    """Note that the actor's institutions have opened what was pushed to them; return how many receipts that changes.

    Writes: ``WhitelistReceipt`` of live lists not opened before. Queries: one when there is none.
    """
    unread = WhitelistReceipt.objects.filter(
        institution__in=lending_institutions(actor),
        whitelist__in=live_whitelists(at),
        read_at=None,
        pushed_at__lte=at,
    )
    return unread.update(read_at=at, read_by=actor)
