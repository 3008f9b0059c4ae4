"""The whole way of one loan, page by page: registration, verification, need, consent, review, decision, repayment.

Each step checks what its person reads then. `walks_to_settlement` puts them in order for whoever needs the whole way.
"""

from __future__ import annotations

import io
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from borrowers.models import Consent
from marketplace.domain.workdays import local_date
from marketplace.models import AccessRecord
from matching.models import Loan, LoanApplication, OutcomeEvent
from tests.functional.browser import Page, Person
from tests.functional.market import Market, wan
from tests.functional.steps import (
    CLASSES,
    GRANTED_YUAN,
    applies,
    asks_for_money,
    case,
    consent_screen,
    contacts,
    key_of,
    looks_into,
    passes_on,
    state_of,
    takes_on,
)

SECRET = "own-pass-2026-safe"
CONTRACT = "津示借字2026-0001号"
REPAID = ((Decimal("240000.25"), Decimal("4321.09")), (Decimal("240000.25"), Decimal("2109.87")))


@dataclass(frozen=True)
class People:
    """Who meets on the way."""

    owner: Person
    officer: Person
    approver: Person
    operator: Person


def walks_to_settlement(market: Market, days) -> tuple[People, uuid.UUID]:
    """Walk the whole way; return who walked it and the number of the application."""
    people, key = walks_to_disbursement(market, days)
    is_repaid(people.officer, key, days)
    return people, key


def walks_to_disbursement(market: Market, days) -> tuple[People, uuid.UUID]:
    cast = market.cast
    operator = Person(cast.operator)
    owner = registers(market)
    is_verified(owner, operator, market)
    days.later(hours=1)
    key = applies_with_consent(owner, market)
    officer, approver = Person(cast.officer), Person(cast.approver)
    days.later(hours=2)
    is_examined(owner, officer, key, days)
    downloads_portrait(officer, key)
    days.later(days=1)
    is_approved(officer, approver, key, days)
    signs(officer, key)
    days.later(days=1)
    is_paid_out(officer, key)
    return People(owner, officer, approver, operator), key


def registers(market: Market) -> Person:
    """Three steps; the register is shown, not asked for."""
    visitor = Person()
    start = visitor.goes("borrowers:account-register")
    start.submits("下一步", 422, uscc="91120103MA05010390").says("统一社会信用代码")

    known = start.submits("下一步", uscc=market.newcomer.uscc)
    known.says(market.newcomer.name, "河西区", market.newcomer.representative)
    form = known.submits("信息无误，下一步")
    typed = {
        "contact_name": "李联系",
        "contact_phone": "13900000088",
        "username": "newcomer",
        "agreed": True,
    }
    form.submits("提交登记", 422, **typed, password="short", password_again="short").says("密码")
    done = form.submits("提交登记", **typed, password=SECRET, password_again=SECRET)
    done.says("登记已提交。", market.newcomer.name, "待核验")
    visitor.goes("matching:need-create", status=403)
    return Person("newcomer", SECRET)


def is_verified(owner: Person, operator: Person, market: Market) -> None:
    waiting = operator.goes("borrowers:account-review-list").clicks(market.newcomer.name)
    waiting.says(market.newcomer.uscc, "李联系")
    waiting.submits("提交结论", 422, decision="refuse").says("请填写未通过的原因")
    waiting.submits("提交结论", decision="approve").says("已办理：已核验。")

    owner.goes("borrowers:account-status").clicks("进入企业主页").says(market.newcomer.name)
    owner.goes("marketplace:notification-list").says("企业身份核验已通过")


def applies_with_consent(owner: Person, market: Market) -> uuid.UUID:
    """Fits, fits not and cannot tell, each with its reason; on the consent screen nothing is ticked."""
    need = asks_for_money(owner)
    need.says("示例税信贷", "全部符合", "示例集团贷", "示例发票贷")
    need.says("近 12 个月纳税额不低于", "不符合", "无法判断", "近 12 个月开票销售额")

    screen = consent_screen(need, "示例税信贷")
    screen.says("授权示例城市银行查询本企业信息", "贷款申请审查，仅限本次申请", "机构最长留存")
    boxes = screen.soup.select("main form input[type=checkbox]")
    assert len(boxes) > 3
    assert not [box for box in boxes if box.has_attr("checked")]
    screen.submits("同意授权并提交申请", 422).says("请至少勾选一类", "请阅读授权内容并勾选同意。")
    assert not LoanApplication.objects.exists()

    page = applies(need, "示例税信贷").says("申请已提交至示例城市银行", "待受理", "示例支行")
    consent = Consent.objects.get()
    assert (consent.data_classes, consent.feedback_clause) == (CLASSES, True)
    assert consent.application_ref == key_of(page)
    return key_of(page)


def is_examined(owner: Person, officer: Person, key: uuid.UUID, days) -> None:
    """Accept, contact, due diligence, supplement and supply."""
    waiting = (
        case(officer, key).says("受理后可查看信用画像", "待受理").hides("13900000088", "数据新鲜度")
    )
    assert not waiting.offers("登记联系")
    takes_on(officer, key).says("13900000088", "数据新鲜度", "供参考，不构成征信报告")
    days.later(hours=3)
    contacts(officer, key)
    days.later(hours=1)
    looks_into(officer, key)
    asked = "近三个月银行流水\n最近一期财务报表"
    case(officer, key).submits("要求补充资料", document_list=asked).says("补充资料")

    days.later(hours=20)
    own = owner.goes("matching:application-detail", key)
    own.says("补充资料", "近三个月银行流水、最近一期财务报表", "officer")
    own.submits("资料已补充", supplied_note="两项资料已送网点").says("已告知机构")
    case(officer, key).says("尽调中", "两项资料已送网点")


