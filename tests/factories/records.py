"""Plain credit records and evidence for the pure portrait side; no database."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from borrowers.domain.catalogue import load_catalogue
from marketplace.domain.vocabulary import DataClass
from matching.domain.declaration import declarations_on
from matching.domain.indicators import IndicatorValue, Missing, evaluate
from matching.domain.portrait import PortraitInputs
from matching.domain.records import AsOf, Evidence, PlainRecord, evidence_from
from matching.domain.subject import ConsentFacts, DeclaredFacts, EnterpriseFacts

TODAY = date(2026, 5, 12)
NOW = AsOf.from_moment(datetime(2026, 5, 12, 2, tzinfo=UTC))
CATALOGUE = load_catalogue().items
ITEMS = {item.code: item for item in CATALOGUE}
ALL_CLASSES = tuple(entry.value for entry in DataClass)
DELIVERED = dict.fromkeys(ITEMS, datetime(2026, 5, 11, tzinfo=UTC))
ENTERPRISE = EnterpriseFacts(
    uscc="91120103MA05010399",
    name="天津示例机械有限公司",
    entity_type="ENTERPRISE",
    status="ACTIVE",
    established_date=date(2018, 3, 1),
    industry_code="C3421",
    industry_section="C",
    district_code="120103",
    size_class="SMALL",
)


def make_record(
    item: str,
    day: date | None,
    payload: Mapping[str, Any] | None = None,
    *,
    record_id: str = "",
    row: int = 2,
    **more: Any,
) -> PlainRecord:
    """A record of a shipped item, received on the day it happened unless said otherwise."""
    spec = ITEMS[item]
    received = datetime.combine(day or TODAY, time(1), UTC)
    fields: dict[str, Any] = {
        "received_at": received,
        "source_unit": spec.source_unit,
        "batch": f"batch-{item}",
        "public": not spec.consent_required,
    }
    return PlainRecord(
        public_id=record_id or f"{item}-{row}",
        item_code=item,
        data_class=spec.data_class.value,
        event_date=day,
        payload=payload or {},
        row_number=row,
        **(fields | more),
    )


def make_evidence(
    records: Iterable[PlainRecord],
    *,
    as_of: AsOf = NOW,
    authorized: Collection[str] = ALL_CLASSES,
    delivered: Collection[str] | None = None,
    enterprise: EnterpriseFacts = ENTERPRISE,
) -> Evidence:
    items = DELIVERED if delivered is None else {code: DELIVERED[code] for code in delivered}
    fed = {code: min(at, as_of.known_at) for code, at in items.items()}
    return evidence_from(records, as_of, authorized, fed, enterprise.as_mapping())


def value_of(
    code: str, records: Iterable[PlainRecord] = (), *, as_of: AsOf = NOW, **more: Any
) -> IndicatorValue:
    """One shipped indicator of these records."""
    declaration = next(entry for entry in declarations_on(as_of.day) if entry.code == code)
    return evaluate(declaration, make_evidence(records, as_of=as_of, **more), as_of)


def given_value(code: str, value: Any, missing: Missing | None = None) -> IndicatorValue:
    """An indicator with a value set by hand, for rules that read indicators."""
    declaration = next(entry for entry in declarations_on(TODAY) if entry.code == code)
    return IndicatorValue(
        code=code,
        label=declaration.label,
        data_class=declaration.data_class,
        kind=declaration.kind,
        unit=declaration.unit,
        definition=declaration.definition,
        items=declaration.selection.items,
        value=value,
        missing=missing,
        window_start=None,
        window_end=None,
        public=not declaration.consent,
        disputed=False,
        latest_date=None,
        evidence_ids=(f"record-of-{code}",),
        evidence_count=1,
        evidence_rows=(),
        version=declaration.version,
    )


SAMPLE = (
    make_record("PENALTY", date(2026, 2, 3), {"CF_WSH": "津示罚〔2026〕1号", "CF_CFLB": "罚款"}),
    make_record("PERMIT", date(2025, 2, 3), {"XK_WSH": "津示许〔2025〕1号", "XK_ZT": "1"}),
    make_record("TAX_PAYMENT", date(2026, 3, 15), {"paid_yuan": "1200.50"}, row=2),
    make_record("TAX_PAYMENT", date(2026, 4, 15), {"paid_yuan": "800.00"}, row=3),
    make_record("TAX_RATING", date(2026, 4, 20), {"grade": "A"}),
    make_record("SOCIAL_INSURANCE", date(2026, 4, 1), {"headcount": 12, "paid_yuan": "9000.00"}),
    make_record("POWER_BILL", date(2026, 4, 1), {"usage": "1234.5", "arrears_yuan": "0.00"}),
)
"""A small company's records: a fine, a permit, taxes, twelve insured, electricity."""


def make_inputs(records: Iterable[PlainRecord] = SAMPLE, **more: Any) -> PortraitInputs:
    """Inputs of a portrait with every item delivered and every class consented, unless said otherwise."""
    fields: dict[str, Any] = {
        "enterprise": ENTERPRISE,
        "consent": ConsentFacts(data_classes=ALL_CLASSES, consent_id="consent-1"),
        "declared": DeclaredFacts(
            demand_id="demand-1",
            amount_yuan=Decimal("500000.00"),
            term_months=12,
            purpose="WORKING_CAPITAL",
            guarantee="CREDIT",
            declared_employees=50,
        ),
        "fed_items": DELIVERED,
        "catalogue": CATALOGUE,
    }
    return PortraitInputs(records=records, **(fields | more))
