"""Who looked at an enterprise's data, as the enterprise may read it: the person's name masked.

Source: 征信业管理条例 art. 22; trust note 0.9, 4.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from borrowers.models import Enterprise
from marketplace.domain.masking import mask_person_name
from marketplace.models import AccessRecord
from marketplace.selectors import access_list

CHANNEL_LABELS = {
    "PAGE": "页面",
    "API": "接口",
    "PDF": "报告",
    "BATCH": "批量",
    "XLSX": "表格",
    "SYSTEM": "机构系统",
}


@dataclass(frozen=True)
class AccessLine:
    """One reading of the enterprise's data.

    Attributes:
        at: when.
        organisation: who the reader worked for.
        person: masked name.
        purpose: in words.
        content: what was read.
        data_classes: class numbers.
        channel: in words.
    """

    at: datetime
    organisation: str
    person: str
    purpose: str
    content: str
    data_classes: tuple[str, ...]
    channel: str


def access_rows(enterprise: Enterprise, *, by_others: bool = False) -> QuerySet[AccessRecord]:
    """Return the readings of an enterprise's data; the caller has checked that the reader acts for it.

    Args:
        enterprise: with its account.
        by_others: leave out what its own people read.
    """
    found = access_list(enterprise.uscc)
    if by_others:
        return found.exclude(organisation=enterprise.account.organisation_id)
    return found


def access_line(row: AccessRecord) -> AccessLine:
    """Return a reading as the enterprise may see it."""
    return AccessLine(
        at=row.at,
        organisation=row.organisation.name,
        person=mask_person_name(row.user.display_name) or "*",
        purpose=row.get_purpose_display(),
        content=row.content,
        data_classes=tuple(row.data_classes),
        channel=CHANNEL_LABELS.get(row.channel, row.channel),
    )
