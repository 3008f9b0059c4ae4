"""What each step of a lender asks for, one form per step, and the table of steps that pages offer.

Fields are named as the step's payload names them; `payload` returns them typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext

from lenders.models import ProductVersion
from marketplace.domain.vocabulary import GUARANTEE_LABELS, REPAYMENT_LABELS
from marketplace.web.forms import DayField, MonthsField, RateField, WanField
from marketplace.web.templatetags.market import rate, wan
from matching.domain.refusal import REFUSAL_LABELS
from matching.forms.application import SupplyForm
from matching.models import CreditLine, FinancingDemand

REFUSALS = [("", "请选择"), *((code.value, label) for code, label in REFUSAL_LABELS.items())]
GUARANTEES = [(code.value, label) for code, label in GUARANTEE_LABELS.items()]
REPAYMENTS = [(code.value, label) for code, label in REPAYMENT_LABELS.items()]
TEXT = {"rows": 3}


def _text(label: str, required: bool = True, longest: int = 500, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=longest,
        widget=forms.Textarea(attrs=TEXT),
        **options,
    )


class PlainForm(forms.Form):
    """Nothing to fill in."""


class ContactForm(forms.Form):
    """What came of the contact."""

    contact_note = _text("联系记录", help_text="何时、何种方式、与谁联系，约定了什么。")


class SupplementForm(forms.Form):
    """What the borrower is asked to supply."""

    document_list = _text("需要补充的资料", help_text="每行一项，企业可见。")
    note = _text("说明", required=False)

    def clean_document_list(self) -> list[str]:
        """Return one entry per line."""
        lines = [line.strip() for line in str(self.cleaned_data["document_list"]).splitlines()]
        return [line for line in lines if line]


class PassOnForm(forms.Form):
    """The officer's word that the file is complete, and an opinion for the approver."""

    opinion = _text("尽调意见", help_text="审批人可见，企业不可见。")
    file_complete = forms.BooleanField(
        label="资料已齐全", error_messages={"required": "资料齐全后才能提交审批。"}
    )


class ReturnForm(forms.Form):
    """Why a file goes back to the officer."""

    opinion = _text("退回意见", help_text="客户经理可见，企业不可见。")


class RejectForm(forms.Form):
    """The reason from the closed list, which the enterprise reads."""

    refusal_code = forms.ChoiceField(label="拒绝原因", choices=REFUSALS, help_text="企业可见。")
    refusal_note = _text(
        "说明", required=False, longest=300, help_text="选择“其他”时必填；企业可见。"
    )


class ApproveForm(forms.Form):
    """What is granted."""

    amount_yuan = WanField(label="授信金额")
    annual_rate_bp = RateField(label="年化利率")
    term_months = MonthsField(label="授信期限")
    guarantee = forms.ChoiceField(label="担保方式", choices=GUARANTEES)
    valid_until = DayField(label="额度有效期至", help_text="到期未用信，额度自动失效。")
    opinion = _text("审批意见", required=False, help_text="企业不可见。")

    @staticmethod
    def initial_for(demand: FinancingDemand) -> dict[str, Any]:
        """Return what was asked for, to start from."""
        return {
            "amount_yuan": demand.amount_yuan,
            "term_months": demand.term_months,
            "guarantee": demand.guarantee,
        }

    def say_limits(self, demand: FinancingDemand, version: ProductVersion) -> None:
        """Write beside the figures what was asked for and what the product promises."""
        asked = wan(demand.amount_yuan)
        least, most = wan(version.amount_min_yuan), wan(version.amount_max_yuan)
        low, high = rate(version.annual_rate_min_bp), rate(version.annual_rate_max_bp)
        words = {
            "amount_yuan": gettext("企业申请 %(asked)s，产品 %(least)s 至 %(most)s。"),
            "annual_rate_bp": gettext("产品公布 %(low)s 至 %(high)s。"),
            "term_months": gettext("企业申请 %(months)s 个月，产品最长 %(longest)s 个月。"),
        }
        values = {
            "asked": asked,
            "least": least,
            "most": most,
            "low": low,
            "high": high,
            "months": demand.term_months,
            "longest": version.term_max_months,
        }
        for name, text in words.items():
            self[name].help_text = text % values  # the field's own is read once, before validation
        offered = [entry for entry in GUARANTEES if entry[0] in version.guarantees]
        self.fields["guarantee"].choices = offered  # type: ignore[attr-defined]


class SignForm(forms.Form):
    """The contract."""

    contract_no = forms.CharField(label="合同编号", max_length=64)
    signed_date = DayField(label="签约日期")
    amount_yuan = WanField(label="合同金额")
    repayment = forms.ChoiceField(label="还款方式", choices=REPAYMENTS)
    is_first_loan = forms.BooleanField(
        label="首贷", required=False, help_text="此前在任何银行业机构都没有经营性贷款。"
    )
    is_renewal = forms.BooleanField(
        label="续贷", required=False, help_text="接续企业在本机构到期的贷款。"
    )

    @staticmethod
    def initial_for(line: CreditLine) -> dict[str, Any]:
        """Return the whole limit, to start from."""
        return {"amount_yuan": line.amount_yuan}


class NoteForm(forms.Form):
    """A note beside the case."""

    text = _text("内部备注", help_text="仅本机构可见。")


class UrgeForm(forms.Form):
    """The operator's word to a lender."""

    text = _text("督办意见", longest=300)


@dataclass(frozen=True)
class Act:
    """A step as pages offer it.

    Attributes:
        slug: its name in addresses.
        event: event of the application's table.
        form: what it asks for.
        question: asked once more before it happens; empty for none.
        danger: ends or holds up the case.
    """

    slug: str
    event: str
    form: type[forms.Form]
    question: str = ""
    danger: bool = False


ACTS: Mapping[str, Act] = {
    act.slug: act
    for act in (
        Act(
            "accept",
            "ACCEPT",
            PlainForm,
            "受理后成为本案客户经理，可查看联系方式与信用画像，查看会留痕。",
        ),
        Act("contact", "CONTACT", ContactForm),
        Act(
            "start-due-diligence",
            "START_DUE_DILIGENCE",
            PlainForm,
            "确认已与企业对接，开始尽职调查。",
        ),
        Act("request-supplement", "REQUEST_SUPPLEMENT", SupplementForm),
        Act("supply", "SUPPLY", SupplyForm),
        Act("submit-for-approval", "SUBMIT_FOR_APPROVAL", PassOnForm),
        Act("approve", "APPROVE", ApproveForm),
        Act("return", "RETURN", ReturnForm),
        Act("sign", "SIGN", SignForm),
        Act(
            "disburse",
            "DISBURSE",
            PlainForm,
            "企业未同意反馈贷款结果，仅登记已放款的状态，不报送金额。",
        ),
        Act("reject", "REJECT", RejectForm, danger=True),
    )
}
"""Steps of a lender by their name in addresses; outcomes with amounts have a page of their own."""

ACT_OF_EVENT: Mapping[str, Act] = {act.event: act for act in ACTS.values()}