def downloads_portrait(officer: Person, key: uuid.UUID) -> None:
    """The PDF is found genuine by its code and by its bytes, and a changed byte is found out."""
    case(officer, key).says("信用画像")
    file = officer.goes("exports:portrait-pdf", key)
    assert file.headers["Content-Type"] == "application/pdf"
    words = "".join(page.extract_text() for page in PdfReader(io.BytesIO(file.content)).pages)
    code = re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", words)
    assert "不构成征信报告" in re.sub(r"\s", "", words)
    assert code

    anybody = Person()
    start = anybody.goes("exports:verify")
    start.submits("核验", code=code[0]).says("有效", "信用画像 PDF").hides("近12个月纳税额")
    upload = SimpleUploadedFile("画像.pdf", file.content, "application/pdf")
    start.submits("上传并核验", file=upload).says("有效")
    forged = SimpleUploadedFile("画像.pdf", file.content + b" ", "application/pdf")
    start.submits("上传并核验", 404, file=forged).hides("有效")


def is_approved(officer: Person, approver: Person, key: uuid.UUID, days) -> None:
    """Four eyes: the officer cannot decide, the approver who is another person can."""
    case(officer, key).submits("提交审批", 422, opinion="尚缺").says("资料齐全后才能提交审批。")
    passes_on(officer, key)
    assert not case(officer, key).offers("批准授信")
    assert officer.tries(f"/desk/{key}/approve/", **granted()) == 403
    assert state_of(key) == "IN_APPROVAL"

    days.later(hours=4)
    waiting = approver.goes("matching:approval-list")
    assert str(key) in " ".join(waiting.links.values())
    desk = approver.goes("matching:approval-detail", key).says("经营稳定，建议批准。", "得分")
    desk.submits("批准授信", **granted()).says("已授信。已通知客户经理。")


def granted() -> dict[str, str]:
    submitted_at = LoanApplication.objects.get().submitted_at
    assert submitted_at is not None
    until = submitted_at + timedelta(days=180)
    return {
        "amount_yuan": wan(GRANTED_YUAN),
        "annual_rate_bp": "3.98",
        "term_months": "12",
        "guarantee": "CREDIT",
        "valid_until": local_date(until).isoformat(),
    }


def signs(officer: Person, key: uuid.UUID) -> None:
    decided_at = LoanApplication.objects.get().decided_at
    assert decided_at is not None
    today = local_date(decided_at).isoformat()
    page = case(officer, key)
    contract = {"contract_no": CONTRACT, "signed_date": today, "repayment": "EQUAL_INSTALLMENT"}
    page.submits("登记签约", 422, **contract, amount_yuan="49").says("合同金额")
    page.submits("登记签约", **contract, is_first_loan=True).says("当前状态：已签约")

    assert Loan.objects.get().amount_yuan == GRANTED_YUAN


def is_paid_out(officer: Person, key: uuid.UUID) -> None:
    reports(officer, key, "DISBURSE", "480000.51", status=422).says("放款金额不能超过可用授信额度")
    reports(officer, key, "DISBURSE", str(GRANTED_YUAN)).says(
        "已登记放款：本金 480,000.50 元。", "已放款"
    )
    assert state_of(key) == "DISBURSED"


def is_repaid(officer: Person, key: uuid.UUID, days) -> None:
    for principal, interest in REPAID:
        reports(officer, key, "SETTLE", status=422).says("尚有未还本金")
        days.later(days=91)
        reports(officer, key, "REPAY", str(principal), str(interest)).says("已登记还款：本金")
        assert state_of(key) == "REPAYING"
    reports(officer, key, "SETTLE").says("已登记结清。", "已结清")

    assert state_of(key) == "SETTLED"
    assert officer.goes("matching:loan-list").row(borrower_name())["未还本金"] == "0万元"


def borrower_name() -> str:
    return LoanApplication.objects.get().enterprise.name


def reports(
    officer: Person,
    key: uuid.UUID,
    kind: str,
    principal: str = "",
    interest: str = "",
    status: int = 200,
) -> Page:
    page = officer.goes("matching:outcome-list", key)
    return page.submits(
        "登记",
        status,
        kind=kind,
        event_date=local_date(datetime.now().astimezone()).isoformat(),
        principal_yuan=principal,
        interest_yuan=interest,
        reference=f"LS-{kind}-{OutcomeEvent.objects.count()}",
    )


def knows_everything(owner: Person, key: uuid.UUID) -> None:
    """The enterprise sees the loan to the fen, and who read its data when and what for."""
    own = owner.goes("matching:application-detail", key)
    assert own.pair("已放款") == own.pair("已还本金") == "480,000.50元"
    assert own.pair("未还本金") == "0万元"
    assert own.pair("已付利息及费用") == "6,430.96元"

    seen = owner.goes("borrowers:access-list")
    line = seen.row("示例城市银行", "报告")
    assert line["用途"] == "贷款申请审查"
    assert line["查询内容"] == "信用画像"
    assert AccessRecord.objects.filter(application_ref=key, channel="PDF").count() == 1
    assert AccessRecord.objects.filter(application_ref=key, user__username="approver").exists()
