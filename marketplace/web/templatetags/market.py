"""Filters and tags of the marketplace's pages; built in, so templates need no ``{% load %}``.

Money is yuan everywhere but on the page: ``wan`` and ``yi`` are the only places where it changes unit. Unknown is
written ``—``, never as zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django import template
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.forms.widgets import ChoiceWidget
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from marketplace.domain.machine import GUARD_REFUSED
from marketplace.domain.masking import mask_person_name
from marketplace.domain.masking import mask_phone as masked_phone
from marketplace.domain.money import (
    FEN,
    display_rate,
    display_wan,
    display_yi,
    display_yuan,
)
from marketplace.domain.verdict import Outcome, Verdict
from marketplace.web.components import (
    OUTCOME_SIGNS,
    OUTCOME_TONES,
    Cell,
    Kind,
    Tone,
    in_reading_order,
)
from marketplace.web.glossary import meaning_of
from marketplace.web.labels import label_of, tone_of
from marketplace.web.language import is_translated, listed, said

register = template.Library()
register.filter("said", said)
register.filter("listed", listed)
UNKNOWN = "—"
MILLION = Decimal(1_000_000)
LABEL_LIMIT = 16
"""Characters of a label that an error summary repeats."""
TONE_SIGNS = {Tone.GOOD: "✓", Tone.WARN: "!", Tone.BAD: "✗"}


def decimal_of(value: Any) -> Decimal | None:
    """Return a number of any kind as Decimal, None when there is none."""
    if value is None or value == "":
        return None
    try:
        return value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        return None


@register.filter
def wan(amount_yuan: Any) -> str:
    """Return yuan as 万元, or as 元 where two decimals are not enough; on an English page, which has no 万, as yuan."""
    amount = decimal_of(amount_yuan)
    return _cny(amount) if is_translated() and amount is not None else display_wan(amount)


def in_yuan(amount_yuan: Any) -> str:
    """Return yuan as 元, exact; on an English page as yuan."""
    amount = decimal_of(amount_yuan)
    return wan(amount) if is_translated() or amount is None else display_yuan(amount)


@register.filter
def yi(amount_yuan: Any) -> str:
    """Return yuan as 亿元, on an English page as millions, with two places, for headline figures."""
    amount = decimal_of(amount_yuan)
    if is_translated() and amount is not None:
        return f"CNY {(amount / MILLION).quantize(FEN, rounding=ROUND_HALF_UP):,f} million"
    return display_yi(amount)


@register.filter
def yuan(amount_yuan: Any) -> str:
    """Return yuan with thousands separators and two places."""
    amount = decimal_of(amount_yuan)
    if amount is None:
        return UNKNOWN
    return gettext("%(amount)s 元") % {"amount": f"{amount:,.2f}"}


def _cny(amount: Decimal) -> str:
    return f"CNY {amount:,.2f}".removesuffix(".00")


@register.filter
def rate(annual_rate_bp: Any) -> str:
    """Return basis points as an annual rate."""
    bp = decimal_of(annual_rate_bp)
    return display_rate(None if bp is None else int(bp))


@register.filter
def percent(share: Any, places: int = 1) -> str:
    """Return a share between 0 and 1 as per cent, rounded half up."""
    number = decimal_of(share)
    if number is None:
        return UNKNOWN
    shown = (number * 100).quantize(Decimal(1).scaleb(-int(places)), rounding=ROUND_HALF_UP)
    return f"{shown}%"


@register.filter
def months(term_months: Any) -> str:
    """Return a term in months, with years where they are whole."""
    term = decimal_of(term_months)
    if term is None:
        return UNKNOWN
    count = int(term)
    if count and count % 12 == 0:
        return gettext("%(count)d 个月（%(years)d 年）") % {"count": count, "years": count // 12}
    return gettext("%(count)d 个月") % {"count": count}


@register.filter
def number(value: Any) -> str:
    """Return a count or amount with thousands separators."""
    count = decimal_of(value)
    return UNKNOWN if count is None else f"{count:,f}"


@register.filter
def day(value: date | datetime | None) -> str:
    """Return a date as year, month and day in the city's time."""
    if value is None or value == "":
        return UNKNOWN
    return f"{_local(value):%Y-%m-%d}"


