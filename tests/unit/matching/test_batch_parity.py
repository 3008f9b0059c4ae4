"""The evaluation of all gives, to the last digit, what the portrait of one gives."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from typing import Any

import duckdb
import narwhals as nw
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from borrowers.domain.archive import Storage
from matching.domain.declaration import Measure, declarations_on
from matching.domain.evaluation_lines import MISSING_NUMBERS, scored_codes
from matching.domain.indicators import evaluate_all, typed
from matching.domain.measures import ratio_bp
from matching.domain.records import BEIJING, AsOf, evidence_from
from matching.domain.scorecard import model_on, score
from matching.scoring.batch import Moment
from matching.scoring.expressions import ratio_bp as column_ratio
from matching.scoring.loading import duck_frame
from matching.scoring.record_columns import Unsupported, check_supported, fields_of
from tests.factories.columns import ENGINES, Batch, Stored, polars_frame, storages_on
from tests.factories.records import ALL_CLASSES, DELIVERED, ENTERPRISE, ITEMS, make_record

DAYS = (date(2026, 5, 12), date(2026, 5, 31), date(2024, 2, 29))
DECLARED = declarations_on(DAYS[0])
STORAGES = storages_on(DAYS[0])
USED = sorted({item for entry in DECLARED for item in entry.selection.items})
FAMILIES = sorted({entry.selection.items for entry in DECLARED if entry.selection.items})
MODEL: Any = model_on(DAYS[0])
SCORED_CODES = set(scored_codes(MODEL))
SCORED = [entry for entry in DECLARED if entry.code in SCORED_CODES]
SCORED_ITEMS = sorted({item for entry in SCORED for item in entry.selection.items})
CODES = MISSING_NUMBERS | {None: 0}
EDGES = (0, 1, 27, 28, 29, 30, 31, 180, 181, 182, 364, 365, 366, 729, 730, 731, 1095, 1096)


def as_of(day):
    return AsOf(day, datetime.combine(day, time(10), BEIJING))


def value_for(item, field, chance, day):
    """A value as ingest stores it, or none; dates lie about the day of the evaluation."""
    spec = next((entry for entry in ITEMS[item].fields if entry.code == field), None)
    if spec is None or chance.random() < 0.12:
        return None
    storage = STORAGES[item][field]
    if storage is Storage.DAYS:
        return (day + timedelta(days=chance.choice((-400, -30, -1, 0, 1, 400)))).isoformat()
    if storage is Storage.TEXT:
        named = {
            value
            for entry in DECLARED
            for clause in (*entry.selection.scope, *entry.selection.where)
            for one in clause
            if one.field == field
            for value in one.values
        }
        return chance.choice(
            [*sorted(named), *spec.choices, "甲", "乙", "丙", "丁", "戊", "己", "庚"]
        )
    if storage is Storage.WHOLE:
        return chance.choice((0, 1, 7, 12345))
    sign = -1 if spec.negative and chance.random() < 0.3 else 1
    fen = sign * chance.choice((0, 1, 99, 100, 12345, 99999999, 10**14 + 7))
    if storage is Storage.HUNDREDTHS:
        return f"{(Decimal(abs(fen)) / 1000).normalize():f}"
    return f"{Decimal(fen) / 100:.2f}"


def record_for(item, number, chance, day):
    """One stored record: on an edge of a window or anywhere, sometimes late, corrected or repaired."""
    back = chance.choice(EDGES) if chance.random() < 0.5 else chance.randrange(-3, 1200)
    event = None if chance.random() < 0.05 else day - timedelta(days=back)
    fields = sorted(STORAGES.get(item, {}))
    payload = {field: value_for(item, field, chance, day) for field in fields}
    payload = {field: value for field, value in payload.items() if value is not None}
    known = as_of(day).known_at
    received = known - timedelta(days=chance.choice((0, 0, 1, 40)), seconds=chance.choice((0, 1)))
    if chance.random() < 0.05:
        received = known + timedelta(microseconds=1)
    moments = (None, None, None, known, known - timedelta(days=1), known + timedelta(seconds=1))
    record = make_record(
        item,
        event,
        payload,
        record_id=f"{number:06}",
        row=number,
        received_at=received,
        batch=f"{chance.randrange(4)}",
    )
    return Stored(
        chance.randrange(1, 9),
        record,
        superseded_at=chance.choice(moments),
        repaired_at=chance.choice((None, None, *moments)),
    )


def invoice_of(item, number, party):
    payload = {"status": "有效发票", "counterparty": party, "amount_yuan": f"{100 + number}.00"}
    return make_record(item, DAYS[0] - timedelta(days=60), payload, row=number + 1)


def facts_for(key, chance, day):
    begun = None if key == 1 else day - timedelta(days=chance.choice((*EDGES, -5, 3000)))
    return replace(
        ENTERPRISE,
        established_date=begun,
        status=chance.choice(("ACTIVE", "ACTIVE", "CANCELLED")),
        entity_type=chance.choice(("ENTERPRISE", "ENTERPRISE", "INDIVIDUAL")),
        capital_amount=chance.choice((None, Decimal("500000.00"), Decimal("0.01"))),
        capital_currency=chance.choice(("CNY", "CNY", "USD")),
    )


def market(seed, day, items, count):
    chance = random.Random(seed)
    stored = [record_for(chance.choice(items), n, chance, day) for n in range(1, count + 1)]
    facts = [(key, facts_for(key, chance, day)) for key in range(1, 10)]
    fed = {item: DELIVERED[item] for item in ITEMS if chance.random() < 0.8}
    classes = chance.choice(((), ALL_CLASSES, ALL_CLASSES[:9]))
    return SimpleNamespace(day=day, stored=stored, facts=facts, fed=fed, classes=classes)


def scalar(case, key, facts, declarations):
    """What the portrait's own code says of one enterprise."""
    moment = as_of(case.day)
    known = [
        replace(
            row.record, repaired=row.repaired_at is not None and row.repaired_at <= moment.known_at
        )
        for row in case.stored
        if row.ent_id == key and (row.superseded_at is None or row.superseded_at > moment.known_at)
    ]
    fed = dict.fromkeys(case.fed, moment.known_at)
    evidence = evidence_from(known, moment, case.classes, fed, facts.as_mapping())
    return evaluate_all(evidence, moment, declarations)


