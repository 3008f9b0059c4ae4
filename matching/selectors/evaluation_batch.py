"""The public evaluation of a stretch of the register: its records as columns, its scores as kept lines.

Source: domain note 2.11; performance note, B. The scalar reference is `matching.domain.scorecard.score`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import narwhals as nw
from duckdb import DuckDBPyConnection

from borrowers.domain.archive import Storage, dated, storage_of
from borrowers.domain.catalogue import ItemSpec
from borrowers.models import Enterprise
from borrowers.selectors import catalogue_specs, items_fed, records_as_at_many
from borrowers.selectors.archive import archive_frames, is_filed
from borrowers.selectors.record_batch import (
    StoredRecord,
    batch_public_ids,
    disputing_between,
    public_item_ids,
    records_between,
)
from matching.domain.declaration import IndicatorDeclaration, declarations_on
from matching.domain.evaluation_lines import (
    REASONS_OF_NUMBERS,
    KeptLine,
    KeptValue,
    kept_from_scalar,
    kept_line,
    scored_codes,
)
from matching.domain.indicators import evaluate_all
from matching.domain.portrait import PortraitInputs, gather
from matching.domain.records import AsOf
from matching.domain.scorecard import score
from matching.domain.scorecard_model import ScoreModel
from matching.domain.subject import ConsentFacts
from matching.scoring.batch import Moment
from matching.scoring.engine import connect, record_frames, scored_rows
from matching.scoring.expressions import standing
from matching.scoring.family import Frame
from matching.scoring.loading import (
    Columns,
    RecordLine,
    enterprise_columns,
    record_columns,
    tie_of,
)
from matching.scoring.record_columns import columns_of
from matching.selectors.portrait import enterprise_facts, plain_record

FIRST_DAY = date(1970, 1, 1)
FILED_FROM = 20_000
"""Enterprises from which on records are read from the archive; below, files cost more than they save."""


@dataclass(frozen=True)
class ScoredEnterprise:
    """The evaluation of one enterprise.

    Attributes:
        enterprise_id: primary key.
        points, grade: None and empty when not scored.
        lines: what is kept per indicator, in the order of ``scored_codes``; empty when not scored.
    """

    enterprise_id: int
    points: int | None
    grade: str
    lines: list[KeptLine]


@dataclass(frozen=True)
class EvaluationBasis:
    """What one moment's evaluations have in common.

    Attributes:
        as_of: the moment.
        model: in force.
        declarations: of the indicators the model looks at.
        fed_items: item code to latest delivery.
        specs: the catalogue's items.
        item_codes: primary key to code of the public items that are read.
        is_filed: the archive holds every record of these items that was known at the moment, and the register is
            large enough for that to be worth its files.
    """

    as_of: AsOf
    model: ScoreModel
    declarations: tuple[IndicatorDeclaration, ...]
    fed_items: Mapping[str, datetime]
    specs: Sequence[ItemSpec]
    item_codes: Mapping[int, str]
    is_filed: bool = False

    @property
    def moment(self) -> Moment:
        """Return what the engine needs of it."""
        return Moment(self.as_of.day, self.storages, frozenset(self.fed_items))

    @property
    def storages(self) -> dict[str, dict[str, Storage]]:
        """Return how the fields that are read are stored, by item."""
        types = {spec.code: {f.code: f.type for f in spec.fields} for spec in self.specs}
        return {
            item: {f: storage_of(types[item][f]) for f in fields if f in types.get(item, {})}
            for item, fields in columns_of(self.declarations).items()
        }


def evaluation_basis(as_of: AsOf, model: ScoreModel) -> EvaluationBasis:
    """Return what the evaluations of a moment have in common. Queries: four, of a large register five."""
    wanted = set(scored_codes(model))
    declarations = tuple(e for e in declarations_on(as_of.day) if e.code in wanted)
    item_codes = public_item_ids(list(columns_of(declarations)))
    return EvaluationBasis(
        as_of=as_of,
        model=model,
        declarations=declarations,
        fed_items=items_fed(as_of.known_at),
        specs=catalogue_specs(),
        item_codes=item_codes,
        is_filed=is_large() and is_filed(item_codes, as_of.known_at),
    )


def is_large() -> bool:
    """Return whether the register is that of a city: its records are filed before a run and read from the archive.

    Queries: one.
    """
    return Enterprise.objects.order_by()[FILED_FROM : FILED_FROM + 1].exists()


def scores_of(enterprises: Sequence[Enterprise], basis: EvaluationBasis) -> list[ScoredEnterprise]:
    """Return the public evaluation of a stretch of enterprises, in their order; no consent-bound record is read.

    Enterprises whose records are under objection go through the portrait's own code, which names the objection.

    Args:
        enterprises: consecutive primary keys of the register, with district and batch at hand, ascending.
        basis: from `evaluation_basis`.

    Queries: three, and three for enterprises with objections; of filed records three and one per item.
    """
    if not enterprises:
        return []
    known_at = basis.as_of.known_at
    stretch = enterprises[0].pk, enterprises[-1].pk
    facts = [(enterprise.pk, enterprise_facts(enterprise)) for enterprise in enterprises]
    with connect() as engine:
        frames = (
            _filed(engine, stretch, basis) if basis.is_filed else _kept_now(engine, stretch, basis)
        )
        columns = enterprise_columns(facts)
        rows = scored_rows(engine, columns, frames, basis.declarations, basis.moment, basis.model)
        scored = list(rows)
    marked = disputing_between(*stretch, known_at)
    disputed = scores_one_by_one([one for one in enterprises if one.pk in marked], basis)
    codes = scored_codes(basis.model)
    return [disputed.get(row["ent_id"]) or _scored(row, codes) for row in scored]


def scores_one_by_one(
    enterprises: Sequence[Enterprise], basis: EvaluationBasis
) -> dict[int, ScoredEnterprise]:
    """Return the same through the portrait's own code, by primary key: for a few enterprises anywhere in the register.

    Args:
        enterprises: with district and batch at hand.
        basis: from `evaluation_basis`.

    Queries: three.
    """
    if not enterprises:
        return {}
    records = records_as_at_many(enterprises, basis.as_of.known_at, only_public=True)
    found: dict[int, ScoredEnterprise] = {}
    for enterprise in enterprises:
        facts = enterprise_facts(enterprise)
        inputs = PortraitInputs(
            enterprise=facts,
            records=[plain_record(row) for row in records.get(enterprise.pk, ())],
            consent=ConsentFacts.public_only(),
            fed_items=basis.fed_items,
        )
        values = evaluate_all(gather(inputs, basis.as_of), basis.as_of, basis.declarations)
        result = score(values, facts, basis.model)
        lines = kept_from_scalar(values, result, basis.model) if result.grade else []
        found[enterprise.pk] = ScoredEnterprise(enterprise.pk, result.points, result.grade, lines)
    return found


def _filed(
    engine: DuckDBPyConnection, stretch: tuple[int, int], basis: EvaluationBasis
) -> dict[str, Frame]:
    """Return the usable records of a stretch from the archive."""
    known_at, day = basis.as_of.known_at, basis.as_of.day
    fields = {item: list(basis.storages[item]) for item in basis.item_codes.values()}
    found = archive_frames(engine, fields, known_at, stretch)
    return {
        item: standing(nw.from_native(relation), day, known_at) for item, relation in found.items()
    }


def _kept_now(
    engine: DuckDBPyConnection, stretch: tuple[int, int], basis: EvaluationBasis
) -> dict[str, Frame]:
    """Return the same from the database, row by row."""
    rows = records_between(*stretch, basis.as_of.known_at, basis.item_codes)
    return record_frames(engine, _columns(rows, basis), basis.moment)


def _columns(rows: Iterable[StoredRecord], basis: EvaluationBasis) -> dict[str, Columns]:
    """Return the records of a stretch by item, those that had happened on the day."""
    found: dict[str, list[StoredRecord]] = defaultdict(list)
    batches: set[tuple[datetime, int]] = set()
    for row in rows:
        found[basis.item_codes[row.item_id]].append(row)
        batches.add((row.received_at, row.batch_id))
    public_ids = batch_public_ids({pk for _, pk in batches}) if batches else {}
    ordered = sorted(batches, key=lambda batch: (batch[0], public_ids[batch[1]]))
    ranks = {batch: rank for rank, batch in enumerate(ordered)}
    day, storages = basis.as_of.day, basis.storages
    return {
        item: record_columns(
            (
                RecordLine(
                    row.enterprise_id,
                    dated(row.event_date, row.received_at),
                    tie_of(ranks[row.received_at, row.batch_id], row.row_number),
                    row.payload,
                )
                for row in held
                if dated(row.event_date, row.received_at) <= day
            ),
            storages[item],
        )
        for item, held in found.items()
    }


def _scored(row: Mapping[str, Any], codes: Sequence[str]) -> ScoredEnterprise:
    lines = [kept_line(_kept(row, code)) for code in codes] if row["grade"] else []
    return ScoredEnterprise(row["ent_id"], row["points"], row["grade"], lines)


def _kept(row: Mapping[str, Any], code: str) -> KeptValue:
    latest = row.get(f"l_{code}")
    return KeptValue(
        value=row.get(f"v_{code}"),
        missing=REASONS_OF_NUMBERS.get(row.get(f"m_{code}", 0)),
        points=row.get(f"p_{code}", 0),
        latest=None if latest is None else FIRST_DAY + timedelta(days=latest),
    )
