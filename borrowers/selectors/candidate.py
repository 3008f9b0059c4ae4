"""Reads of rows that wait for a person to say whose they are."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Q, QuerySet, Value, When

from borrowers.domain.candidate import CANDIDATE, MOST_PROPOSED, Basis, ClueReader, Clues
from borrowers.models import Enterprise, IngestBatch, RejectedRow, SubjectCandidate
from borrowers.policies import visible_candidates
from borrowers.selectors.catalogue import item_spec
from marketplace.domain.errors import NotFound
from marketplace.policies import Reader


@dataclass(frozen=True)
class Proposal:
    """An enterprise a row may be about, and why."""

    enterprise: Enterprise
    bases: tuple[Basis, ...]


@dataclass(frozen=True)
class HeldRow:
    """A candidate's row as it was delivered.

    Attributes:
        cells: title to text.
        reader: finds the clues in it.
    """

    cells: dict[str, str]
    reader: ClueReader

    @property
    def clues(self) -> Clues:
        """Return what it says of its subject."""
        return self.reader.clues(self.cells)


def candidate_list(user: Reader, state: str = "") -> QuerySet[SubjectCandidate]:
    """Return the rows the user may see, of one state when asked, the latest first; for keyset pages by id."""
    found = visible_candidates(user).select_related(
        "batch__item", "batch__unit", "enterprise", "decided_by", "kept_batch"
    )
    return found.filter(state=state) if state else found


def candidate_get(user: Reader, public_id: UUID) -> SubjectCandidate:
    """Return one row.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    found = candidate_list(user).filter(public_id=public_id).first()
    if found is None:
        raise NotFound
    return found


def held_row(candidate: SubjectCandidate) -> HeldRow | None:
    """Return the row itself while it is held. Queries: one, and the item's declaration."""
    batch = candidate.batch
    held = RejectedRow.objects.filter(batch=batch, row_number=candidate.row_number).first()
    if held is None or batch.item is None:
        return None
    cells = dict(zip(batch.titles, json.loads(held.cells), strict=True))
    return HeldRow(cells, ClueReader(item_spec(batch.item), batch.titles))


def proposals(clues: Clues) -> list[Proposal]:
    """Return the enterprises a row may be about, those that agree in more first; some at most.

    Many bear the same name, so those of the number are never left out for them.

    Queries: one.
    """
    names = {clues.name_key} if clues.name else set()
    like = enterprises_like(clues.numbers, names).select_related("district")
    by_number = Case(When(registration_no__in=list(clues.numbers), then=Value(0)), default=Value(1))
    found = like.order_by(by_number, "pk")[: MOST_PROPOSED * 2]
    proposed = [
        Proposal(enterprise, bases)
        for enterprise in found
        if (bases := clues.bases(enterprise.registration_no, enterprise.name_normalized))
    ]
    return sorted(proposed, key=lambda one: -len(one.bases))[:MOST_PROPOSED]


def candidate_read(candidate: SubjectCandidate) -> tuple[HeldRow | None, list[Proposal]]:
    """Return a row and whom it may mean; nothing once it is decided or its time is over. Queries: two at most."""
    held = held_row(candidate) if candidate.state == CANDIDATE.initial else None
    return held, proposals(held.clues) if held else []


def enterprises_like(numbers: Collection[str], names: Collection[str]) -> QuerySet[Enterprise]:
    """Return the enterprises that have one of the registration numbers or one of the names.

    Args:
        numbers: 15 digits.
        names: as ``name_key`` spells them.
    """
    by_number = Q(registration_no__in=list(numbers)) & ~Q(registration_no="")
    return Enterprise.objects.filter(by_number | Q(name_normalized__in=list(names)))


def same_file(batch: IngestBatch) -> QuerySet[IngestBatch]:
    """Return the deliveries of the file of a batch, itself among them."""
    return IngestBatch.objects.filter(
        kind="RECORDS", item=batch.item_id, unit=batch.unit_id, file_sha256=batch.file_sha256
    )
