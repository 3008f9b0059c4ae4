"""Pages about one row of a whitelist: why in, why out, whom to call, who took it on."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from borrowers.domain.industry import SECTION_LABELS
from lenders.views.attempt import reader
from marketplace.domain.vocabulary import PURPOSE_LABELS, Guarantee
from marketplace.web.components import Cell, Column, Crumb, Kind, Pair, Table, Tone
from marketplace.web.labels import label_of
from marketplace.web.language import listed, said
from matching.domain.refusal import REFUSAL_LABELS
from matching.domain.whitelist_contact import contact_masked, result_label
from matching.domain.whitelist_feedback import granted_band
from matching.domain.whitelist_labels import code_label
from matching.models import Whitelist, WhitelistContact, WhitelistEntry
from matching.policies.whitelist import REJUDGING_ROLES, roles_held
from matching.selectors.whitelist import entry_contacts, entry_get
from matching.services.whitelist_contact import whitelist_contact_oversee
from matching.views.district import list_crumb

ENTRY_TONES = {
    "ADMITTED": Tone.GOOD,
    "REFUSED": Tone.BAD,
    "DUPLICATE": Tone.NEUTRAL,
    "SUSPENDED": Tone.WARN,
}


@login_required
@require_GET
def entry(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show one row: why in, why out, marks, who took it on."""
    return _entry(request, entry_get(reader(request), public_id, timezone.now()))


@login_required
@require_POST
def entry_contact(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show whom to call, after logging the look."""
    user, now = reader(request), timezone.now()
    shown = whitelist_contact_oversee(entry_id=public_id, actor=user, at=now)
    return _entry(request, entry_get(user, public_id, now), " ".join(filter(None, shown)))


def detail_crumb(whitelist: Whitelist) -> Crumb:
    """Return the way back to a row's list."""
    return Crumb(whitelist.title, reverse("matching:whitelist-detail", args=[whitelist.public_id]))


def _entry(request: HttpRequest, row: WhitelistEntry, contact: str = "") -> HttpResponse:
    user = reader(request)
    whitelist = row.whitelist
    roles = roles_held(user, whitelist.district_id)
    context = {
        "entry": row,
        "tone": ENTRY_TONES[row.status].value,
        "pairs": _need_pairs(row),
        "refusals": [(code_label(reason["rule_code"]), reason) for reason in row.reasons],
        "marks": [(code_label(mark["rule_code"]), mark) for mark in row.marks],
        "contact": contact or contact_masked(row.contact),
        "reveal_url": reverse("matching:whitelist-entry-contact", args=[row.public_id])
        if row.contact and not contact and roles & REJUDGING_ROLES
        else "",
        "taken": _taken_table(row),
        "crumbs": [
            list_crumb(),
            detail_crumb(whitelist),
            Crumb(gettext("第 %(row_number)s 行") % {"row_number": row.row_number}),
        ],
    }
    return render(request, "matching/district/whitelist_entry.html", context)


def _need_pairs(row: WhitelistEntry) -> list[Pair]:
    willing = {True: "有", False: "无", None: "未说明"}[row.is_willing]
    return [
        Pair("统一社会信用代码", row.uscc, Kind.CODE),
        Pair("行业门类", SECTION_LABELS.get(row.sector, row.sector)),
        Pair("街镇（园区）", row.street),
        Pair("需求金额", row.amount_yuan, Kind.MONEY),
        Pair("期限", row.term_months, Kind.MONTHS),
        Pair("用途", label_of(row.purpose, {str(k): v for k, v in PURPOSE_LABELS.items()})),
        Pair("融资意愿", willing),
        Pair("意愿日期", row.willing_date, Kind.DATE),
    ]


def _taken_table(row: WhitelistEntry) -> Table:
    columns = [
        Column("机构"),
        Column("对接时间", Kind.DATETIME),
        Column("结果"),
        Column("授信"),
        Column("反馈时间", Kind.DATETIME),
    ]
    rows = [
        [
            contact.institution.organisation.name,
            contact.contacted_at,
            Cell(result_label(contact.result), note=contact.note),
            _credit_cell(contact),
            contact.reported_at,
        ]
        for contact in entry_contacts(row)
    ]
    return Table(columns, rows, empty="尚无机构对接。")


def _credit_cell(contact: WhitelistContact) -> Cell:
    """Return what a district sees of a decision: the band of a granted limit, or why none was granted."""
    flags = {
        "信用贷款": contact.guarantee == Guarantee.CREDIT,
        "首贷": contact.is_first_loan,
        "无还本续贷": contact.is_renewal,
        "已放款": contact.drawn_yuan is not None,
    }
    note = listed(label for label, holds in flags.items() if holds)
    if contact.refusal_code:
        reason = label_of(contact.refusal_code, {str(k): v for k, v in REFUSAL_LABELS.items()})
        return Cell(
            gettext("未授信：%(reason)s") % {"reason": said(reason)}, note=contact.help_measure
        )
    if contact.granted_yuan is not None:
        return Cell(granted_band(contact.granted_yuan), note=note)
    return Cell("资料已齐，待决定" if contact.file_complete_date else "")
