"""Forms of the operator: starting an evaluation, entering the value of a parameter, drafting a score model."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from marketplace.domain.errors import Refused
from marketplace.web.forms import DayField
from marketplace.web.language import month_words
from matching.domain.evaluation import evaluation_months
from matching.domain.parameter_value import value_from_text


class EvaluationStartForm(forms.Form):
    """Which month."""

    month = forms.TypedChoiceField(label="评价月份", coerce=date.fromisoformat)

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data)
        months = evaluation_months(today)
        self.fields["month"].choices = [  # type: ignore[attr-defined]
            (month.isoformat(), month_words(month)) for month in months
        ]


class ParameterValueForm(forms.Form):
    """A value with its date and source."""

    effective_from = DayField(label="生效日期", help_text="须晚于今日。")
    value = forms.CharField(
        label="取值",
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false"}),
        help_text="与现行取值同样的写法（JSON）：数字直接写，文字加双引号。",
    )
    source = forms.CharField(label="依据", max_length=200, help_text="文件名称、文号或决定。")

    def clean_value(self) -> Any:
        """Return the value as JSON gives it."""
        try:
            return value_from_text(self.cleaned_data["value"])
        except Refused as refused:
            raise ValidationError(refused.sentence, code=refused.code) from refused


class ParameterWithdrawForm(forms.Form):
    """Which value is taken back, and why."""

    effective_from = forms.DateField(widget=forms.HiddenInput)
    reason = forms.CharField(label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class ScoreModelForm(forms.Form):
    """A whole score model with its source."""

    value = forms.CharField(
        label="模型",
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false"}),
        help_text='在现行模型上修改（JSON，每行一项）：权重、分档、硬规则、等级分界。小数写作文字，如 "0.5"。',
    )
    source = forms.CharField(label="依据", max_length=200, help_text="文件名称、文号或决定。")

    def clean_value(self) -> Any:
        """Return the model as JSON gives it."""
        try:
            return value_from_text(self.cleaned_data["value"])
        except Refused as refused:
            raise ValidationError(refused.sentence, code=refused.code) from refused


class ScoreModelApprovalForm(forms.Form):
    """From when on a model holds."""

    effective_from = DayField(label="生效日期", help_text="须晚于今日。")
