"""One step for several applications: each is taken through the same door alone, and is done or refused alone.

Source: stack note 8 (batch actions of bank officers); design law 2.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marketplace.domain.errors import Refused
from marketplace.models import User
from matching.services.application_remark import application_note
from matching.services.transition import application_transition

NOTE = "NOTE"
BATCH_EVENTS = frozenset({"ACCEPT", "START_DUE_DILIGENCE", "REQUEST_SUPPLEMENT", NOTE})
"""What may be said of several cases in the same words; a contact, an opinion and a decision are each case's own."""

MOST_AT_ONCE = 50


@dataclass(frozen=True)
class BatchLine:
    """What became of one application.

    Attributes:
        application_id: public id.
        refusal: why nothing happened to it; empty when it was done.
    """

    application_id: uuid.UUID
    refusal: str = ""


def applications_step(
    *,
    application_ids: Sequence[uuid.UUID],
    event: str,
    payload: Mapping[str, Any],
    actor: User,
    at: datetime,
) -> tuple[BatchLine, ...]:
    """Cause one event of several applications, one after the other, each in a transaction of its own.

    What is refused leaves its application as it was and the others alone.

    Args:
        application_ids: public ids, each taken once, in the order given.
        event: one of ``BATCH_EVENTS``.
        payload: what the event asks for, the same for all; for a note, ``text``.
        actor: who acts.
        at: when, aware.

    Raises:
        Refused: ``BATCH_EMPTY``, ``BATCH_SIZE``, ``BATCH_EVENT``; nothing has happened then.

    Writes: as `application_transition` or `application_note` for each that is done.
    """
    chosen = tuple(dict.fromkeys(application_ids))
    if not chosen:
        raise Refused("BATCH_EMPTY", "请先勾选申请。")
    if len(chosen) > MOST_AT_ONCE:
        raise Refused("BATCH_SIZE", f"一次最多办理 {MOST_AT_ONCE} 笔申请。")
    if event not in BATCH_EVENTS:
        raise Refused("BATCH_EVENT", "此操作须逐笔办理。")
    return tuple(_line(key, event, payload, actor, at) for key in chosen)


def _line(
    key: uuid.UUID, event: str, payload: Mapping[str, Any], actor: User, at: datetime
) -> BatchLine:
    try:
        if event == NOTE:
            application_note(application_id=key, text=payload["text"], actor=actor, at=at)
        else:
            application_transition(
                application_id=key, event=event, payload=payload, actor=actor, at=at
            )
    except Refused as refused:
        return BatchLine(key, refused.sentence)
    return BatchLine(key)
