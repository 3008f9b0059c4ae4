from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.domain.indicators import EVIDENCE_SHOWN, Missing, evaluate_all, rows_of
from matching.domain.measures import ratio_bp
from matching.domain.records import BEIJING, AsOf, as_decimal, as_scaled, usable
from tests.factories.records import NOW, TODAY, make_evidence, make_record, value_of

days = st.dates(date(2022, 1, 1), date(2026, 6, 30))
fen = st.integers(-10_000_000, 10_000_000)
SALES_START = date(2025, 5, 1)
SALES_END = date(2026, 5, 1)


def yuan(value):
    return f"{Decimal(value) / 100:.2f}"


def invoice(day, value, row=2, *, party="B1", status="有效发票", item="VAT_OUTPUT_INVOICE", **more):
    payload = {"amount_yuan": yuan(value), "status": status, "counterparty": party}
    return make_record(item, day, payload, row=row, **more)


invoices = st.lists(
    st.tuples(days, fen, st.sampled_from(["有效发票", "作废发票"]), st.sampled_from("ABCDEFGH")),
    max_size=25,
).map(
    lambda rows: [
        invoice(day, value, row, status=status, party=party)
        for row, (day, value, status, party) in enumerate(rows, start=2)
    ]
)


def counted(records):
    return [
        (r, int(Decimal(r.payload["amount_yuan"]) * 100))
        for r in records
        if r.payload["status"] == "有效发票"
        and SALES_START <= r.event_date < SALES_END
        and usable(r, NOW)
    ]


class TestRatio:
    @given(st.integers(-(10**12), 10**12), st.integers(1, 10**12))
    def test_is_the_exact_fraction_rounded_half_away_from_zero(self, part, whole):
        exact = Fraction(abs(part) * 10_000, whole)
        expected = int(exact + Fraction(1, 2))

        assert ratio_bp(part, whole) == (expected if part >= 0 else -expected)


class TestScaled:
    @given(st.integers(-(10**14), 10**14))
    def test_reads_stored_amounts_to_the_fen(self, value):
        assert as_scaled(yuan(value), 100) == value
        assert as_scaled(Decimal(yuan(value)), 100) == value

    @pytest.mark.parametrize("raw", [None, "", "n/a", "NaN", "Infinity", True])
    def test_gives_nothing_for_what_is_no_number(self, raw):
        assert as_decimal(raw) is None
        assert as_scaled(raw, 100) is None


