"""Pre-match of all enterprises with all products, beside the bare bitset it is measured against.

280,400 enterprises, 500 products, 12 rules each on 12 features: 140 million pairs. The limit is what numpy does when it
is written by hand for this one case: no unknown values, one mask per pair, tables from value to product mask, AND of
the gathers, block by block. Ours keeps three outcomes per pair and can give each reason.

CPU seconds are user and system time of this process, which starts no other; its clock is finer than that of
``os.times``. Run: ``python -m tests.performance.prematch``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from random import Random
from time import process_time
from typing import Any

import duckdb
import numpy as np

from lenders.domain.feature import FEATURES
from lenders.domain.rule import Operator, RuleSpec
from matching.domain.fit import Fact, decide, fit
from matching.scoring.fact_columns import UNKNOWN_NUMBER
from matching.scoring.offer_tables import CompiledOffers, compile_offers
from matching.scoring.prematch import (
    BLOCK,
    match_all,
    match_one,
    reasons_of,
)
from tests.factories.fits import TERMS
from tests.performance.process import memory

ENTERPRISES, PRODUCTS = 280_400, 500
ON = date(2026, 5, 1)
UNKNOWN_SHARE = 0.03
ROUNDS = 5
SAMPLE = 200
DUCKDB_SAMPLE = 10_000
ZEN_SAMPLE = 10

NUMERIC: dict[str, tuple[Operator, int, int]] = {
    "amount_yuan": (Operator.LE, 5, 1000),
    "age_months": (Operator.GE, 1, 300),
    "tax_paid_12m_yuan": (Operator.GE, 0, 300),
    "invoiced_sales_12m_yuan": (Operator.GE, 0, 5000),
    "social_insured_count": (Operator.GE, 0, 200),
    "score_points": (Operator.GE, 300, 1000),
}
"""Feature to the operator of its rules and the range of its values; money in 万元."""

CODED = ("guarantee", "district_code", "industry_section", "size_class", "tax_rating", "grade")
MONEY = 10_000 * 100


def products(count: int, seed: int = 7) -> list[tuple[None, list[RuleSpec]]]:
    """Return products of twelve rules each, one per feature; drawn, the same every time."""
    draw = Random(seed)
    return [(None, [_rule(feature, draw) for feature in (*NUMERIC, *CODED)]) for _ in range(count)]


def _rule(feature: str, draw: Random) -> RuleSpec:
    if feature in NUMERIC:
        operator, low, high = NUMERIC[feature]
        part = draw.randrange(21)
        limit = low + (high - low) * (part + 79 if operator is Operator.LE else part) // 100
        value: Any = Decimal(limit) * (10_000 if feature.endswith("_yuan") else 1)
        return RuleSpec(feature.upper(), feature, operator, value, date(2025, 1, 1))
    codes = sorted(FEATURES[feature].choices)
    kept = draw.sample(codes, max(1, len(codes) * 4 // 5))
    return RuleSpec(feature.upper(), feature, Operator.IN, tuple(kept), date(2025, 1, 1))


def enterprises(count: int, unknown: float = UNKNOWN_SHARE) -> dict[str, np.ndarray]:
    """Return the columns of enterprises, some of their values not known."""
    rng = np.random.default_rng(11)
    found: dict[str, np.ndarray] = {}
    for feature, (_, low, high) in NUMERIC.items():
        scale = MONEY if feature.endswith("_yuan") else 100
        column = rng.integers(low, high + 1, count) * scale
        found[feature] = np.where(rng.random(count) < unknown, UNKNOWN_NUMBER, column)
    for feature in CODED:
        places = len(FEATURES[feature].choices)
        column = rng.integers(1, places + 1, count)
        if feature == "guarantee":
            column = 1 + (1 << (column - 1))
        found[feature] = np.where(rng.random(count) < unknown, 0, column).astype(np.int16)
    return found


def limit_of(rule: RuleSpec) -> Decimal:
    """Return the number a rule compares with."""
    assert isinstance(rule.value, Decimal)
    return rule.value


def codes_in(rule: RuleSpec) -> tuple[str, ...]:
    """Return the codes a rule names."""
    assert isinstance(rule.value, tuple)
    return tuple(str(code) for code in rule.value)


class BareBitset:
    """The limit: what can be written by hand for known values and one answer per pair.

    Args:
        offers: products of one rule per feature.
    """

    def __init__(self, offers: Sequence[tuple[None, list[RuleSpec]]]) -> None:
        self.tables: list[tuple[str, np.ndarray | None, np.ndarray]] = []
        for slot, feature in enumerate((*NUMERIC, *CODED)):
            asked = [rules[slot] for _, rules in offers]
            edges, holds = _by_hand(feature, asked)
            self.tables.append((feature, edges, np.packbits(holds, axis=1)))

    def run(self, columns: dict[str, np.ndarray]) -> np.ndarray:
        """Return enterprises x bytes of product masks; in blocks, which is faster than whole arrays."""
        rows, width = len(columns["age_months"]), self.tables[0][2].shape[1]
        result, part = np.empty((rows, width), np.uint8), np.empty((BLOCK, width), np.uint8)
        for start in range(0, rows, BLOCK):
            end = min(start + BLOCK, rows)
            masks, gathered = result[start:end], part[: end - start]
            for slot, (feature, edges, table) in enumerate(self.tables):
                column = columns[feature][start:end]
                cells = column if edges is None else np.searchsorted(edges, column, "right")
                np.take(table, cells, axis=0, out=gathered if slot else masks, mode="clip")
                if slot:
                    np.bitwise_and(masks, gathered, out=masks)
        return result

    def whole(self, columns: dict[str, np.ndarray]) -> np.ndarray:
        """Return the same by whole arrays."""
        result = None
        for feature, edges, table in self.tables:
            column = columns[feature]
            cells = column if edges is None else np.searchsorted(edges, column, "right")
            part = np.take(table, cells, axis=0)
            result = part if result is None else np.bitwise_and(result, part, out=result)
        assert result is not None
        return result


def _by_hand(feature: str, asked: list[RuleSpec]) -> tuple[np.ndarray | None, np.ndarray]:
    if feature not in NUMERIC:
        choices = list(FEATURES[feature].choices)
        places = range(len(choices))
        cells = (
            [1 + (1 << p) for p in places] if feature == "guarantee" else [1 + p for p in places]
        )
        holds = np.zeros((max(cells) + 1, len(asked)), np.bool_)
        for product, rule in enumerate(asked):
            for cell, code in zip(cells, choices, strict=True):
                holds[cell, product] = code in codes_in(rule)
        return None, holds
    limits = np.array([int(limit_of(rule) * 100) for rule in asked], np.int64)
    if asked[0].operator is Operator.GE:
        edges = np.unique(limits)
        firsts = np.concatenate([[UNKNOWN_NUMBER], edges])
        return edges, firsts[:, None] >= limits
    edges = np.unique(limits + 1)
    firsts = np.concatenate([[UNKNOWN_NUMBER + 1], edges])
    return edges, firsts[:, None] <= limits


def cpu(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the least CPU seconds (user and system) of some runs."""
    found = []
    for _ in range(rounds):
        before = process_time()
        run()
        found.append(process_time() - before)
    return min(found)


