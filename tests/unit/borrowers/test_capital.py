"""Registered capital in every form the real register has, and in those it could have."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from borrowers.domain.capital import parse_capital


class TestParseCapital:
    @pytest.mark.parametrize(
        ("text", "amount", "currency"),
        [
            ("1,913.2157(万元人民币)", "19132157.00", "CNY"),
            ("216(万元人民币)", "2160000.00", "CNY"),
            ("50（万元）", "500000.00", "CNY"),
            ("50万人民币", "500000.00", "CNY"),
            ("50万元人民币", "500000.00", "CNY"),
            ("50万人民币元", "500000.00", "CNY"),
            ("18.2人民币元", "18.20", "CNY"),
            ("300000元人民币", "300000.00", "CNY"),
            ("1.2亿元人民币", "120000000.00", "CNY"),
            ("500(万美元)", "5000000.00", "USD"),
            ("50(万元美元)", "500000.00", "USD"),
            ("9745万美元", "97450000.00", "USD"),
            ("200(万元港元)", "2000000.00", "HKD"),
            ("10(万港币)", "100000.00", "HKD"),
            ("10(万日元)", "100000.00", "JPY"),
            ("10(万欧元)", "100000.00", "EUR"),
            ("40(万德国马克)", "400000.00", "DEM"),
            ("10(万英镑)", "100000.00", "GBP"),
            ("10(万瑞士法郎)", "100000.00", "CHF"),
            ("10(万澳大利亚元)", "100000.00", "AUD"),
            ("10(万加拿大元)", "100000.00", "CAD"),
            ("10(万新加坡元)", "100000.00", "SGD"),
            ("0(万元人民币)", "0.00", "CNY"),
        ],
    )
    def test_reads_amount_and_currency(self, text, amount, currency):
        capital = parse_capital(text)

        assert (str(capital.amount), capital.currency, capital.code) == (amount, currency, "")

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("N/A", "CAPITAL_EMPTY"),
            ("", "CAPITAL_EMPTY"),
            ("(万元)", "CAPITAL_NO_AMOUNT"),
            ("(万美元)", "CAPITAL_NO_AMOUNT"),
            ("45(万)", "CAPITAL_CURRENCY_UNKNOWN"),
            ("6", "CAPITAL_UNIT_UNKNOWN"),
            ("424.100000", "CAPITAL_UNIT_UNKNOWN"),
            ("-5(万元)", "CAPITAL_UNREADABLE"),
            ("五十万元", "CAPITAL_UNREADABLE"),
            ("50万元以上", "CAPITAL_UNREADABLE"),
        ],
    )
    def test_says_why_it_is_unknown(self, text, code):
        capital = parse_capital(text)

        assert capital.code == code
        assert capital.text == text
        assert capital.amount_yuan is None

    def test_converts_no_foreign_currency(self):
        assert parse_capital("500(万美元)").amount_yuan is None

    @given(st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False))
    def test_of_wan_is_ten_thousand_times_to_the_fen(self, amount):
        assert parse_capital(f"{amount:,}(万元人民币)").amount_yuan == amount * Decimal(10_000)

    @given(st.text(max_size=40))
    def test_takes_any_text(self, text):
        capital = parse_capital(text)

        assert capital.is_known == (capital.amount is not None and capital.currency is not None)
