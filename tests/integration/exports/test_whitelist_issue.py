from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from exports.services import document_verify, recommendation_xlsx_issue, whitelist_xlsx_issue
from marketplace.domain.errors import NotFound
from matching.models import Whitelist
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

    def test_is_called_by_its_district_once_and_its_state(self, cast):
        names = []
        for published in (False, True):
            whitelist = make_whitelist(cast, published=published, issue_no=f"2026-{published}")
            Whitelist.objects.filter(state="CHECKED").update(state="DRAFT")
            _, document = whitelist_xlsx_issue(
                whitelist_id=whitelist.public_id, user=cast.district_clerk, at=NOW
            )
            names.append(document.subject_name)

        assert names == ["河西区融资需求白名单（草稿）", "河西区融资需求白名单（已发布）"]

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


class TestVerifying:
    """What the square code of a list's workbook tells by the time it is read."""

    def verified(self, cast, published, **change):
        whitelist = make_whitelist(cast, published=published)
        content, _ = whitelist_xlsx_issue(
            whitelist_id=whitelist.public_id, user=cast.district_clerk, at=NOW
        )
        if change:
            Whitelist.objects.update(**change)
        return document_verify(sender="192.0.2.1", at=NOW + timedelta(days=1), chunks=[content])

    def test_a_published_list_is_valid(self, cast):
        found = self.verified(cast, published=True)

        assert (found.is_list_in_force, found.list_standing) == (True, "PUBLISHED")
        assert found.subject.endswith("（已发布）")

    def test_a_draft_is_no_list_in_force(self, cast):
        found = self.verified(cast, published=False)

        assert (found.is_list_in_force, found.list_standing) == (False, "DRAFT")
        assert found.subject.endswith("（已核验）")

    @pytest.mark.parametrize(
        ("change", "standing"),
        [
            ({"state": "RECALLED"}, "RECALLED"),
            ({"expires_at": NOW + timedelta(hours=1)}, "EXPIRED"),
            ({"created_at": NOW + timedelta(hours=1)}, "REPLACED"),
        ],
    )
    def test_says_what_became_of_the_list_since(self, cast, change, standing):
        found = self.verified(cast, published=True, **change)

        assert found.list_standing == standing
        assert not found.is_list_in_force

    def test_says_that_the_draft_is_no_more(self, cast):
        whitelist = make_whitelist(cast, published=False)
        content, _ = whitelist_xlsx_issue(
            whitelist_id=whitelist.public_id, user=cast.district_clerk, at=NOW
        )
        whitelist.delete()

        found = document_verify(sender="192.0.2.1", at=NOW, chunks=[content])
        assert found.list_standing == "DISCARDED"

    def test_the_page_shows_where_the_list_stands(self, cast, client):
        whitelist = make_whitelist(cast)
        content, _ = whitelist_xlsx_issue(
            whitelist_id=whitelist.public_id, user=cast.district_clerk, at=NOW
        )
        Whitelist.objects.update(state="RECALLED")
        file = SimpleUploadedFile("名单.xlsx", content)

        with time_machine.travel(NOW + timedelta(days=1), tick=False):
            page = client.post(reverse("exports:verify"), {"file": file}).content.decode()
        assert "名单当前状态" in page
        assert "已撤下" in page
        assert "文件真实，名单不在执行" in page
