"""The public's reads of permits and penalties: one enterprise by its code, or a few by the beginning of a name.

Source: domain note 1 (publicity search), 2.7, 2.8.
"""

from __future__ import annotations

from datetime import datetime

from borrowers.domain.name_search import name_core
from borrowers.domain.publicity import Notice, NoticeKind, notice_of
from borrowers.models import Enterprise
from borrowers.selectors.enterprise import begins_so
from borrowers.selectors.record import records_as_at
from marketplace.domain import uscc as uscc_rules
from marketplace.domain.vocabulary import SizeClass
from marketplace.domain.workdays import local_date

CODE_LENGTH = 18
SHORTEST_NAME = 4
MOST_NAMES = 20
CLASSES = ("04", "05")


def enterprises_public(text: str) -> list[Enterprise]:
    """Return the enterprises of a credit code, or those whose name begins so; 个体工商户 are never among them.

    A place name before the name may be left out, see `name_beginnings`.

    Args:
        text: as typed; 18 characters are a code, else at least ``SHORTEST_NAME`` of a name without its place.

    Queries: one, none for too short a text.
    """
    code = uscc_rules.normalize(text.strip())
    found = Enterprise.objects.exclude(size_class=SizeClass.INDIVIDUAL).exclude(
        entity_type="INDIVIDUAL"
    )
    if len(code) == CODE_LENGTH:
        return list(found.filter(uscc=code))
    if len(name_core(text)) < SHORTEST_NAME:
        return []
    return list(found.filter(begins_so(text)).order_by("name")[:MOST_NAMES])


def notices_public(enterprise: Enterprise, at: datetime) -> dict[NoticeKind, list[Notice]]:
    """Return the permits and penalties of an enterprise that are public at a moment, latest first.

    Repaired records, and penalties whose publicity is over, are not among them.

    Queries: two or three.
    """
    on = local_date(at)
    found: dict[NoticeKind, list[Notice]] = {kind: [] for kind in NoticeKind}
    for row in records_as_at(enterprise, at, CLASSES, with_disputes=False):
        if row.repaired or row.consent_required:
            continue
        day = row.event_date or local_date(row.received_at)
        notice = notice_of(row.item_code, row.payload, day, on)
        if notice is not None:
            found[notice.kind].append(notice)
    for notices in found.values():
        notices.sort(key=lambda notice: str(notice.decided_on), reverse=True)
    return found
