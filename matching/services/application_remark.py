"""What is written beside a case: the lender's own notes, and the operator's word to a slow lender (督办).

Source: domain note 4.1 (reminders), 4.2 (who sees what).
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from marketplace.domain.errors import NotFound, NotPermitted, Refused, TransitionRefused
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.policies import require_role
from matching.domain.application import CLOSED_STATES
from matching.models import ApplicationEvent
from matching.policies.application import LENDER_ROLES, roles_towards, supervised_applications
from matching.services.application_facts import LONGEST_TEXT
from matching.services.application_notices import urge_notify
from matching.services.transition import case_lock, event_append, step_audit


@transaction.atomic
def application_note(
    *, application_id: uuid.UUID, text: str, actor: User, at: datetime
) -> ApplicationEvent:
    """Write a note beside an application that only the lender's people read.

    Raises:
        NotFound: it is not the actor's to work on.
        NotPermitted: the actor is on the borrower's side.
        Refused: ``NOTE_EMPTY``, ``NOTE_LONG``.

    Writes: ``ApplicationEvent``; locks the application's row.
    """
    case = case_lock(application_id, actor)
    roles = roles_towards(actor, case.application) & set(LENDER_ROLES)
    if not roles:
        raise NotPermitted
    words = _words(text)
    state = case.application.state
    return event_append(
        case, "NOTE", state, state, payload={"note": words}, actor=actor, role=min(roles), at=at
    )


@transaction.atomic
def application_urge(
    *, application_id: uuid.UUID, text: str, actor: User, at: datetime
) -> ApplicationEvent:
    """Urge a lender on (督办): the operator's word goes to the officer and the approvers, and stays with the case.

    Raises:
        NotPermitted: the actor is no operator.
        NotFound: there is no such case.
        TransitionRefused: it has ended.
        Refused: ``NOTE_EMPTY``, ``NOTE_LONG``.

    Writes: ``ApplicationEvent``, notices, audit; locks the application's row.
    """
    require_role(actor, Role.OPERATOR)
    if not supervised_applications(actor).filter(public_id=application_id).exists():
        raise NotFound
    case = case_lock(application_id, None)
    state = case.application.state
    if state in CLOSED_STATES:
        raise TransitionRefused(state, "URGE", "申请已办结，不需督办。")
    words = _words(text)
    written = event_append(
        case,
        "URGE",
        state,
        state,
        payload={"note": words},
        actor=actor,
        role=Role.OPERATOR,
        at=at,
    )
    urge_notify(case.application, words, at)
    step_audit(case, "URGE", actor, at)
    return written


def _words(text: str) -> str:
    words = text.strip()
    if not words:
        raise Refused("NOTE_EMPTY", "请填写内容。", {"text": "请填写内容。"})
    if len(words) > LONGEST_TEXT:
        sentence = f"文字不能超过 {LONGEST_TEXT} 字。"
        raise Refused("NOTE_LONG", sentence, {"text": sentence})
    return words
