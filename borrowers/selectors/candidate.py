"""Reads of rows that wait for a person to say whose they are."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

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
    return _held_rows([candidate]).get(candidate.pk)


def proposals(clues: Clues) -> list[Proposal]:
    """Return the enterprises a row may be about, those that agree in more first; some at most.

    Many bear the same name, so those of the number are never left out for them.

    Queries: one.
    """
    return _proposed(clues, _enterprises_of([clues]))


def candidate_read(candidate: SubjectCandidate) -> tuple[HeldRow | None, list[Proposal]]:
    """Return a row and whom it may mean; nothing once it is decided or its time is over. Queries: two at most."""
    return candidates_read([candidate]).get(candidate.pk, (None, []))


def candidates_read(
    candidates: Iterable[SubjectCandidate],
) -> dict[int, tuple[HeldRow, list[Proposal]]]:
    """Return rows and whom they may mean, those that still wait and are held; by key. Queries: two at most."""
    held = _held_rows([one for one in candidates if one.state == CANDIDATE.initial])
    enterprises = _enterprises_of([row.clues for row in held.values()]) if held else []
    return {pk: (row, _proposed(row.clues, enterprises)) for pk, row in held.items()}


def _held_rows(candidates: Sequence[SubjectCandidate]) -> dict[int, HeldRow]:
    asked = {(one.batch_id, one.row_number): one for one in candidates if one.batch.item}
    if not asked:
        return {}
    places = Q()
    for batch, row_number in asked:
        places |= Q(batch=batch, row_number=row_number)
    found: dict[int, HeldRow] = {}
    for held in RejectedRow.objects.filter(places):
        one = asked[held.batch_id, held.row_number]
        cells = dict(zip(one.batch.titles, json.loads(held.cells), strict=True))
        assert one.batch.item is not None  # noqa: S101 - asked for above
        found[one.pk] = HeldRow(cells, ClueReader(item_spec(one.batch.item), one.batch.titles))
    return found


def _enterprises_of(clues: Sequence[Clues]) -> list[Enterprise]:
    numbers = {number for one in clues for number in one.numbers}
    names = {one.name_key for one in clues if one.name}
    like = enterprises_like(numbers, names).select_related("district")
    by_number = Case(When(registration_no__in=list(numbers), then=Value(0)), default=Value(1))
    place = Window(RowNumber(), partition_by="name_normalized", order_by=[by_number, "pk"])
    return list(like.annotate(place=place).filter(place__lte=MOST_PROPOSED * 2))


def _proposed(clues: Clues, enterprises: Iterable[Enterprise]) -> list[Proposal]:
    proposed = [
        Proposal(enterprise, bases)
        for enterprise in enterprises
        if (bases := clues.bases(enterprise.registration_no, enterprise.name_normalized))
    ]
    proposed.sort(key=lambda one: (Basis.REGISTRATION_NO not in one.bases, one.enterprise.pk))
    return sorted(proposed[: MOST_PROPOSED * 2], key=lambda one: -len(one.bases))[:MOST_PROPOSED]


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
