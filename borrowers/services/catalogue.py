"""Entering the catalogue: units and items as declared, and a unit's own codes for enterprises."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from borrowers.domain.catalogue import Catalogue, load_catalogue
from borrowers.models import CatalogueItem, Enterprise, SourceUnit, SubjectAlias
from borrowers.services.catalogue_entry import ItemEntry, items_enter, units_enter
from marketplace.audit import audit_record, enterprise_stream
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.errors import Conflict
from marketplace.domain.roles import Role
from marketplace.models import District, User
from marketplace.policies import require_role
from marketplace.services import districts_seed


@transaction.atomic
def catalogue_seed(
    *, actor: User | None, at: datetime, catalogue: Catalogue | None = None
) -> tuple[int, int]:
    """Enter the shipped catalogue; known units and items are brought up to date, none is removed.

    An item whose declaration changed gets the next version.

    Returns:
        How many units and how many items were new or changed.

    Writes: ``SourceUnit``, ``CatalogueItem``, ``CatalogueItemVersion``, audit ``borrowers.catalogue.seed`` when
        anything changed.
    """
    declared = catalogue or load_catalogue()
    units = units_enter(declared.units)
    entries = [ItemEntry(spec) for spec in declared.items]
    items = sum(items_enter(entries, actor=actor, at=at))
    if units or items:
        audit_record(
            action="borrowers.catalogue.seed",
            subject_kind="CatalogueItem",
            subject_id="*",
            actor=actor,
            at=at,
            payload={"units": units, "items": items},
        )
    return units, items


@transaction.atomic
def reference_ensure(*, at: datetime) -> None:
    """Enter districts and catalogue where an installation has none yet, so that a first import finds them.

    What is there is left alone; ``catalogue_seed`` brings it up to date.

    Writes: ``District``, ``SourceUnit``, ``CatalogueItem``, ``CatalogueItemVersion``, audit, on an empty installation
        only.
    """
    if not District.objects.exists():
        districts_seed(names=DISTRICT_LABELS, actor=None, at=at)
    if not CatalogueItem.objects.exists():
        catalogue_seed(actor=None, at=at)


@transaction.atomic
def subject_alias_confirm(
    *, unit: SourceUnit, local_code: str, enterprise: Enterprise, actor: User, at: datetime
) -> SubjectAlias:
    """Confirm that a unit's own code means this enterprise; only confirmed codes match records.

    Raises:
        NotPermitted: the actor is not an operator.
        Conflict: ``ALIAS_TAKEN`` when the code means another enterprise already.

    Writes: ``SubjectAlias``, audit ``borrowers.alias.confirm``.
    """
    require_role(actor, Role.OPERATOR)
    alias, created = SubjectAlias.objects.get_or_create(
        unit=unit,
        local_code=local_code.strip(),
        defaults={"enterprise": enterprise, "confirmed_by": actor, "confirmed_at": at},
    )
    if alias.enterprise_id != enterprise.pk:
        sentence = "该单位内部代码已对应另一家企业。"
        raise Conflict("ALIAS_TAKEN", sentence, {"local_code": sentence})
    if created:
        audit_record(
            action="borrowers.alias.confirm",
            subject_kind="SubjectAlias",
            subject_id=enterprise.public_id,
            actor=actor,
            at=at,
            stream=enterprise_stream(enterprise.uscc),
            payload={"unit": unit.code},
        )
    return alias
