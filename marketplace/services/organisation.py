"""Districts and organisations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from marketplace.audit import audit_record
from marketplace.domain.errors import Conflict, Refused
from marketplace.domain.roles import OrganisationKind
from marketplace.domain.text import clean
from marketplace.models import District, Organisation, User

LONGEST_NAME = 60


@transaction.atomic
def districts_seed(*, names: Mapping[str, str], actor: User | None, at: datetime) -> int:
    """Enter the districts by GB/T 2260 code; return how many were new. Names of known codes are kept up to date."""
    known = set(District.objects.values_list("code", flat=True))
    District.objects.bulk_create(
        [District(code=code, name=name) for code, name in sorted(names.items())],
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name"],
    )
    new = sorted(set(names) - known)
    if new:
        audit_record(
            action="marketplace.district.seed",
            subject_kind="District",
            subject_id="*",
            actor=actor,
            at=at,
            payload={"codes": new},
        )
    return len(new)


@transaction.atomic
def organisation_create(
    *,
    kind: OrganisationKind,
    name: str,
    actor: User | None,
    at: datetime,
    uscc: str = "",
    district_code: str | None = None,
) -> Organisation:
    """Enter a party to the marketplace.

    Raises:
        Conflict: ``ORGANISATION_EXISTS`` when one of that kind has the credit code.

    Writes: ``Organisation``, audit ``marketplace.organisation.create``.
    """
    if uscc and Organisation.objects.filter(kind=kind, uscc=uscc).exists():
        sentence = "该统一社会信用代码已登记。"
        raise Conflict("ORGANISATION_EXISTS", sentence, {"uscc": sentence})
    organisation = Organisation.objects.create(
        kind=kind, name=name, uscc=uscc, district_id=district_code
    )
    audit_record(
        action="marketplace.organisation.create",
        subject_kind="Organisation",
        subject_id=organisation.public_id,
        actor=actor,
        at=at,
        payload={"kind": kind},
    )
    return organisation


@transaction.atomic
def office_ensure(
    *,
    kind: OrganisationKind,
    name: str,
    actor: User | None,
    at: datetime,
    district_code: str | None = None,
) -> Organisation:
    """Return the office of the city or of a district that is called so, entered when there is none.

    Args:
        kind: of the city or of a district.
        name: as it is called; compared without surrounding blanks.
        actor: who enters it; None for the console.
        at: when, aware.
        district_code: GB/T 2260, of a district's office.

    Raises:
        Refused: ``OFFICE_NAME``, ``OFFICE_DISTRICT`` with the field's sentence.

    Writes: as of `organisation_create`.
    """
    called = clean(name)
    if not 2 <= len(called) <= LONGEST_NAME:
        sentence = f"请填写单位名称，2 至 {LONGEST_NAME} 字。"
        raise Refused("OFFICE_NAME", sentence, {"office": sentence})
    if (kind is OrganisationKind.DISTRICT) != bool(district_code):
        sentence = "区级单位须选择所在的区，市级单位不选。"
        raise Refused("OFFICE_DISTRICT", sentence, {"district_code": sentence})
    found = Organisation.objects.filter(
        kind=kind, name=called, district_id=district_code, is_active=True
    ).first()
    return found or organisation_create(
        kind=kind, name=called, actor=actor, at=at, district_code=district_code
    )


@transaction.atomic
def organisation_rename(
    *, organisation: Organisation, name: str, actor: User | None, at: datetime
) -> Organisation:
    """Correct the name of a party; nothing happens when it is called so already.

    Writes: ``Organisation.name``, audit ``marketplace.organisation.rename``; locks the row.
    """
    row = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if row.name != name:
        former, row.name = row.name, name
        row.save(update_fields=["name"])
        audit_record(
            action="marketplace.organisation.rename",
            subject_kind="Organisation",
            subject_id=row.public_id,
            actor=actor,
            at=at,
            payload={"former": former},
        )
    organisation.name = row.name
    return row
