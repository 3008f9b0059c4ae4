"""Marks about how a row of a sheet was written."""

from decimal import Decimal

import pytest

from matching.domain.whitelist_entry import amount_mark


class TestAmountMark:
    @pytest.mark.parametrize(
        ("amount_yuan", "size"),
        [
            (None, "MICRO"),
            (Decimal(30_000_000), "MICRO"),
            (Decimal(30_000_000), "INDIVIDUAL"),
            (Decimal(100_000_000), "SMALL"),
            (Decimal(100_000_000), "UNKNOWN"),
            (Decimal(500_000_000), "MEDIUM"),
        ],
    )
    def test_says_nothing_of_what_such_an_enterprise_may_need(self, amount_yuan, size):
        assert amount_mark(amount_yuan, size) is None

    @pytest.mark.parametrize("size", ["INDIVIDUAL", "MICRO", "SMALL", "", "UNKNOWN"])
    def test_asks_whether_yuan_were_typed_under_wan(self, size):
        mark = amount_mark(Decimal(500_000_000), size)

        assert mark is not None
        assert mark.rule_code == "WL_MARK_AMOUNT"
        assert "是否误以元填写" in mark.sentence
