"""Industries by GB/T 4754-2017: section letter from a code, labels of the 20 sections.

Registers give two to four digits, often without the letter. The letter follows from the first two digits, the division.

Source: GB/T 4754-2017 (with amendment 1, 2019); domain note 3.3.
"""

from __future__ import annotations

import re

from marketplace.domain.text import half_width

SECTION_LABELS = {
    "A": "农、林、牧、渔业",
    "B": "采矿业",
    "C": "制造业",
    "D": "电力、热力、燃气及水生产和供应业",
    "E": "建筑业",
    "F": "批发和零售业",
    "G": "交通运输、仓储和邮政业",
    "H": "住宿和餐饮业",
    "I": "信息传输、软件和信息技术服务业",
    "J": "金融业",
    "K": "房地产业",
    "L": "租赁和商务服务业",
    "M": "科学研究和技术服务业",
    "N": "水利、环境和公共设施管理业",
    "O": "居民服务、修理和其他服务业",
    "P": "教育",
    "Q": "卫生和社会工作",
    "R": "文化、体育和娱乐业",
    "S": "公共管理、社会保障和社会组织",
    "T": "国际组织",
}
_FIRST_DIVISIONS = {
    "A": 1, "B": 6, "C": 13, "D": 44, "E": 47, "F": 51, "G": 53, "H": 61, "I": 63, "J": 66,
    "K": 70, "L": 71, "M": 73, "N": 76, "O": 80, "P": 83, "Q": 84, "R": 86, "S": 91, "T": 97,
}  # fmt: skip
_LAST_DIVISION = 97
_CODE = re.compile(r"([A-T]?)(\d{2,4})")


def section_of(code: str) -> str | None:
    """Return the section letter of an industry code, None when it is no code or letter and digits disagree.

    Args:
        code: two to four digits, with or without the letter (``3921``, ``C3921``, ``39``), or the letter alone.

    >>> section_of("3921"), section_of("C39"), section_of("F"), section_of("A39"), section_of("98")
    ('C', 'C', 'F', None, None)
    """
    flat = half_width(code).strip().upper()
    if flat in SECTION_LABELS:
        return flat
    found = _CODE.fullmatch(flat)
    if found is None or not 1 <= int(found[2][:2]) <= _LAST_DIVISION:
        return None
    division = int(found[2][:2])
    section = max(letter for letter, first in _FIRST_DIVISIONS.items() if first <= division)
    return section if found[1] in ("", section) else None


def digits_of(code: str) -> str | None:
    """Return the digits of an industry code, None when it has none or is no code.

    >>> digits_of("C3921"), digits_of("C")
    ('3921', None)
    """
    found = _CODE.fullmatch(half_width(code).strip().upper())
    return found[2] if found and section_of(code) else None


def section_label(code: str) -> str | None:
    """Return the label of a code's section, None when it has none.

    >>> section_label("6510")
    '信息传输、软件和信息技术服务业'
    """
    section = section_of(code)
    return SECTION_LABELS[section] if section else None
