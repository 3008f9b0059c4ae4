"""Sessions in the database, as Django's own; every request reads one, by a statement that is written out once."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from marketplace.statements import Statement

_STANDING = Statement(
    lambda session_key, at: Session.objects.filter(session_key=session_key, expire_date__gt=at)
)


class SessionStore(db.SessionStore):
    """The store of Django with one reading of its own."""

    def _get_session_from_db(self) -> Session | None:
        """Return the row of this session while it stands; without one, forget the key, as Django does. Queries: one."""
        found = _STANDING.rows(session_key=self.session_key, at=timezone.now())
        if not found:
            self._session_key = None
            return None
        return found[0]
