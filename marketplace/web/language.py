"""The language of a page: Chinese unless the reader chose English, kept in one cookie.

Chinese is what the code and the templates say; English lies in ``marketplace/locale/en``. Labels made in Python
(columns, pairs, states, fields of forms) stay Chinese data and are put into the reader's language where a component
shows them: ``said``. What has legal effect (rules, refusals, reasons, consents, audit, notices, files) is never
translated: it has no entry in the catalogue, and ``said`` leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext

ENGLISH = "en"
TAGS = {"zh-hans": "zh-CN", ENGLISH: "en"}
"""What ``<html lang>`` says for a language of the settings."""

NAMES = {"zh-hans": "中文", ENGLISH: "English"}
"""Each language in its own words."""


def language_of(request: HttpRequest) -> str:
    """Return the language the reader chose; the browser's own wish is not asked.

    A browser set to English is common on machines of readers of Chinese, and what has effect is written in Chinese, so
    that nobody is led to the English page who did not ask for it. The interfaces below ``/api/`` speak Chinese only.
    """
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    if chosen not in NAMES or request.path.startswith("/api/"):
        return settings.LANGUAGE_CODE
    return chosen


def is_translated() -> bool:
    """Return whether the page being made is in another language than Chinese."""
    return get_language() == ENGLISH


def said(words: Any) -> Any:
    """Return words in the language of the page; what the catalogue does not know, and what is no text, as it is.

    >>> said(3)
    3
    """
    if get_language() != ENGLISH or not isinstance(words, str | Promise):
        return words
    return gettext(str(words))


def month_words(day: date) -> str:
    """Return the month of a day in the language of the page.

    >>> month_words(date(2026, 3, 1))
    '2026 年 03 月'
    """
    return gettext("%(year)s 年 %(month)s 月") % {"year": f"{day:%Y}", "month": f"{day:%m}"}


def listed(words: Iterable[Any]) -> str:
    """Return several words one after the other, each in the language of the page."""
    return gettext("、").join(str(said(word)) for word in words)


def listed_first(words: Sequence[str], most: int) -> str:
    """Return the first words listed, and that there are more."""
    shown = listed(words[:most])
    return gettext("%(names)s等") % {"names": shown} if len(words) > most else shown


def bracketed(words: Any, inside: Any) -> str:
    """Return words with others in brackets after them, as the language of the page writes brackets.

    >>> bracketed("6 / 11", "55%")
    '6 / 11（55%）'
    """
    return gettext("%(words)s（%(inside)s）") % {"words": words, "inside": inside}
