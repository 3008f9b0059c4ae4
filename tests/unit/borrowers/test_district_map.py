"""Districts from a register's words."""

from __future__ import annotations

import pytest

from borrowers.domain.district_map import DISTRICT_CODES, DISTRICTS, district_of


class TestDistrictOf:
    @pytest.mark.parametrize("district", DISTRICTS, ids=lambda d: d.short_name)
    def test_knows_each_district_by_every_name(self, district):
        for text in (district.short_name, district.name, f"天津市{district.name}", district.code):
            assert district_of(text, "").code == district.code

    @pytest.mark.parametrize(
        "zone",
        [
            "保税区",
            "自贸区",
            "经开区",
            "天津经济技术开发区",
            "东疆",
            "生态城",
            "塘沽",
            "汉沽区",
            "大港区",
            "泰达",
        ],
    )
    def test_puts_zones_and_merged_districts_into_the_new_area(self, zone):
        assert district_of(zone, "天津市南开区").code == "120116"

    @pytest.mark.parametrize(
        ("county", "code"),
        [
            ("宁河县", "120117"),
            ("静海县", "120118"),
            ("蓟县", "120119"),
            ("武清县", "120114"),
            ("宝坻县", "120115"),
        ],
    )
    def test_knows_old_counties(self, county, code):
        assert district_of(county, "").code == code
        assert district_of("N/A", f"天津市{county}城关镇").code == code

    @pytest.mark.parametrize(
        ("address", "code"),
        [
            ("天津市津南区双港镇", "120112"),
            ("天津开发区第三大街16号", "120116"),
            ("天津自贸试验区(空港经济区)环河南路269号", "120116"),
            ("天津西青经济开发区", None),
            ("天津市南开大学农药工程中心", None),
            ("军粮城镇永兴村", None),
            ("N/A", None),
        ],
    )
    def test_falls_back_to_a_district_the_address_names(self, address, code):
        assert district_of("N/A", address).code == code

    def test_prefers_the_area_to_the_address(self):
        finding = district_of("和平", "天津市南开区宜宾道")

        assert (finding.code, finding.source) == ("120101", "AREA")

    def test_says_why_there_is_none(self):
        finding = district_of("浦东新区", "上海市")

        assert finding.code is None
        assert "浦东新区" in finding.reason

    def test_has_sixteen(self):
        assert len(DISTRICT_CODES) == len(DISTRICTS) == 16
