"""Quality rules measured on counts, and a unit's month."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borrowers.domain.catalogue import item_from_mapping
from borrowers.domain.quality import measure_all, volume_counts
from borrowers.domain.quality_rule import QualityKind, QualityRule, percent
from borrowers.domain.rhythm import UpdateRhythm
from borrowers.domain.unit_board import OwedItem, PeriodTally, UnitMonth, period_tally
from marketplace.domain.errors import Refused
from marketplace.domain.period import Period
from marketplace.domain.workdays import WeekCalendar

ACCEPTED = QualityRule(QualityKind.ACCEPTED, minimum="0.95")
VOLUME = QualityRule(QualityKind.VOLUME, low="0.5", high="2")
WEEK = WeekCalendar()
JUNE = Period.month(2026, 6)
DECLARED = {
    "code": "EXAMPLE", "name": "示例", "data_class": "17", "source_unit": "REFORM", "natural_key": ["no"],
    "event_date": "day", "update_rhythm": "MONTHLY",
    "fields": [{"code": "no", "label": "编号", "type": "TEXT"}, {"code": "day", "label": "日期", "type": "DATE"}],
}  # fmt: skip


def kept(rule, part, whole):
    (found,) = measure_all([rule], {rule.code: (part, whole)})
    return found.kept


class TestMeasureAll:
    @pytest.mark.parametrize(("part", "verdict"), [(95, True), (94, False), (100, True)])
    def test_a_share_is_kept_from_its_minimum_on(self, part, verdict):
        assert kept(ACCEPTED, part, 100) is verdict

    @pytest.mark.parametrize(
        ("rows", "verdict"), [(50, True), (49, False), (200, True), (201, False)]
    )
    def test_a_volume_is_kept_within_the_multiples_of_the_median(self, rows, verdict):
        assert kept(VOLUME, rows, 100) is verdict

    def test_nothing_to_measure_is_neither_kept_nor_broken(self):
        assert kept(ACCEPTED, 0, 0) is None

    def test_leaves_out_what_is_not_about_a_delivery(self):
        assert measure_all([QualityRule(QualityKind.DUE)], {}) == ()

    def test_says_demand_and_finding(self):
        (found,) = measure_all([ACCEPTED], {"ACCEPTED": (3, 4)})

        assert found.sentence("") == "合规率不低于 95%；实际 75%（3/4）。"

    @given(st.integers(0, 10_000), st.integers(1, 10_000))
    def test_percent_never_reads_as_whole_what_is_less(self, part, more):
        assert percent(Decimal(part) / Decimal(part + more)) != "100%"


class TestVolumeCounts:
    def test_compares_with_the_median_of_the_latest_six(self):
        assert volume_counts(5, [10, 20, 30, 40, 50, 60, 9000]) == (5, 35)

    def test_two_earlier_deliveries_are_too_few(self):
        assert volume_counts(5, [10, 20]) == (5, 0)


class TestDeclaration:
    @pytest.mark.parametrize(
        "rule",
        [
            {"kind": "IN_TIME", "minimum": "0.9"},
            {"kind": "FILLED", "minimum": "0.9"},
            {"kind": "FILLED", "field": "nowhere", "minimum": "0.9"},
            {"kind": "ACCEPTED", "minimum": "1.5"},
            {"kind": "ACCEPTED", "minimum": "viel"},
            {"kind": "ACCEPTED"},
            {"kind": "IN_RANGE", "field": "no", "low": "0", "minimum": "1"},
            {"kind": "VOLUME"},
            {"kind": "VOLUME", "low": "3", "high": "2"},
            {"kind": "RECENT", "minimum": "0.9"},
        ],
    )
    def test_refuses_a_rule_that_cannot_be_measured(self, rule):
        with pytest.raises(Refused) as refusal:
            item_from_mapping(DECLARED | {"quality": [rule]})

        assert refusal.value.code == "CATALOGUE_INVALID"

    def test_refuses_a_fixed_term_for_what_is_delivered_on_events(self):
        changed = {"update_rhythm": "ON_EVENT", "quality": [{"kind": "DUE"}]}

        with pytest.raises(Refused):
            item_from_mapping(DECLARED | changed)

    def test_refuses_the_same_rule_twice(self):
        with pytest.raises(Refused):
            item_from_mapping(DECLARED | {"quality": [{"kind": "DUE"}, {"kind": "DUE"}]})


def owed(*deliveries, since=date(2026, 1, 1)):
    return OwedItem(UpdateRhythm.MONTHLY, 15, since, deliveries)


class TestPeriodTally:
    @pytest.mark.parametrize(
        ("item", "until", "found"),
        [
            (owed(date(2026, 6, 15)), date(2026, 6, 30), PeriodTally(1, 1, 1)),
            (owed(date(2026, 6, 16)), date(2026, 6, 30), PeriodTally(1, 1, 0)),
            (owed(date(2026, 5, 31)), date(2026, 6, 30), PeriodTally(1, 0, 0)),
            (owed(), date(2026, 6, 15), PeriodTally(0, 0, 0)),
            (owed(), date(2026, 6, 16), PeriodTally(1, 0, 0)),
            (owed(date(2026, 6, 20)), date(2026, 6, 16), PeriodTally(1, 0, 0)),
            (owed(since=date(2026, 6, 1)), date(2026, 6, 30), PeriodTally(0, 0, 0)),
        ],
    )
    def test_counts_what_fell_due_in_the_month(self, item, until, found):
        assert period_tally([item], JUNE, until, WEEK) == found

    @given(
        st.lists(st.dates(date(2026, 5, 1), date(2026, 7, 31)), max_size=8),
        st.sampled_from(UpdateRhythm),
    )
    def test_never_counts_more_in_time_than_delivered_than_owed(self, deliveries, rhythm):
        item = OwedItem(rhythm, 3, date.min, tuple(sorted(deliveries)))

        found = period_tally([item], JUNE, date(2026, 7, 31), WEEK)

        assert 0 <= found.in_time <= found.delivered <= found.owed


class TestUnitMonth:
    def test_has_no_share_of_nothing(self):
        month = UnitMonth(0, PeriodTally(), 0, 0, 0, 0, 0, None, None)

        assert {month.delivery, month.timeliness, month.event_timeliness, month.acceptance} == {
            None
        }

    def test_shares_are_fractions(self):
        month = UnitMonth(4, PeriodTally(4, 3, 1), 10, 9, 200, 10, 0, None, None)

        assert (month.delivery, month.timeliness) == (Decimal("0.75"), Decimal("0.25"))
        assert (month.event_timeliness, month.acceptance) == (Decimal("0.9"), Decimal("0.95"))
