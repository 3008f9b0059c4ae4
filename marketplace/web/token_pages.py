"""What pages of tokens have in common, whoever's systems they are of: forms, facts, the list's columns."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext

from marketplace.domain.token import TOKEN_STATE_LABELS, TokenState, token_state
from marketplace.domain.workdays import local_date
from marketplace.models import AccessToken
from marketplace.services.token import SECOND, TokenOrder
from marketplace.web.components import Cell, Column, Kind, Pair, Tone
from marketplace.web.forms import DayField

_TONES = {TokenState.LIVE: Tone.GOOD, TokenState.PENDING: Tone.INFO}
TOKEN_COLUMNS = [
    Column("名称"),
    Column("公开前缀", Kind.CODE),
    Column("签发时间", Kind.DATETIME),
    Column("有效期至", Kind.DATE, "含当日；到期自动失效，不必另行撤销。"),
    Column("最近使用", Kind.DATETIME),
    Column("状态", Kind.BADGE),
]


class TokenForm(forms.Form):
    """A token for one system."""

    name = forms.CharField(
        label="令牌名称", max_length=40, help_text="如“征管系统 2026 年第二枚”，本单位内不重复。"
    )
    purpose = forms.CharField(
        label="用途",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="由哪个系统使用、报送哪些信息项。",
    )
    first_day = DayField(label="生效日期")
    last_day = DayField(label="有效期至")

    def __init__(self, data: Any = None, *, today: date, latest: date) -> None:
        super().__init__(data, initial={"first_day": today, "last_day": latest})
        self.fields["last_day"].help_text = gettext(
            "含当日，今天生效的不晚于 %(day)s；到期自动失效。"
        ) % {"day": latest.isoformat()}

    def order(self) -> TokenOrder:
        """Return what is wanted, as services take it."""
        given = self.cleaned_data
        return TokenOrder(given["name"], given["purpose"], given["first_day"], given["last_day"])


class RevokeForm(forms.Form):
    """Why a token is revoked."""

    reason = forms.CharField(label="撤销原因", max_length=200)


def token_standing(token: AccessToken, at: datetime) -> tuple[str, Tone]:
    """Return where a token stands, in words, and its tone."""
    state = token_state(token.valid_from, token.valid_until, token.revoked_at, at)
    return TOKEN_STATE_LABELS[state], _TONES.get(state, Tone.NEUTRAL)


def token_facts(token: AccessToken) -> list[Pair]:
    """Return what a token was issued as."""
    return [
        Pair("用途", token.purpose),
        Pair("公开前缀", token.prefix, Kind.CODE, definition="令牌的开头，用来辨认是哪一枚。"),
        Pair("生效时间", token.valid_from, Kind.DATETIME),
        Pair("有效期至", local_date(token.valid_until - SECOND), Kind.DATE, note="含当日"),
        Pair("签发人", str(token.issued_by)),
        Pair("签发时间", token.issued_at, Kind.DATETIME),
    ]


def token_ends(token: AccessToken) -> list[Pair]:
    """Return when a token was used last, and how it ended."""
    pairs = [Pair("最近使用", token.last_used_at, Kind.DATETIME)]
    if token.revoked_at is not None:
        pairs += [
            Pair("撤销人", str(token.revoked_by)),
            Pair("撤销时间", token.revoked_at, Kind.DATETIME),
            Pair("撤销原因", token.revoke_reason),
        ]
    return pairs


def token_row(token: AccessToken, url: str, at: datetime) -> list[Any]:
    """Return a token as a row under ``TOKEN_COLUMNS``."""
    words, tone = token_standing(token, at)
    return [
        Cell(token.name, url=url, note=token.purpose),
        token.prefix,
        token.issued_at,
        local_date(token.valid_until - SECOND),
        token.last_used_at,
        Cell(words, tone=tone),
    ]
