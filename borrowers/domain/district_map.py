"""The 16 districts of Tianjin (GB/T 2260), and which of them a register's words mean.

The district comes from the register's own area, else from a district named in the address; functional zones and the
three districts merged in 2009 are 滨海新区, old counties are today's districts. It never comes from digits 3-8 of the
credit code: those name the office of the first registration (measured: 14 % name another district than the register).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from marketplace.domain.text import half_width, is_blank

CITY_CODE = "120000"
CITY_NAME = "天津市"
BINHAI = "120116"


@dataclass(frozen=True, slots=True)
class DistrictInfo:
    """One district: GB/T 2260 code, full and short name."""

    code: str
    name: str
    short_name: str


DISTRICTS: tuple[DistrictInfo, ...] = (
    DistrictInfo("120101", "和平区", "和平"),
    DistrictInfo("120102", "河东区", "河东"),
    DistrictInfo("120103", "河西区", "河西"),
    DistrictInfo("120104", "南开区", "南开"),
    DistrictInfo("120105", "河北区", "河北"),
    DistrictInfo("120106", "红桥区", "红桥"),
    DistrictInfo("120110", "东丽区", "东丽"),
    DistrictInfo("120111", "西青区", "西青"),
    DistrictInfo("120112", "津南区", "津南"),
    DistrictInfo("120113", "北辰区", "北辰"),
    DistrictInfo("120114", "武清区", "武清"),
    DistrictInfo("120115", "宝坻区", "宝坻"),
    DistrictInfo(BINHAI, "滨海新区", "滨海"),
    DistrictInfo("120117", "宁河区", "宁河"),
    DistrictInfo("120118", "静海区", "静海"),
    DistrictInfo("120119", "蓟州区", "蓟州"),
)
DISTRICT_CODES = frozenset(district.code for district in DISTRICTS)
DISTRICT_NAMES = {district.code: district.name for district in DISTRICTS}

_OLD_NAMES = {
    "塘沽区": BINHAI,
    "汉沽区": BINHAI,
    "大港区": BINHAI,
    "宁河县": "120117",
    "静海县": "120118",
    "武清县": "120114",
    "宝坻县": "120115",
    "蓟县": "120119",
    "东郊区": "120110",
    "西郊区": "120111",
    "南郊区": "120112",
    "北郊区": "120113",
}
_ZONES = (
    "自贸区",
    "自贸试验区",
    "自由贸易试验区",
    "天津港保税区",
    "保税区",
    "天津经济技术开发区",
    "经济技术开发区",
    "天津开发区",
    "经开区",
    "泰达",
    "东疆保税港区",
    "东疆",
    "中新天津生态城",
    "中新生态城",
    "生态城",
    "空港经济区",
    "空港物流加工区",
    "临港经济区",
    "南港工业区",
    "中心商务区",
    "塘沽",
    "汉沽",
    "大港",
)
_BY_AREA = {
    **{district.code: district.code for district in DISTRICTS},
    **{district.name: district.code for district in DISTRICTS},
    **{district.short_name: district.code for district in DISTRICTS},
    **_OLD_NAMES,
    **{
        name.removesuffix("区").removesuffix("县"): code
        for name, code in _OLD_NAMES.items()
        if len(name) > 2
    },
    **dict.fromkeys(_ZONES, BINHAI),
    "宁河县": "120117",
    "蓟": "120119",
}
_NAMED = {**{d.name: d.code for d in DISTRICTS}, **_OLD_NAMES}
_NAMED_IN_ADDRESS = re.compile("|".join(sorted(_NAMED, key=len, reverse=True)))
_ZONE_IN_ADDRESS = re.compile(
    "自贸(?:试验)?区|自由贸易试验区|天津港?保税区|东疆|生态城|空港(?:经济区|物流|国际物流|保税)"
    "|临港(?:经济|工业)区|南港工业区|^(?:天津市?)?(?:经济技术)?开发区|^(?:天津市?)?(?:塘沽|汉沽|大港)"
)
_PREFIX = re.compile(r"^(?:中国)?(?:天津市?)?")


@dataclass(frozen=True, slots=True)
class DistrictFinding:
    """Which district was found.

    Attributes:
        code: GB/T 2260 code of one of the 16, or None.
        source: ``AREA`` (the register's area), ``ADDRESS`` or ``NONE``.
        reason: why there is none, Chinese; empty when found.
    """

    code: str | None
    source: str
    reason: str = ""


def district_of(text_area: str, address: str) -> DistrictFinding:
    """Return the district that the register's area means, else the one the address names.

    Args:
        text_area: 地区 or 住所行政区划: a name with or without 区, a code, a functional zone, an old county, or blank.
        address: 住所, used when the area says nothing or is unknown.

    Source: GB/T 2260; domain note 3.2; data notes (地区 has 19 values).

    >>> district_of("保税区", "").code, district_of("N/A", "天津市蓟县城关镇").code
    ('120116', '120119')
    >>> district_of("N/A", "北五村20号").source
    'NONE'
    """
    area = "" if is_blank(text_area) else half_width(text_area).strip()
    found = _BY_AREA.get(area) or _BY_AREA.get(_PREFIX.sub("", area))
    if found:
        return DistrictFinding(found, "AREA")
    found = district_in_address(address)
    if found:
        return DistrictFinding(found, "ADDRESS")
    reason = f"地区“{area[:20]}”不是本市16个区之一" if area else "登记信息没有地区"
    return DistrictFinding(None, "NONE", f"{reason}，地址中也没有区名。")


def district_in_address(address: str) -> str | None:
    """Return the code of the district that an address names, None when it names none.

    A district's full name (南开区) counts anywhere, its short name alone (南开) does not: it is also a university,
    a road and a town.

    >>> district_in_address("天津市津南区双港镇"), district_in_address("天津市南开大学农药工程中心")
    ('120112', None)
    """
    if is_blank(address):
        return None
    flat = half_width(address).replace(" ", "")
    named = _NAMED_IN_ADDRESS.search(flat)
    if named:
        return _NAMED[named[0]]
    return BINHAI if _ZONE_IN_ADDRESS.search(flat) else None
