"""Applications whose portrait may be handed out, and whitelists with admitted and refused rows."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from borrowers.models import Enterprise
from exports.models import IssuedDocument
from marketplace.models import Organisation, User
from matching.models import LoanApplication, Whitelist, WhitelistEntry
from matching.selectors.application import application_get_handled
from tests.cast import NOW, Cast
from tests.factories.deliveries import deliver_penalty, deliver_tax, seed
from tests.factories.matching import make_application


def make_reviewed(cast: Cast, state: str = "ACCEPTED", at: datetime = NOW) -> LoanApplication:
    """An application with records behind its portrait, as its officer fetches it."""
    seed(at - timedelta(days=30))
    deliver_tax(cast.enterprise, at - timedelta(days=5))
    deliver_penalty(cast.enterprise, at - timedelta(days=4))
    application = make_application(cast, state, at=at)
    return application_get_handled(cast.officer, application.public_id)


def make_document(
    user: User, organisation: Organisation, digest: str, **fields: Any
) -> IssuedDocument:
    defaults: dict[str, Any] = {
        "number": f"TJXY20261123{digest[:8].upper()}",
        "code_digest": digest,
        "kind": "PORTRAIT_PDF",
        "subject_name": "天津津禾示例食品有限公司",
        "subject_uscc": "91120103MA05010399",
        "content_hash": "1" * 64,
        "file_sha256": "2" * 64,
        "issued_at": NOW,
    }
    return IssuedDocument.objects.create(
        issued_to=user, issued_for=organisation, **(defaults | fields)
    )


def make_whitelist(cast: Cast, *, published: bool = True, issue_no: str = "202611") -> Whitelist:
    """A list of the cast's district: its enterprise admitted, the rival kept out for its district."""
    dates = {
        "state": "PUBLISHED",
        "approved_by": cast.district_lead,
        "published_at": NOW - timedelta(days=1),
        "expires_at": NOW + timedelta(days=30),
    }
    whitelist = Whitelist.objects.create(
        district_id="120103",
        issue_no=issue_no,
        title="河西区融资需求白名单",
        origin="UPLOADED",
        rows_read=2,
        admitted=1,
        refused=1,
        checked_at=NOW,
        created_by=cast.district_clerk,
        created_at=NOW,
        **(dates if published else {"state": "CHECKED"}),
    )
    _entry(
        whitelist, 2, cast.enterprise, "ADMITTED", marks=[_reason("WL_MARK_GRADE", "等级为 C。")]
    )
    _entry(
        whitelist,
        3,
        cast.rival_enterprise,
        "REFUSED",
        reasons=[_reason("WL_DISTRICT", "登记住所在和平区，不在河西区。")],
    )
    return whitelist


def _entry(
    whitelist: Whitelist, row: int, enterprise: Enterprise, status: str, **fields: Any
) -> WhitelistEntry:
    return WhitelistEntry.objects.create(
        whitelist=whitelist,
        row_number=row,
        uscc=enterprise.uscc,
        name=enterprise.name,
        enterprise=enterprise,
        status=status,
        amount_yuan=Decimal("1234500.50"),
        term_months=12,
        purpose="WORKING_CAPITAL",
        sector="C",
        street="示例街道",
        is_willing=True,
        willing_date=NOW.date(),
        **fields,
    )


def _reason(code: str, sentence: str) -> dict[str, str]:
    return {"rule_code": code, "sentence": sentence}
