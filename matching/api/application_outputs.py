"""Applications as the API gives them, one form per audience: the enterprise, the lender, the operator."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from lenders.api.serializers import AmountField
from marketplace.models import User
from matching.api.demand import FitOutput, fit_body
from matching.domain.application import STATE_LABELS, ApplicationState, buttons
from matching.domain.fit import fit_from_json
from matching.domain.refusal import REFUSAL_LABELS, RefusalCode
from matching.models import LoanApplication
from matching.policies.application import (
    BEFORE_ACCEPTANCE,
    BORROWER_ROLES,
    can_read_contact,
    roles_towards,
)
from matching.selectors.application import events_of, serving_officer
from matching.selectors.timeline import Side, TimelineEntry, timeline


class ClockOutput(serializers.Serializer[Any]):
    """The clock that ends first; ``due_at`` is null while none runs."""

    code = serializers.CharField(source="clock_code")
    due_at = serializers.DateTimeField(source="clock_due_at", allow_null=True)
    is_provisional = serializers.BooleanField(source="clock_is_provisional")
    paused_at = serializers.DateTimeField(allow_null=True)


class NeedOutput(serializers.Serializer[Any]):
    """What is asked for."""

    amount_yuan = AmountField()
    term_months = serializers.IntegerField()
    purpose = serializers.CharField()
    purpose_note = serializers.CharField()
    guarantee = serializers.CharField()
    max_rate_bp = serializers.IntegerField(allow_null=True)
    declared_employees = serializers.IntegerField(allow_null=True)
    declared_revenue_yuan = AmountField(allow_null=True)
    is_first_loan = serializers.BooleanField()


class CreditLineOutput(serializers.Serializer[Any]):
    """What was approved."""

    amount_yuan = AmountField()
    annual_rate_bp = serializers.IntegerField()
    term_months = serializers.IntegerField()
    guarantee = serializers.CharField()
    valid_until = serializers.DateField()
    approved_at = serializers.DateTimeField()


class RefusalOutput(serializers.Serializer[Any]):
    """Why the lender refused."""

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    note = serializers.CharField()


class EventOutput(serializers.Serializer[Any]):
    """One event as its reader's side may know it."""

    at = serializers.DateTimeField()
    event = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    who = serializers.CharField()
    state_label = serializers.CharField(source="state")
    is_internal = serializers.BooleanField()
    struck = serializers.CharField(allow_blank=True)
    struck_reason = serializers.CharField(allow_blank=True)
    lines = serializers.SerializerMethodField()

    def get_lines(self, entry: TimelineEntry) -> list[dict[str, str]]:
        """Return what came with it."""
        return [{"label": label, "text": text} for label, text in entry.lines]


class VerbOutput(serializers.Serializer[Any]):
    """An event the caller may cause now; conditions may still refuse it."""

    event = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class ApplicationRowOutput(serializers.Serializer[Any]):
    """An application in a list, for the enterprise and for its lender alike."""

    id = serializers.UUIDField(source="public_id")
    enterprise = serializers.CharField(source="enterprise.name")
    product = serializers.CharField(source="product.name")
    institution = serializers.CharField(source="institution.organisation.name")
    amount_yuan = AmountField(source="demand.amount_yuan")
    state = serializers.CharField()
    state_label = serializers.SerializerMethodField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    clock = ClockOutput(source="*")

    def get_state_label(self, application: LoanApplication) -> str:
        """Return the state in Chinese."""
        return STATE_LABELS[ApplicationState(application.state)]


class SupervisedOutput(serializers.Serializer[Any]):
    """A case as the operator sees it: clocks, no amounts."""

    id = serializers.UUIDField(source="public_id")
    enterprise = serializers.CharField(source="enterprise.name")
    district_code = serializers.CharField(source="enterprise.district_id", allow_null=True)
    institution = serializers.CharField(source="institution.organisation.name")
    branch = serializers.CharField(source="branch.name", default=None, allow_null=True)
    product = serializers.CharField(source="product.name")
    state = serializers.CharField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    clock = ClockOutput(source="*")


