"""The number of a request: on every error page, in the answer's header and in the log lines it caused."""

from __future__ import annotations

import logging
import uuid
from contextvars import ContextVar

HEADER = "X-Request-ID"
_current: ContextVar[str] = ContextVar("request_id", default="")


def request_id_begin() -> str:
    """Return a new number and make it the current one; nothing the client sends is trusted as one."""
    number = uuid.uuid4().hex
    _current.set(number)
    return number


def request_id_current() -> str:
    """Return the number of the request being answered, empty outside of one."""
    return _current.get()


class RequestIdFilter(logging.Filter):
    """Put ``request_id`` on every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Set the attribute and let the record pass."""
        record.request_id = request_id_current() or "-"
        return True
