"""Whether a value typed by an operator has the form of the parameter it is meant for.

Rules read parameters without looking twice, so a value of another form must never get in: numbers stay numbers, a keyed
value keeps its keys, words come from a closed list or stay as they are.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.errors import Refused
from marketplace.domain.parameters import DEFAULT_KEY, DatedParameter
from marketplace.domain.vocabulary import SizeClass

LARGEST = 1_000_000_000_000
CHOICES: Mapping[str, frozenset[str]] = {
    "whitelist.size_classes": frozenset(entry.value for entry in SizeClass),
    "whitelist.open_statuses": frozenset({"ACTIVE", "REVOKED", "CANCELLED", "MOVED_OUT"}),
    "whitelist.low_grades": frozenset("ABCD"),
    "whitelist.soft_gates": frozenset({"ABNORMAL"}),
}
"""Words a list of a parameter may hold; lists not named here keep the words they have."""


def value_from_text(text: str) -> Any:
    """Return a value written as JSON.

    >>> value_from_text('{"*": 12}')
    {'*': 12}

    Raises:
        Refused: ``PARAMETER_VALUE``: no JSON, or a number with decimals, which would lose its exactness.
    """
    try:
        return json.loads(text, parse_float=_no_float, parse_constant=_no_float)
    except (ValueError, RecursionError) as error:
        raise _refused("取值不是有效的 JSON；文字请加双引号，不得使用小数。") from error


def text_from_value(value: Any) -> str:
    """Return a value as an operator types it.

    >>> text_from_value({"*": (1, 2)})
    '{"*": [1, 2]}'
    """
    return json.dumps(plain_value(value), ensure_ascii=False)


def plain_value(value: Any) -> Any:
    """Return a value of a shipped or entered parameter as JSON values."""
    if isinstance(value, Mapping):
        return {key: plain_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_value(inner) for inner in value]
    return value


def check_value(parameter: DatedParameter, value: Any, on: date, today: date) -> None:
    """Refuse a value that rules could not read, or a date that would rewrite what was decided.

    Args:
        parameter: as in force.
        value: as JSON gives it.
        on: the date from which it is to hold.
        today: the day of entering.

    Raises:
        Refused: ``PARAMETER_VALUE`` naming the place; ``PARAMETER_PAST`` for today or earlier.
    """
    if on <= today:
        sentence = "生效日期须晚于今日：已经作出的判断不因新取值而改变。"
        raise Refused("PARAMETER_PAST", sentence, {"effective_from": sentence})
    known = parameter.values[-1].value
    _check(known, value, CHOICES.get(parameter.code), "")


def _check(known: Any, value: Any, choices: Collection[str] | None, place: str) -> None:
    if isinstance(known, bool):
        _require(isinstance(value, bool), place, "应为 true 或 false")
    elif isinstance(known, int):
        whole = isinstance(value, int) and not isinstance(value, bool)
        _require(whole and 0 <= value <= LARGEST, place, "应为不小于 0 的整数")
    elif isinstance(known, str):
        _require(value == known, place, f"应为“{known}”")
    elif isinstance(known, Mapping):
        _check_mapping(known, value, choices, place)
    else:
        _check_list(known, value, choices, place)


def _check_mapping(
    known: Mapping[str, Any], value: Any, choices: Collection[str] | None, place: str
) -> None:
    _require(isinstance(value, dict), place, "应为对象（{…}）")
    if DEFAULT_KEY in known:
        allowed = {DEFAULT_KEY, *DISTRICT_LABELS}
        _require(DEFAULT_KEY in value, place, "缺少其他各区适用的“*”")
        _require(set(value) <= allowed, place, "键应为区代码或“*”")
        known = {key: known.get(key, known[DEFAULT_KEY]) for key in value}
    _require(set(value) == set(known), place, f"应恰有 {'、'.join(known)}")
    for key, inner in value.items():
        _check(known[key], inner, choices, f"{place}.{key}" if place else key)


def _check_list(
    known: Sequence[Any], value: Any, choices: Collection[str] | None, place: str
) -> None:
    _require(isinstance(value, list), place, "应为列表（[…]）")
    if choices is not None:
        words = "、".join(sorted(choices))
        held = all(isinstance(word, str) and word in choices for word in value)
        _require(held and len(set(value)) == len(value), place, f"只能取 {words}，且不得重复")
        return
    _require(len(value) == len(known), place, f"应有 {len(known)} 项")
    for number, (before, inner) in enumerate(zip(known, value, strict=True), start=1):
        _check(before, inner, None, f"{place}[{number}]")


def _require(holds: bool, place: str, what: str) -> None:
    if not holds:
        raise _refused(f"{place or '取值'}{what}。")


def _refused(sentence: str) -> Refused:
    return Refused("PARAMETER_VALUE", sentence, {"value": sentence})


def _no_float(text: str) -> Any:
    raise ValueError(text)
