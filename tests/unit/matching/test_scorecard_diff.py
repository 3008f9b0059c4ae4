"""A drafted score model: read strictly, and told apart from the one in force."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from datetime import date

import pytest

from marketplace.domain.errors import Refused
from matching.domain.declaration import declarations_on
from matching.domain.scorecard import model_on, shipped_models
from matching.domain.scorecard_diff import (
    differences,
    drafted_model,
    text_of_model,
)
from matching.selectors.score_model import written

DAY = date(2026, 11, 20)
KNOWN = {entry.code for entry in declarations_on(DAY)}
LABELS = {entry.code: entry.label for entry in declarations_on(DAY)}
SHIPPED = written(shipped_models()["scorecard.public_credit"].value_on(DAY))
IN_FORCE = model_on(DAY)


def drafted(value):
    return drafted_model(value, IN_FORCE.label, KNOWN)


def without(key):
    return {name: entry for name, entry in SHIPPED.items() if name != key}


def changed(change):
    value = deepcopy(SHIPPED)
    change(value)
    return value


class TestDraftedModel:
    def test_what_is_shipped_reads_as_it_is_in_force(self):
        assert replace(drafted(SHIPPED), version=IN_FORCE.version) == IN_FORCE

    def test_survives_being_written_and_typed(self):
        assert json.loads(text_of_model(SHIPPED)) == SHIPPED

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            ([], "评价模型有误"),
            ({}, "缺少"),
            (without("grades"), "grades"),
            (changed(lambda v: v["dimensions"][0].update(weight_pct=36)), "100"),
            (changed(lambda v: v["lines"][0].update(indicator="abacus")), "abacus"),
            (changed(lambda v: v["lines"][0].update(dimension="ABACUS")), "ABACUS"),
            (changed(lambda v: v["lines"][0].update(bins=[])), "没有分档"),
            (changed(lambda v: v["lines"][0]["bins"][0].update(below="many")), "评价模型有误"),
            (changed(lambda v: v["lines"][0]["bins"][0].update(points=5000)), "超过满分"),
            (changed(lambda v: v["floors"][0].update(cap_points=-1)), "硬规则"),
            (changed(lambda v: v.update(base_points=2000)), "基础分"),
            (changed(lambda v: v["grades"].reverse()), "等级分界"),
        ],
    )
    def test_refuses_what_contradicts_itself(self, value, words):
        with pytest.raises(Refused, match=words) as refused:
            drafted(value)

        assert refused.value.code == "SCORE_MODEL_INVALID"
        assert "value" in refused.value.fields


class TestDifferences:
    def test_there_are_none_to_itself(self):
        assert differences(IN_FORCE, drafted(SHIPPED), LABELS) == []

    def test_names_what_changed_in_words(self):
        value = deepcopy(SHIPPED)
        value["grades"][0]["from_points"] = 800
        value["lines"][0]["bins"][0]["points"] = 11
        del value["floors"][0]

        found = differences(IN_FORCE, drafted(value), LABELS)

        first = LABELS[SHIPPED["lines"][0]["indicator"]]
        assert found[0].part == "等级 A"
        assert (found[0].before, found[0].after) == ("750 分以上", "800 分以上")
        assert f"指标：{first}" in {one.part for one in found}
        assert [one.after for one in found if one.part.startswith("硬规则")] == [""]