@register.filter
def moment(value: datetime | None) -> str:
    """Return a moment to the minute in the city's time."""
    if value is None or value == "":
        return UNKNOWN
    return f"{_local(value):%Y-%m-%d %H:%M}"


def _local(value: date | datetime) -> date | datetime:
    aware = isinstance(value, datetime) and timezone.is_aware(value)
    return timezone.localtime(value) if aware else value  # type: ignore[arg-type]


@register.filter
def label(code: Any, vocabulary: str | Mapping[Any, str] | None = None) -> str:
    """Return the Chinese word for a code; the argument names its vocabulary or is one."""
    return said(label_of(code, vocabulary))  # type: ignore[no-any-return]


@register.filter
def mask_name(name: Any) -> str:
    """Return a natural person's name with its given part hidden."""
    return mask_person_name(str(name)) if name else UNKNOWN


@register.filter
def mask_phone(phone: Any) -> str:
    """Return a telephone number with its middle hidden."""
    return masked_phone(str(phone)) if phone else UNKNOWN


@register.simple_tag(takes_context=True)
def form_token(context: template.Context) -> SafeString:
    """Return the hidden token of a form, also in a partial included with ``only``, where Django's own tag is empty."""
    request = getattr(context, "request", None)
    if request is None:
        return SafeString("")
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request)
    )


@register.simple_tag
def badge(words: Any, tone: str = Tone.NEUTRAL) -> SafeString:
    """Return a badge whose tone is told by colour and by a sign."""
    meant = Tone(tone or Tone.NEUTRAL)
    sign = TONE_SIGNS.get(meant)
    mark = format_html('<span aria-hidden="true">{}</span>', sign) if sign else ""
    return format_html(
        '<span class="mk-badge mk-tone-{}">{}{}</span>', meant.value, mark, said(words)
    )


@register.simple_tag
def state_badge(code: Any, words: Any = "") -> SafeString:
    """Return the badge of a state: ``{% state_badge row.state row.get_state_display %}``."""
    return SafeString(badge(words or label_of(code), tone_of(code)))


@register.filter
def outcome_badge(outcome: Any) -> SafeString:
    """Return ✓ 符合, ✗ 不符合 or ? 无法判断."""
    found = Outcome(outcome)
    return format_html(
        '<span class="mk-badge mk-tone-{}"><span aria-hidden="true">{}</span>{}</span>',
        OUTCOME_TONES[found].value,
        OUTCOME_SIGNS[found],
        said(label_of(found)),
    )


@register.filter
def outcome_sign(outcome: Any) -> SafeString:
    """Return the round sign of an outcome with its word for readers who do not see it."""
    found = Outcome(outcome)
    return format_html(
        '<span class="mk-reason-sign mk-tone-{}"><span aria-hidden="true">{}</span>'
        '<span class="visually-hidden">{}</span></span>',
        OUTCOME_TONES[found].value,
        OUTCOME_SIGNS[found],
        said(label_of(found)),
    )


WRITERS = {
    Kind.NUMBER: number,
    Kind.MONEY: wan,
    Kind.YUAN: in_yuan,
    Kind.YI: yi,
    Kind.RATE: rate,
    Kind.PERCENT: percent,
    Kind.MONTHS: months,
    Kind.DATE: day,
    Kind.DATETIME: moment,
}


@register.filter
def shown(value: Any, kind: str = Kind.TEXT) -> str:
    """Return a value, or a table cell, written as its kind asks."""
    tone = value.tone if isinstance(value, Cell) else Tone.NEUTRAL
    plain = value.value if isinstance(value, Cell) else value
    if plain is None or plain in ("", UNKNOWN):
        return UNKNOWN
    if kind == Kind.BADGE:
        return str(badge(plain, tone)) if tone else str(badge(plain))
    if kind == Kind.CODE:
        return format_html('<span class="mk-code">{}</span>', plain)
    writer = WRITERS.get(Kind(kind))
    return writer(plain) if writer else said(plain)


