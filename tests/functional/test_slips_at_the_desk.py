from __future__ import annotations

from datetime import timedelta

from marketplace.domain.workdays import local_date
from tests.cast import NOW
from tests.functional.browser import Page, Person
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

TODAY = local_date(NOW)
YESTERDAY, TOMORROW = (TODAY + timedelta(days=count) for count in (-1, 1))
GRANT = {
    "amount_yuan": "50",
    "annual_rate_bp": "3.98",
    "term_months": "12",
    "guarantee": "CREDIT",
    "valid_until": (TODAY + timedelta(days=90)).isoformat(),
    "opinion": "经营稳定。",
}
CONTRACT = {
    "contract_no": "HT-1",
    "signed_date": TODAY.isoformat(),
    "repayment": "EQUAL_INSTALLMENT",
    "amount_yuan": "50",
}


class TestSlips:
    """Whoever types something impossible gets the form back with the sentence at the field and all that was typed."""

    def test_keep_the_form_of_officer_and_approver(self, market, days):
        owner, officer = Person(market.cast.owner), Person(market.cast.officer)
        approver = Person(market.cast.approver)
        key = key_of(applies(asks_for_money(owner), "示例税信贷"))
        takes_on(officer, key)
        faults = [slip_of_a_contact(officer, key)]
        contacts(officer, key)
        looks_into(officer, key)
        faults += slips_of_a_diligence(officer, key)
        assert state_of(key) == "DUE_DILIGENCE"
        passes_on(officer, key)
        faults += slips_of_a_decision(approver, key)
        assert state_of(key) == "IN_APPROVAL"
        approver.goes("matching:approval-detail", key).submits("批准授信", **GRANT)
        faults += slips_of_a_contract(officer, key)

        assert [fault for fault in faults if fault] == []
        assert state_of(key) == "APPROVED"


def fault_of(page: Page, button: str, field: str, sentence: str, **typed: str) -> str:
    """Return what is wrong with the answer to a slip, empty when it is as it should be."""
    try:
        again = page.submits(button, 422, **typed)
        assert again.fault(field).startswith(sentence), f"{field}:{again.fault(field)}"
        assert again.typed(button, *typed) == typed
    except AssertionError as fault:
        return f"{button} {typed}: {str(fault)[:200]}"
    return ""


def slip_of_a_contact(officer, key):
    return fault_of(
        case(officer, key), "登记联系", "contact_note", "该字段是必填项。", contact_note=""
    )


def slips_of_a_diligence(officer, key):
    page = case(officer, key)
    other = {"refusal_code": "OTHER", "refusal_note": ""}
    long = {"refusal_code": "OTHER", "refusal_note": "长" * 301}
    return [
        fault_of(page, "拒绝", "refusal_note", "选择“其他”时请写明拒绝原因。", **other),
        fault_of(page, "拒绝", "refusal_note", "确保该变量", **long),
        fault_of(
            page, "要求补充资料", "document_list", "该字段", document_list=" \n ", note="附言"
        ),
        fault_of(page, "提交审批", "file_complete", "资料齐全后才能", opinion="经营稳定。"),
    ]


def slips_of_a_decision(approver, key):
    page = approver.goes("matching:approval-detail", key)
    high, past = GRANT | {"amount_yuan": "301"}, GRANT | {"valid_until": YESTERDAY.isoformat()}
    dear = GRANT | {"annual_rate_bp": "37"}
    return [
        fault_of(page, "批准授信", "amount_yuan", "授信金额不能超过产品最高额度", **high),
        fault_of(page, "批准授信", "valid_until", "额度有效期应晚于审批当日。", **past),
        fault_of(page, "批准授信", "annual_rate_bp", "利率以百分比填写，例如4.35", **dear),
        fault_of(
            page, "拒绝", "refusal_note", "选择“其他”时", refusal_code="OTHER", refusal_note=""
        ),
    ]


def slips_of_a_contract(officer, key):
    page = case(officer, key)
    early, more = CONTRACT | {"signed_date": TOMORROW.isoformat()}, CONTRACT | {"amount_yuan": "51"}
    return [
        fault_of(page, "登记签约", "signed_date", "请填写签约日期，且不晚于当日。", **early),
        fault_of(page, "登记签约", "amount_yuan", "合同金额应大于零且不超过授信金额", **more),
    ]