class BorrowerApplicationOutput(serializers.Serializer[Any]):
    """An application as the enterprise sees it."""

    id = serializers.UUIDField()
    demand_id = serializers.UUIDField()
    product_id = serializers.UUIDField()
    product = serializers.CharField()
    institution = serializers.CharField()
    branch = serializers.CharField(allow_null=True)
    officer = serializers.CharField(allow_null=True)
    phone = serializers.CharField(allow_blank=True)
    state = serializers.CharField()
    state_label = serializers.CharField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    clock = ClockOutput()
    consent_id = serializers.UUIDField(allow_null=True)
    refusal = RefusalOutput(allow_null=True)
    fit = FitOutput()
    credit_line = CreditLineOutput(allow_null=True)
    loan_id = serializers.UUIDField(allow_null=True)
    verbs = VerbOutput(many=True)
    events = EventOutput(many=True)


class LenderApplicationOutput(serializers.Serializer[Any]):
    """An application as its lender sees it; portrait and fit have an address of their own, where reading is logged."""

    id = serializers.UUIDField()
    enterprise = serializers.CharField()
    uscc = serializers.CharField()
    district_code = serializers.CharField(allow_null=True)
    contact_name = serializers.CharField(allow_null=True)
    contact_phone = serializers.CharField(allow_null=True)
    product_id = serializers.UUIDField()
    product = serializers.CharField()
    branch = serializers.CharField(allow_null=True)
    officer = serializers.CharField(allow_null=True)
    state = serializers.CharField()
    state_label = serializers.CharField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    accepted_at = serializers.DateTimeField(allow_null=True)
    file_complete_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    clock = ClockOutput()
    need = NeedOutput()
    refusal = RefusalOutput(allow_null=True)
    credit_line = CreditLineOutput(allow_null=True)
    loan_id = serializers.UUIDField(allow_null=True)
    verbs = VerbOutput(many=True)
    events = EventOutput(many=True)


def application_body(application: LoanApplication, user: User, at: datetime) -> dict[str, Any]:
    """Return an application in the form of the caller's side. Queries: one beside those for memberships."""
    roles = roles_towards(user, application)
    if roles & set(BORROWER_ROLES):
        return dict(BorrowerApplicationOutput(_borrower(application, roles)).data)
    return dict(LenderApplicationOutput(_lender(application, user, roles, at)).data)


def _shared(application: LoanApplication, roles: frozenset[str], side: Side) -> dict[str, Any]:
    loan = getattr(application, "loan", None)
    offered = buttons(application.state, roles)
    return {
        "id": application.public_id,
        "product_id": application.product.public_id,
        "product": application.product.name,
        "branch": application.branch.name if application.branch else None,
        "state": application.state,
        "state_label": STATE_LABELS[ApplicationState(application.state)],
        "submitted_at": application.submitted_at,
        "closed_at": application.closed_at,
        "clock": application,
        "refusal": _refusal(application),
        "credit_line": getattr(application, "credit_line", None),
        "loan_id": loan.public_id if loan else None,
        "verbs": [{"event": event, "label": label} for event, label in offered],
        "events": timeline(events_of(application), side),
    }


def _borrower(application: LoanApplication, roles: frozenset[str]) -> dict[str, Any]:
    is_accepted = application.state not in BEFORE_ACCEPTANCE
    officer = serving_officer(application) if is_accepted else None
    institution = application.institution
    consent = application.consent
    return _shared(application, roles, Side.BORROWER) | {
        "demand_id": application.demand.public_id,
        "institution": institution.organisation.name,
        "officer": str(officer) if officer else None,
        "phone": (officer.phone if officer else "") or institution.contact_phone,
        "consent_id": consent.public_id if consent else None,
        "fit": fit_body(fit_from_json(application.frozen_fit)),
    }


def _lender(
    application: LoanApplication, user: User, roles: frozenset[str], at: datetime
) -> dict[str, Any]:
    enterprise = application.enterprise
    is_open = can_read_contact(user, application, at)
    return _shared(application, roles, Side.LENDER) | {
        "enterprise": enterprise.name,
        "uscc": enterprise.uscc,
        "district_code": enterprise.district_id,
        "contact_name": enterprise.account.contact_name if is_open else None,
        "contact_phone": enterprise.account.contact_phone if is_open else None,
        "officer": str(application.officer) if application.officer else None,
        "accepted_at": application.accepted_at,
        "file_complete_at": application.file_complete_at,
        "decided_at": application.decided_at,
        "need": application.demand,
    }


def _refusal(application: LoanApplication) -> dict[str, str] | None:
    if not application.refusal_code:
        return None
    return {
        "code": application.refusal_code,
        "label": REFUSAL_LABELS[RefusalCode(application.refusal_code)],
        "note": application.refusal_note,
    }
