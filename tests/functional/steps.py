"""What people do in several journeys, each as one sentence; every step checks what the person reads then."""

from __future__ import annotations

import uuid
from decimal import Decimal
from urllib.parse import urlsplit

from matching.models import LoanApplication
from tests.functional.browser import Page, Person
from tests.functional.market import wan

ASKED_YUAN = Decimal("500000.00")
GRANTED_YUAN = Decimal("480000.50")
CLASSES = ["01", "09", "10"]


def asks_for_money(borrower: Person, **more: object) -> Page:
    """Publish a need; return its page with the products."""
    form = borrower.goes("matching:need-list").clicks("填写融资需求")
    return form.submits(
        "发布并查看匹配",
        amount_yuan=wan(ASKED_YUAN),
        term_months="12",
        purpose="WORKING_CAPITAL",
        purpose_note="备货",
        guarantee="CREDIT",
        **more,
    ).says("融资需求已发布，以下是逐条比对的结果。")


def consent_screen(need: Page, product: str) -> Page:
    """Open a product of the fit list."""
    link = next(
        found.select("a[href]")[0]
        for found in need.soup.select("details.mk-fit")
        if product in found.get_text()
    )
    return need.person.opens(str(link["href"]))


def applies(need: Page, product: str, *, feedback: bool = True) -> Page:
    """Consent and submit; return the page of the application."""
    done = consent_screen(need, product).submits(
        "同意授权并提交申请",
        data_classes=CLASSES,
        valid_months="12",
        is_agreed=True,
        feedback_clause=feedback,
    )
    return done.says("申请已提交至")


def key_of(page: Page) -> uuid.UUID:
    """Return the number of the application whose page it is."""
    return next(uuid.UUID(part) for part in urlsplit(page.path).path.split("/") if len(part) == 36)


def case(officer: Person, key: uuid.UUID) -> Page:
    return officer.goes("matching:review-detail", key)


def takes_on(officer: Person, key: uuid.UUID) -> Page:
    """Accept from the queue."""
    waiting = officer.goes("matching:queue-list")
    assert str(key) in " ".join(waiting.links.values())
    return case(officer, key).submits("受理").says("已登记，当前状态：已受理。")


def contacts(officer: Person, key: uuid.UUID) -> Page:
    note = "电话联系，约定周三上门。"
    return case(officer, key).submits("登记联系", contact_note=note).says("当前状态：对接中")


def looks_into(officer: Person, key: uuid.UUID) -> Page:
    return case(officer, key).submits("开始尽调").says("当前状态：尽调中")


def passes_on(officer: Person, key: uuid.UUID) -> Page:
    opinion = "经营稳定，建议批准。"
    page = case(officer, key).submits("提交审批", opinion=opinion, file_complete=True)
    return page.says("当前状态：审批中")


def state_of(key: uuid.UUID) -> str:
    return LoanApplication.objects.get(public_id=key).state
