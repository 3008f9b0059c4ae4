"""The search of the register by people of the city and the districts."""

from __future__ import annotations

import pytest
from django.urls import reverse

from tests.cast import NOW
from tests.factories.borrowers import make_enterprise

pytestmark = pytest.mark.django_db


class TestRegisterSearch:
    @pytest.fixture
    def search(self, client, cast):
        make_enterprise(uscc="91120103MA0000012H", name="天津示例瑞信科技有限公司", at=NOW)
        client.force_login(cast.operator)
        return lambda text: client.get(reverse("borrowers:enterprise-list"), {"text": text}).text

    @pytest.mark.parametrize(
        "text", ["示例瑞信", "天津示例瑞信", "天津市示例瑞信", "91120103MA0000012H"]
    )
    def test_finds_with_or_without_the_place(self, search, text):
        assert "天津示例瑞信科技有限公司" in search(text)

    @pytest.mark.parametrize("text", ["瑞信科技", "示例瑞银"])
    def test_says_how_to_search_when_nothing_is_found(self, search, text):
        page = search(text)

        assert "天津示例瑞信科技有限公司" not in page
        assert "名称从字号写起" in page
