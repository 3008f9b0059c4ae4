"""Reads of objections and credit repairs."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from borrowers.domain.repair import Finding, breach_class_of
from borrowers.models import CreditRecord, CreditRepair, Objection
from borrowers.models.repair import OBJECTION_OPEN, REPAIR_OPEN
from borrowers.policies import visible_objections, visible_repairs
from marketplace.domain.errors import NotFound
from marketplace.domain.workdays import local_date
from marketplace.policies import Reader

JOINED = ("record__item", "record__enterprise", "record__batch__unit", "submitted_by")


def objection_list(user: Reader, *, only_open: bool = False) -> QuerySet[Objection]:
    """Return the objections the user may see, latest first."""
    found = visible_objections(user).select_related(*JOINED)
    return found.filter(state__in=OBJECTION_OPEN) if only_open else found


def objection_get(user: Reader, public_id: UUID) -> Objection:
    """Return one objection.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    objection = objection_list(user).filter(public_id=public_id).first()
    if objection is None:
        raise NotFound
    return objection


def repair_list(user: Reader, *, only_open: bool = False) -> QuerySet[CreditRepair]:
    """Return the repairs the user may see, latest first."""
    found = visible_repairs(user).select_related(*JOINED)
    return found.filter(state__in=REPAIR_OPEN) if only_open else found


def repair_get(user: Reader, public_id: UUID) -> CreditRepair:
    """Return one repair.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    repair = repair_list(user).filter(public_id=public_id).first()
    if repair is None:
        raise NotFound
    return repair


def finding_of(
    record: CreditRecord, fulfilled_on: date | None, *, commitment_made: bool
) -> Finding:
    """Return a penalty as the rule of repair looks at it. Queries: one, on false material."""
    payload = record.payload
    false_on = (
        CreditRepair.objects.filter(record__enterprise=record.enterprise_id, false_material=True)
        .order_by("-reviewed_at")
        .values_list("reviewed_at", flat=True)
        .first()
    )
    return Finding(
        breach_class=breach_class_of(
            str(payload.get("CF_DJ", "")), str(payload.get("CF_CFLB", ""))
        ),
        found_on=record.event_date or local_date(record.received_at),
        special_sector=payload.get("CF_TDLY") is True,
        duties_fulfilled_on=fulfilled_on,
        commitment_made=commitment_made,
        false_material_on=local_date(false_on) if false_on else None,
    )
