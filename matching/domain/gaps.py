"""Which item of the catalogue leaves how many enterprises "无法判断", and which products ask for it.

What is missing is what `matching.domain.indicators.evaluate` and `matching.domain.fit_facts` call missing, counted over
sets instead of enterprise by enterprise. Consent is taken as given: it is the enterprise's to give, not a unit's.

Source: issue of the catalogue (which unit's gap makes how many firms "cannot tell"); design law 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from matching.domain.declaration import Absence, IndicatorDeclaration


class GapKind(StrEnum):
    """Why an item leaves enterprises without an indicator."""

    NOT_DELIVERED = "NOT_DELIVERED"
    OUTDATED = "OUTDATED"
    INCOMPLETE = "INCOMPLETE"
    NONE = "NONE"


GAP_LABELS = {
    GapKind.NOT_DELIVERED: "从未送达",
    GapKind.OUTDATED: "过期不可用",
    GapKind.INCOMPLETE: "部分企业无记录",
    GapKind.NONE: "无缺口",
}


@dataclass(frozen=True)
class ItemState:
    """What is there of one item.

    Attributes:
        delivered: it was delivered at least once.
        outdated: the latest delivery is too old to judge anybody by.
    """

    delivered: bool
    outdated: bool


@dataclass(frozen=True)
class Holders:
    """How many active enterprises there are, and how many have a usable record of any item of a set."""

    active: int
    by_items: Mapping[tuple[str, ...], int]


@dataclass(frozen=True)
class IndicatorGap:
    """How many active enterprises have no value of one indicator for want of records."""

    declaration: IndicatorDeclaration
    kind: GapKind
    lacking: int


@dataclass(frozen=True)
class ItemGap:
    """What one item leaves open.

    Attributes:
        item: code.
        kind: the worst of its indicators.
        lacking: enterprises without at least one of its indicators.
        indicators: those made of the item that somebody lacks.
        products: codes of published products with a rule on one of them.
    """

    item: str
    kind: GapKind
    lacking: int
    indicators: tuple[IndicatorGap, ...]
    products: tuple[str, ...]

    @property
    def pairs(self) -> int:
        """Return enterprises times products: in so many pairs at most a rule cannot be told."""
        return self.lacking * len(self.products)


def indicator_gap(
    declaration: IndicatorDeclaration, states: Mapping[str, ItemState], holders: Holders
) -> IndicatorGap:
    """Return how many active enterprises lack an indicator for want of records.

    Too old an item leaves everybody without; one never delivered, everybody without records of the others. Where no
    record means 0 (published lists), nobody lacks it once every list is delivered.

    Args:
        declaration: made of at least one item.
        states: by item; an unknown item counts as never delivered.
        holders: must have the items of the declaration.
    """
    items = declaration.selection.items
    known = [states.get(item, ItemState(delivered=False, outdated=False)) for item in items]
    without = holders.active - holders.by_items[items]
    if any(state.outdated for state in known):
        return IndicatorGap(declaration, GapKind.OUTDATED, holders.active)
    silent = [not state.delivered for state in known]
    is_zero = declaration.absence is Absence.ZERO
    if any(silent) if is_zero else all(silent):
        return IndicatorGap(declaration, GapKind.NOT_DELIVERED, without)
    if is_zero or without == 0:
        return IndicatorGap(declaration, GapKind.NONE, 0)
    return IndicatorGap(declaration, GapKind.INCOMPLETE, without)


def item_gaps(
    gaps: Iterable[IndicatorGap], products: Mapping[str, frozenset[str]]
) -> list[ItemGap]:
    """Return the gaps by item, the one that leaves most pairs of enterprise and product open first.

    Args:
        gaps: one per indicator.
        products: code of an indicator to the products whose rules ask for it.
    """
    by_item: dict[str, list[IndicatorGap]] = {}
    for gap in gaps:
        for item in gap.declaration.selection.items:
            by_item.setdefault(item, []).append(gap)
    found = [_item_gap(item, own, products) for item, own in by_item.items()]
    return sorted(found, key=lambda gap: (-gap.pairs, -gap.lacking, gap.item))


_WORST = list(GapKind)


def _item_gap(
    item: str, gaps: list[IndicatorGap], products: Mapping[str, frozenset[str]]
) -> ItemGap:
    missing = tuple(gap for gap in gaps if gap.lacking)
    asking = {
        product for gap in missing for product in products.get(gap.declaration.code, frozenset())
    }
    kind = min((gap.kind for gap in missing), key=_WORST.index, default=GapKind.NONE)
    lacking = max((gap.lacking for gap in missing), default=0)
    return ItemGap(item, kind, lacking, missing, tuple(sorted(asking)))
