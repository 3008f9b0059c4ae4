"""A consent taken back in the middle of the work, and given anew."""

from __future__ import annotations

import uuid

from borrowers.models import Consent
from marketplace.models import AccessRecord
from matching.models import LoanApplication
from tests.functional.browser import Page, Person
from tests.functional.market import Market
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

SHOWN = "数据新鲜度"
CONTACT = ("李联系", "13900000000")


def walks_to_resumption(market: Market, days) -> uuid.UUID:
    """Walk from the need through revocation and new consent to the approver's desk; return the application's number."""
    cast = market.cast
    owner, officer, approver = Person(cast.owner), Person(cast.officer), Person(cast.approver)
    key = key_of(applies(asks_for_money(owner), "示例税信贷"))
    days.later(hours=1)
    takes_on(officer, key)
    contacts(officer, key)
    looks_into(officer, key).says(SHOWN)
    open_page = case(officer, key).says(SHOWN, *CONTACT)
    before = readings(key)

    days.later(minutes=5)
    revokes(owner)

    is_refused_within_one_request(officer, open_page, key, before)
    assert state_of(key) == "SUSPENDED"
    days.later(hours=2)
    resumes(owner, officer, key)
    passes_on(officer, key)
    approver.goes("matching:approval-detail", key).says(SHOWN)
    return key


def readings(key: uuid.UUID) -> int:
    return AccessRecord.objects.filter(application_ref=key).count()


def revokes(owner: Person) -> None:
    """One click on the consent's page, no reason asked."""
    consent = owner.goes("borrowers:consent-list").clicks("示例城市银行")
    assert consent.says("反馈贷款结果", "签名与文本哈希核对一致").state == "有效"
    done = consent.submits("撤回授权").says("授权已撤回，该机构立即不能再查询。")
    assert done.state == "已撤回"
    assert not done.offers("撤回授权")
    owner.goes("matching:application-list").says("已中止")


def is_refused_within_one_request(
    officer: Person, open_page: Page, key: uuid.UUID, before: int
) -> None:
    """Page, PDF and the form that still stands open: nothing leaves, nothing is logged as read."""
    case(officer, key).says("授权").hides(SHOWN, "近12个月纳税额", "得分", *CONTACT)
    officer.goes("exports:portrait-pdf", key, status=403)
    assert open_page.offers("提交审批")
    typed = {"opinion": "经营稳定。", "file_complete": "on"}
    assert officer.tries(f"/desk/{key}/submit-for-approval/", **typed) == 409
    assert readings(key) == before
    officer.goes("marketplace:notification-list").says("中止")


def resumes(owner: Person, officer: Person, key: uuid.UUID) -> None:
    """A new consent, chosen anew, and a new portrait; the work goes on where it stood."""
    old = LoanApplication.objects.get(public_id=key)
    screen = owner.goes("matching:application-detail", key).clicks("重新授权")
    assert not screen.soup.select("main form input[type=checkbox][checked]")
    done = screen.submits(
        "重新授权并恢复办理", data_classes=["01", "09"], valid_months="6", is_agreed=True
    )
    done.says("已重新授权，申请恢复办理。", "尽调中")

    new = LoanApplication.objects.get(public_id=key)
    assert new.state == "DUE_DILIGENCE"
    assert (new.consent_id, new.portrait_id) != (old.consent_id, old.portrait_id)
    assert Consent.objects.filter(application_ref=key).count() == 2
    assert Consent.objects.filter(application_ref=key, revoked_at=None).count() == 1
    case(officer, key).says(SHOWN, "社会保险费未授权", *CONTACT)
