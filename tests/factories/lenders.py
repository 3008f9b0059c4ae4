"""Minimal valid objects of the lending side."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from lenders.domain.product import ProductTerms
from lenders.models import (
    Branch,
    BranchPosting,
    Institution,
    LoanProduct,
    ProductRule,
    ProductVersion,
)
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.models import District, Membership, Organisation, User

TERMS: dict[str, Any] = {
    "amount_min_yuan": Decimal("100000.00"),
    "amount_max_yuan": Decimal("3000000.00"),
    "term_min_months": 3,
    "term_max_months": 36,
    "annual_rate_min_bp": 345,
    "annual_rate_max_bp": 480,
    "all_in_rate_max_bp": 500,
    "guarantees": ["CREDIT"],
    "purposes": ["WORKING_CAPITAL", "EQUIPMENT"],
    "repayments": ["EQUAL_INSTALLMENT", "INTEREST_THEN_PRINCIPAL"],
    "district_codes": [],
}
"""100,000 to 3,000,000 yuan, 3 to 36 months, on credit, the whole city."""


def make_institution(
    *, code: str, name: str, uscc: str, at: datetime, **fields: Any
) -> Institution:
    """An admitted institution with one default branch that serves every district."""
    organisation = Organisation.objects.create(
        kind=OrganisationKind.INSTITUTION, name=name, uscc=uscc
    )
    defaults = {"kind": "CITY", "state": "ADMITTED", "applied_at": at, "admitted_at": at}
    institution = Institution.objects.create(
        organisation=organisation, code=code, **(defaults | fields)
    )
    branch = Branch.objects.create(institution=institution, name="示例支行", is_default=True)
    branch.districts.set(District.objects.all())
    return institution


def make_staff(*, user: User, institution: Institution, role: Role, at: datetime) -> None:
    membership = Membership.objects.create(
        user=user, organisation=institution.organisation, role=role, granted_at=at
    )
    BranchPosting.objects.create(
        membership=membership, branch=institution.branches.get(is_default=True)
    )


def make_product(
    *,
    institution: Institution,
    code: str,
    name: str,
    drafted_by: User,
    published_by: User,
    at: datetime,
    rules: list[dict[str, Any]] | None = None,
    **fields: Any,
) -> LoanProduct:
    """A published product of one version; 100,000 to 3,000,000 yuan, 3 to 36 months, on credit."""
    product = LoanProduct.objects.create(
        institution=institution, code=code, name=name, created_at=at
    )
    defaults: dict[str, Any] = TERMS | {
        "number": 1,
        "state": "PUBLISHED",
        "drafted_by": drafted_by,
        "drafted_at": at,
        "reviewed_by": published_by,
        "reviewed_at": at,
        "effective_from": at,
    }
    version = ProductVersion.objects.create(product=product, **(defaults | fields))
    for row in rules or []:
        ProductRule.objects.create(version=version, effective_from=at.date(), **row)
    return product


def make_draft(
    *, institution: Institution, code: str, drafted_by: User, at: datetime, **fields: Any
) -> ProductVersion:
    """A new product's first version, in ``DRAFT`` unless said otherwise."""
    product = LoanProduct.objects.create(
        institution=institution, code=code, name=f"示例产品{code}", created_at=at
    )
    values = TERMS | {"number": 1, "state": "DRAFT", "drafted_by": drafted_by, "drafted_at": at}
    return ProductVersion.objects.create(product=product, **(values | fields))


def make_terms(**fields: Any) -> ProductTerms:
    """The terms of `make_product`, as plain values."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in TERMS.items()
    }
    return ProductTerms(**(values | fields))
