"""Tables of the lending side."""

from lenders.models.institution import Branch, BranchPosting, Institution
from lenders.models.interface import InterfaceToken, InterfaceUse
from lenders.models.product import LoanProduct, ProductRule, ProductVersion

__all__ = [
    "Branch",
    "BranchPosting",
    "Institution",
    "InterfaceToken",
    "InterfaceUse",
    "LoanProduct",
    "ProductRule",
    "ProductVersion",
]
