"""Whether a demonstration city stands in this database: none, a whole one, a half-built one, or something else.

Building writes a mark before everything else and another one after it, so a run that was ended half-way is known for
what it is and never taken for a whole city.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from django.conf import settings

from borrowers.models import Enterprise
from marketplace.audit import audit_record
from marketplace.models import AuditEvent, ParameterValue, User

STREAM = "demo"
BEGUN, COMPLETE = "marketplace.demo.start", "marketplace.demo.complete"
LOCK_FILE = "demo.lock"


class Standing(StrEnum):
    """What stands in the database."""

    EMPTY = "EMPTY"
    UNFINISHED = "UNFINISHED"
    WHOLE = "WHOLE"
    OTHER = "OTHER"


def standing() -> Standing:
    """Return what stands in the database. Queries: at most four."""
    marks = set(AuditEvent.objects.filter(stream=STREAM).values_list("action", flat=True))
    if COMPLETE in marks:
        return Standing.WHOLE
    if BEGUN in marks:
        return Standing.UNFINISHED
    kept = (User, Enterprise, ParameterValue)
    return Standing.OTHER if any(model.objects.exists() for model in kept) else Standing.EMPTY


def was_used() -> bool:
    """Return whether somebody logged in, so that what stands there may no longer be the demonstration's alone."""
    return User.objects.exclude(last_login=None).exists()


def mark(action: str, *, enterprises: int, seed: int, at: datetime) -> None:
    """Write a mark. Writes: audit ``marketplace.demo.start`` or ``marketplace.demo.complete``."""
    audit_record(
        action=action,
        subject_kind="Demo",
        subject_id=seed,
        actor=None,
        at=at,
        stream=STREAM,
        payload={"enterprises": enterprises, "seed": seed},
    )


@contextmanager
def building_alone() -> Iterator[bool]:
    """Hold the builder's lock, which ends with the process; give False when another one holds it."""
    with (Path(settings.VAR_DIR) / LOCK_FILE).open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
