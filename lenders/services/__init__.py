"""Writes of the lending side."""

from lenders.services.institution import (
    institution_apply,
    institution_restore,
    institution_review,
    institution_suspend,
)
from lenders.services.product import (
    product_draft,
    product_rule_add,
    product_rule_change,
    product_rule_remove,
    product_version_draft,
    product_version_edit,
)
from lenders.services.publication import product_review, product_submit, product_withdraw
from lenders.services.team import (
    branch_create,
    branch_edit,
    staff_add,
    staff_end,
    staff_move,
    staff_post,
)

__all__ = [
    "branch_create",
    "branch_edit",
    "institution_apply",
    "institution_restore",
    "institution_review",
    "institution_suspend",
    "product_draft",
    "product_review",
    "product_rule_add",
    "product_rule_change",
    "product_rule_remove",
    "product_submit",
    "product_version_draft",
    "product_version_edit",
    "product_withdraw",
    "staff_add",
    "staff_end",
    "staff_move",
    "staff_post",
]
