from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from exports.domain.display import display, display_moment, display_period


class TestDisplay:
    @pytest.mark.parametrize(
        ("value", "unit", "shown"),
        [
            (None, "万元", "—"),
            ("", "", "—"),
            (0, "条", "0 条"),
            (Decimal("0.00"), "元", "0 元"),
            (Decimal("1E+3"), "", "1,000"),
            (Decimal("7.80"), "%", "7.8%"),
            (True, "", "是"),
            (12345, "户", "12,345 户"),
            (date(2026, 1, 2), "", "2026-01-02"),
        ],
    )
    def test_writes_a_value_as_its_reader_sees_it(self, value, unit, shown):
        assert display(value, unit) == shown

    def test_moves_a_moment_to_beijing(self):
        assert display(datetime(2026, 12, 31, 16, 30, tzinfo=UTC)) == "2027-01-01 00:30"

    def test_refuses_a_moment_without_a_zone(self):
        with pytest.raises(ValueError, match="time zone"):
            display_moment(datetime(2026, 1, 1))


class TestDisplayPeriod:
    def test_says_which_side_is_open(self):
        day = date(2026, 1, 2)

        assert display_period(None, None) == "—"
        assert display_period(None, day) == "不限 至 2026-01-02"
        assert display_period(day, None) == "2026-01-02 至今"
