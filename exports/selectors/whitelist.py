"""Whitelists as workbooks: for the district everything with reasons, for institutions what is recommended to them.

Source: domain note 0.4, 2.3, 4.2 (institutions see name, code, district, sector and need).
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from borrowers.domain.industry import SECTION_LABELS
from exports.domain.whitelist_book import WhitelistBook, WhitelistLine
from marketplace.domain.errors import NotFound
from marketplace.domain.vocabulary import PURPOSE_LABELS, SIZE_CLASS_LABELS, Purpose, SizeClass
from marketplace.models import User
from matching.domain.whitelist_entry import ENTRY_STATUS_LABELS, EntryStatus
from matching.models import Whitelist, WhitelistEntry
from matching.policies.whitelist import recommended_entries
from matching.selectors.whitelist import whitelist_entries


def whitelist_book(user: User, whitelist: Whitelist, at: datetime) -> WhitelistBook:
    """Return a list for those who made it: the admitted, and all others with every reason.

    Args:
        user: the reader, checked by the policy again.
        whitelist: one of theirs, with its district loaded.
        at: printed in the book.

    Queries: one.
    """
    entries = list(
        whitelist_entries(user, whitelist, at).select_related("enterprise").order_by("row_number")
    )
    admitted = [entry for entry in entries if entry.status == EntryStatus.ADMITTED]
    others = [entry for entry in entries if entry.status != EntryStatus.ADMITTED]
    return WhitelistBook(
        title=whitelist.title,
        district=whitelist.district.name,
        issue=f"第 {whitelist.issue_no} 期",
        admitted=[_line(entry, whitelist) for entry in admitted],
        kept_out=[_line(entry, whitelist) for entry in others],
        generated_at=at,
        state=whitelist.get_state_display(),
    )


def recommendation_book(
    user: User, public_id: uuid.UUID, at: datetime
) -> tuple[Whitelist, WhitelistBook]:
    """Return a published list as an institution may have it: the admitted alone, without reasons and marks.

    Args:
        public_id: of the list.
        at: moment of asking; an ended or recalled list is none.

    Raises:
        NotFound: no entry of it stands before the user's institutions.

    Queries: one.
    """
    entries = list(
        recommended_entries(user, at)
        .filter(whitelist__public_id=public_id)
        .select_related("whitelist__district", "enterprise")
        .order_by("row_number")
    )
    if not entries:
        raise NotFound
    whitelist = entries[0].whitelist
    book = WhitelistBook(
        title=whitelist.title,
        district=whitelist.district.name,
        issue=f"第 {whitelist.issue_no} 期",
        admitted=[_brief_line(entry, whitelist) for entry in entries],
        generated_at=at,
        state=whitelist.get_state_display(),
        is_brief=True,
    )
    return whitelist, book


def _line(entry: WhitelistEntry, whitelist: Whitelist) -> WhitelistLine:
    size = entry.enterprise.size_class if entry.enterprise else ""
    is_admitted = entry.status == EntryStatus.ADMITTED
    reasons = [] if is_admitted else _told(entry)
    return WhitelistLine(
        **_need(entry, whitelist),
        street=entry.street,
        size_class=SIZE_CLASS_LABELS[SizeClass(size)] if size else "",
        origin=whitelist.get_origin_display(),
        marks=tuple(str(mark["sentence"]) for mark in entry.marks),
        reason_codes=tuple(code for code, _ in reasons),
        reasons=tuple(sentence for _, sentence in reasons),
    )


def _brief_line(entry: WhitelistEntry, whitelist: Whitelist) -> WhitelistLine:
    return WhitelistLine(**_need(entry, whitelist))


def _need(entry: WhitelistEntry, whitelist: Whitelist) -> dict[str, Any]:
    purpose = entry.purpose
    return {
        "uscc": entry.uscc,
        "name": entry.name,
        "district": whitelist.district.name,
        "industry": SECTION_LABELS.get(entry.sector, ""),
        "need_amount_yuan": entry.amount_yuan,
        "term_months": entry.term_months,
        "purpose": PURPOSE_LABELS[Purpose(purpose)] if purpose in set(Purpose) else purpose,
        "willing_on": entry.willing_date,
    }


def _told(entry: WhitelistEntry) -> list[tuple[str, str]]:
    """Return code and sentence of every reason; the state itself speaks where there is none."""
    reasons = [(str(reason["rule_code"]), str(reason["sentence"])) for reason in entry.reasons]
    label = ENTRY_STATUS_LABELS[EntryStatus(entry.status)]
    return reasons or [(entry.status, label)]
