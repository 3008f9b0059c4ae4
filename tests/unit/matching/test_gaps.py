"""Whom a missing item leaves undecided."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from matching.domain.declaration import Absence, declarations_on
from matching.domain.gaps import GapKind, Holders, ItemState, indicator_gap, item_gaps

DECLARED = {entry.code: entry for entry in declarations_on(date(2026, 6, 1))}
PAID = DECLARED["tax_months_paid_12m"]
ITEMS = PAID.selection.items
HERE, GONE = ItemState(delivered=True, outdated=False), ItemState(delivered=False, outdated=False)
OLD = ItemState(delivered=True, outdated=True)
LISTED = replace(PAID, absence=Absence.ZERO)


def gap(declaration, state, holders=40):
    return indicator_gap(declaration, {ITEMS[0]: state}, Holders(100, {ITEMS: holders}))


class TestIndicatorGap:
    @pytest.mark.parametrize(
        ("declaration", "state", "kind", "lacking"),
        [
            (PAID, HERE, GapKind.INCOMPLETE, 60),
            (PAID, GONE, GapKind.NOT_DELIVERED, 60),
            (PAID, OLD, GapKind.OUTDATED, 100),
            (LISTED, HERE, GapKind.NONE, 0),
            (LISTED, GONE, GapKind.NOT_DELIVERED, 60),
        ],
    )
    def test_counts_who_has_no_value(self, declaration, state, kind, lacking):
        found = gap(declaration, state)

        assert (found.kind, found.lacking) == (kind, lacking)

    def test_there_is_none_when_everybody_has_a_record(self):
        assert gap(PAID, HERE, holders=100).kind is GapKind.NONE


class TestItemGaps:
    def test_counts_products_that_ask_for_what_is_lacking(self):
        asking = {PAID.code: frozenset({"a", "b"}), "amount_yuan": frozenset({"c"})}

        (found,) = item_gaps([gap(PAID, HERE)], asking)

        assert (found.item, found.products, found.pairs) == (ITEMS[0], ("a", "b"), 120)

    def test_an_item_without_a_gap_touches_no_product(self):
        (found,) = item_gaps([gap(LISTED, HERE)], {PAID.code: frozenset({"a"})})

        assert (found.kind, found.lacking, found.products) == (GapKind.NONE, 0, ())
