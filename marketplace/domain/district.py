"""The sixteen districts of the city by their GB/T 2260 code.

Source: GB/T 2260; domain note 3.2. The names of the database's ``District`` rows are seeded from the same list.
"""

from __future__ import annotations

from collections.abc import Iterable

CITY_CODE = "120000"

DISTRICT_LABELS = {
    "120101": "和平区",
    "120102": "河东区",
    "120103": "河西区",
    "120104": "南开区",
    "120105": "河北区",
    "120106": "红桥区",
    "120110": "东丽区",
    "120111": "西青区",
    "120112": "津南区",
    "120113": "北辰区",
    "120114": "武清区",
    "120115": "宝坻区",
    "120116": "滨海新区",
    "120117": "宁河区",
    "120118": "静海区",
    "120119": "蓟州区",
}


def district_label(code: str) -> str:
    """Return the name of a district, the code itself when it is none of the sixteen.

    >>> district_label("120101")
    '和平区'
    """
    return DISTRICT_LABELS.get(code, code)


def unknown_districts(codes: Iterable[str]) -> list[str]:
    """Return the codes that name no district of the city, in their order.

    >>> unknown_districts(["120101", "110101"])
    ['110101']
    """
    return [code for code in codes if code not in DISTRICT_LABELS]
