"""Dated parameters: every number that a law, a regulator or practice may change, with its date and source.

Files are TOML, one table per parameter, one entry per change. Values entered later by an operator are laid over the
shipped ones with `ParameterSet.with_entered`. A date before the first value is refused, never guessed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

from marketplace.domain.errors import Refused

DEFAULT_KEY = "*"
"""The key of a keyed value (one per district, say) that holds for every key not named."""


@dataclass(frozen=True)
class DatedValue:
    """One value and the date from which it holds."""

    effective_from: date
    value: Any
    source: str


@dataclass(frozen=True)
class DatedParameter:
    """A parameter with all its values, oldest first.

    Attributes:
        code: ``<file>.<name>``, e.g. ``whitelist.min_age_months``.
        label: Chinese name.
        unit: Chinese unit, may be empty.
        values: strictly ascending by date, at least one.
    """

    code: str
    label: str
    unit: str
    values: tuple[DatedValue, ...]

    def __post_init__(self) -> None:
        """Refuse a parameter without values, with unsorted dates or without sources."""
        dates = [entry.effective_from for entry in self.values]
        if not dates:
            raise _invalid(self.code, "没有任何取值")
        if any(later <= earlier for earlier, later in pairwise(dates)):
            raise _invalid(self.code, "生效日期没有严格递增")
        if not all(entry.source.strip() for entry in self.values):
            raise _invalid(self.code, "有取值没有注明依据")

    def in_force(self, on: date) -> bool:
        """Return whether the parameter has a value on that date."""
        return on >= self.values[0].effective_from

    def entry_on(self, on: date) -> DatedValue:
        """Return the value in force on a date, with its date and source.

        Raises:
            Refused: ``PARAMETER_NOT_IN_FORCE`` for a date before the first value.
        """
        for entry in reversed(self.values):
            if entry.effective_from <= on:
                return entry
        first = self.values[0].effective_from
        raise Refused(
            "PARAMETER_NOT_IN_FORCE",
            f"参数“{self.label}”自 {first.isoformat()} 起才有取值，{on.isoformat()} 无法适用。",
        )

    def value_on(self, on: date) -> Any:
        """Return the value in force on a date.

        >>> lpr = DatedParameter("lpr.one_year", "一年期LPR", "%", (
        ...     DatedValue(date(2024, 10, 21), Decimal("3.10"), "公告"),
        ...     DatedValue(date(2025, 5, 20), Decimal("3.00"), "公告"),
        ... ))
        >>> lpr.value_on(date(2025, 5, 19)), lpr.value_on(date(2025, 5, 20))
        (Decimal('3.10'), Decimal('3.00'))

        Raises:
            Refused: ``PARAMETER_NOT_IN_FORCE`` for a date before the first value.
        """
        return self.entry_on(on).value

    def value_for(self, on: date, key: str) -> Any:
        """Return the value for one key (a district, say), else the value of ``*``, else the plain value.

        Raises:
            Refused: ``PARAMETER_NOT_IN_FORCE``; ``PARAMETER_KEY_UNKNOWN`` when neither key nor ``*`` is there.
        """
        value = self.value_on(on)
        if not isinstance(value, Mapping):
            return value
        if key in value:
            return value[key]
        if DEFAULT_KEY in value:
            return value[DEFAULT_KEY]
        raise Refused("PARAMETER_KEY_UNKNOWN", f"参数“{self.label}”没有适用于 {key} 的取值。")

    def version_on(self, on: date) -> str:
        """Return the effective date of the value in force, as verdicts cite it."""
        return self.entry_on(on).effective_from.isoformat()

    def with_entered(self, entered: Iterable[DatedValue]) -> DatedParameter:
        """Return the parameter with further values; an entered one replaces a shipped one of its date."""
        by_date = {entry.effective_from: entry for entry in self.values}
        by_date.update({entry.effective_from: entry for entry in entered})
        ordered = tuple(by_date[day] for day in sorted(by_date))
        return DatedParameter(self.code, self.label, self.unit, ordered)


@dataclass(frozen=True)
class ParameterSet:
    """Parameters by code; what rules and clocks are given to read."""

    parameters: Mapping[str, DatedParameter]

    def __getitem__(self, code: str) -> DatedParameter:
        """Return a parameter by code, or refuse ``PARAMETER_UNKNOWN``."""
        if code not in self.parameters:
            raise Refused("PARAMETER_UNKNOWN", f"没有名为 {code} 的参数。")
        return self.parameters[code]

    def __contains__(self, code: object) -> bool:
        """Return whether a code is known."""
        return code in self.parameters

    def __iter__(self) -> Iterator[DatedParameter]:
        """Return the parameters in the order of their files."""
        return iter(self.parameters.values())

    def value_on(self, code: str, on: date) -> Any:
        """Return the value of one parameter on a date."""
        return self[code].value_on(on)

    def with_entered(self, entered: Mapping[str, Iterable[DatedValue]]) -> ParameterSet:
        """Return the set with an operator's values laid over the shipped ones.

        Args:
            entered: parameter code to its entered values, in any order; codes unknown here are left alone.
        """
        changed = {
            code: parameter.with_entered(entered.get(code, ()))
            for code, parameter in self.parameters.items()
        }
        return ParameterSet(MappingProxyType(changed))


def load_parameters(*paths: Path) -> ParameterSet:
    """Return the parameters of TOML files; the file's stem prefixes each code.

    Raises:
        Refused: ``PARAMETER_INVALID`` naming the parameter and what is wrong with it.
    """
    found: dict[str, DatedParameter] = {}
    for path in paths:
        found.update(parse_parameters(path.read_text(encoding="utf-8"), path.stem))
    return ParameterSet(MappingProxyType(found))


def parse_parameters(text: str, prefix: str) -> dict[str, DatedParameter]:
    """Return the parameters written in one TOML text, decimals exact.

    Args:
        text: one table per parameter with ``label``, ``unit`` and ``[[<name>.values]]`` entries of
            ``effective_from``, ``value`` and ``source``.
        prefix: put before each name as ``<prefix>.<name>``.

    Raises:
        Refused: ``PARAMETER_INVALID``.
    """
    try:
        tables = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise _invalid(prefix, f"文件不是有效的 TOML（{error}）") from error
    return {f"{prefix}.{name}": _parameter(f"{prefix}.{name}", raw) for name, raw in tables.items()}


def _parameter(code: str, raw: Any) -> DatedParameter:
    if not isinstance(raw, dict) or not isinstance(raw.get("label"), str):
        raise _invalid(code, "缺少名称（label）")
    entries = raw.get("values")
    if not isinstance(entries, list):
        raise _invalid(code, "没有任何取值")
    values = tuple(_dated_value(code, entry) for entry in entries)
    return DatedParameter(code, raw["label"], str(raw.get("unit", "")), values)


def _dated_value(code: str, entry: Any) -> DatedValue:
    if not isinstance(entry, dict) or "value" not in entry:
        raise _invalid(code, "取值不完整（value）")
    day = entry.get("effective_from")
    if not isinstance(day, date) or isinstance(day, datetime):
        raise _invalid(code, "取值缺少生效日期（effective_from）")
    return DatedValue(day, _frozen(entry["value"]), str(entry.get("source", "")))


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(inner) for key, inner in value.items()})
    if isinstance(value, list):
        return tuple(_frozen(inner) for inner in value)
    return value


def _invalid(code: str, what: str) -> Refused:
    return Refused("PARAMETER_INVALID", f"参数 {code} 的定义有误：{what}。")
