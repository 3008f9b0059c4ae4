"""Size class of an enterprise: 大, 中, 小, 微 by the statistical table of 2017, 个体工商户 apart, or unknown.

An enterprise belongs to the highest class all of whose lower limits it reaches; one indicator below the limit of 小
makes it 微. A missing figure is never guessed: the answer is UNKNOWN unless every value it could have gives the same
class.

Source: 国统字〔2017〕213号; domain note 3.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from borrowers.domain.industry import digits_of
from marketplace.domain.parameters import DatedParameter, load_parameters
from marketplace.domain.uscc import SubjectType
from marketplace.domain.vocabulary import SIZE_CLASS_LABELS, SizeClass

Number = int | Decimal

_FILE = Path(__file__).resolve().parent.parent / "parameters" / "size_class.toml"
_ORDER = (SizeClass.LARGE, SizeClass.MEDIUM, SizeClass.SMALL, SizeClass.MICRO)
_INDICATORS = {"employees": "从业人员", "revenue": "营业收入", "assets": "资产总额"}
_UNITS = {"employees": "人", "revenue": "万元", "assets": "万元"}


@dataclass(frozen=True, slots=True)
class SizeFinding:
    """The size class and why.

    Attributes:
        cls: the class; UNKNOWN where data lack or the table does not cover the industry.
        reason: one Chinese sentence with the figures compared.
        sector: the table's line, Chinese; empty when none applies.
        version: effective date of the table used; empty when none was in force.
        missing: indicators that would have been needed: ``employees``, ``revenue``, ``assets``.
    """

    cls: SizeClass
    reason: str
    sector: str = ""
    version: str = ""
    missing: tuple[str, ...] = ()


def size_class(
    industry_code: str,
    employees: int | None,
    revenue_wan: Number | None,
    assets_wan: Number | None,
    entity_type: str,
    on: date,
) -> SizeFinding:
    """Return the size class of an enterprise.

    Args:
        industry_code: GB/T 4754-2017, at least two digits; three where the table divides further (59, 70).
        employees: persons, None when unknown.
        revenue_wan: 万元 a year, None when unknown.
        assets_wan: 万元, None when unknown.
        entity_type: value of ``SubjectType``; a self-employed person is a class of its own.
        on: date that decides which table is in force.

    >>> size_class("3921", 299, 5000, None, "ENTERPRISE", date(2026, 1, 1)).cls.value
    'SMALL'
    >>> size_class("3921", None, 5000, None, "ENTERPRISE", date(2026, 1, 1)).cls.value
    'UNKNOWN'

    Source: 国统字〔2017〕213号.
    """
    if entity_type == SubjectType.INDIVIDUAL:
        return SizeFinding(SizeClass.INDIVIDUAL, "个体工商户，不按企业规模划分。")
    table = _table()
    if not table.in_force(on):
        return _unknown(f"{on.isoformat()} 尚无适用的划分办法。")
    line = _line_for(industry_code, table.value_on(on))
    if line is None:
        shown = industry_code.strip() or "未登记"
        return _unknown(f"行业代码“{shown}”不在划分办法的范围内或不够细。")
    figures = {"employees": employees, "revenue": revenue_wan, "assets": assets_wan}
    return _classify(line, figures, table.version_on(on))


def _classify(
    line: Mapping[str, Any], figures: Mapping[str, Number | None], version: str
) -> SizeFinding:
    """Take the lowest class any known indicator allows; a missing one could only lower it."""
    needed = [name for name in _INDICATORS if name in line]
    negative = [name for name in needed if (figures[name] or 0) < 0]
    missing = tuple(name for name in needed if figures[name] is None)
    sector = str(line["label"])
    if negative:
        named = "、".join(_INDICATORS[name] for name in negative)
        return _unknown(f"{named}为负数，无法划分。", sector, version, tuple(negative))
    known = {name: _class_by(figures[name], line[name]) for name in needed if name not in missing}
    lowest = max(known.values(), key=_ORDER.index, default=SizeClass.LARGE)
    if missing and lowest is not SizeClass.MICRO:
        named = "、".join(_INDICATORS[name] for name in missing)
        return _unknown(f"缺少{named}，无法划分。", sector, version, missing)
    compared = "；".join(_compared(name, figures[name], line[name]) for name in known)
    label = SIZE_CLASS_LABELS[lowest]
    return SizeFinding(lowest, f"按{sector}标准：{compared}，为{label}。", sector, version, missing)


def _class_by(value: Number | None, limits: tuple[int, int, int]) -> SizeClass:
    reached = (cls for cls, limit in zip(_ORDER, limits, strict=False) if (value or 0) >= limit)
    return next(reached, SizeClass.MICRO)


def _compared(name: str, value: Number | None, limits: tuple[int, int, int]) -> str:
    unit = _UNITS[name]
    return f"{_INDICATORS[name]}{value}{unit}（大型{limits[0]}、中型{limits[1]}、小型{limits[2]}{unit}起）"


def _line_for(industry_code: str, lines: tuple[Mapping[str, Any], ...]) -> Mapping[str, Any] | None:
    digits = digits_of(industry_code)
    if digits is None:
        return None
    for length in (3, 2):
        for line in lines:
            if len(digits) >= length and digits[:length] in line["codes"]:
                return line
    return None


def _unknown(
    reason: str, sector: str = "", version: str = "", missing: tuple[str, ...] = ()
) -> SizeFinding:
    return SizeFinding(SizeClass.UNKNOWN, reason, sector, version, missing)


@lru_cache(maxsize=1)
def _table() -> DatedParameter:
    return load_parameters(_FILE)["size_class.table"]
