"""What of permits and penalties anybody may read: the decision, never a person behind it, and only while it is public.

Source: domain note 2.7 (双公示), 2.8 (periods of publicity); trust note 4 (natural persons).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from borrowers.domain.repair import breach_class_of, publication_end, publicity_of

PERMIT_ITEM = "PERMIT"
PENALTY_ITEM = "PENALTY"
ORGANISATIONS = "法人及非法人组织"
"""The kind of addressee whose decisions are shown here; natural persons and 个体工商户 are not."""


class NoticeKind(StrEnum):
    """What was decided."""

    PERMIT = "PERMIT"
    PENALTY = "PENALTY"


@dataclass(frozen=True)
class Notice:
    """One decision as the public reads it.

    Attributes:
        number: of the written decision.
        title: what the decision or the breach is called.
        content: what was permitted or imposed.
        agency: who decided.
        until: a permit's last day; of a penalty the day on which its publicity ends; None when open.
    """

    kind: NoticeKind
    number: str
    title: str
    content: str
    decided_on: date | None
    agency: str
    until: date | None


def notice_of(
    item_code: str, payload: Mapping[str, Any], found_on: date, on: date
) -> Notice | None:
    """Return a record as the public reads it on a day; None when it is not public.

    Args:
        item_code: of the catalogue; others than permits and penalties are not public here.
        payload: field code to stored value.
        found_on: day of the decision.
        on: business date of reading.
    """
    if item_code == PERMIT_ITEM:
        return _permit(payload, found_on)
    if item_code == PENALTY_ITEM:
        return _penalty(payload, found_on, on)
    return None


def _permit(payload: Mapping[str, Any], found_on: date) -> Notice | None:
    if payload.get("XK_XDR_LB") != ORGANISATIONS:
        return None
    return Notice(
        NoticeKind.PERMIT,
        _text(payload, "XK_WSH"),
        _text(payload, "XK_XKWS"),
        _text(payload, "XK_NR"),
        found_on,
        _text(payload, "XK_XKJG"),
        _day(payload.get("XK_YXQZI")),
    )


def _penalty(payload: Mapping[str, Any], found_on: date, on: date) -> Notice | None:
    degree = breach_class_of(_text(payload, "CF_DJ"), _text(payload, "CF_CFLB"))
    is_special = payload.get("CF_TDLY") is True
    period = publicity_of(degree, found_on, special_sector=is_special)
    until = publication_end(degree, found_on, special_sector=is_special)
    is_open = period.is_published and on < until
    if not is_open or payload.get("CF_XDR_LB") != ORGANISATIONS:
        return None
    return Notice(
        NoticeKind.PENALTY,
        _text(payload, "CF_WSH"),
        _text(payload, "CF_WFXW"),
        _imposed(_text(payload, "CF_CFLB"), _text(payload, "CF_NR")),
        found_on,
        _text(payload, "CF_CFJG"),
        until,
    )


def _imposed(kind: str, words: str) -> str:
    """Return what was imposed; its kind is not said twice."""
    if words.startswith(kind):
        return words
    return "；".join(part for part in (kind, words) if part)


def _text(payload: Mapping[str, Any], name: str) -> str:
    return str(payload.get(name) or "")


def _day(value: Any) -> date | None:
    return date.fromisoformat(str(value)[:10]) if value else None
