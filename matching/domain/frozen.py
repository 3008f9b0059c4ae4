"""What a frozen portrait keeps of its surroundings, so that it can be built anew after they changed.

Items are renamed, moved to another class or opened to everybody, and units are merged; none of that changes what a
portrait said. Records, indicators and points are computed again; names and modes of items and units stay as frozen.

Source: design law 5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from marketplace.domain.vocabulary import DataClass
from matching.domain.portrait import Portrait
from matching.domain.records import PlainRecord


@dataclass(frozen=True)
class FrozenItem:
    """A catalogue item as a portrait found it; has what `matching.domain.freshness.DeliveredItem` asks for."""

    code: str
    name: str
    data_class: DataClass
    consent_required: bool
    freshness_days: int


@dataclass(frozen=True)
class Surroundings:
    """Items by code and units by batch, as a portrait found them."""

    items: Mapping[str, FrozenItem]
    units: Mapping[str, str]

    def seen(self, record: PlainRecord) -> PlainRecord:
        """Return a record as the portrait would have seen it; what the portrait does not name stays as it is."""
        item = self.items.get(record.item_code)
        if item is not None:
            record = replace(
                record, data_class=item.data_class.value, public=not item.consent_required
            )
        return replace(record, source_unit=self.units.get(record.batch, record.source_unit))


def surroundings_of(portrait: Portrait) -> Surroundings:
    """Return what an unredacted portrait keeps of its surroundings."""
    items = {
        item.item_code: FrozenItem(
            code=item.item_code,
            name=item.name,
            data_class=DataClass(group.data_class),
            consent_required=not item.public,
            freshness_days=item.expected_days,
        )
        for group in portrait.freshness
        for item in group.items
    }
    named = [(source.batch, source.source_unit) for source in portrait.lineage]
    named += [(source.batch, source.source_unit) for source in portrait.batches]
    return Surroundings(items, dict(named))
