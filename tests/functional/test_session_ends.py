from __future__ import annotations

from tests.functional.browser import Page, Person
from tests.functional.steps import applies, asks_for_money, key_of, state_of


class TestSessionEnds:
    """Whoever sends a form of yesterday's page loses nothing but the form, and comes back to that page."""

    def test_brings_back_to_the_page_of_the_form(self, market, days):
        owner = Person(market.cast.owner)
        page = applies(asks_for_money(owner), "示例税信贷")
        days.later(hours=13)

        asked = sends(page, "withdraw/", note="暂不需要")

        asked.says("登录已过期，刚才提交的内容没有保存")
        assert state_of(key_of(page)) == "PENDING_ACCEPT"
        back = asked.submits("登录", username="owner", password=owner.password)
        assert back.path == page.path
        back.submits("撤回申请", note="暂不需要").says("已撤回")

    def test_leads_nowhere_else(self, market, days):
        owner = Person(market.cast.owner)
        page = applies(asks_for_money(owner), "示例税信贷")
        days.later(hours=13)

        asked = sends(page, "withdraw/", came_from="https://example.com/trap/")

        back = asked.submits("登录", username="owner", password=owner.password)
        assert back.path.startswith("/")
        assert "trap" not in back.path


def sends(page: Page, path: str, came_from: str = "", **typed: str) -> Page:
    """Send a form of an open page without opening the page anew."""
    client, address = page.person.client, f"{page.path}{path}"
    data = typed | {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    referer = came_from or f"http://testserver{page.path}"
    answer = client.post(address, data, headers={"referer": referer}, follow=True)
    assert answer.status_code == 200
    return Page(page.person, answer, answer.redirect_chain[-1][0])