def batch_rows(case, engine, declarations, model=None):
    moment = Moment(case.day, STORAGES, frozenset(case.fed), case.classes)
    readable = [
        row for row in case.stored if row.record.public or row.record.data_class in case.classes
    ]
    known_at = as_of(case.day).known_at
    return Batch(engine, case.facts, moment).rows(readable, known_at, declarations, model)


def differences(case, engine, declarations):
    rows = batch_rows(case, engine, declarations)
    found = []
    for key, facts in case.facts:
        for code, value in scalar(case, key, facts, declarations).items():
            kind = next(entry.kind for entry in declarations if entry.code == code)
            latest = (
                value.latest_date and value.latest_date.toordinal() - date(1970, 1, 1).toordinal()
            )
            expected = (value.value, CODES[value.missing], latest)
            row = rows[key]
            got = (typed(kind, row[f"v_{code}"]), row[f"m_{code}"], row[f"l_{code}"])
            if got != expected:
                found.append((key, code, expected, got))
    return found


class TestEveryIndicator:
    @pytest.mark.parametrize("engine", ENGINES)
    @settings(max_examples=2)
    @given(seed=st.integers(0, 10**9), day=st.sampled_from(DAYS))
    def test_equals_the_scalar_value(self, engine, day, seed):
        case = market(seed, day, USED, 1500)

        assert differences(case, engine, DECLARED) == []

    @pytest.mark.parametrize("family", FAMILIES, ids="+".join)
    @settings(max_examples=8)
    @given(
        seed=st.integers(0, 10**9),
        day=st.dates(date(2024, 1, 1), date(2027, 1, 1)),
        size=st.integers(0, 60),
    )
    def test_equals_it_for_few_records_on_any_day(self, family, seed, day, size):
        declarations = [entry for entry in DECLARED if entry.selection.items == family]
        items = sorted({*family, *(i for e in declarations if e.against for i in e.against.items)})
        case = market(seed, day, items, size)

        assert differences(case, "polars", declarations) == []

    @pytest.mark.parametrize("engine", ENGINES)
    @pytest.mark.parametrize("item", ["VAT_OUTPUT_INVOICE", "VAT_INPUT_INVOICE"])
    def test_equals_it_for_more_counterparties_than_are_named(self, engine, item):
        declarations = [entry for entry in DECLARED if item in entry.selection.items]
        stored = [
            Stored(1, invoice_of(item, number, party))
            for number, party in enumerate("甲乙丙丁戊己庚")
        ]
        case = SimpleNamespace(
            day=DAYS[0],
            stored=stored,
            facts=[(1, ENTERPRISE)],
            fed=DELIVERED,
            classes=ALL_CLASSES,
        )

        assert differences(case, engine, declarations) == []
        code = "sales_top5_pct" if item == "VAT_OUTPUT_INVOICE" else "purchases_top5_pct"
        assert scalar(case, 1, ENTERPRISE, declarations)[code].value < 100


