"""Whitelists made of a delivered sheet, or only checked: what would come of it, and the sheet sent back marked.

Source: domain note 2.2, 2.3; design section 5, district staff.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO

from django.db import transaction

from borrowers.domain.rows import bind_columns
from marketplace.domain.district import district_label
from marketplace.domain.errors import Refused
from marketplace.domain.text import clean
from marketplace.models import User
from marketplace.sheets import UPLOAD_KINDS, UPLOAD_LIMITS, SheetLimits, open_sheet
from marketplace.sheets.writing import write_correction
from matching.domain.whitelist_entry import EntryStatus, sentences_by_title
from matching.domain.whitelist_sheet import COLUMNS, LABELS
from matching.models import Whitelist
from matching.selectors.whitelist import rows_delivered
from matching.services.whitelist_draft import (
    Progress,
    draft_begin,
    draft_finish,
    draft_keep,
    issue_free,
    own_district,
    packed,
    tallied,
    told,
    unpacked,
)
from matching.services.whitelist_rows import entry_values
from matching.services.whitelist_run import (
    KNOWN_TITLES,
    Judge,
    Judged,
    Tally,
    judged_sheet,
)

PROBLEMS_SHOWN = 100
FIRST_DATA_ROW = 2


@dataclass
class WhitelistCheck:
    """What a sheet would become, without anything being written.

    Attributes:
        tally: rows counted.
        titles: the sheet's header.
        problems: the first rows that are not admitted.
        warnings: how many admitted rows carry a mark.
    """

    tally: Tally = field(default_factory=Tally)
    titles: tuple[str, ...] = ()
    problems: list[Judged] = field(default_factory=list)
    warnings: int = 0

    def take(self, row: Judged) -> None:
        """Count a row and keep it when it is one of the first problems."""
        self.tally.count(row)
        if row.status is EntryStatus.ADMITTED:
            self.warnings += bool(row.marks)
        elif len(self.problems) < PROBLEMS_SHOWN:
            self.problems.append(replace(row, cells=()))


def whitelist_check(
    *,
    district: str,
    source: Path | str | bytes,
    file_name: str,
    at: datetime,
    correction: IO[bytes] | None = None,
    kinds: Collection[str] = UPLOAD_KINDS,
    limits: SheetLimits = UPLOAD_LIMITS,
    progress: Progress | None = None,
) -> WhitelistCheck:
    """Run the gates over a sheet and write nothing to the database.

    Args:
        district: code of one of the 16 districts.
        source: path or bytes of the sheet.
        file_name: as delivered, for messages.
        at: moment of judgment, aware.
        correction: where the sheet goes with every error marked in place, as xlsx; None for no such file.
        kinds, limits: what is accepted; uploads' by default.
        progress: told the number of rows read.

    Raises:
        Refused: ``DISTRICT_UNKNOWN``; ``SHEET_*``, ``FILE_NOT_FOUND`` when the file cannot be read;
            ``WL_NO_ROWS`` when there is nothing below its header.

    Queries: two, and seven for each 500 rows.
    """
    judge = Judge.of(district_known(district), at)
    sheet = open_sheet(source, file_name, known=KNOWN_TITLES, kinds=kinds, limits=limits)
    result = WhitelistCheck(titles=sheet.titles)
    rows = told(judged_sheet(sheet, judge), progress)
    if correction is None:
        for row in rows:
            result.take(row)
    else:
        correction_write(sheet.titles, _taking(rows, result), correction)
    if result.tally.read == 0:
        raise _no_rows(file_name)
    return result


def whitelist_upload(
    *,
    district: str,
    issue_no: str,
    source: Path | str | bytes,
    file_name: str,
    actor: User,
    at: datetime,
    title: str = "",
    progress: Progress | None = None,
) -> Whitelist:
    """Make a draft of a sheet, every row accounted for: admitted + refused + duplicates = rows read.

    Sending a corrected sheet under the same number replaces the district's draft of that number. All rows are judged
    and made ready before the first is written, so that a long sheet holds no lock but while it is stored.

    Args:
        district: code; the actor works for it or was delegated it.
        issue_no: number of the issue, unique in the district.
        source: path or bytes of an xlsx or csv.
        file_name: as delivered.
        actor: clerk or lead of the district.
        at: now, aware.
        title: shown to institutions; made of district and issue when empty.
        progress: told the number of rows read.

    Raises:
        NotFound: the district is none of the actor's.
        Conflict: ``WL_ISSUE_TAKEN``, the number belongs to a list that is no draft.
        Refused: ``WL_ISSUE_INVALID``; as `whitelist_check`.

    Writes: ``Whitelist``, ``WhitelistEntry`` (bulk), audit ``matching.whitelist.upload``; locks the draft replaced.
    """
    area = own_district(actor, district, at)
    issue_free(area, issue_no, title)
    sheet = open_sheet(
        source, file_name, known=KNOWN_TITLES, kinds=UPLOAD_KINDS, limits=UPLOAD_LIMITS
    )
    tally = Tally()
    judged = tallied(told(judged_sheet(sheet, Judge.of(area.code, at)), progress), tally)
    kept = packed(map(entry_values, judged))
    if not kept:
        raise _no_rows(file_name)
    with transaction.atomic():
        whitelist = draft_begin(area, issue_no, title, "UPLOADED", actor, at)
        whitelist.titles = list(sheet.titles)
        whitelist.file_name = clean(file_name)[-200:]
        whitelist.file_sha256 = _sha256(source)
        draft_keep(whitelist, unpacked(kept))
        return draft_finish(whitelist, tally, "upload", actor, at)


def correction_write(titles: Iterable[str], rows: Iterable[Judged], stream: IO[bytes]) -> int:
    """Write a sheet back with every row and, in place, why some are not admitted; return how many are not.

    Blank rows and what stood above the header are left out; headings and columns stay, so it can be sent again.
    """
    header = list(titles)
    title_of = {
        LABELS[code]: title for code, title in bind_columns(COLUMNS, header).headers.items()
    }
    errors: dict[int, Mapping[str, str]] = {}

    def cells() -> Iterator[tuple[str, ...]]:
        for number, row in enumerate(rows, start=FIRST_DATA_ROW):
            errors.clear()
            if row.status is not EntryStatus.ADMITTED:
                errors[number] = sentences_by_title(row.reasons, title_of)
            yield row.cells

    return write_correction(cells(), header, errors, stream, title="名单更正表")


def correction_of(whitelist: Whitelist, stream: IO[bytes]) -> int:
    """Write an uploaded whitelist's sheet back as `correction_write` does; return how many rows are not admitted."""
    rows = (
        Judged(entry.row_number, EntryStatus(entry.status), cells=cells, reasons=entry.reasons)
        for entry, cells in rows_delivered(whitelist)
    )
    return correction_write(whitelist.titles, rows, stream)


def district_known(code: str) -> str:
    """Return the code of one of the 16 districts.

    Raises:
        Refused: ``DISTRICT_UNKNOWN``.
    """
    if district_label(code) == code:
        sentence = f"“{code[:20]}”不是本市 16 个区之一的代码，应如 120101（和平区）。"
        raise Refused("DISTRICT_UNKNOWN", sentence, {"district": sentence})
    return code


def _no_rows(file_name: str) -> Refused:
    sentence = f"文件“{file_name}”的表头下面没有任何数据行。"
    return Refused("WL_NO_ROWS", sentence, {"file": sentence})


def _taking(rows: Iterable[Judged], result: WhitelistCheck) -> Iterator[Judged]:
    for row in rows:
        result.take(row)
        yield row


def _sha256(source: Path | str | bytes) -> str:
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with Path(source).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
