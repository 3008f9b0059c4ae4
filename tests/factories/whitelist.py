"""Whitelists in every state, made through the services, and the public lists the gates need."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from borrowers.domain.catalogue import load_catalogue
from borrowers.models import CatalogueItem, CreditRecord, Enterprise, IngestBatch
from borrowers.services.catalogue import catalogue_seed
from matching.models import Whitelist, WhitelistEntry
from matching.services.whitelist import (
    whitelist_approve,
    whitelist_recall,
    whitelist_recheck,
    whitelist_return,
    whitelist_submit,
)
from matching.services.whitelist_build import whitelist_upload
from tests.cast import NOW, Cast

LIST_ITEMS = (
    "SERIOUS_VIOLATION_LIST",
    "SERIOUS_BREACH_LIST",
    "TAX_MAJOR_VIOLATION",
    "DISHONEST_DEBTOR",
    "ABNORMAL_LIST",
    "TAX_ARREARS",
    "ENFORCEMENT",
    "PENALTY",
)
TITLES = (
    "统一社会信用代码",
    "企业名称",
    "联系人",
    "联系电话",
    "融资需求金额(万元)",
    "融资期限(月)",
    "贷款用途",
    "是否有融资意愿",
    "意愿日期",
)
NEED = ("王示例", "13900000000", "50", "12", "流动资金", "是", "2026-11-20")


def deliver_lists(at: datetime = NOW, *, but: str = "") -> None:
    """Have every public list delivered once, empty, one of them left out when named."""
    shipped = load_catalogue()
    items = tuple(item for item in shipped.items if item.code in LIST_ITEMS)
    catalogue_seed(actor=None, at=at, catalogue=replace(shipped, items=items))
    for item in CatalogueItem.objects.exclude(code=but):
        make_batch(item, at)


def make_batch(item: CatalogueItem, at: datetime) -> IngestBatch:
    return IngestBatch.objects.create(
        kind="RECORDS",
        item=item,
        unit=item.units.first(),
        file_name=f"{item.code}.csv",
        file_sha256="0" * 64,
        received_at=at - timedelta(days=1),
        finished_at=at - timedelta(days=1),
    )


def list_enterprise(enterprise: Enterprise, code: str, at: datetime = NOW) -> CreditRecord:
    """Put an enterprise on a public list."""
    item = CatalogueItem.objects.get(code=code)
    batch = IngestBatch.objects.filter(item=item).first() or make_batch(item, at)
    return CreditRecord.objects.create(
        enterprise=enterprise,
        item=item,
        natural_key="示例1号",
        event_date=(at - timedelta(days=30)).date(),
        payload={"reason": "示例"},
        content_digest="0" * 32,
        received_at=at - timedelta(hours=2),
        batch=batch,
        row_number=2,
    )


def row_of(enterprise: Enterprise, **cells: str) -> list[str]:
    """One row of a sheet under `TITLES`; further cells by title."""
    row = dict(zip(TITLES, (enterprise.uscc, enterprise.name, *NEED), strict=True))
    return list((row | cells).values())


def sheet_of(*rows: list[str], titles: tuple[str, ...] = TITLES, encoding: str = "utf-8") -> bytes:
    """A csv with a header."""
    lines = io.StringIO()
    csv.writer(lines).writerows([titles, *rows])
    return lines.getvalue().encode(encoding)


def make_whitelist(
    cast: Cast,
    state: str = "DRAFT",
    *,
    sheet: bytes | None = None,
    issue_no: str = "2026-11",
    at: datetime = NOW,
    **fields: Any,
) -> Whitelist:
    """The cast's district's list of one admitted enterprise, made by the clerk, approved by the lead."""
    whitelist = whitelist_upload(
        district="120103",
        issue_no=issue_no,
        source=sheet or sheet_of(row_of(cast.enterprise)),
        file_name="名单.csv",
        actor=cast.district_clerk,
        at=at,
        **fields,
    )
    for step in (whitelist_recheck, whitelist_submit):
        if whitelist.state == state:
            return whitelist
        whitelist = step(whitelist=whitelist, actor=cast.district_clerk, at=at)
    if state == "RETURNED":
        return whitelist_return(
            whitelist=whitelist, reason="请补充", actor=cast.district_lead, at=at
        )
    if state in {"PUBLISHED", "RECALLED"}:
        whitelist = whitelist_approve(whitelist=whitelist, actor=cast.district_lead, at=at)
    if state == "RECALLED":
        whitelist = whitelist_recall(
            whitelist=whitelist, reason="示例原因", actor=cast.district_lead, at=at
        )
    assert whitelist.state == state
    return whitelist


def make_recommended(cast: Cast, at: datetime = NOW) -> WhitelistEntry:
    """The admitted entry of a published list."""
    return make_whitelist(cast, "PUBLISHED", at=at).entries.get()
