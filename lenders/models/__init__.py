"""Tables of the lending side."""

from lenders.models.institution import Branch, BranchPosting, Institution
from lenders.models.product import LoanProduct, ProductRule, ProductVersion

__all__ = ["Branch", "BranchPosting", "Institution", "LoanProduct", "ProductRule", "ProductVersion"]
