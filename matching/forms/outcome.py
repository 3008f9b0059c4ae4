"""One reported outcome, and a sheet of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from marketplace.web.forms import DayField
from matching.domain.outcome import LOAN_CLASS_LABELS

CLASSES = [("", "不变"), *((code.value, label) for code, label in LOAN_CLASS_LABELS.items())]


class YuanField(forms.DecimalField):
    """An amount typed in yuan, to the fen."""

    unit = "元"

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_digits=18, decimal_places=2, **options)


class OutcomeForm(forms.Form):
    """What happened to a loan."""

    kind = forms.ChoiceField(label="事件")
    event_date = DayField(label="发生日期")
    principal_yuan = YuanField(
        label="本金", required=False, help_text="放款或归还的本金，按元填写：150 万元填 1500000。"
    )
    interest_yuan = YuanField(label="利息及费用", required=False)
    days_overdue = forms.IntegerField(
        label="逾期天数", required=False, min_value=0, max_value=36_500
    )
    classification = forms.ChoiceField(label="五级分类", choices=CLASSES, required=False)
    reference = forms.CharField(
        label="机构流水号",
        max_length=64,
        help_text="本机构系统中的流水号；同一号重复报送不会重复计入。",
    )

    def __init__(
        self,
        data: Any = None,
        *,
        kinds: Sequence[tuple[str, str]],
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]


class OutcomeUploadForm(forms.Form):
    """A sheet."""

    file = forms.FileField(label="贷款结果表", help_text="xlsx 或 csv，不超过 2,000 行。")
