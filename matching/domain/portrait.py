"""The credit portrait: consented records joined with the application, frozen, traceable, the same bytes when rebuilt.

A portrait is a pure function of the register's facts, what was declared, the consent, the records known at a moment and
the dated parameters. Its canonical JSON is what is stored, hashed and shown; nothing is recomputed for the reader.

Source: design laws 1, 5; domain note 0.2 (not a credit bureau's report), 2.1; anchors (reproducible portrait).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache

from marketplace.domain.parameters import ParameterSet
from matching.domain.contradictions import (
    Case,
    Contradiction,
    find_contradictions,
    shipped_tolerances,
)
from matching.domain.declaration import declarations_on, shipped_indicators
from matching.domain.freshness import ClassFreshness, DeliveredItem, freshness_of
from matching.domain.indicators import IndicatorValue, evaluate_all
from matching.domain.listing import RecordList, record_lists
from matching.domain.portrait_json import in_tables, load_plain, plain, text_of
from matching.domain.portrait_packed import packed, unpacked
from matching.domain.records import AsOf, Evidence, PlainRecord, evidence_from
from matching.domain.scorecard import ScoreResult, model_on, score, shipped_models
from matching.domain.series import Series, monthly_series
from matching.domain.subject import ConsentFacts, DeclaredFacts, EnterpriseFacts

FORMAT = "3"
"""How portraits are written now; earlier ones stay readable, and the same bytes when rebuilt."""
WRITTEN_OUT = "1"
"""Every name written out."""
ZERO_TO_END = (WRITTEN_OUT, "2")
"""Series said 0 of the months that had not been delivered yet."""
DISCLAIMER = "供参考，不构成征信报告"


@dataclass(frozen=True)
class RecordSource:
    """Where one record named in the portrait came from."""

    record_id: str
    item_code: str
    data_class: str
    source_unit: str
    batch: str
    row_number: int
    event_date: date
    received_at: datetime
    public: bool
    disputed: bool


@dataclass(frozen=True)
class BatchSource:
    """What one batch named in ``evidence_rows`` is: its item, its unit, when it was received."""

    batch: str
    item_code: str
    source_unit: str
    received_at: datetime


@dataclass(frozen=True)
class Portrait:
    """A credit portrait of one enterprise at one moment.

    Attributes:
        as_of: what was known up to this moment counts.
        as_of_date: business date; windows end here.
        enterprise: the register's facts, figures of annual reports within consent.
        declared: need and application.
        consent: what the enterprise consented to.
        indicators: every indicator in force, with its evidence or why it is missing.
        score: points, grade, contributions; or why there is none.
        contradictions: declared against recorded.
        freshness: per class.
        series: monthly, 36 months.
        lists: published records, newest of each kind.
        lineage: source of every record named anywhere above, by id.
        batches: every batch that values above were made of.
        versions: dated parameters and formats it was made with.
        disclaimer: printed with it.
    """

    as_of: datetime
    as_of_date: date
    enterprise: EnterpriseFacts
    declared: DeclaredFacts
    consent: ConsentFacts
    indicators: tuple[IndicatorValue, ...]
    score: ScoreResult
    contradictions: tuple[Contradiction, ...]
    freshness: tuple[ClassFreshness, ...]
    series: tuple[Series, ...]
    lists: tuple[RecordList, ...]
    lineage: tuple[RecordSource, ...]
    batches: tuple[BatchSource, ...]
    versions: Mapping[str, str]
    disclaimer: str = DISCLAIMER

    def indicator(self, code: str) -> IndicatorValue | None:
        """Return one indicator, None when it was not in force."""
        return next((entry for entry in self.indicators if entry.code == code), None)

    def source(self, record_id: str) -> RecordSource | None:
        """Return where a record came from, None when the portrait does not name it."""
        return next((entry for entry in self.lineage if entry.record_id == record_id), None)


@dataclass(frozen=True)
class PortraitInputs:
    """Everything a portrait is made of.

    Attributes:
        enterprise: as the register stood at the moment.
        records: any order; as they stood at the moment (superseded rows left out).
        consent: whose classes and data period bound what is read.
        declared: need and application; empty for a portrait without one.
        fed_items: item code to the moment of its latest delivery, of any enterprise.
        catalogue: items in force, for freshness and names.
    """

    enterprise: EnterpriseFacts
    records: Iterable[PlainRecord]
    consent: ConsentFacts = field(default_factory=ConsentFacts)
    declared: DeclaredFacts = field(default_factory=DeclaredFacts)
    fed_items: Mapping[str, datetime] = field(default_factory=dict)
    catalogue: Sequence[DeliveredItem] = ()


@dataclass(frozen=True)
class PortraitRules:
    """The dated parameters a portrait is made with; an operator's values are laid over the shipped ones."""

    indicators: ParameterSet
    scorecard: ParameterSet
    tolerances: ParameterSet


