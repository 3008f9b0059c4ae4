"""Which columns of which items the declarations need, and whether columns can say what they ask.

The columns of a record: ``ent_id``; ``day`` since 1970 and ``ym`` (month counted from year 0) of the date it counts
for; ``tie`` orders the records of one enterprise and day as `matching.domain.records.PlainRecord.order` does; then
the item's fields by name, as `borrowers.domain.archive` packs them.

A frame of stored records has ``received``, ``superseded`` and ``repaired`` besides, in microseconds since 1970.

Source: performance note, B (integers only, no date functions); design law 1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from borrowers.domain.archive import Storage
from matching.domain.declaration import (
    Condition,
    IndicatorDeclaration,
    Kind,
    Measure,
    Selection,
    Test,
)

NUMBERS = frozenset({Storage.FEN, Storage.HUNDREDTHS, Storage.WHOLE})
FACTS = frozenset({"capital_yuan"})
"""Facts of the register that an enterprise's row carries for FACT, in fen."""

AGED = "established_date"

Storages = Mapping[str, Mapping[str, Storage]]
"""Item code to field to how its column holds it."""

MEASURED_FIELDS = frozenset(
    {
        Measure.SUM,
        Measure.ARREARS_SUM,
        Measure.LATEST,
        Measure.TREND_PCT,
        Measure.VOLATILITY,
        Measure.MARGIN,
        Measure.CONCENTRATION_TOP5,
    }
)
GROUPED = frozenset({Measure.ARREARS_SUM, Measure.CONCENTRATION_TOP5})


class Unsupported(ValueError):
    """A declaration that columns of integers cannot say; the sentence tells which and why."""


def selections_of(declaration: IndicatorDeclaration) -> tuple[Selection, ...]:
    """Return the records a declaration looks at."""
    against = (declaration.against,) if declaration.against else ()
    return (declaration.selection, *against)


def fields_of(declaration: IndicatorDeclaration) -> tuple[str, ...]:
    """Return the payload fields a declaration reads, each once, in order of first use."""
    conditions = [one.field for one in _conditions(declaration)]
    measured = [declaration.field] if declaration.measure in MEASURED_FIELDS else []
    grouped = [declaration.group] if declaration.measure in GROUPED else []
    return tuple(dict.fromkeys([*conditions, *measured, *grouped]))


def columns_of(declarations: Iterable[IndicatorDeclaration]) -> dict[str, tuple[str, ...]]:
    """Return item code to the fields that the declarations read of it, sorted."""
    found: dict[str, set[str]] = defaultdict(set)
    for declaration in declarations:
        for selection in selections_of(declaration):
            for item in selection.items:
                found[item] |= set(fields_of(declaration))
    return {item: tuple(sorted(fields)) for item, fields in sorted(found.items())}


def check_supported(declaration: IndicatorDeclaration, storages: Storages) -> None:
    """Refuse a declaration whose value columns cannot give to the last digit.

    Args:
        declaration: the indicator.
        storages: how each item's fields are stored; a field that an item does not have is empty in it.

    Raises:
        Unsupported: naming the indicator and what cannot be said.
    """
    if declaration.measure is Measure.AGE_MONTHS and declaration.field != AGED:
        raise Unsupported(f"{declaration.code}：登记事项 {declaration.field} 没有列")
    if declaration.measure is Measure.FACT and declaration.field not in FACTS:
        raise Unsupported(f"{declaration.code}：登记事项 {declaration.field} 没有列")
    for condition in _conditions(declaration):
        for storage in _held(declaration, condition.field, storages):
            _check_condition(declaration, condition, storage)
    if declaration.measure in MEASURED_FIELDS:
        for storage in _held(declaration, declaration.field, storages):
            _check_measured(declaration, storage)
    if declaration.measure in GROUPED:
        for storage in _held(declaration, declaration.group, storages):
            if storage is not Storage.TEXT:
                raise Unsupported(f"{declaration.code}：{declaration.group} 不是文本，不能分组")


def storage_in(storages: Storages, items: Iterable[str], field: str) -> Storage | None:
    """Return how a field is stored in those of the items that have it, None when none has.

    Raises:
        Unsupported: the items hold it in different ways.
    """
    held = {storages[item][field] for item in items if field in storages.get(item, {})}
    if len(held) > 1:
        raise Unsupported(f"字段 {field} 在各信息项中的类型不同：{sorted(held)}")
    return next(iter(held), None)


def _conditions(declaration: IndicatorDeclaration) -> Iterator[Condition]:
    for selection in selections_of(declaration):
        for clause in (*selection.scope, *selection.where):
            yield from clause


def _held(declaration: IndicatorDeclaration, field: str, storages: Storages) -> list[Storage]:
    found: list[Storage] = []
    for selection in selections_of(declaration):
        storage = storage_in(storages, selection.items, field)
        if storage is not None:
            found.append(storage)
    return found


def _check_condition(
    declaration: IndicatorDeclaration, condition: Condition, storage: Storage
) -> None:
    if condition.test in (Test.OPEN, Test.VALID):
        fits = storage is Storage.DAYS
    elif condition.test in (Test.IN, Test.NOT_IN):
        fits = storage is Storage.TEXT
    else:
        limit = Decimal(condition.values[0]) * (100 if storage is Storage.FEN else 1)
        fits = storage in (Storage.FEN, Storage.WHOLE) and limit == limit.to_integral_value()
    if not fits:
        sentence = f"{declaration.code}：{condition.field}（{storage}）不能作 {condition.test} 比较"
        raise Unsupported(sentence)


def _check_measured(declaration: IndicatorDeclaration, storage: Storage) -> None:
    if declaration.kind is Kind.TEXT:
        fits = storage is Storage.TEXT and declaration.measure is Measure.LATEST
    else:
        rounded_twice = storage is Storage.HUNDREDTHS and declaration.scale == 1
        fits = storage in NUMBERS and not rounded_twice
    if not fits:
        raise Unsupported(f"{declaration.code}：{declaration.field}（{storage}）不能取值")
