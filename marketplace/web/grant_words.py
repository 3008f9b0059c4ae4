"""Exceptional grants in words: where each stands, its last day, the table of those given."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.utils.translation import gettext

from marketplace.domain.grant import GRANT_STATE_LABELS, GrantState, grant_state
from marketplace.domain.workdays import local_date
from marketplace.models import ExceptionalGrant
from marketplace.web.components import Cell, Column, Kind, Table, Tone

SECOND = timedelta(seconds=1)
TONES = {
    GrantState.LIVE: Tone.GOOD,
    GrantState.EXPIRED: Tone.NEUTRAL,
    GrantState.REVOKED: Tone.NEUTRAL,
}


def last_day_of(grant: ExceptionalGrant) -> date:
    """Return the last day on which a grant counts, in Beijing."""
    return local_date(grant.valid_until - SECOND)


def state_of(grant: ExceptionalGrant, at: datetime) -> GrantState:
    """Return where a grant stands at a moment."""
    return grant_state(grant.valid_until, grant.revoked_at, at)


def state_cell(grant: ExceptionalGrant, at: datetime) -> Cell:
    """Return where a grant stands, with who revoked it."""
    state = state_of(grant, at)
    note = (
        gettext("撤销人 %(revoked_by)s") % {"revoked_by": grant.revoked_by}
        if state is GrantState.REVOKED
        else ""
    )
    return Cell(GRANT_STATE_LABELS[state], tone=TONES[state], note=note)


def grants_table(rows: Iterable[ExceptionalGrant], at: datetime) -> Table:
    """Return the grants of any kind, live and ended, for who oversees them."""
    columns = [
        Column("被授权人"),
        Column("类别"),
        Column("对象", Kind.CODE, "贷款申请的编号，或区划代码。"),
        Column("授权人"),
        Column("事由"),
        Column("授权时间", Kind.DATETIME),
        Column("有效期至", Kind.DATE, "含当日；到期后自动失效，不必另行撤销。"),
        Column("撤销时间", Kind.DATETIME),
        Column("状态", Kind.BADGE),
    ]
    lines = [
        [
            str(row.holder),
            row.get_kind_display(),
            row.subject_id,
            Cell(str(row.granted_by), note=row.organisation.name),
            row.reason,
            row.granted_at,
            last_day_of(row),
            row.revoked_at,
            state_cell(row, at),
        ]
        for row in rows
    ]
    return Table(columns, lines, caption="例外授权", empty="没有例外授权。")
