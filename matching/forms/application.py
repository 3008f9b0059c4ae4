"""Consent and the borrower's own steps: nothing is ticked or chosen until the enterprise does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext

from marketplace.web.language import listed

NOTHING: Mapping[str, str] = {}


class ConsentForm(forms.Form):
    """Which data classes, for how long, and the separate clause on outcome feedback.

    Whoever leaves out a class that the product's rules look at is asked once whether that is meant.
    """

    data_classes = forms.MultipleChoiceField(
        label="授权查询的信息",
        widget=forms.CheckboxSelectMultiple,
        help_text="逐项勾选；未勾选的信息，机构看不到。公开信息无需授权。",
        error_messages={
            "required": "请至少勾选一类授权查询的信息。",
            "invalid_choice": "没有“%(value)s”这一类信息。",
        },
    )
    valid_months = forms.TypedChoiceField(
        label="授权期限",
        coerce=int,
        widget=forms.RadioSelect,
        help_text="由您选择，不预先选定；申请办结时授权同时终止，期间可随时撤回。",
        error_messages={
            "required": "请选择授权期限。",
            "invalid_choice": "请从所列的授权期限中选择。",
        },
    )
    is_agreed = forms.BooleanField(
        label="本企业已阅读并同意上述授权内容。",
        error_messages={"required": "请阅读授权内容并勾选同意。"},
    )
    feedback_clause = forms.BooleanField(
        label="",
        required=False,
        help_text="可以不勾选，不影响申请；不勾选的，机构只登记是否放款，不报送金额与还款。",
    )
    goes_without = forms.BooleanField(label="仍不授权这些类别", required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        data_classes: Sequence[tuple[str, str]],
        valid_months: Sequence[int],
        feedback_text: str,
        asked: Mapping[str, str] = NOTHING,
    ) -> None:
        super().__init__(data)
        self.fields["data_classes"].choices = data_classes  # type: ignore[attr-defined]
        months = [(count, gettext("%(count)s 个月") % {"count": count}) for count in valid_months]
        self.fields["valid_months"].choices = months  # type: ignore[attr-defined]
        self.fields["feedback_clause"].label = feedback_text
        ticked = set(self["data_classes"].data or ()) if self.is_bound else set()
        self._left_out = [words for code, words in asked.items() if ticked and code not in ticked]
        if not self._left_out:
            del self.fields["goes_without"]

    def clean(self) -> dict[str, Any]:
        """Ask once more when a class that the rules look at is left out."""
        data = super().clean() or {}
        if self._left_out and not data.get("goes_without"):
            sentence = gettext("该产品的准入条件要用到“%(classes)s”，不授权机构将无法判断。")
            words = sentence % {"classes": listed(self._left_out)}
            self.add_error("goes_without", forms.ValidationError(words, "CONSENT_LEFT_OUT"))
        return data


class WithdrawForm(forms.Form):
    """Why the enterprise withdraws, if it wants to say so."""

    note = forms.CharField(
        label="撤回原因", required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


class SupplyForm(forms.Form):
    """What was supplied."""

    supplied_note = forms.CharField(
        label="已补充的资料",
        max_length=500,
        help_text="平台不传递文件：请把资料直接交给客户经理，再在此写明交了什么、何时、怎样交的。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