class TestSum:
    @given(invoices)
    def test_is_the_sum_of_valid_invoices_within_whole_months(self, records):
        found = value_of("invoiced_sales_12m_yuan", records)

        if not any(usable(record, NOW) for record in records):
            assert found.missing is Missing.NO_RECORD
        else:
            assert found.value == Decimal(sum(v for _, v in counted(records))) / 100
            assert found.evidence_count == len(counted(records))

    @settings(max_examples=25)
    @given(invoices, st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_of_records(self, records, random):
        shuffled = list(records)
        random.shuffle(shuffled)

        assert evaluate_all(make_evidence(shuffled), NOW) == evaluate_all(
            make_evidence(records), NOW
        )

    @settings(max_examples=25)
    @given(invoices, days)
    def test_a_record_received_later_changes_nothing_before(self, records, day):
        late = invoice(day, 5_000, 99, received_at=NOW.known_at + timedelta(seconds=1))

        assert evaluate_all(make_evidence([*records, late]), NOW) == evaluate_all(
            make_evidence(records), NOW
        )


class TestMonthsPresent:
    @given(st.lists(days, max_size=20))
    def test_is_the_number_of_different_months(self, paid):
        records = [
            make_record("TAX_PAYMENT", day, {"paid_yuan": "1.00"}, row=row)
            for row, day in enumerate(paid, start=2)
        ]
        months = {(d.year, d.month) for d in paid if SALES_START <= d < SALES_END}

        found = value_of("tax_months_paid_12m", records)

        assert found.value in (len(months), None)
        assert found.value is None or found.value <= 12


class TestTrend:
    def test_compares_the_same_months_of_two_years(self):
        records = [
            invoice(date(2024, 5, 1), 100_00, 2),
            invoice(date(2025, 4, 30), 100_00, 3),
            invoice(date(2025, 5, 1), 150_00, 4),
            invoice(date(2026, 4, 30), 150_00, 5),
        ]

        assert value_of("sales_trend_pct", records).value == Decimal("50.00")

    @given(st.lists(st.integers(1, 10_000), min_size=12, max_size=12), st.integers(2, 9))
    def test_a_season_alone_is_no_trend(self, season, factor):
        def month(back):
            number = 2026 * 12 + 3 - back
            return date(number // 12, number % 12 + 1, 15)

        records = [
            invoice(month(back), season[back % 12] * factor, row)
            for row, back in enumerate(range(24), start=2)
        ]

        assert value_of("sales_trend_pct", records).value == Decimal("0.00")

    def test_has_no_value_where_the_year_before_sums_to_nothing(self):
        records = [invoice(date(2024, 5, 1), 100, 2), invoice(date(2024, 6, 1), -100, 3)]

        assert value_of("sales_trend_pct", records).missing is Missing.NO_RECORD


class TestVolatility:
    def test_is_zero_for_equal_months(self):
        records = [
            invoice(date(2025 + (m > 8), (m + 3) % 12 + 1, 5), 100_00, m) for m in range(1, 13)
        ]

        assert value_of("sales_volatility_pct", records).value == Decimal("0.00")

    def test_counts_months_without_sales(self):
        records = [invoice(date(2025, 6, 5), 1200_00)]

        # mean 100: one month 1100 above, eleven months 100 below
        assert value_of("sales_volatility_pct", records).value == Decimal("183.33")


class TestMargin:
    def test_subtracts_purchases_of_the_same_months(self):
        records = [
            invoice(date(2025, 6, 5), 1000_00, 2),
            invoice(date(2025, 7, 5), 700_00, 3, item="VAT_INPUT_INVOICE"),
            invoice(date(2024, 7, 5), 900_00, 4, item="VAT_INPUT_INVOICE"),
        ]

        assert value_of("invoice_margin_pct", records).value == Decimal("30.00")

    def test_has_no_value_without_any_purchases_on_record(self):
        found = value_of("invoice_margin_pct", [invoice(date(2025, 6, 5), 1000_00)])

        assert found.missing is Missing.NO_RECORD


class TestConcentration:
    @given(invoices)
    def test_is_the_share_of_the_five_largest_net_sums(self, records):
        sums = defaultdict(int)
        for record, value in counted(records):
            sums[record.payload["counterparty"]] += value
        positive = sorted((v for v in sums.values() if v > 0), reverse=True)

        found = value_of("sales_top5_pct", records)

        if not positive:
            assert found.missing is Missing.NO_RECORD
        else:
            expected = ratio_bp(sum(positive[:5]), sum(positive))
            assert found.value == Decimal(expected) / 100
            assert found.value <= 100


class TestLatest:
    def test_takes_the_correction_received_last_of_one_date(self):
        first = make_record("TAX_RATING", date(2026, 4, 20), {"grade": "B"}, row=2)
        later = make_record(
            "TAX_RATING",
            date(2026, 4, 20),
            {"grade": "A"},
            row=3,
            received_at=datetime(2026, 5, 1, tzinfo=BEIJING),
        )

        assert value_of("tax_rating", [later, first]).value == "A"

    def test_skips_records_that_leave_the_field_empty(self):
        records = [
            make_record("TAX_RATING", date(2025, 4, 20), {"grade": "B"}, row=2),
            make_record("TAX_RATING", date(2026, 4, 20), {"grade": ""}, row=3),
        ]

        assert value_of("tax_rating", records).value == "B"


class TestFacts:
    def test_counts_whole_months_since_establishment(self):
        assert value_of("age_months").value == 98

    def test_a_capital_in_foreign_money_is_no_value_in_yuan(self):
        assert value_of("capital_yuan").missing is Missing.NO_RECORD


class TestWindow:
    def test_looks_back_whole_months_from_the_last_day_of_a_month(self):
        as_of = AsOf(date(2024, 3, 31), datetime(2024, 3, 31, 23, tzinfo=BEIJING))

        found = value_of("tax_paid_12m_yuan", as_of=as_of)

        assert (found.window_start, found.window_end) == (date(2023, 3, 1), date(2024, 3, 1))

    def test_counts_events_up_to_the_day_itself(self):
        found = value_of("penalties_12m")

        assert (found.window_start, found.window_end) == (date(2025, 5, 1), date(2026, 5, 13))


class TestEvidence:
    def test_names_the_newest_records_and_all_rows(self):
        records = [
            invoice(date(2025, 6, 1) + timedelta(days=n), 100, n, received_at=NOW.known_at)
            for n in range(2, 62)
        ]

        found = value_of("invoiced_sales_12m_yuan", records)

        assert found.evidence_count == 60
        assert len(found.evidence_ids) == EVIDENCE_SHOWN
        assert found.evidence_ids[0] == "VAT_OUTPUT_INVOICE-61"
        assert [ref.rows for ref in found.evidence_rows] == ["2-61"]

    @given(st.sets(st.integers(2, 60)))
    def test_rows_lose_nothing(self, numbers):
        records = [invoice(TODAY, 1, n, received_at=NOW.known_at) for n in numbers]

        found = set()
        for ref in rows_of(records):
            for run in ref.rows.split(","):
                first, _, last = run.partition("-")
                found |= set(range(int(first), int(last or first) + 1))

        assert found == numbers

    def test_marks_a_value_with_a_disputed_record_behind_it(self):
        penalty = make_record("PENALTY", date(2026, 1, 5), {"CF_CFLB": "罚款"}, disputed=True)

        found = value_of("penalties_24m", [penalty])

        assert (found.value, found.disputed) == (1, True)

    def test_a_published_record_needs_no_consent(self):
        rating = make_record("TAX_RATING", date(2026, 4, 20), {"grade": "A"}, public=True)

        found = value_of("tax_rating", [rating], authorized=())

        assert (found.value, found.public) == ("A", True)

    def test_without_consent_no_consent_bound_record_is_even_looked_at(self):
        hidden = make_record("TAX_PAYMENT", date(2026, 4, 1), {"paid_yuan": "1.00"})

        assert make_evidence([hidden], authorized=()).records == {}
