"""What a connection to PostgreSQL is given when it is opened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.types.datetime import TimestamptzLoader


class MomentLoader(TimestamptzLoader):
    """Reads moments as Django's loader does, at a twentieth of its time: the server writes UTC in ISO form.

    A page or a portrait reads hundreds of moments. What Python's own reader does not take (years beyond 9999, before
    Christ, infinity), goes to the driver's.
    """

    timezone = UTC
    """By this Django sees that moments come in its own time zone."""

    def load(self, data: Any) -> datetime:
        """Return the moment, aware, in UTC.

        Raises:
            psycopg.DataError: no ``datetime`` can hold it.
        """
        try:
            found = datetime.fromisoformat(bytes(data).decode())
        except ValueError:
            return super().load(data).astimezone(UTC)
        return found if found.tzinfo is UTC else found.astimezone(UTC)


def on_connection_created(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Have a new connection read its moments with ``MomentLoader``."""
    if connection.vendor == "postgresql":
        connection.connection.adapters.register_loader("timestamptz", MomentLoader)
