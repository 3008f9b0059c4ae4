from __future__ import annotations

from datetime import timedelta

from marketplace.domain.workdays import local_date
from tests.cast import NOW
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

TODAY = local_date(NOW)


class TestSlips:
    """Whoever types something impossible gets the form back with the sentence, never an error page."""

    def test_keep_the_form_of_officer_and_approver(self, market, days):
        owner, officer = Person(market.cast.owner), Person(market.cast.officer)
        approver = Person(market.cast.approver)
        key = key_of(applies(asks_for_money(owner), "示例税信贷"))
        takes_on(officer, key)
        contacts(officer, key)
        looks_into(officer, key)
        faults = [slip_of_a_refusal(officer, key)]
        passes_on(officer, key)
        faults += slips_of_an_approval(approver, key)
        desk = approver.goes("matching:approval-detail", key)
        desk.submits("批准授信", **GRANT)
        faults += slips_of_a_contract(officer, key)

        assert [fault for fault in faults if fault] == []
        assert state_of(key) == "APPROVED"


GRANT = {
    "amount_yuan": "50",
    "annual_rate_bp": "3.98",
    "term_months": "12",
    "guarantee": "CREDIT",
    "valid_until": (TODAY + timedelta(days=90)).isoformat(),
}
CONTRACT = {
    "contract_no": "HT-1",
    "signed_date": TODAY.isoformat(),
    "repayment": "EQUAL_INSTALLMENT",
}


def fault_of(open_page, button, sentence, **typed) -> str:
    """Return what is wrong with the answer to a slip, empty when it is as it should be."""
    try:
        open_page().submits(button, 422, **typed).says(sentence)
    except AssertionError as fault:
        return f"{button} {typed}: {str(fault)[:200]}"
    return ""


def slip_of_a_refusal(officer, key):
    sentence = "选择“其他”时请写明拒绝原因。"
    return fault_of(lambda: case(officer, key), "拒绝", sentence, refusal_code="OTHER")


def slips_of_an_approval(approver, key):
    def desk():
        return approver.goes("matching:approval-detail", key)

    past = {"valid_until": (TODAY - timedelta(days=1)).isoformat()}
    return [
        fault_of(
            desk, "批准授信", "授信金额不能超过产品最高额度", **GRANT | {"amount_yuan": "301"}
        ),
        fault_of(desk, "批准授信", "额度有效期应晚于审批当日。", **GRANT | past),
        fault_of(desk, "批准授信", "年化利率", **GRANT | {"annual_rate_bp": "37"}),
    ]


def slips_of_a_contract(officer, key):
    def desk():
        return case(officer, key)

    tomorrow = {"signed_date": (TODAY + timedelta(days=1)).isoformat()}
    return [
        fault_of(desk, "登记签约", "请填写签约日期,且不晚于当日。", **CONTRACT | tomorrow),
        fault_of(desk, "登记签约", "合同金额", **CONTRACT, amount_yuan="51"),
    ]
