"""Until when a record is kept: some months after the last day it speaks of, and as long as it still stands.

A listing without a day of removal, or arrears that were never cleared, stand today and are kept whatever their age.

Source: 征信业管理条例 第十六条 (kept from the end of the act or event); domain note 2.4; the catalogue declares by
item how long.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from borrowers.domain.item_spec import FieldType, ItemSpec
from marketplace.domain.dates import WITHOUT_END
from marketplace.domain.period import add_months

REJECTED_ROWS_KEPT_DAYS = 90
"""So long a unit may fetch the rows that were refused, as they were delivered, to correct them."""

ENDS = frozenset({"removed_date", "lifted_date", "cleared_date", "ended_date"})
"""Fields whose absence says that what the record tells has not ended."""


def kept_since(item: ItemSpec, today: date) -> date:
    """Return the day before which a record's last day must lie for it to be erased.

    Args:
        item: whose ``retention_months`` count.
        today: business date.
    """
    return add_months(today.replace(day=1), -item.retention_months)


def last_day(item: ItemSpec, payload: Mapping[str, Any], dated: date) -> date | None:
    """Return the last day a record speaks of; None while what it tells has not ended.

    Args:
        item: declares the fields.
        payload: field code to stored value.
        dated: the day the record counts for: its event, or its reception.
    """
    days = [dated]
    for spec in item.fields:
        if spec.type not in (FieldType.DATE, FieldType.MONTH) or not spec.kept:
            continue
        written = payload.get(spec.code)
        if written is None:
            if spec.code in ENDS:
                return None
            continue
        day = date.fromisoformat(str(written)[:10])
        if day >= WITHOUT_END:
            return None
        days.append(day)
    return max(days)


def is_past_retention(item: ItemSpec, payload: Mapping[str, Any], dated: date, today: date) -> bool:
    """Return whether a record may be kept no longer."""
    last = last_day(item, payload, dated)
    return last is not None and last < kept_since(item, today)
