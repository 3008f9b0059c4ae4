"""With what a registered name may begin when somebody types the part of it that people say.

A name is place, 字号, trade and form of organisation: people say 示例瑞信, the register has 天津示例瑞信科技有限公司.
A search within names would have to read all 730,000 of them; a beginning is answered by the index of normalized names,
so the places a name of this city can begin with are put before the text, a bounded number of beginnings.

Source: 企业名称登记管理规定 art. 6 (行政区划名称、字号、行业、组织形式).
"""

from __future__ import annotations

from functools import lru_cache

from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.text import name_key

CITIES = ("天津市", "天津")
SHORTEST_CORE = 2


def name_beginnings(text: str) -> list[str]:
    """Return the beginnings of normalized names that a typed text may stand for, the text itself first.

    Args:
        text: as typed, with or without a place; shorter than two characters it stands for itself alone.

    >>> name_beginnings("示例瑞信")[:3]
    ['示例瑞信', '天津市示例瑞信', '天津示例瑞信']
    >>> "天津示例瑞信" in name_beginnings("天津市河西区示例瑞信")
    True
    """
    whole = name_key(text)
    core = _without_place(whole)
    if len(core) < SHORTEST_CORE:
        core = whole
    if len(core) < SHORTEST_CORE:
        return [whole]
    return list(dict.fromkeys([whole, core, *(place + core for place in _places())]))


def name_core(text: str) -> str:
    """Return what is left of a typed name without its place.

    >>> name_core("天津市河西区示例")
    '示例'
    """
    return _without_place(name_key(text))


def _without_place(name: str) -> str:
    """A district written without 区 may as well be part of a 字号, and stays."""
    for city in CITIES:
        if name.startswith(city):
            name = name.removeprefix(city)
            break
    for district in DISTRICT_LABELS.values():
        if name.startswith(district):
            return name.removeprefix(district)
    return name


@lru_cache(maxsize=1)
def _places() -> tuple[str, ...]:
    """Return the places a name begins with, in the forms in use; each more is one more look into the index.

    The city; a district by its full name, alone or after 天津市; a district without 区 after 天津.
    """
    districts = list(DISTRICT_LABELS.values())
    short = [label.removesuffix("新区").removesuffix("区") for label in districts]
    whole, brief = CITIES
    return (
        *CITIES,
        *districts,
        *(whole + label for label in districts),
        *(brief + label for label in short),
    )