def facts_of(columns: dict[str, np.ndarray], row: int) -> dict[str, Fact]:
    """Return one enterprise's facts as the scalar rules read them."""
    found = {}
    for feature, column in columns.items():
        value = int(column[row])
        if value in (0, UNKNOWN_NUMBER) and (feature in CODED or value != 0):
            found[feature] = Fact.no_record()
        elif feature in NUMERIC:
            found[feature] = Fact.of(Decimal(value) / 100)
        else:
            place = (value - 1).bit_length() - 1 if feature == "guarantee" else value - 1
            found[feature] = Fact.of(list(FEATURES[feature].choices)[place])
    return found


def plain_python(
    offers: Sequence[tuple[None, list[RuleSpec]]], columns: dict[str, np.ndarray]
) -> float:
    """Return CPU seconds of the scalar rules over a sample of enterprises, stopping at the first no."""
    sample = [facts_of(columns, row) for row in range(SAMPLE)]
    return cpu(
        lambda: [
            all(decide(rule, facts[rule.feature]).value == "FITS" for rule in rules)
            for facts in sample
            for _, rules in offers
        ],
        1,
    )


def duckdb_join(
    offers: Sequence[tuple[None, list[RuleSpec]]], columns: dict[str, np.ndarray], fitting: int
) -> float:
    """Return CPU seconds of the same question as a join of enterprises and products on all twelve conditions.

    Args:
        offers, columns: the question; a sample of the enterprises is asked about.
        fitting: how many pairs of the sample fit, which the join must find too.
    """
    known = (*NUMERIC, *CODED)
    with duckdb.connect() as database:
        database.execute("SET threads TO 1")
        firms = {name: columns[name][:DUCKDB_SAMPLE].astype(np.int64) for name in known}
        limits = {name: _limits(name, slot, offers) for slot, name in enumerate(known)}
        database.execute(f"CREATE TABLE firms ({', '.join(f'{n} BIGINT' for n in known)})")
        database.execute(f"CREATE TABLE products ({', '.join(f'{n} BIGINT' for n in known)})")
        for table, data in (("firms", firms), ("products", limits)):
            _load(database, table, list(zip(*(data[n].tolist() for n in known), strict=True)))
        wanted = " AND ".join(_condition(name) for name in known)
        question = f"SELECT count(*) FROM firms f JOIN products p ON {wanted}"
        found: list[Any] = []
        spent = cpu(lambda: found.extend(database.execute(question).fetchall()), 1)
        assert found == [(fitting,)], (found, fitting)
        return spent


