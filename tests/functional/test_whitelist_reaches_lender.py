from __future__ import annotations

from matching.models import WhitelistEntry
from tests.functional.browser import Person
from tests.functional.listing import walks_to_feedback


class TestWhitelistReachesLender:
    def test_from_a_messy_sheet_to_feedback(self, market, days):
        key = walks_to_feedback(market, days)

        is_no_business_of_others(market, key)
        is_gone_after_recall(market, key)


def is_no_business_of_others(market, key):
    """The neighbour district and a lender that does not serve the district know nothing of it."""
    entry = WhitelistEntry.objects.get(whitelist__public_id=key, name=market.newcomer.name)
    neighbour, rival = Person(market.cast.other_district_clerk), Person(market.cast.rival_officer)
    neighbour.goes("matching:whitelist-list").hides("2026-11")
    neighbour.goes("matching:whitelist-detail", key, status=404)
    neighbour.goes("matching:whitelist-entry", entry.public_id, status=404)
    assert neighbour.tries(f"/district/whitelists/{key}/recall/", reason="示例") == 404
    rival.goes("matching:recommendation-list").hides(market.newcomer.name)
    rival.goes("matching:recommendation-detail", entry.public_id, status=404)
    assert rival.tries(f"/lender/whitelist/{entry.public_id}/contact/") == 404


def is_gone_after_recall(market, key):
    """Recalled, the list leaves every queue; who took an enterprise on reads that it is over."""
    lead, officer = Person(market.cast.district_lead), Person(market.cast.officer)
    page = lead.goes("matching:whitelist-detail", key)
    assert page.submits("撤下", reason="数据更新").state == "已撤下"

    queue = officer.goes("matching:recommendation-list").hides(market.cast.enterprise.name)
    gone = queue.clicks(market.newcomer.name).says("联系方式不再提供")
    assert gone.state == "名单已失效"
    assert officer.tries(f"{gone.path}contact/data/") == 409
