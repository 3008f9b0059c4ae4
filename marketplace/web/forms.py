"""Form fields in the units people use, and refusals of services shown at the fields they concern."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from marketplace.domain.errors import Refused
from marketplace.domain.money import WAN, wan_to_yuan


class WanField(forms.DecimalField):
    """An amount typed in 万元, delivered in yuan."""

    unit = "万元"

    def __init__(self, **options: Any) -> None:
        options.setdefault("min_value", Decimal(0))
        options.setdefault("max_digits", 12)
        options.setdefault("decimal_places", 6)
        super().__init__(**options)

    def clean(self, value: Any) -> Decimal | None:
        """Return yuan, rounded to fen."""
        amount_wan = super().clean(value)
        return None if amount_wan is None else wan_to_yuan(amount_wan)

    def prepare_value(self, value: Any) -> Any:
        """Return yuan from the server as 万元; what the reader typed stays as typed."""
        return f"{(value / WAN).normalize():f}" if isinstance(value, Decimal) else value


WRONG_RATE = "利率以百分比填写，例如 4.35；请核对是否填错了位数。"


class RateField(forms.DecimalField):
    """An annual rate typed in per cent with two places, delivered in basis points."""

    unit = "%"

    def __init__(self, **options: Any) -> None:
        options.setdefault("min_value", Decimal(0))
        options.setdefault("max_value", Decimal(36))
        options.setdefault("decimal_places", 2)
        wrong = {"invalid", "max_value", "min_value", "max_decimal_places"}
        options["error_messages"] = dict.fromkeys(wrong, WRONG_RATE) | options.get(
            "error_messages", {}
        )
        super().__init__(**options)

    def clean(self, value: Any) -> int | None:
        """Return basis points."""
        rate_percent = super().clean(value)
        return None if rate_percent is None else int(rate_percent * 100)

    def prepare_value(self, value: Any) -> Any:
        """Return basis points from the server as per cent."""
        return f"{Decimal(value) / 100:.2f}" if isinstance(value, int) else value


class MonthsField(forms.IntegerField):
    """A term in whole months."""

    unit = "个月"

    def __init__(self, **options: Any) -> None:
        options.setdefault("min_value", 1)
        options.setdefault("max_value", 360)
        super().__init__(**options)


class DayInput(forms.DateInput):
    """A date picked or typed as yyyy-mm-dd, whatever the language."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DayField(forms.DateField):
    """A day."""

    widget = DayInput


def refuse(form: forms.BaseForm, refused: Refused) -> None:
    """Put a service's refusal onto the form: at the fields it names, else as a whole above the form.

    What is said of a field the form does not have, e.g. of a missing column, says little without its name, which the
    refusal's own sentence gives.

    Args:
        form: a validated form.
        refused: what the service raised; its code goes with every sentence.
    """
    known = {name: words for name, words in refused.fields.items() if name in form.fields}
    for name, sentence in known.items():
        form.add_error(name, ValidationError(sentence, code=refused.code))
    if not known or len(known) < len(refused.fields):
        form.add_error(None, ValidationError(refused.sentence, code=refused.code))
