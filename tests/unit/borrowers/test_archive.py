"""Records as integers and short texts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borrowers.domain.archive import (
    Storage,
    dated,
    day_number,
    moment_number,
    packed,
    storage_of,
)
from borrowers.domain.item_spec import FieldType
from matching.domain.records import as_date, as_scaled

numbers = st.decimals(-(10**12), 10**12, allow_nan=False, places=4)
oddities = st.sampled_from(["", "n/a", "NaN", "Infinity", "1,000.50", " 7 ", "1e3", True, 0.1, 5])


class TestPacked:
    @given(numbers | numbers.map(str) | oddities)
    def test_reads_amounts_as_the_portrait_does(self, value):
        assert packed(Storage.FEN, value) == as_scaled(value, 100)
        assert packed(Storage.WHOLE, value) == as_scaled(value, 1)

    @given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
    def test_reads_days_as_the_portrait_does(self, day):
        stored = packed(Storage.DAYS, day.isoformat())

        assert date(1970, 1, 1) + timedelta(days=stored) == as_date(day.isoformat()) == day

    @pytest.mark.parametrize("text", ["", "长期", "2026-13-01", "20260101x"])
    def test_takes_no_day_from_what_is_none(self, text):
        assert packed(Storage.DAYS, text) is None
        assert as_date(text) is None

    @pytest.mark.parametrize("storage", list(Storage))
    def test_of_nothing_is_nothing(self, storage):
        assert packed(storage, None) is None

    def test_of_more_than_a_column_holds_is_nothing(self):
        assert packed(Storage.FEN, Decimal(10) ** 17) is None


class TestStorage:
    def test_only_amounts_in_fen_are_exact_enough_to_compare(self):
        exact = {kind for kind in FieldType if storage_of(kind) is Storage.FEN}

        assert exact == {FieldType.MONEY_YUAN, FieldType.MONEY_WAN}

    def test_what_is_no_number_and_no_day_is_text(self):
        assert storage_of(FieldType.CHOICE) is storage_of(FieldType.BOOLEAN) is Storage.TEXT


class TestMoments:
    @given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))
    def test_are_whole_microseconds_in_order(self, moment):
        later = moment + timedelta(microseconds=1)

        assert moment_number(later) - moment_number(moment) == 1

    def test_a_record_without_a_date_counts_on_its_day_in_beijing(self):
        received = datetime(2026, 5, 31, 17, tzinfo=UTC)

        assert dated(None, received) == date(2026, 6, 1)
        assert day_number(dated(date(2026, 5, 1), received)) == day_number(date(2026, 5, 1))
