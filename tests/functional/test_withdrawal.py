from __future__ import annotations

from marketplace.models import AccessRecord
from matching.models import FinancingDemand
from tests.functional.browser import Person
from tests.functional.steps import (
    applies,
    asks_for_money,
    case,
    contacts,
    key_of,
    looks_into,
    passes_on,
    state_of,
    takes_on,
)


class TestWithdrawal:
    def test_ends_application_and_consent_before_the_decision(self, market, days):
        cast = market.cast
        owner, officer, approver = Person(cast.owner), Person(cast.officer), Person(cast.approver)
        key = key_of(applies(asks_for_money(owner), "示例税信贷"))
        days.later(hours=1)
        takes_on(officer, key)
        contacts(officer, key)
        looks_into(officer, key)
        passes_on(officer, key)
        approver.goes("matching:approval-detail", key).says("经营稳定，建议批准。")

        own = owner.goes("matching:application-detail", key)
        own.submits("撤回申请", note="暂不需要").says("申请已撤回，授权同时终止。", "已撤回")

        assert state_of(key) == "WITHDRAWN"
        is_out_of_reach(officer, approver, key)
        assert not owner.goes("matching:application-detail", key).offers("撤回申请")
        officer.goes("marketplace:notification-list").says("撤回")

    def test_of_an_unread_application_leaves_no_reading(self, market, days):
        owner, officer = Person(market.cast.owner), Person(market.cast.officer)
        key = key_of(applies(asks_for_money(owner), "示例税信贷"))

        owner.goes("matching:application-detail", key).submits("撤回申请").says("已撤回")

        assert officer.tries(f"/desk/{key}/accept/") == 409
        assert not AccessRecord.objects.filter(application_ref=key).exists()

    def test_takes_the_need_off_the_market_as_well(self, market, days):
        owner = Person(market.cast.owner)
        need = asks_for_money(owner)

        need.submits("撤回需求").says("融资需求已撤回。")

        assert FinancingDemand.objects.get().state == "WITHDRAWN"
        assert "查看全部理由并申请" not in owner.opens(need.path).links


def is_out_of_reach(officer, approver, key):
    before = AccessRecord.objects.filter(application_ref=key).count()

    case(officer, key).says("已撤回").hides("数据新鲜度", "近12个月纳税额")
    approval = approver.goes("matching:approval-detail", key)
    assert not approval.hides("数据新鲜度").offers("批准授信")
    assert approver.tries(f"/approvals/{key}/approve/") in {409, 422}
    assert AccessRecord.objects.filter(application_ref=key).count() == before
    assert state_of(key) == "WITHDRAWN"
