"""Reads of this app: statistics, issued documents, whitelists as workbooks."""

from exports.selectors.document import (
    VerifiedDocument,
    document_get,
    document_list,
    document_verify_code,
    document_verify_file,
)
from exports.selectors.statistics import Statistics, home_figures, statistics
from exports.selectors.whitelist import recommendation_book, whitelist_book

__all__ = [
    "Statistics",
    "VerifiedDocument",
    "document_get",
    "document_list",
    "document_verify_code",
    "document_verify_file",
    "home_figures",
    "recommendation_book",
    "statistics",
    "whitelist_book",
]
