"""One reported outcome, and a sheet of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from marketplace.web.forms import DayField
from matching.domain.application import FUNDED_STATES, STATE_LABELS
from matching.domain.outcome import LOAN_CLASS_LABELS, OutcomeKind
from matching.domain.outcome_replay import FIELD_LABELS
from matching.forms.search import search_field
from matching.models import OutcomeEvent

CONTENT = frozenset(FIELD_LABELS)
_ALWAYS = frozenset({"event_date", "classification"})
ASKED = {
    OutcomeKind.DISBURSE: _ALWAYS | {"principal_yuan"},
    OutcomeKind.REPAY: _ALWAYS | {"principal_yuan", "interest_yuan"},
    OutcomeKind.OVERDUE: _ALWAYS | {"days_overdue"},
    OutcomeKind.CURE: _ALWAYS,
    OutcomeKind.CLASS_CHANGE: _ALWAYS,
    OutcomeKind.SETTLE: _ALWAYS,
    OutcomeKind.WRITE_OFF: _ALWAYS,
}
"""What the content of each kind of outcome consists of."""

LOAN_STATES = [s for s in STATE_LABELS if s in FUNDED_STATES or s in ("SIGNED", "LAPSED")]
CLASSES = [("", "不变"), *((code.value, label) for code, label in LOAN_CLASS_LABELS.items())]


class LoanFilter(forms.Form):
    """Which loans."""

    q = search_field("合同编号、企业名称或统一社会信用代码")
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[("", "全部"), *((state.value, STATE_LABELS[state]) for state in LOAN_STATES)],
    )


class YuanField(forms.DecimalField):
    """An amount typed in yuan, to the fen."""

    unit = "元"

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_digits=18, decimal_places=2, **options)


class ContentForm(forms.Form):
    """What an outcome consists of besides its kind; the fields of `CONTENT`."""

    event_date = DayField(label="发生日期")
    principal_yuan = YuanField(
        label="本金", required=False, help_text="放款或归还的本金，按元填写：150 万元填 1500000。"
    )
    interest_yuan = YuanField(label="利息及费用", required=False)
    days_overdue = forms.IntegerField(
        label="逾期天数", required=False, min_value=0, max_value=36_500
    )
    classification = forms.ChoiceField(label="五级分类", choices=CLASSES, required=False)


class OutcomeForm(ContentForm):
    """What happened to a loan."""

    kind = forms.ChoiceField(label="事件")
    reference = forms.CharField(
        label="机构流水号",
        max_length=64,
        help_text="本机构系统中的流水号；同一号重复报送不会重复计入。",
    )

    field_order = ("kind", *FIELD_LABELS, "reference")

    def __init__(
        self,
        data: Any = None,
        *,
        kinds: Sequence[tuple[str, str]],
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]


class ReasonField(forms.CharField):
    """Why something that was reported is put right; the enterprise reads it."""

    def __init__(self) -> None:
        super().__init__(
            label="原因",
            max_length=200,
            widget=forms.Textarea(attrs={"rows": 2}),
            help_text="企业与报送人都会看到。",
        )


class AmendForm(ContentForm):
    """The content an outcome should have had; what its kind does not ask for and does not hold is left out."""

    reference = forms.CharField(
        label="更正的机构流水号",
        max_length=64,
        help_text="这次更正自己的流水号，不能与原报送相同。",
    )
    reason = ReasonField()

    def __init__(self, data: Any = None, *, row: OutcomeEvent) -> None:
        held = {name: getattr(row, name) for name in CONTENT}
        super().__init__(data, initial=held, prefix="amend")
        for name in CONTENT - ASKED[OutcomeKind(row.kind)]:
            if not held[name]:
                del self.fields[name]


class VoidForm(forms.Form):
    """Why an outcome is taken out."""

    reason = ReasonField()

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, prefix="void")


class OutcomeUploadForm(forms.Form):
    """A sheet."""

    file = forms.FileField(label="贷款结果表", help_text="xlsx 或 csv，不超过 2,000 行。")
