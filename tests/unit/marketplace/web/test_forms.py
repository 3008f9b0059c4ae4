"""Fields in the units people use, and refusals on forms."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django import forms
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.errors import Refused
from marketplace.web.forms import MonthsField, RateField, WanField, refuse


class NeedForm(forms.Form):
    amount_yuan = WanField(label="金额")
    annual_rate_bp = RateField(label="利率", required=False)
    term_months = MonthsField(label="期限", required=False)


class TestWanField:
    @given(st.decimals(min_value=0, max_value=999_999, places=6))
    def test_shows_again_what_it_took(self, typed):
        field = WanField()

        assert Decimal(field.prepare_value(field.clean(str(typed)))) == typed

    @pytest.mark.parametrize("typed", ["-1", "abc", "0.0000001", "NaN", "1e30"])
    def test_refuses_what_is_no_amount(self, typed):
        with pytest.raises(forms.ValidationError):
            WanField().clean(typed)


class TestRateField:
    def test_delivers_basis_points(self):
        assert RateField().clean("3.65") == 365

    def test_shows_basis_points_as_per_cent(self):
        assert RateField().prepare_value(365) == "3.65"

    def test_refuses_more_than_the_ceiling(self):
        with pytest.raises(forms.ValidationError):
            RateField().clean("36.01")


class TestRefuse:
    def test_puts_the_sentence_at_its_field(self):
        form = NeedForm({"amount_yuan": "50"})

        refuse(form, Refused("TOO_MUCH", "超出上限。", {"amount_yuan": "最多 30 万元。"}))

        [fault] = form.errors["amount_yuan"].as_data()
        assert (fault.message, fault.code) == ("最多 30 万元。", "TOO_MUCH")

    def test_puts_the_sentence_above_the_form_when_it_names_no_field_of_it(self):
        form = NeedForm({"amount_yuan": "50"})

        refuse(form, Refused("CLOSED", "已截止。", {"elsewhere": "已截止。"}))

        assert form.non_field_errors() == ["已截止。"]

    def test_names_what_is_missing_when_it_is_no_field_of_the_form(self):
        form = NeedForm({"amount_yuan": "50"})
        missing = dict.fromkeys(("企业名称", "实缴金额"), "表中没有这一列。")

        refuse(form, Refused("COLUMN_MISSING", "缺少：企业名称、实缴金额。", missing))

        assert form.non_field_errors() == ["缺少：企业名称、实缴金额。"]
