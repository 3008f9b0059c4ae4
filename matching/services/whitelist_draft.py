"""A whitelist while it is made: begun under its number, filled with judged rows, counted.

Source: domain note 2.3.
"""

from __future__ import annotations

import pickle
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import IntegrityError, transaction

from marketplace.audit import audit_record
from marketplace.bulk import rows_write
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.domain.text import clean, half_width
from marketplace.models import District, User
from matching.models import Whitelist, WhitelistEntry
from matching.policies.whitelist import writable_districts
from matching.selectors.whitelist_candidates import CHUNK_ROWS
from matching.services.whitelist_rows import ENTRY_COLUMNS
from matching.services.whitelist_run import Judged, Tally

LONGEST_TITLE = 100
Progress = Callable[[int], None]

_ISSUE = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff()\-]{0,15}")


def own_district(actor: User, code: str, at: datetime) -> District:
    """Return a district the actor makes whitelists for, by post or by delegation.

    Raises:
        NotFound: it is none of theirs.
    """
    found = writable_districts(actor, at).filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def issue_free(district: District, issue_no: str, title: str = "") -> None:
    """Refuse a number or title under which no draft can be made, before any work is done.

    Raises:
        Conflict, Refused: as `draft_begin`.

    Queries: one.
    """
    number = _issue(issue_no)
    _titled(district, number, title)
    found = Whitelist.objects.filter(district=district, issue_no=number).exclude(state="DRAFT")
    if found.exists():
        raise _taken(number)


def draft_begin(
    district: District, issue_no: str, title: str, origin: str, actor: User, at: datetime
) -> Whitelist:
    """Return a new draft, or the emptied draft of the same number.

    Raises:
        Conflict: ``WL_ISSUE_TAKEN``, the number belongs to a list that is no draft.
        Refused: ``WL_ISSUE_INVALID``, ``WL_TITLE_TOO_LONG``.

    Writes: ``Whitelist``, deletes the old draft's entries; locks the draft.
    """
    number = _issue(issue_no)
    title = _titled(district, number, title)
    found = Whitelist.objects.select_for_update().filter(district=district, issue_no=number)
    draft = found.first()
    if draft is None:
        return _create(district, number, title, origin, actor, at)
    if draft.state != "DRAFT":
        raise _taken(number)
    WhitelistEntry.objects.filter(whitelist=draft).only("pk").delete()
    draft.title, draft.origin, draft.created_by = title, origin, actor
    draft.created_at = draft.checked_at = at
    draft.parameters, draft.titles, draft.file_name, draft.file_sha256 = {}, [], "", ""
    return draft


def draft_keep(whitelist: Whitelist, rows: Iterable[tuple[Any, ...]]) -> None:
    """Store judged rows.

    Args:
        whitelist: kept, without entries.
        rows: as `entry_values` makes them.

    Writes: ``WhitelistEntry``, a statement for some thousand rows.
    """
    owned = ((whitelist.pk, *row) for row in rows)
    rows_write(WhitelistEntry._meta.db_table, ("whitelist_id", *ENTRY_COLUMNS), owned)


def draft_finish(
    whitelist: Whitelist, tally: Tally, verb: str, actor: User, at: datetime
) -> Whitelist:
    """Store the counts of a filled draft.

    Writes: ``Whitelist``, audit ``matching.whitelist.<verb>``.
    """
    whitelist.rows_read, whitelist.admitted = tally.read, tally.admitted
    whitelist.refused, whitelist.duplicates = tally.refused, tally.duplicates
    whitelist.reason_counts = dict(sorted(tally.reasons.items()))
    whitelist.save()
    audit_record(
        action=f"matching.whitelist.{verb}",
        subject_kind="Whitelist",
        subject_id=whitelist.public_id,
        actor=actor,
        at=at,
        payload={
            "district": whitelist.district_id,
            "read": tally.read,
            "admitted": tally.admitted,
            "refused": tally.refused,
            "duplicates": tally.duplicates,
            "file_sha256": whitelist.file_sha256,
        },
    )
    return whitelist


def told(rows: Iterable[Judged], progress: Progress | None) -> Iterator[Judged]:
    """Pass rows on and tell after each 500 how many there were."""
    for count, row in enumerate(rows, start=1):
        if progress and count % CHUNK_ROWS == 0:
            progress(count)
        yield row


def tallied(rows: Iterable[Judged], tally: Tally) -> Iterator[Judged]:
    """Pass rows on and count them."""
    for row in rows:
        tally.count(row)
        yield row


def packed(rows: Iterable[tuple[Any, ...]]) -> list[bytes]:
    """Return rows as compressed pieces of 500, some 500 bytes a row where it is sealed; for this process only."""
    source = iter(rows)
    pieces = []
    while chunk := list(islice(source, CHUNK_ROWS)):
        pieces.append(zlib.compress(pickle.dumps(chunk, pickle.HIGHEST_PROTOCOL), 1))
    return pieces


def unpacked(pieces: Iterable[bytes]) -> Iterator[tuple[Any, ...]]:
    """Give back the rows that `packed` took, in their order."""
    for piece in pieces:
        yield from pickle.loads(zlib.decompress(piece))  # noqa: S301 - packed by this process


def _titled(district: District, number: str, title: str) -> str:
    title = clean(title) or f"{district.name}融资需求白名单（{number}）"
    if len(title) > LONGEST_TITLE:
        sentence = f"名称不能超过 {LONGEST_TITLE} 字。"
        raise Refused("WL_TITLE_TOO_LONG", sentence, {"title": sentence})
    return title


def _create(
    district: District, number: str, title: str, origin: str, actor: User, at: datetime
) -> Whitelist:
    try:
        with transaction.atomic():
            return Whitelist.objects.create(
                district=district,
                issue_no=number,
                title=title,
                origin=origin,
                created_by=actor,
                created_at=at,
                checked_at=at,
            )
    except IntegrityError as fault:
        raise _taken(number) from fault


def _issue(text: str) -> str:
    number = half_width(clean(text))
    if not _ISSUE.fullmatch(number):
        sentence = "期号应为 1 至 16 位的数字、字母、汉字或连字符，应如 2026-11。"
        raise Refused("WL_ISSUE_INVALID", sentence, {"issue_no": sentence})
    return number


def _taken(number: str) -> Conflict:
    sentence = f"本区已有期号为“{number}”的名单，且不是草稿，请换一个期号。"
    refused = Conflict("WL_ISSUE_TAKEN", sentence)
    refused.fields["issue_no"] = sentence
    return refused