class TestEveryScore:
    @pytest.mark.parametrize("engine", ENGINES)
    @settings(max_examples=2)
    @given(seed=st.integers(0, 10**9), everything=st.booleans())
    def test_equals_the_scalar_score_line_by_line(self, engine, seed, everything):
        case = market(seed, DAYS[0], SCORED_ITEMS, 900)
        case.classes = ALL_CLASSES if everything else ()
        model = model_on(case.day)

        rows = batch_rows(case, engine, SCORED, model)

        for key, facts in case.facts:
            result = score(scalar(case, key, facts, SCORED), facts, model)
            row = rows[key]
            assert (row["points"], row["grade"]) == (result.points, result.grade)
            assert row["known"] == result.indicators_known
            for line in result.contributions:
                if line.kind == "INDICATOR":
                    assert row[f"p_{line.indicator}"] == line.points
            for side in result.dimensions:
                assert row[f"q_{side.code}"] == side.points

    def test_every_indicator_of_the_scorecard_can_be_said_in_columns(self):
        assert {entry.code for entry in SCORED} == SCORED_CODES
        for entry in SCORED:
            check_supported(entry, STORAGES)

    def test_every_declared_field_is_one_of_its_items(self):
        for entry in DECLARED:
            items = entry.selection.items
            for field in fields_of(entry):
                assert any(field in STORAGES[item] for item in items), (entry.code, field)


class TestUnsupported:
    def test_a_rounded_quantity_is_not_compared(self):
        entry = next(e for e in DECLARED if e.code == "utility_arrears_count")
        rounded = {"POWER_BILL": {"arrears_yuan": Storage.HUNDREDTHS}}

        with pytest.raises(Unsupported, match="arrears_yuan"):
            check_supported(entry, rounded)

    def test_an_age_of_something_else_has_no_column(self):
        entry = next(e for e in DECLARED if e.measure is Measure.AGE_MONTHS)

        with pytest.raises(Unsupported, match="approved_date"):
            check_supported(replace(entry, field="approved_date"), STORAGES)


class TestRatio:
    @pytest.mark.parametrize("engine", ENGINES)
    @settings(max_examples=20)
    @given(
        pairs=st.lists(
            st.tuples(st.integers(-(10**14), 10**14), st.integers(1, 9 * 10**16)), min_size=1
        )
    )
    def test_equals_the_scalar_ratio_far_beyond_any_sum(self, engine, pairs):
        columns = {
            "n": np.arange(len(pairs)),
            "part": np.array([part for part, _ in pairs]),
            "whole": np.array([whole for _, whole in pairs]),
        }
        connection = duckdb.connect()
        is_polars = engine == "polars"
        make = polars_frame if is_polars else partial(duck_frame, connection, "pairs")
        frame = make(columns, {})
        found = frame.select("n", column_ratio(nw.col("part"), nw.col("whole")).alias("bp"))
        native = found.to_native()
        rows = native.collect().rows() if engine == "polars" else native.fetchall()

        assert [bp for _, bp in sorted(rows)] == [ratio_bp(part, whole) for part, whole in pairs]
