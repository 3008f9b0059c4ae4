"""Whitelist sheets judged in the background: delivered, judged with visible progress, made a draft or refused.

Nothing of a sheet is kept before all of it is judged, so work that dies half-way is begun anew and leaves nothing
behind. One worker at a time: whoever takes a sheet on writes the moment of its progress.

Source: issue rule "50,000 rows stay responsive with progress"; domain note 2.3.
"""

from __future__ import annotations

import base64
import uuid
from datetime import datetime, timedelta
from functools import partial
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import Q

from borrowers.domain.rows import bind_columns
from marketplace.domain.errors import Conflict, Refused
from marketplace.domain.text import clean
from marketplace.models import User
from marketplace.queue import TaskBusy, enqueue
from marketplace.sheets import UPLOAD_KINDS, UPLOAD_LIMITS, open_sheet
from matching.domain.whitelist_sheet import COLUMNS
from matching.domain.whitelist_upload import STANDS_STILL_AFTER, UploadState, stands_still
from matching.models import WhitelistUpload
from matching.selectors.whitelist_upload import upload_get
from matching.services.whitelist_build import WhitelistCheck, whitelist_check, whitelist_upload
from matching.services.whitelist_draft import issue_free, own_district
from matching.services.whitelist_run import KNOWN_TITLES

TASK = "matching.whitelist_upload_run"
OPEN = (UploadState.WAITING, UploadState.RUNNING)


@transaction.atomic
def whitelist_upload_begin(
    *,
    district: str,
    source: bytes,
    file_name: str,
    actor: User,
    at: datetime,
    issue_no: str = "",
    title: str = "",
    only_check: bool = False,
) -> WhitelistUpload:
    """Take a sheet in to be judged in the background; what can be refused at once is.

    Args:
        district, issue_no, title, file_name, actor, at: as `whitelist_upload`; a mere check needs no number.
        source: bytes of an xlsx or csv.
        only_check: say what would come of it, and keep nothing.

    Raises:
        NotFound: the district is none of the actor's.
        Conflict, Refused: as `whitelist_upload`, of number, title, file and header.

    Writes: ``WhitelistUpload``, outbox ``matching.whitelist_upload_run``.
    """
    area = own_district(actor, district, at)
    if not only_check:
        issue_free(area, issue_no, title)
    sheet = open_sheet(
        source, file_name, known=KNOWN_TITLES, kinds=UPLOAD_KINDS, limits=UPLOAD_LIMITS
    )
    bind_columns(COLUMNS, sheet.titles).refuse_missing()
    upload = WhitelistUpload.objects.create(
        district=area,
        only_check=only_check,
        issue_no=issue_no.strip(),
        title=title,
        file_name=clean(file_name)[-200:],
        content=base64.b64encode(source).decode("ascii"),
        created_by=actor,
        created_at=at,
    )
    enqueue(TASK, upload_id=str(upload.public_id))
    return upload


@transaction.atomic
def whitelist_upload_resume(*, public_id: uuid.UUID, actor: User, at: datetime) -> WhitelistUpload:
    """Begin a sheet anew whose work stands still.

    Raises:
        NotFound: it is not the actor's to see.
        Conflict: ``WL_UPLOAD_STATE``, it is finished or being worked on.

    Writes: outbox ``matching.whitelist_upload_run``.
    """
    upload = upload_get(actor, public_id, at)
    own_district(actor, upload.district_id, at)
    if not stands_still(upload.state, upload.alive_at or upload.created_at, at):
        raise Conflict("WL_UPLOAD_STATE", "该表格已完成核验或正在核验，不需要重新开始。")
    enqueue(TASK, upload_id=str(public_id))
    return upload


def whitelist_upload_run(*, public_id: uuid.UUID, at: datetime) -> WhitelistUpload | None:
    """Judge a delivered sheet from its first row, telling its progress; nothing happens when it is finished.

    Args:
        public_id: of the upload.
        at: now, aware; also the moment of judgment.

    Returns:
        The upload as it ended; None for an unknown one.

    Raises:
        TaskBusy: another worker is at it.

    Writes: ``WhitelistUpload`` outside any transaction; at the end as `whitelist_upload`.
    """
    upload = (
        WhitelistUpload.objects.select_related("created_by").filter(public_id=public_id).first()
    )
    if upload is None or upload.state not in OPEN:
        return upload
    _take_on(upload, at)
    began = monotonic()
    try:
        ended = _judge(upload, at, began)
    except Refused as refused:
        ended = {
            "state": UploadState.REFUSED,
            "refusal": {"code": refused.code, "sentence": refused.sentence},
        }
    for name, value in {**ended, "content": "", "finished_at": _now(at, began)}.items():
        setattr(upload, name, value)
    upload.save(update_fields=[*ended, "content", "finished_at"])
    return upload


def _take_on(upload: WhitelistUpload, at: datetime) -> None:
    still = Q(alive_at=None) | Q(alive_at__lt=at - STANDS_STILL_AFTER)
    waiting = WhitelistUpload.objects.filter(still, pk=upload.pk, state__in=OPEN)
    if not waiting.update(state=UploadState.RUNNING, alive_at=at, rows_done=0):
        raise TaskBusy(upload.public_id)


def _judge(upload: WhitelistUpload, at: datetime, began: float) -> dict[str, Any]:
    source = base64.b64decode(upload.content)
    told = partial(_tell, upload.pk, at, began)
    if upload.only_check:
        found = whitelist_check(
            district=upload.district_id,
            source=source,
            file_name=upload.file_name,
            at=at,
            progress=told,
        )
        return {
            "state": UploadState.DONE,
            "rows_done": found.tally.read,
            "summary": _summary(found),
        }
    whitelist = whitelist_upload(
        district=upload.district_id,
        issue_no=upload.issue_no,
        source=source,
        file_name=upload.file_name,
        title=upload.title,
        actor=upload.created_by,
        at=at,
        progress=told,
    )
    return {
        "state": UploadState.DONE,
        "rows_done": whitelist.rows_read,
        "whitelist": whitelist,
    }


def _tell(pk: int, at: datetime, began: float, rows: int) -> None:
    WhitelistUpload.objects.filter(pk=pk).update(rows_done=rows, alive_at=_now(at, began))


def _now(at: datetime, began: float) -> datetime:
    """Return the moment now of work that began at ``at``: long work outlives the moment it was given."""
    return at + timedelta(seconds=monotonic() - began)


def _summary(found: WhitelistCheck) -> dict[str, Any]:
    tally = found.tally
    return {
        "read": tally.read,
        "admitted": tally.admitted,
        "refused": tally.refused,
        "duplicates": tally.duplicates,
        "warnings": found.warnings,
        "reasons": dict(tally.reasons.most_common()),
        "problems": [
            {
                "row_number": row.row_number,
                "name": row.name,
                "uscc": row.uscc,
                "status": row.status.value,
                "reasons": [f"{r['sentence']}（{r['rule_code']}）" for r in row.reasons],
            }
            for row in found.problems
        ],
    }