@cache
def shipped_rules() -> PortraitRules:
    """Return the parameters as shipped."""
    return PortraitRules(shipped_indicators(), shipped_models(), shipped_tolerances())


def assemble(
    inputs: PortraitInputs,
    as_of: AsOf,
    versions: Mapping[str, str] | None = None,
    rules: PortraitRules | None = None,
) -> Portrait:
    """Return the portrait of one enterprise at one moment.

    Args:
        inputs: facts, records, consent, catalogue.
        as_of: the moment.
        versions: versions of what was read from outside (catalogue, consent text), kept with the portrait; the format
            where it is not today's.
        rules: parameters instead of the shipped ones.

    Raises:
        Refused: a parameter contradicts itself, named by its code.
    """
    chosen = rules or shipped_rules()
    evidence = gather(inputs, as_of)
    own = None if chosen.indicators is shipped_indicators() else chosen.indicators
    declarations = declarations_on(as_of.day, own)
    values = evaluate_all(evidence, as_of, declarations)
    model = model_on(as_of.day, chosen.scorecard)
    case = Case(inputs.declared, inputs.enterprise, values, as_of.day)
    lists = record_lists(evidence, as_of, {item.code: item.name for item in inputs.catalogue})
    own_versions = {
        "format": (versions or {}).get("format", FORMAT),
        "indicators": max((entry.version for entry in declarations), default=""),
        "score_model": model.version if model else "",
    }
    return Portrait(
        as_of=as_of.known_at,
        as_of_date=as_of.day,
        enterprise=inputs.enterprise.within(inputs.consent.data_classes),
        declared=inputs.declared,
        consent=inputs.consent,
        indicators=tuple(values.values()),
        score=score(values, inputs.enterprise, model),
        contradictions=find_contradictions(case, chosen.tolerances),
        freshness=freshness_of(evidence, inputs.catalogue, as_of),
        series=monthly_series(evidence, as_of, zero_to_end=own_versions["format"] in ZERO_TO_END),
        lists=lists,
        lineage=_lineage(evidence, values.values(), lists),
        batches=_batches(evidence, values.values()),
        versions=dict(sorted({**(versions or {}), **own_versions}.items())),
    )


def gather(inputs: PortraitInputs, as_of: AsOf) -> Evidence:
    """Return the evidence of a portrait: within consent, its data period, and the moment."""
    consent = inputs.consent
    readable = (
        record for record in inputs.records if record.public or consent.covers(record.dated)
    )
    return evidence_from(
        readable,
        as_of,
        authorized=consent.data_classes,
        fed_items=inputs.fed_items,
        facts=inputs.enterprise.as_mapping(),
    )


def canonical_json(portrait: Portrait) -> str:
    """Return the portrait as its one canonical text, in the format it names.

    Sorted keys, no spaces, Decimals as text, dates as ISO text, moments in UTC; a float anywhere is refused.

    Raises:
        TypeError: a value is a float or of a kind that has no canonical form.
    """
    values = plain(portrait)
    is_written_out = portrait.versions["format"] == WRITTEN_OUT
    return text_of(values if is_written_out else packed(in_tables(values)))


def content_hash(portrait: Portrait) -> str:
    """Return SHA-256 over the canonical text, in hexadecimal."""
    return hashlib.sha256(canonical_json(portrait).encode()).hexdigest()


def from_json(text: str) -> Portrait:
    """Return the portrait that `canonical_json` wrote; writing it again gives the same bytes.

    Raises:
        ValueError: the text is of no known format.
    """
    values = json.loads(text)
    try:
        if values["versions"]["format"] != WRITTEN_OUT:
            values = unpacked(values)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"not a Portrait: {error}") from error
    return load_plain(Portrait, values)


def _lineage(
    evidence: Evidence, values: Iterable[IndicatorValue], lists: Iterable[RecordList]
) -> tuple[RecordSource, ...]:
    named = {record_id for value in values for record_id in value.evidence_ids}
    named |= {entry.record_id for listed in lists for entry in listed.entries}
    found = (
        record
        for records in evidence.records.values()
        for record in records
        if record.public_id in named
    )
    return tuple(
        RecordSource(
            record_id=record.public_id,
            item_code=record.item_code,
            data_class=record.data_class,
            source_unit=record.source_unit,
            batch=record.batch,
            row_number=record.row_number,
            event_date=record.dated,
            received_at=record.received_at,
            public=record.public,
            disputed=record.disputed,
        )
        for record in sorted(found, key=lambda record: record.public_id)
    )


def _batches(evidence: Evidence, values: Iterable[IndicatorValue]) -> tuple[BatchSource, ...]:
    named = {ref.batch for value in values for ref in value.evidence_rows}
    found = {
        (record.batch, record.item_code, record.source_unit, record.received_at)
        for records in evidence.records.values()
        for record in records
        if record.batch in named
    }
    return tuple(BatchSource(*source) for source in sorted(found))
