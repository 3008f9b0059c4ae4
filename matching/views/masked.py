"""How a need is shown to those who may not know whose it is; plain values for the shared components."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext

from marketplace.web.components import Cell, Clock, Kind, Pair, Tone
from marketplace.web.language import said
from matching.domain.lead import LEAD_STATE_LABELS, LeadState
from matching.models import DemandLead
from matching.selectors.lead import MaskedNeed

DUPLICATE = "同一企业在规定天数内先后发布、同时有效的需求，后一项标为疑似重复。"
HIDDEN = "企业名称、代码和联系方式在企业授权后可见。"


def masked_pairs(need: MaskedNeed) -> list[Pair]:
    """Return everything that is shown of a need without a name."""
    pairs = [
        Pair("行业", need.sector),
        Pair("所在区", need.district),
        Pair("金额", need.amount_yuan, Kind.MONEY),
        Pair("期限", need.term_months, Kind.MONTHS),
        Pair("可提供的担保", need.guarantee),
    ]
    if need.closes_at is not None:
        pairs.append(Pair("抢单截止", need.closes_at, Kind.DATETIME))
    if need.is_duplicate:
        pairs.append(Pair("重复线索", "疑似", definition=DUPLICATE))
    return pairs


def need_title(need: MaskedNeed) -> str:
    """Return a need in one line: sector, district."""
    return f"{said(need.sector)} · {said(need.district)}"


def need_note(need: MaskedNeed) -> str:
    """Return what is to be noticed about a need in a list."""
    return "疑似重复线索" if need.is_duplicate else ""


def time_cell(due_at: datetime | None, now: datetime, is_provisional: bool = False) -> Cell:
    """Return what is left until a moment, in words and colour."""
    if due_at is None:
        return Cell("—", tone=Tone.NEUTRAL)
    clock = Clock("", due_at, now, is_provisional)
    note = gettext("%(due)s 截止") % {"due": f"{timezone.localtime(due_at):%m-%d %H:%M}"}
    return Cell(clock.sentence, tone=clock.tone, note=note + ("（暂定）" if is_provisional else ""))


def lead_state_label(lead: DemandLead) -> str:
    """Return the Chinese name of a lead's state."""
    return LEAD_STATE_LABELS[LeadState(lead.state)]
