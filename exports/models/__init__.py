"""Tables of what leaves the marketplace."""

from exports.models.document import IssuedDocument
from exports.models.statistics import KeptStatistics

__all__ = ["IssuedDocument", "KeptStatistics"]
