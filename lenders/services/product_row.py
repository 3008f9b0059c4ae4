"""Rows of products under lock, and the audit chain of what is done to them."""

from __future__ import annotations

from datetime import datetime

from lenders.models import LoanProduct, ProductVersion
from lenders.services.institution import institution_stream
from marketplace.audit import audit_record
from marketplace.models import User


def product_locked(product: LoanProduct) -> LoanProduct:
    """Return the product's row, locked until the transaction ends."""
    rows = LoanProduct.objects.select_for_update(of=("self",))
    return rows.select_related("institution__organisation").get(pk=product.pk)


def version_locked(version: ProductVersion) -> ProductVersion:
    """Return the version's row; its product is locked first, so that versions of one product go in turn."""
    product = product_locked(version.product)
    row = ProductVersion.objects.select_for_update(of=("self",)).get(pk=version.pk)
    row.product = product
    return row


def product_record(
    row: ProductVersion, verb: str, actor: User, at: datetime, **payload: object
) -> None:
    """Append what was done to a product's version to its institution's chain."""
    product = row.product
    audit_record(
        action=f"lenders.product.{verb}",
        subject_kind="LoanProduct",
        subject_id=product.public_id,
        actor=actor,
        at=at,
        stream=institution_stream(product.institution.code),
        payload={"version": row.number, **payload},
    )
