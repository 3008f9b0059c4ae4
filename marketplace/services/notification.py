"""Notices to people, written with the change they tell of."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from marketplace.domain.errors import NotFound
from marketplace.domain.roles import Role
from marketplace.models import Membership, Notification, Organisation, User


def notify(
    *,
    users: Iterable[User | int],
    kind: str,
    title: str,
    at: datetime,
    body: str = "",
    path: str = "",
) -> int:
    """Write one notice to each person; return how many.

    Args:
        users: users or their primary keys; repeated ones get one notice.
        kind: dotted code, e.g. ``application.accepted``.
        title: one Chinese line.
        at: when, aware.
        body: further text, no personal data of others.
        path: page it leads to, from the site's root.

    Writes: ``Notification`` rows in one statement.
    """
    ids = sorted({user if isinstance(user, int) else user.pk for user in users})
    rows = [
        Notification(user_id=pk, kind=kind, title=title, body=body, path=path, at=at) for pk in ids
    ]
    Notification.objects.bulk_create(rows)
    return len(rows)


def notify_role(
    *,
    organisations: Iterable[Organisation | int],
    roles: Iterable[Role],
    kind: str,
    title: str,
    at: datetime,
    body: str = "",
    path: str = "",
) -> int:
    """Write one notice to everybody who holds one of the roles in one of the organisations; return how many.

    Args:
        organisations: organisations or their primary keys.
        roles: any of which counts.
        kind, title, body, path, at: as in `notify`.

    Writes: ``Notification`` rows in one statement. Queries: one.
    """
    keys = [found if isinstance(found, int) else found.pk for found in organisations]
    ids = Membership.objects.filter(
        organisation__in=keys, role__in=list(roles), ended_at=None, user__is_active=True
    ).values_list("user_id", flat=True)
    return notify(users=list(ids), kind=kind, title=title, at=at, body=body, path=path)


@transaction.atomic
def notification_read(*, public_id: uuid.UUID, actor: User, at: datetime) -> Notification:
    """Mark one of the reader's own notices as read.

    Raises:
        NotFound: it is not one of theirs.
    """
    notice = (
        Notification.objects.select_for_update().filter(public_id=public_id, user=actor).first()
    )
    if notice is None:
        raise NotFound
    if notice.read_at is None:
        notice.read_at = at
        notice.save(update_fields=["read_at"])
    return notice


def notifications_read(*, actor: User, at: datetime) -> int:
    """Mark all of the reader's own notices as read; return how many were not.

    Args:
        actor: whose notices they are.
        at: when, aware.

    Writes: ``Notification.read_at`` in one statement.
    """
    return Notification.objects.filter(user=actor, read_at=None).update(read_at=at)
