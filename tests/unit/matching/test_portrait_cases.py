from datetime import datetime, time
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from matching.domain.contradictions import Case, find_contradictions
from matching.domain.declaration import Kind
from matching.domain.records import BEIJING, AsOf
from matching.domain.scorecard import model_on, score
from matching.domain.subject import DeclaredFacts
from tests.factories.records import ENTERPRISE, TODAY, given_value, make_record, value_of

CASES = Path(__file__).resolve().parents[2] / "cases"


def cases(*paths):
    found = [case for path in paths for case in yaml.safe_load((CASES / path).read_text("utf-8"))]
    return pytest.mark.parametrize("case", found, ids=[case["name"] for case in found])


def record_of(raw, row):
    fields = dict(raw)
    item, day = fields.pop("item"), fields.pop("date")
    more = {"repaired": fields.pop("repaired", False)}
    if "received" in fields:
        more["received_at"] = datetime.combine(fields.pop("received"), time(9), BEIJING)
    payload = {
        name: str(value) if not isinstance(value, int) else value for name, value in fields.items()
    }
    return make_record(item, day, payload, row=row, **more)


def typed(code, raw):
    kind = given_value(code, None).kind
    return Decimal(raw) if kind in (Kind.YUAN, Kind.PERCENT, Kind.QUANTITY) else raw


@cases("indicators/public_records.yaml", "indicators/consented_records.yaml")
def test_indicator(case):
    as_of = AsOf(case["as_of"], datetime.combine(case["as_of"], time(23), BEIJING))
    records = [record_of(raw, row) for row, raw in enumerate(case["records"], start=2)]

    found = value_of(
        case["indicator"],
        records,
        as_of=as_of,
        authorized=case.get("authorized", ()),
        delivered=case["delivered"],
    )

    assert found.missing == case.get("missing")
    if "value" in case:
        assert found.value == typed(case["indicator"], case["value"])
        assert type(found.value) is type(typed(case["indicator"], case["value"]))


@cases("scorecard/default_model.yaml")
def test_score(case):
    changed = {name: case[name] for name in ("entity_type", "status") if name in case}
    facts = ENTERPRISE.__class__(**{**ENTERPRISE.__dict__, **changed})
    values = {code: given_value(code, typed(code, raw)) for code, raw in case["values"].items()}

    result = score(values, facts, model_on(TODAY))

    assert (result.points, result.grade) == (case["points"], case["grade"])
    assert result.not_scored == case.get("not_scored")


@cases("contradictions/default_tolerances.yaml")
def test_contradiction(case):
    declared = {
        name: Decimal(raw) if name.endswith("_yuan") else raw
        for name, raw in case.get("declared", {}).items()
    }
    values = {code: given_value(code, typed(code, raw)) for code, raw in case["values"].items()}

    found = find_contradictions(Case(DeclaredFacts(**declared), ENTERPRISE, values, TODAY))

    assert {entry.code: entry.severity.value for entry in found} == case["expected"]
    ratios = {entry.code: str(entry.ratio_pct) for entry in found}
    assert case.get("ratio", {}).items() <= ratios.items()
