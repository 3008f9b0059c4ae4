"""Thematic lists (专题库) by their codes: the words that both sides of the marketplace share.

How an enterprise comes onto a list is declared in ``borrowers/parameters/thematic.toml``.

Source: issue of borrowers (thematic lists); domain note 2.1 rows 8 and 15, 2.10.
"""

from __future__ import annotations

from enum import StrEnum


class ListKind(StrEnum):
    """What a thematic list gathers."""

    CHAIN = "CHAIN"
    TECH = "TECH"
    SPECIALISED = "SPECIALISED"
    ELDERCARE = "ELDERCARE"
    BLACKLIST = "BLACKLIST"


LIST_KIND_LABELS = {
    ListKind.CHAIN: "重点产业链",
    ListKind.TECH: "科技型企业",
    ListKind.SPECIALISED: "专精特新",
    ListKind.ELDERCARE: "养老服务",
    ListKind.BLACKLIST: "失信名单",
}

CHAIN_LABELS = {
    "XINCHUANG": "信创",
    "EQUIPMENT": "高端装备",
    "AUTOMOTIVE": "汽车及新能源汽车",
    "PETROCHEMICAL": "石油化工",
    "AEROSPACE": "航空航天",
    "BIOMEDICINE": "生物医药",
    "NEW_ENERGY": "新能源",
    "NEW_MATERIALS": "新材料",
    "GREEN_FOOD": "绿色食品",
    "LIGHT_INDUSTRY": "轻工",
    "METALLURGY": "冶金",
    "INTEGRATED_CIRCUIT": "集成电路",
}
"""Lists of the kind ``CHAIN``, in the order in which they are shown."""

THEME_LABELS = {
    "TECH_SME": "科技型中小企业",
    "INNOVATIVE_SME": "创新型中小企业",
    "SPECIALISED_SME": "专精特新中小企业",
    "LITTLE_GIANT": "专精特新“小巨人”企业",
    "ELDERCARE_SERVICE": "养老服务机构",
    "WAGE_ARREARS": "拖欠农民工工资失信联合惩戒名单",
}
"""Lists of every other kind."""

LIST_LABELS = CHAIN_LABELS | THEME_LABELS
