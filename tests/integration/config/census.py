"""What a built city holds, as plain values by which two buildings of it can be compared."""

from __future__ import annotations

from typing import Any

from borrowers.models import Consent, CreditRecord, Enterprise, IngestBatch
from lenders.models import ProductRule, ProductVersion
from marketplace.models import AuditEvent
from matching.models import (
    ApplicationEvent,
    CreditEvaluation,
    CreditLine,
    CreditPortrait,
    DemandLead,
    FinancingDemand,
    Loan,
    LoanApplication,
    OutcomeEvent,
)

Rows = list[tuple[Any, ...]]
WHOSE = "application__enterprise__uscc"
COUNTED: dict[str, tuple[Any, tuple[str, ...]]] = {
    "enterprises": (
        Enterprise,
        ("uscc", "name", "status", "district", "industry_code", "established_date", "size_class"),
    ),
    "batches": (IngestBatch, ("file_name", "received_at", "rows_read", "accepted", "rejected")),
    "records": (
        CreditRecord,
        ("enterprise__uscc", "item__code", "event_date", "content_digest", "received_at"),
    ),
    "products": (
        ProductVersion,
        ("product__code", "product__name", "state", "amount_max_yuan", "all_in_rate_max_bp"),
    ),
    "rules": (ProductRule, ("version__product__code", "code", "operator", "value")),
    "needs": (FinancingDemand, ("enterprise__uscc", "amount_yuan", "purpose", "state", "mode")),
    "leads": (
        DemandLead,
        ("demand__enterprise__uscc", "institution__code", "origin", "state", "offered_at"),
    ),
    "consents": (Consent, ("enterprise__uscc", "data_classes", "feedback_clause", "valid_until")),
    "portraits": (CreditPortrait, ("enterprise__uscc", "as_of", "score_points", "content_hash")),
    "applications": (LoanApplication, ("enterprise__uscc", "product__code", "state")),
    "events": (ApplicationEvent, (WHOSE, "seq", "event", "at", "actor__username", "target")),
    "decisions": (CreditLine, (WHOSE, "amount_yuan", "annual_rate_bp", "approved_at")),
    "loans": (Loan, (WHOSE, "amount_yuan", "signed_date", "repayment")),
    "outcomes": (OutcomeEvent, ("loan__" + WHOSE, "seq", "kind", "event_date", "principal_yuan")),
    "evaluations": (CreditEvaluation, ("enterprise__uscc", "score_points", "grade")),
    "audit": (AuditEvent, ("stream", "seq", "action", "at")),
}


def census() -> dict[str, Rows]:
    """Return everything of each kind by natural keys, without numbers that the database gave out."""
    return {
        kind: sorted(model.objects.values_list(*names), key=repr)
        for kind, (model, names) in COUNTED.items()
    }
