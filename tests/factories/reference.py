"""Districts and the shipped catalogue, as ``reference_ensure`` enters them into a new installation."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Model

from borrowers.domain.catalogue import load_catalogue
from borrowers.models import CatalogueItem, CatalogueItemVersion, SourceUnit
from borrowers.services import catalogue_seed
from marketplace.audit import audit_record
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.models import District
from marketplace.services import districts_seed
from tests.kept import Kept, keys_of

CATALOGUE: list[type[Model]] = [
    SourceUnit,
    CatalogueItem,
    CatalogueItemVersion,
    CatalogueItem.units.through,
]
ENTERED: dict[datetime, Kept] = {}
"""The catalogue as it was first entered at a moment; entering it spells out two megabytes."""


def enter_reference(*, at: datetime) -> None:
    """Do what ``reference_ensure`` does, quickly the second time."""
    if not District.objects.exists():
        districts_seed(names=DISTRICT_LABELS, actor=None, at=at)
    enter_catalogue(at=at)


def enter_catalogue(*, at: datetime) -> None:
    """Enter the shipped catalogue where there is none, as ``catalogue_seed`` does; quickly the second time."""
    if CatalogueItem.objects.exists():
        return
    if at not in ENTERED or SourceUnit.objects.exists():
        is_all = not SourceUnit.objects.exists()
        catalogue_seed(actor=None, at=at)
        if is_all:
            ENTERED[at] = Kept(keys_of(CATALOGUE))
        return
    ENTERED[at].put()
    shipped = load_catalogue()
    audit_record(
        action="borrowers.catalogue.seed",
        subject_kind="CatalogueItem",
        subject_id="*",
        actor=None,
        at=at,
        payload={"units": len(shipped.units), "items": len(shipped.items)},
    )