def _load(database: Any, table: str, rows: list[tuple[int, ...]]) -> None:
    for start in range(0, len(rows), 500):
        values = ", ".join(f"({', '.join(map(str, row))})" for row in rows[start : start + 500])
        database.execute(f"INSERT INTO {table} VALUES {values}")


def _limits(name: str, slot: int, offers: Sequence[tuple[None, list[RuleSpec]]]) -> np.ndarray:
    if name in NUMERIC:
        return np.array([int(limit_of(rules[slot]) * 100) for _, rules in offers])
    choices = list(FEATURES[name].choices)
    return np.array(
        [sum(1 << choices.index(code) for code in codes_in(rules[slot])) for _, rules in offers]
    )


def _condition(name: str) -> str:
    if name in NUMERIC:
        if NUMERIC[name][0] is Operator.GE:
            return f"f.{name} >= p.{name}"
        return f"f.{name} BETWEEN 0 AND p.{name}"
    if name == "guarantee":
        return f"(f.{name} > 0 AND ((f.{name} - 1) & p.{name}) <> 0)"
    return f"(f.{name} > 0 AND ((1 << (f.{name} - 1)::INT) & p.{name}) <> 0)"


def zen_engine(
    offers: Sequence[tuple[None, list[RuleSpec]]], columns: dict[str, np.ndarray], fitting: int
) -> float | None:
    """Return CPU seconds of a rule engine that traces every rule of a sample; None when it is not installed.

    Args:
        offers, columns: the question; a sample of the enterprises is asked about.
        fitting: how many pairs of the sample fit, which the engine must find too.
    """
    try:
        import zen
    except ImportError:
        return None
    engine = zen.ZenEngine()
    decisions = [engine.create_decision(json.dumps(_decision(rules))) for _, rules in offers]
    firms = [
        {name: _zen_value(fact) for name, fact in facts_of(columns, row).items()}
        for row in range(ZEN_SAMPLE)
    ]
    found: list[bool] = []
    spent = cpu(
        lambda: found.extend(
            all(decision.evaluate(firm, {"trace": True})["result"].values())
            for firm in firms
            for decision in decisions
        ),
        1,
    )
    assert sum(found) == fitting, (sum(found), fitting)
    return spent


def _zen_value(fact: Fact) -> Any:
    return float(fact.value) if isinstance(fact.value, Decimal) else fact.value


def _decision(rules: Sequence[RuleSpec]) -> dict[str, Any]:
    """Return one product as a decision: a node with an expression for each rule."""
    expressions = [
        {"id": f"r{place}", "key": f"r{place}", "value": _expression(rule)}
        for place, rule in enumerate(rules)
    ]
    kinds = {"in": "inputNode", "rules": "expressionNode", "out": "outputNode"}
    nodes = [
        {"id": name, "type": kind, "name": name, "position": {"x": 0, "y": 0}}
        | ({"content": {"expressions": expressions}} if name == "rules" else {})
        for name, kind in kinds.items()
    ]
    edges = [
        {"id": f"{one}-{two}", "sourceId": one, "targetId": two, "type": "edge"}
        for one, two in (("in", "rules"), ("rules", "out"))
    ]
    return {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}


def _expression(rule: RuleSpec) -> str:
    name = rule.feature
    if name not in NUMERIC:
        return f"{name} != null and {name} in {json.dumps(sorted(codes_in(rule)))}"
    sign = ">=" if NUMERIC[name][0] is Operator.GE else "<="
    return f"{name} != null and {name} {sign} {limit_of(rule)}"


