"""What the operator reads about a delivered file."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.factories.borrowers import USCC
from tests.factories.reference import enter_reference

pytestmark = pytest.mark.django_db
TITLES = "统一社会信用代码,评价年度,纳税信用等级"


@pytest.fixture
def upload(client, cast, now):
    enter_reference(at=now)
    client.force_login(cast.operator)

    def upload(content):
        file = SimpleUploadedFile("评价.csv", content.encode())
        body = {"item": "TAX_RATING", "unit": "TAX", "file": file}
        return client.post(reverse("borrowers:batch-upload"), body, follow=True).content.decode()

    return upload


class TestUnreadColumns:
    def test_are_told_at_once_and_on_the_page(self, upload, client):
        page = upload(f"{TITLES},备注,经办科室\n{USCC},2025,A,内部说明,一科\n")

        assert "有 2 列不是所需的字段，没有读取：备注、经办科室。" in page
        assert page.count("备注、经办科室") == 2
        assert "内容没有保存" in page
        assert "内部说明" not in page

    def test_are_not_mentioned_where_all_were_read(self, upload):
        page = upload(f"{TITLES}\n{USCC},2025,A\n")

        assert "读取 1 行" in page
        assert "未读取的列" not in page

    def test_are_those_of_the_header_also_where_the_first_row_is_short(self, upload):
        page = upload(f"{TITLES},备注\n{USCC},2025,A\n")

        assert "没有读取：备注。" in page

    def test_titles_are_text_not_markup(self, upload):
        page = upload(f"{TITLES},<b>粗</b>\n{USCC},2025,A,1\n")

        assert "<b>粗</b>" not in page
        assert "&lt;b&gt;粗&lt;/b&gt;" in page
