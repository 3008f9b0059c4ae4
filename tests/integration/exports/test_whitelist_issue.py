from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from exports.services import recommendation_xlsx_issue, whitelist_xlsx_issue
from marketplace.domain.errors import NotFound
from tests.cast import NOW
from tests.factories.documents import make_whitelist

pytestmark = pytest.mark.django_db


def opened(content: bytes):
    return load_workbook(BytesIO(content))


def said(book) -> str:
    return "\n".join(
        str(cell.value) for sheet in book for row in sheet for cell in row if cell.value is not None
    )


class TestForTheDistrict:
    def test_has_the_admitted_and_the_reasons_of_all_others(self, cast):
        whitelist = make_whitelist(cast)

        content, document = whitelist_xlsx_issue(
            whitelist_id=whitelist.public_id, user=cast.district_clerk, at=NOW
        )

        book = opened(content)
        assert len(book.worksheets) == 2
        admitted, others = (said([sheet]) for sheet in book.worksheets)
        assert cast.enterprise.uscc in admitted
        assert "等级为 C。" in admitted
        assert cast.rival_enterprise.uscc not in admitted
        assert "WL_DISTRICT" in others
        assert "登记住所在和平区，不在河西区。" in others
        assert document.number in admitted
        assert document.issued_for.name == "河西区专班"

    @pytest.mark.parametrize("name", ["other_district_lead", "officer", "owner", "stranger"])
    def test_does_not_exist_for_others(self, cast, name):
        whitelist = make_whitelist(cast)

        with pytest.raises(NotFound):
            whitelist_xlsx_issue(whitelist_id=whitelist.public_id, user=getattr(cast, name), at=NOW)


class TestForInstitutions:
    def test_has_name_code_and_need_alone(self, cast):
        whitelist = make_whitelist(cast)

        content, _ = recommendation_xlsx_issue(
            whitelist_id=whitelist.public_id, user=cast.officer, at=NOW
        )

        book = opened(content)
        assert len(book.worksheets) == 1
        text = said(book)
        assert cast.enterprise.uscc in text
        assert "123.45005" in text
        for secret in ("等级为 C", "WL_", cast.rival_enterprise.uscc, "示例街道", "小型"):
            assert secret not in text

    def test_is_there_only_while_the_list_is(self, cast):
        whitelist = make_whitelist(cast)

        with pytest.raises(NotFound):
            recommendation_xlsx_issue(
                whitelist_id=whitelist.public_id, user=cast.officer, at=NOW + timedelta(days=31)
            )

    def test_is_not_there_before_publication(self, cast):
        whitelist = make_whitelist(cast, published=False)

        with pytest.raises(NotFound):
            recommendation_xlsx_issue(whitelist_id=whitelist.public_id, user=cast.officer, at=NOW)

    def test_is_for_lenders_whose_branch_serves_the_district(self, cast):
        whitelist = make_whitelist(cast)
        cast.rival_institution.branches.get().districts.set(["120101"])

        with pytest.raises(NotFound):
            recommendation_xlsx_issue(
                whitelist_id=whitelist.public_id, user=cast.rival_officer, at=NOW
            )
