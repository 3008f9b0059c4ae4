"""The one-page need: it asks what nobody else knows, never what stands in the register."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from borrowers.models import Enterprise
from marketplace.domain.vocabulary import GUARANTEE_LABELS, PURPOSE_LABELS
from marketplace.web.forms import MonthsField, RateField, WanField

PURPOSES = [(code.value, label) for code, label in PURPOSE_LABELS.items()]
GUARANTEES = [(code.value, label) for code, label in GUARANTEE_LABELS.items()]
KNOWN = {"declared_employees": "employees", "declared_revenue_yuan": "revenue_yuan"}
"""Field to the register's own, with which it is not asked."""


class DemandForm(forms.Form):
    """How much, for how long, for what."""

    amount_yuan = WanField(label="需要金额", help_text="按实际需要填写。")
    term_months = MonthsField(label="期限")
    purpose = forms.ChoiceField(label="用途", choices=PURPOSES)
    purpose_note = forms.CharField(
        label="用途说明",
        required=False,
        max_length=300,
        help_text="选择“其他”用途时必填。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    guarantee = forms.ChoiceField(label="可提供的担保方式", choices=GUARANTEES)
    max_rate_bp = RateField(
        label="可接受的最高综合年化利率", required=False, help_text="含利息和与贷款直接相关的费用。"
    )
    declared_employees = forms.IntegerField(
        label="从业人数",
        required=False,
        min_value=0,
        max_value=1_000_000,
        help_text="登记信息中暂无，请填写最近数。",
    )
    declared_revenue_yuan = WanField(
        label="上年营业收入", required=False, help_text="登记信息中暂无，请填写上一完整年度的数。"
    )
    is_first_loan = forms.BooleanField(
        label="此前从未在银行办理过经营性贷款（首贷）", required=False
    )

    def __init__(
        self,
        data: Any = None,
        *,
        enterprise: Enterprise,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        for asked, known in KNOWN.items():
            if getattr(enterprise, known) is not None:
                del self.fields[asked]
