from __future__ import annotations

import pytest

from lenders.domain.codes import check_institution, check_product, checked_text
from marketplace.domain.errors import Refused

BANK = {"code": "B001", "kind": "CITY", "name": "示例银行", "uscc": "91120102MA0501020X"}


def fields_of(check, **values):
    with pytest.raises(Refused) as refused:
        check(**values)
    return refused.value.fields


class TestCheckInstitution:
    def test_accepts_a_company(self):
        check_institution(**BANK)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("code", "b"),
            ("code", "银行1"),
            ("kind", "SHADOW"),
            ("name", "行"),
            ("uscc", "91120102MA0501021X"),
            ("uscc", "92120101MA0501012L"),
        ],
    )
    def test_refuses_at_the_field(self, field, value):
        assert set(fields_of(check_institution, **(BANK | {field: value}))) == {field}


class TestCheckProduct:
    def test_names_every_faulty_field(self):
        assert set(fields_of(check_product, code="-", name="")) == {"code", "name"}


class TestCheckedText:
    def test_refuses_what_is_too_long_instead_of_cutting_it(self):
        with pytest.raises(Refused) as refused:
            checked_text("reason", "长" * 201, 200)

        assert refused.value.fields == {"reason": "最多 200 个字，现有 201 个字。"}