def check(bare: BareBitset, compiled: CompiledOffers, columns: dict[str, np.ndarray]) -> int:
    """Return how many pairs fit, the same in both forms where everything is known."""
    known = np.ones(len(columns["age_months"]), np.bool_)
    for feature, column in columns.items():
        known &= column != (UNKNOWN_NUMBER if feature in NUMERIC else 0)
    rows = {feature: column[known] for feature, column in columns.items()}
    total = int(known.sum())
    ours = match_all(compiled, rows, total)
    by_hand = np.unpackbits(bare.run(rows), axis=1, count=compiled.count).view(np.bool_)
    assert (ours.fits == by_hand).all()
    assert (ours.possible == by_hand).all()
    return int(by_hand.sum())


def main() -> int:
    """Measure and print the table."""
    offers, columns = products(PRODUCTS), enterprises(ENTERPRISES)
    compiled, bare = compile_offers(offers, ON), BareBitset(offers)
    fitting = check(bare, compiled, {name: column[:20_000] for name, column in columns.items()})
    pairs = ENTERPRISES * PRODUCTS
    limit = cpu(lambda: bare.run(columns))
    whole = cpu(lambda: bare.whole(columns))
    ours = cpu(lambda: match_all(compiled, columns, ENTERPRISES))
    peak = memory()
    half = {name: column[: ENTERPRISES // 2] for name, column in columns.items()}
    fewer = compile_offers(offers[: PRODUCTS // 2], ON)
    on_half = cpu(lambda: match_all(compiled, half, ENTERPRISES // 2))
    with_half = cpu(lambda: match_all(fewer, columns, ENTERPRISES))
    python = plain_python(offers, columns) * ENTERPRISES / SAMPLE
    sample = {name: column[:DUCKDB_SAMPLE] for name, column in columns.items()}
    fits = int(match_all(compiled, sample, DUCKDB_SAMPLE).fits.sum())
    few = {name: column[:ZEN_SAMPLE] for name, column in columns.items()}
    zen_fits = int(match_all(compiled, few, ZEN_SAMPLE).fits.sum())
    traced = zen_engine(offers, columns, zen_fits)
    joined = duckdb_join(offers, columns, fits) * ENTERPRISES / DUCKDB_SAMPLE
    out = sys.stdout.write
    out(f"{ENTERPRISES:,} enterprises x {PRODUCTS} products x 12 rules; cores {os.cpu_count()}\n")
    out(f"same result in both forms: {fitting:,} fits in the first 20,000 enterprises\n")
    out(f"{'form':44}{'cpu s':>9}{'M pairs/s':>11}{'ratio':>9}\n")
    rows = [
        ("bare bitset, from values (the limit)", limit, pairs),
        ("bare bitset, by whole arrays", whole, pairs),
        ("ours: three outcomes, unknown values", ours, pairs),
        ("ours, half the enterprises", on_half, pairs // 2),
        ("ours, half the products", with_half, pairs // 2),
        ("ours: compiling the products", cpu(lambda: compile_offers(offers, ON), 2), 0),
        (f"DuckDB join, 1 thread (sample {DUCKDB_SAMPLE:,})", joined, pairs),
        (f"plain Python, first no ends (sample {SAMPLE})", python, pairs),
    ]
    if traced is not None:
        words = f"zen-engine, trace on (sample {ZEN_SAMPLE})"
        rows.append((words, traced * ENTERPRISES / ZEN_SAMPLE, pairs))
    for name, seconds, judged in rows:
        out(f"{name:44}{seconds:9.3f}{judged / seconds / 1e6:11.1f}{seconds / limit:9.2f}\n")
    if traced is None:
        out("zen-engine: not installed, not measured (requirements/extra.in)\n")
    out(f"peak RSS to here: {peak:.0f} MB\n\n")
    one_need(compiled, columns, offers)
    return 0


def one_need(
    compiled: CompiledOffers,
    columns: dict[str, np.ndarray],
    offers: Sequence[tuple[None, list[RuleSpec]]],
) -> None:
    """Measure one need with all products: decided, with every reason, and as the readable scalar does it."""
    facts = facts_of(columns, 3)
    own = [(TERMS, rules[4:]) for _, rules in offers]
    memory: Any = {}
    timed = [
        ("decided: outcomes of all products", lambda: match_one(compiled, facts).outcomes(0)),
        ("decided: masks alone", lambda: match_one(compiled, facts)),
        ("with all 6,000 reasons in words", lambda: reasons_of(compiled, facts)),
        (
            "readable scalar, with all verdicts",
            lambda: [fit(terms, rules, facts, ON, seen=memory) for terms, rules in own],
        ),
    ]
    sys.stdout.write("one need x 500 products\n")
    for name, run in timed:
        sys.stdout.write(f"{name:44}{cpu(run, 20) * 1000:9.2f} ms\n")


if __name__ == "__main__":
    raise SystemExit(main())
