from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from matching.domain.indicators import Missing
from matching.domain.series import monthly_series
from tests.factories.records import NOW, make_evidence, make_record, value_of


def series(code, records, **more):
    found = monthly_series(make_evidence(records, **more), NOW)
    return next(entry for entry in found if entry.code == code)


def paid(day, amount, row=2):
    return make_record("TAX_PAYMENT", day, {"paid_yuan": amount}, row=row)


class TestSeries:
    def test_has_the_36_whole_months_before_this_one(self):
        points = series("tax_paid", [paid(date(2026, 4, 2), "1.00")]).points

        assert (points[0].month, points[-1].month) == (date(2023, 5, 1), date(2026, 4, 1))
        assert len(points) == 36

    def test_months_before_the_first_record_are_unknown_and_silent_ones_zero(self):
        records = [paid(date(2026, 1, 5), "5.00", 2), paid(date(2026, 3, 5), "7.50", 3)]

        values = [point.value for point in series("tax_paid", records).points]

        assert values[:-4] == [None] * 32
        assert values[-4:] == [Decimal("5.00"), Decimal("0.00"), Decimal("7.50"), None]

    def test_a_month_that_had_not_ended_at_the_latest_delivery_is_unknown(self):
        late = make_record(
            "TAX_PAYMENT",
            date(2026, 2, 27),
            {"paid_yuan": "7.50"},
            row=3,
            received_at=datetime(2026, 4, 10, 2, tzinfo=UTC),
        )
        records = [paid(date(2026, 1, 5), "5.00"), late]

        values = [point.value for point in series("tax_paid", records).points]

        assert values[-4:] == [Decimal("5.00"), Decimal("7.50"), Decimal("0.00"), None]

    def test_portraits_of_earlier_formats_said_zero_of_it(self):
        found = monthly_series(
            make_evidence([paid(date(2026, 1, 5), "5.00")]), NOW, zero_to_end=True
        )

        points = next(entry for entry in found if entry.code == "tax_paid").points
        assert [point.value for point in points[-2:]] == [Decimal("0.00"), Decimal("0.00")]

    def test_a_month_without_a_head_count_is_unknown(self):
        records = [
            make_record("SOCIAL_INSURANCE", date(2026, 1, 1), {"headcount": 9}, row=2),
            make_record("SOCIAL_INSURANCE", date(2026, 3, 1), {"headcount": 11}, row=3),
        ]

        values = [point.value for point in series("insured_headcount", records).points]

        assert values[-4:] == [9, None, 11, None]

    def test_says_why_there_is_none(self):
        hidden = series("tax_paid", [paid(date(2026, 4, 2), "1.00")], authorized=())

        assert (hidden.missing, hidden.points) == (Missing.NOT_AUTHORIZED, ())
        assert series("electricity", []).missing is Missing.NO_RECORD
        assert series("electricity", [], delivered=[]).missing is Missing.NOT_AVAILABLE

    @given(
        st.lists(
            st.tuples(st.dates(date(2023, 1, 1), date(2026, 5, 12)), st.integers(-9999, 99999)),
            min_size=1,
            max_size=30,
        )
    )
    def test_its_last_year_sums_to_the_indicator(self, rows):
        records = [
            paid(day, f"{Decimal(fen) / 100:.2f}", row) for row, (day, fen) in enumerate(rows, 2)
        ]

        points = series("tax_paid", records).points[-12:]

        total = sum((point.value or Decimal(0) for point in points), Decimal(0))
        assert total == value_of("tax_paid_12m_yuan", records).value
