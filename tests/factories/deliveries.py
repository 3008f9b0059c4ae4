"""Credit records of the cast's enterprise, delivered through the ordinary ingest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from borrowers.models import Enterprise, IngestBatch
from borrowers.services import item_and_unit, records_ingest_rows
from tests.factories.reference import enter_catalogue


def deliver(
    item_code: str, unit_code: str, rows: Sequence[Mapping[str, str]], at: datetime
) -> IngestBatch:
    """One file of one item; every row has to be kept."""
    item, unit = item_and_unit(item_code, unit_code)
    text = json.dumps(list(rows), ensure_ascii=False)
    batch = records_ingest_rows(
        item=item,
        unit=unit,
        rows=list(enumerate(rows, start=2)),
        file_name=f"{item_code}.csv",
        file_sha256=hashlib.sha256(text.encode()).hexdigest(),
        actor=None,
        at=at,
    )
    assert batch.rejected == 0, batch.reasons
    return batch


def seed(at: datetime) -> None:
    enter_catalogue(at=at)


def deliver_tax(
    enterprise: Enterprise, at: datetime, *, paid: str = "1200.50", day: str = "2026-10-15"
) -> IngestBatch:
    row = {
        "统一社会信用代码": enterprise.uscc,
        "征收项目": "增值税",
        "税款所属期起": f"{day[:8]}01",
        "税款所属期止": day,
        "入库日期": day,
        "实缴金额": paid,
    }
    return deliver("TAX_PAYMENT", "TAX", [row], at)


def penalty_row(
    enterprise: Enterprise, *, number: str = "津示罚〔2026〕1号", fine_wan: str = "1"
) -> dict[str, str]:
    return {
        "行政相对人名称": enterprise.name,
        "行政相对人类别": "法人及非法人组织",
        "统一社会信用代码": enterprise.uscc,
        "行政处罚决定书文号": number,
        "违法行为类型": "示例行为",
        "违法事实": "示例事实",
        "处罚依据": "示例依据",
        "处罚类别": "罚款",
        "处罚内容": "罚款",
        "罚款金额(万元)": fine_wan,
        "处罚决定日期": "2026-06-02",
        "处罚机关": "示例市示例局",
        "处罚机关统一社会信用代码": enterprise.uscc,
        "数据来源单位": "示例市示例局",
        "数据来源单位统一社会信用代码": enterprise.uscc,
        "失信程度": "一般",
    }


def deliver_penalty(
    enterprise: Enterprise, at: datetime, *, number: str = "津示罚〔2026〕1号", fine_wan: str = "1"
) -> IngestBatch:
    row = penalty_row(enterprise, number=number, fine_wan=fine_wan)
    return deliver("PENALTY", "CREDIT_CENTER", [row], at)
