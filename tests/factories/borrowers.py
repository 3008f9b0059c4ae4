"""Minimal valid objects of the borrowing side."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from borrowers.domain.catalogue import load_catalogue
from borrowers.models import (
    CreditRecord,
    Enterprise,
    EnterpriseAccount,
    IngestBatch,
)
from borrowers.services import item_and_unit, records_ingest_rows
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.models import Membership, Organisation, User
from tests.factories.reference import enter_catalogue

BORN = date(2018, 3, 1)


def make_enterprise(*, uscc: str, name: str, at: datetime, **fields: Any) -> Enterprise:
    defaults: dict[str, Any] = {
        "name_normalized": name,
        "entity_type": "ENTERPRISE",
        "legal_form": "有限责任公司",
        "status": "ACTIVE",
        "established_date": BORN,
        "capital_amount": Decimal("5000000.00"),
        "capital_currency": "CNY",
        "industry_code": "1431",
        "industry_section": "C",
        "district_id": "120103",
        "address": "天津市河西区示例路1号",
        "legal_representative": "张示例",
        "employees": 35,
        "revenue_yuan": Decimal("12000000.00"),
        "size_class": "SMALL",
        "created_at": at,
        "updated_at": at,
    }
    return Enterprise.objects.create(uscc=uscc, name=name, **(defaults | fields))


def make_account(*, enterprise: Enterprise, owner: User, at: datetime) -> EnterpriseAccount:
    """A verified account whose owner holds the OWNER role."""
    organisation = Organisation.objects.create(
        kind=OrganisationKind.ENTERPRISE,
        name=enterprise.name,
        uscc=enterprise.uscc,
        district_id=enterprise.district_id,
    )
    Membership.objects.create(user=owner, organisation=organisation, role=Role.OWNER, granted_at=at)
    return EnterpriseAccount.objects.create(
        enterprise=enterprise,
        organisation=organisation,
        state="VERIFIED",
        contact_name="李联系",
        contact_phone="13900000000",
        applied_by=owner,
        applied_at=at,
        verified_at=at,
    )


USCC = "91120103MA05010399"
PENALTY_ROW = {
    "行政相对人名称": "天津津禾示例食品有限公司",
    "行政相对人类别": "法人及非法人组织",
    "统一社会信用代码": USCC,
    "行政处罚决定书文号": "津示罚〔2026〕1号",
    "违法行为类型": "示例违法行为",
    "违法事实": "示例事实",
    "处罚依据": "示例依据",
    "处罚类别": "罚款",
    "处罚内容": "罚款一万元",
    "罚款金额(万元)": "1",
    "处罚决定日期": "2026-05-12",
    "处罚机关": "示例机关",
    "处罚机关统一社会信用代码": "11120000MB12345110",
    "数据来源单位": "示例单位",
    "数据来源单位统一社会信用代码": "11120000MB12345110",
    "失信程度": "一般",
}


def deliver(
    item_code: str,
    rows: Sequence[Mapping[str, str]],
    *,
    at: datetime,
    unit_code: str = "",
    sha256: str = "",
) -> IngestBatch:
    """Hand in rows of an item, by default from the unit that answers for it; the catalogue is entered on the way."""
    enter_catalogue(at=at)
    item, unit = item_and_unit(item_code, unit_code or load_catalogue().item(item_code).source_unit)
    digest = hashlib.sha256(repr((item_code, rows)).encode()).hexdigest()
    return records_ingest_rows(
        item=item,
        unit=unit,
        rows=[(number, row) for number, row in enumerate(rows, start=2)],
        file_name=f"{item_code}.csv",
        file_sha256=sha256 or digest,
        actor=None,
        at=at,
    )


def make_penalty(*, at: datetime, **cells: str) -> CreditRecord:
    """A penalty of the cast's enterprise, general, decided on 2026-05-12."""
    batch = deliver("PENALTY", [PENALTY_ROW | cells], at=at)
    return batch.records.get()


def consent_terms(at: datetime, **terms: Any) -> dict[str, Any]:
    """Terms of a fair consent for reviewing one application."""
    fair = {
        "purpose": "APPLICATION_REVIEW",
        "application_ref": uuid.uuid4(),
        "data_classes": ["01", "09"],
        "data_from": at.date() - timedelta(days=1000),
        "data_to": at.date(),
        "valid_from": at,
        "valid_until": at + timedelta(days=90),
        "data_life_days": 365,
        "feedback_clause": True,
    }
    return fair | terms
