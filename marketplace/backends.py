"""Who is signed in: the person of a session, with everything the frame of a page asks about the person."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from marketplace.models import Notification, User
from marketplace.policies import (
    AUTHENTICATORS_IN_USE,
    MEMBERSHIPS_LIVE,
    UNREAD,
    authenticator_remember,
    memberships_remember,
)
from marketplace.statements import Statement

_UNREAD = (
    Notification.objects.filter(user=OuterRef("user"), read_at=None)
    .order_by()
    .values("user")
    .annotate(count=Count("pk"))
    .values("count")
)
"""How many notices the person of a membership has not read."""
_IN_USE = AUTHENTICATORS_IN_USE.filter(user=OuterRef("user")).values("pk")[:1]
"""The authenticator of the person of a membership."""
_SEATED = Statement(
    lambda user: (
        MEMBERSHIPS_LIVE.filter(user=user)
        .select_related("user")
        .annotate(unread=Coalesce(Subquery(_UNREAD), 0), authenticator=Subquery(_IN_USE))
    )
)


class SeatedBackend(ModelBackend):
    """Accounts with password, as Django's own; a session's person comes with what every page asks."""

    def get_user(self, user_id: Any) -> User | None:
        """Return the active account of a session, None when there is none.

        Queries: one; two for somebody who acts for nobody.
        """
        found = _SEATED.rows(user=user_id)
        if not found:
            nobody: User | None = super().get_user(user_id)
            if nobody is not None:
                memberships_remember(nobody, [])
            return nobody
        user = found[0].user
        if not self.user_can_authenticate(user):
            return None
        memberships_remember(user, found)
        setattr(user, UNREAD, found[0].unread)
        authenticator_remember(user, found[0].authenticator)
        return user
