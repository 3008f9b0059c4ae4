from __future__ import annotations

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db
PASSWORD_PAGE = reverse("marketplace:password-change")


class TestFormAfterTheSession:
    """Sent by somebody who is logged in no more."""

    def test_comes_back_to_the_page_it_stood_on(self, client):
        referer = {"referer": "http://testserver/demands/?page=2"}

        answer = client.post(PASSWORD_PAGE, headers=referer)

        assert (answer.status_code, answer.url) == (302, "/login/?next=%2Fdemands%2F%3Fpage%3D2")
        assert "登录后请重新填写" in client.get(answer.url).content.decode()

    @pytest.mark.parametrize("referer", ["", "https://example.com/demands/", "//example.com/"])
    def test_comes_back_to_the_first_page_when_it_stood_on_none_of_ours(self, client, referer):
        answer = client.post(PASSWORD_PAGE, headers={"referer": referer})

        assert answer.url == "/login/?next=%2Fme%2F"

    def test_sends_scripts_there_too(self, client):
        headers = {"referer": "http://testserver/demands/", "hx-request": "true"}

        answer = client.post(PASSWORD_PAGE, headers=headers)

        assert answer.headers["HX-Redirect"] == "/login/?next=%2Fdemands%2F"

    def test_leaves_a_page_that_was_only_opened_alone(self, client):
        answer = client.get(PASSWORD_PAGE)

        assert answer.url == f"/login/?next={PASSWORD_PAGE}"
        assert "登录后请重新填写" not in client.get(answer.url).content.decode()
