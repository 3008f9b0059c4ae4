"""Tables of the borrowing side."""

from borrowers.models.archive import ArchiveSegment
from borrowers.models.catalogue import CatalogueItem, SourceUnit, SubjectAlias
from borrowers.models.consent import Consent
from borrowers.models.enterprise import Enterprise, EnterpriseAccount
from borrowers.models.record import CreditRecord, IngestBatch, IngestReject
from borrowers.models.repair import CreditRepair, Objection
from borrowers.models.thematic import ListMembership, ThematicList

__all__ = [
    "ArchiveSegment",
    "CatalogueItem",
    "Consent",
    "CreditRecord",
    "CreditRepair",
    "Enterprise",
    "EnterpriseAccount",
    "IngestBatch",
    "IngestReject",
    "ListMembership",
    "Objection",
    "SourceUnit",
    "SubjectAlias",
    "ThematicList",
]
