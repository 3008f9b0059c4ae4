"""Charts and the tables beside them."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.web.charts import district_map, series_chart, waterfall_chart
from tests.architecture.source import ROOT

STATIC = ROOT / "marketplace" / "static" / "marketplace"


class TestSeriesChart:
    def test_draws_what_its_table_says(self):
        chart = series_chart(
            "tax", "纳税", labels=["1 月", "2 月"], series={"纳税": [3, None]}, label_name="月份"
        )

        assert chart.option["series"][0]["data"] == [3.0, None]
        assert [list(row) for row in chart.table.rows] == [["1 月", 3], ["2 月", None]]

    def test_sentence_names_lowest_and_highest(self):
        chart = series_chart(
            "tax",
            "纳税",
            labels=["1 月", "2 月"],
            series={"纳税": [3, 5]},
            label_name="月份",
            unit="万元",
        )

        assert chart.sentence == "纳税。纳税最低 3万元（1 月），最高 5万元（2 月）。"

    def test_refuses_values_without_labels(self):
        with pytest.raises(ValueError, match="2 values for 1 labels"):
            series_chart("x", "x", labels=["1"], series={"a": [1, 2]}, label_name="l")


class TestWaterfallChart:
    @given(st.lists(st.integers(min_value=-5, max_value=50), min_size=1, max_size=12))
    def test_parts_add_up_to_the_last_bar(self, amounts):
        parts = [("基础", 100), *((f"项{i}", amount) for i, amount in enumerate(amounts))]

        chart = waterfall_chart("points", "得分", parts=parts, label_name="指标")

        assert chart.option["series"][-1]["data"][-1] == 100 + sum(amounts)
        assert chart.table.rows[-1] == ["合计", 100 + sum(amounts)]
        json.dumps(chart.option, allow_nan=False)


class TestDistrictMap:
    def test_shades_by_the_share_of_the_largest_and_keeps_the_unknown_apart_from_zero(self):
        values = {"和平区": 100, "河东区": 26, "河西区": 25, "南开区": 0, "河北区": None}

        tiles = {
            tile.label: tile for tile in district_map("放款", values=values, unit="万元").tiles
        }

        assert len(tiles) == 16
        assert [tiles[name].level for name in values] == [4, 2, 2, 0, 0]
        assert [tiles[name].value for name in values] == [
            "100 万元",
            "26 万元",
            "25 万元",
            "0 万元",
            "—",
        ]

    def test_has_a_place_for_each_district(self):
        sheet = (STATIC / "map.css").read_text(encoding="utf-8")

        places = dict(re.findall(r"\.mk-tile-(\d{6}) \{\s*grid-area: (\d / \d);", sheet))

        assert set(places) == {tile.code for tile in district_map("放款", values={}).tiles}
        assert len(set(places.values())) == 16
