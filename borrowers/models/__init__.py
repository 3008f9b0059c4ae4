"""Tables of the borrowing side."""

from borrowers.models.archive import ArchivedEnd, ArchiveSegment
from borrowers.models.catalogue import (
    CatalogueImport,
    CatalogueItem,
    CatalogueItemVersion,
    SourceUnit,
    SubjectAlias,
)
from borrowers.models.consent import Consent
from borrowers.models.enterprise import Enterprise, EnterpriseAccount
from borrowers.models.quality import BatchQuality, QualityFinding
from borrowers.models.record import (
    BATCH_KINDS,
    RECORD_KINDS,
    CreditRecord,
    IngestBatch,
    IngestReject,
    RejectedRow,
    SubjectCandidate,
)
from borrowers.models.repair import CreditRepair, Objection
from borrowers.models.thematic import ListMembership, ThematicList
from borrowers.models.unit_token import UnitToken

__all__ = [
    "BATCH_KINDS",
    "RECORD_KINDS",
    "ArchiveSegment",
    "ArchivedEnd",
    "BatchQuality",
    "CatalogueImport",
    "CatalogueItem",
    "CatalogueItemVersion",
    "Consent",
    "CreditRecord",
    "CreditRepair",
    "Enterprise",
    "EnterpriseAccount",
    "IngestBatch",
    "IngestReject",
    "ListMembership",
    "Objection",
    "QualityFinding",
    "RejectedRow",
    "SourceUnit",
    "SubjectAlias",
    "SubjectCandidate",
    "ThematicList",
    "UnitToken",
]
