"""Where a delivered whitelist sheet stands while it is judged in the background.

Source: issue rule "50,000 rows stay responsive with progress"; design section 5, district staff.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

STANDS_STILL_AFTER = timedelta(minutes=2)
"""Progress is written every 500 rows; work silent for longer has died and may be begun anew."""


class UploadState(StrEnum):
    """Where a delivered sheet stands."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    REFUSED = "REFUSED"


UPLOAD_STATE_LABELS = {
    UploadState.WAITING: "等待核验",
    UploadState.RUNNING: "核验中",
    UploadState.DONE: "已完成",
    UploadState.REFUSED: "未接收",
}


def stands_still(state: str, alive_at: datetime | None, at: datetime) -> bool:
    """Return whether nobody works on a sheet that is not finished.

    Args:
        state: code of ``UploadState``.
        alive_at: latest progress, aware; the delivery for a sheet not begun.
        at: now, aware.
    """
    is_open = state in (UploadState.WAITING, UploadState.RUNNING)
    return is_open and (alive_at is None or at - alive_at > STANDS_STILL_AFTER)
