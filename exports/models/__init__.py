"""Tables of what leaves the marketplace."""

from exports.models.document import IssuedDocument

__all__ = ["IssuedDocument"]
