"""The city's page of who is on a thematic list, and by what."""

from __future__ import annotations

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from borrowers.models import Enterprise, ListMembership, ThematicList
from borrowers.services.thematic import thematic_run, thematic_seed
from tests.cast import NOW

pytestmark = pytest.mark.django_db
HEAD = "统一社会信用代码,企业名称,纳入日期,移出日期,说明"


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def chain(cast, client):
    """A list that the cast's enterprise is on by its industry."""
    thematic_seed(actor=cast.operator, at=NOW)
    client.force_login(cast.operator)
    for row in ThematicList.objects.filter(kind="CHAIN"):
        for industry in ("2710", "3040", "1431", "2770", "6513", "3811"):
            Enterprise.objects.filter(pk=cast.enterprise.pk).update(industry_code=industry)
            if thematic_run(code=row.code, actor=cast.operator, at=NOW).added:
                return row
    raise AssertionError("没有一个产业链按行业代码入库")


@pytest.fixture
def upload(client, chain):
    def upload(*codes: str):
        lines = "\n".join([HEAD, *(f"{code},示例,2026-01-01,,名单" for code in codes)])
        file = SimpleUploadedFile("名单.csv", lines.encode())
        address = reverse("borrowers:thematic-upload", args=[chain.code])
        return client.post(address, {"file": file}, follow=True)

    return upload


class TestMembers:
    def test_an_enterprise_with_two_grounds_stands_there_once_with_both(
        self, cast, client, chain, upload
    ):
        upload(cast.enterprise.uscc)
        address = reverse("borrowers:thematic-detail", args=[chain.code])

        page = BeautifulSoup(client.get(address).content, "html.parser")
        past = BeautifulSoup(client.get(address, {"ended": "on"}).content, "html.parser")

        (row,) = page.select("tbody tr")
        assert {"规则", "上传名单"} <= set(row.get_text(" ").replace("、", " ").split())
        assert "名单.csv" in row.get_text()
        assert ListMembership.objects.filter(until_date=None).count() == 2
        assert len(past.select("tbody tr")) == 2


class TestUpload:
    def test_says_in_words_why_a_row_was_refused(self, cast, upload):
        page = BeautifulSoup(
            upload(cast.enterprise.uscc, cast.enterprise.uscc).content, "html.parser"
        )

        assert "同一文件内重复" in page.get_text()
