"""Reads of one record and its versions, in whichever store they are.

Source: design law 5 (traceable); 征信业管理条例 第十七条 (the subject may read what is kept of it).
"""

from __future__ import annotations

from uuid import UUID

from borrowers.models import CatalogueItem, CreditRecord, Enterprise
from borrowers.policies import own_enterprises, visible_records
from borrowers.selectors.archived import archived_records, archived_versions
from marketplace.domain.errors import NotFound
from marketplace.policies import Reader

READ_AT_ONCE = 200


def record_get(user: Reader, public_id: UUID) -> CreditRecord:
    """Return one record the user may read, with enterprise, item, batch and unit.

    A record that the archive alone keeps comes unsaved, without a primary key; those of the own enterprise are found
    there, others may read none that the database does not hold.

    Raises:
        NotFound: there is none for this reader.

    Queries: one; of the own enterprise up to six more when the database has none.
    """
    joined = visible_records(user).select_related("enterprise", "item", "batch__unit")
    record = joined.filter(public_id=public_id).first()
    if record is None:
        record = _archived_record(user, public_id)
    if record is None:
        raise NotFound
    return record


def record_history(record: CreditRecord) -> list[CreditRecord]:
    """Return every version of the record, latest first; the caller may read the record.

    Queries: two, and four more where the archive alone keeps some.
    """
    return versions_of_key(record.enterprise, record.item, record.natural_key)


def versions_of_key(
    enterprise: Enterprise, item: CatalogueItem, natural_key: str
) -> list[CreditRecord]:
    """Return every version under one key, latest first, those that the archive alone keeps unsaved."""
    same = CreditRecord.objects.filter(enterprise=enterprise, item=item, natural_key=natural_key)
    saved = list(same.select_related("batch__unit").order_by("-received_at", "-id"))
    archived = archived_versions([enterprise.pk], item_id=item.pk)
    unsaved = archived_records(
        [version for version in archived if version.row.natural_key == natural_key]
    )
    latest = sorted(unsaved, key=lambda one: (one.received_at, one.row_number), reverse=True)
    return sorted([*saved, *latest], key=lambda one: one.received_at, reverse=True)


def _archived_record(user: Reader, public_id: UUID) -> CreditRecord | None:
    own = list(own_enterprises(user).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(own), READ_AT_ONCE):
        versions = archived_versions(own[start : start + READ_AT_ONCE])
        found = [version for version in versions if version.row.public_id == public_id]
        if found:
            return archived_records(found)[0]
    return None