@register.filter
def reading_order(verdicts: Any) -> Any:
    """Return verdicts with obstacles first."""
    return in_reading_order(verdicts)


@register.filter
def met(verdicts: Any) -> list[Verdict]:
    """Return the verdicts that fit."""
    return [verdict for verdict in verdicts if verdict.outcome is Outcome.FITS]


@register.filter
def unmet(verdicts: Any) -> list[Verdict]:
    """Return the verdicts that do not fit or cannot be told."""
    return [verdict for verdict in verdicts if verdict.outcome is not Outcome.FITS]


@register.simple_tag
def definition(term: str, text: str = "") -> str:
    """Return a word with its 口径, opened by a click, a tap or the keyboard, without script.

    Written here, since a portrait has eighty of them. Not inside a p: details ends it.

    Args:
        term: the word.
        text: what it means; the glossary's by default.
    """
    explained = text or meaning_of(term)
    if not explained:
        return conditional_escape(said(term))
    return format_html(
        '<details class="mk-definition"><summary>{}</summary><p>{}</p></details>',
        said(term),
        said(explained),
    )


@register.filter
def short_label(field: BoundField) -> str:
    """Return a field's label without closing punctuation, cut where it is a whole sentence."""
    words = str(said(field.label)).rstrip("。．.：:？?")
    return words if len(words) <= LABEL_LIMIT else f"{words[:LABEL_LIMIT]}…"


@register.filter
def coded(field: BoundField) -> list[dict[str, str]]:
    """Return a field's errors as sentence and, where it is one of ours, code."""
    return coded_errors(field.errors.as_data())


def coded_errors(faults: list[ValidationError]) -> list[dict[str, str]]:
    """Return errors as sentence and code; the codes of the framework and of guards tell nothing and are left out."""
    return [
        {
            "sentence": said(sentence),
            "code": _telling(fault.code or ""),
        }
        for fault in faults
        for sentence in fault.messages
    ]


def _telling(code: str) -> str:
    return code if code.isupper() and code != GUARD_REFUSED else ""


@register.filter
def coded_non_field(form: Any) -> list[dict[str, str]]:
    """Return the errors of the form as a whole as sentence and code."""
    return coded_errors(form.non_field_errors().as_data())


@register.filter
def control(field: BoundField, attributes: str = "") -> SafeString:
    """Return a field's control with the classes of the theme.

    Args:
        field: a bound field of any form.
        attributes: further attributes as ``name=value name=value``.
    """
    attrs: dict[str, str | bool] = {}
    for pair in attributes.split():
        name, _, value = pair.partition("=")
        attrs[name] = value
    _say_choices(field)
    base = "form-select" if "select" in field.widget_type else "form-control"
    own = field.field.widget.attrs.get("class", "")
    attrs["class"] = " ".join(filter(None, [base, own, "is-invalid" if field.errors else ""]))
    return field.as_widget(attrs=attrs)


def _say_choices(field: BoundField) -> None:
    """Put the choices of a control into the language of the page; the form is this request's own."""
    widget = field.field.widget
    if is_translated() and isinstance(widget, ChoiceWidget):
        widget.choices = [_said_choice(value, words) for value, words in widget.choices]


def _said_choice(value: Any, words: Any) -> tuple[Any, Any]:
    if isinstance(words, list | tuple):
        return said(value), [_said_choice(*choice) for choice in words]
    return value, said(words)


@register.filter
def each_said(words: Any) -> list[Any]:
    """Return several words, each in the language of the page."""
    return [said(word) for word in words]


@register.filter
def said_within(drawing: Any) -> Any:
    """Return plain data with every word in it in the language of the page, for a chart's option."""
    if not is_translated():
        return drawing
    if isinstance(drawing, Mapping):
        return {key: said_within(value) for key, value in drawing.items()}
    if isinstance(drawing, list | tuple):
        return [said_within(value) for value in drawing]
    return said(drawing)
