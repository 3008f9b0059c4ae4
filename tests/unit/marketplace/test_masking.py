"""Masking of what identifies natural persons."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain import masking

MASKS: list[Callable[[str], str]] = [
    masking.mask_person_name,
    masking.mask_id_number,
    masking.mask_phone,
    masking.mask_email,
    masking.mask_account,
    masking.mask_address,
    masking.mask_uscc,
]
HIDING = [masking.mask_person_name, masking.mask_id_number, masking.mask_account]


class TestEveryMask:
    @pytest.mark.parametrize("mask", MASKS)
    @given(text=st.text())
    def test_changes_nothing_the_second_time(self, mask, text):
        assert mask(mask(text)) == mask(text)

    @pytest.mark.parametrize("mask", HIDING)
    @given(text=st.text(min_size=1))
    def test_shows_less_than_three_fifths(self, mask, text):
        shown = [character for character in mask(text) if character != "*"]

        assert len(shown) < 0.6 * len(text)


class TestForms:
    @pytest.mark.parametrize(
        ("name", "masked"),
        [
            ("王", "*"),
            ("张三", "张*"),
            ("王小明", "王**"),
            ("欧阳小华", "欧**华"),
            ("阿里·买买提", "阿*·***"),
        ],
    )
    def test_of_names(self, name, masked):
        assert masking.mask_person_name(name) == masked

    @pytest.mark.parametrize(
        ("phone", "masked"),
        [("13812341234", "138****1234"), ("022-23456789", "********6789"), ("110", "***")],
    )
    def test_of_phones(self, phone, masked):
        assert masking.mask_phone(phone) == masked

    @pytest.mark.parametrize(
        ("address", "masked"),
        [
            ("天津市南开区宜宾道6号", "天津市南开区****"),
            ("滨海新区塘沽宁波道405号", "滨海新区****"),
            ("天津市蓟县城关镇", "天津市蓟县****"),
            ("某某小区3号楼", "****"),
            ("", ""),
        ],
    )
    def test_of_addresses(self, address, masked):
        assert masking.mask_address(address) == masked

    def test_of_mail_addresses(self):
        assert masking.mask_email("zhangsan@example.cn") == "z***@example.cn"

    def test_shows_the_code_of_a_company_whole(self):
        assert masking.mask_uscc("91120101MA0501012L") == "91120101MA0501012L"

    def test_hides_eight_places_of_the_code_of_a_self_employed(self):
        assert masking.mask_uscc("92120101MA0501012L") == "92120********1012L"

    def test_hides_the_operator_of_a_self_employed_only(self):
        assert masking.mask_operator_name("92120101MA0501012L", "王小明") == "王**"
        assert masking.mask_operator_name("91120101MA0501012L", "王小明") == "王小明"
