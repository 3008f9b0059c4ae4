from __future__ import annotations

from borrowers.models import Consent
from marketplace.models import AccessRecord
from tests.functional.browser import Person
from tests.functional.steps import (
    applies,
    asks_for_money,
    case,
    contacts,
    key_of,
    looks_into,
    state_of,
    takes_on,
)

CONTACT = ("李联系", "13900000000")


class TestRefusal:
    def test_is_explained_and_ends_what_the_lender_may_read(self, market, days):
        cast = market.cast
        owner, officer = Person(cast.owner), Person(cast.officer)
        key = key_of(applies(asks_for_money(owner), "示例税信贷"))
        days.later(hours=2)
        takes_on(officer, key)
        contacts(officer, key)
        looks_into(officer, key).says("信用画像", "指标", *CONTACT)
        readings = AccessRecord.objects.filter(application_ref=key).count()

        refused_without_reason(officer, key)
        case(officer, key).submits(
            "拒绝", refusal_code="WEAK_CASH_FLOW", refusal_note="月均回款偏低"
        ).says("当前状态：已拒绝")

        assert state_of(key) == "REJECTED"
        own = owner.goes("matching:application-detail", key)
        own.says("已拒绝", "现金流不足。月均回款偏低").hides("联系记录", "约定周三上门")
        assert readings >= 3
        reads_nothing_more(officer, key)
        consent_has_ended(key)
        is_told(owner)
        may_ask_again(owner)


def refused_without_reason(officer, key):
    """A refusal without a reason is none."""
    page = case(officer, key)

    again = page.submits("拒绝", 422, refusal_note="月均回款偏低")
    assert again.fault("refusal_code").startswith("该字段是必填项。")
    assert again.typed("拒绝", "refusal_note") == {"refusal_note": "月均回款偏低"}
    assert state_of(key) == "DUE_DILIGENCE"


def reads_nothing_more(officer, key):
    before = AccessRecord.objects.filter(application_ref=key).count()

    page = case(officer, key)

    page.says("拒绝原因", "现金流不足", "不再展示信用画像与联系方式")
    page.hides("近12个月纳税额", "数据新鲜度", *CONTACT)
    assert AccessRecord.objects.filter(application_ref=key).count() == before
    for button in ("受理", "提交审批", "登记签约", "拒绝"):
        assert not page.offers(button)
    assert officer.goes("exports:portrait-pdf", key, status=403).status == 403


def consent_has_ended(key):
    consent = Consent.objects.get(application_ref=key)

    assert (consent.ended_by, consent.revoked_at is None) == ("APPLICATION", False)


def is_told(owner):
    owner.goes("marketplace:notification-list").says("未通过您的申请：现金流不足")


def may_ask_again(owner):
    """The same need goes to the same product once more: only a live application stands in the way."""
    need = owner.goes("matching:need-list").clicks("流动资金")

    applies(need, "示例税信贷")
