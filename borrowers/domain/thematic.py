"""Thematic lists as declared: what each gathers, and the facts by which an enterprise is on it.

A declaration is typed data, read once: beginnings of industry codes, and public records that have not ended. The scalar
reading here and the set-wise one in ``selectors.thematic`` say the same of every enterprise; a property test holds them
together.

Source: issue of borrowers (thematic lists); domain note 2.10 (only a list with a legal basis may block).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from borrowers.domain.industry import digits_of
from marketplace.domain.parameters import ParameterSet, load_parameters
from marketplace.domain.thematic import LIST_LABELS, ListKind
from marketplace.domain.verdict import Outcome, Verdict

THEMATIC_FILE = Path(__file__).resolve().parent.parent / "parameters" / "thematic.toml"
ACTIVE, INDIVIDUAL = "ACTIVE", "INDIVIDUAL"
PREFIX = "thematic."


@dataclass(frozen=True)
class IndustryCondition:
    """The registered industry begins with one of some codes of GB/T 4754, without the letter."""

    prefixes: tuple[str, ...]

    @property
    def reason(self) -> str:
        """Return why an enterprise that meets it is on the list."""
        return "登记的行业属于本专题库的行业范围。"


@dataclass(frozen=True)
class RecordCondition:
    """A record of an item has one of some values in a field, and has not ended.

    Attributes:
        item: code of the catalogue's item.
        field: code of the field.
        options: values as kept.
        end_field: code of the field with the last day, or with the day of removal; an empty one ends nothing.
        counts_on_end: whether the record still stands on that day, as on a last day.
    """

    item: str
    field: str
    options: tuple[str, ...]
    end_field: str
    counts_on_end: bool = True

    @property
    def reason(self) -> str:
        """Return why an enterprise that meets it is on the list."""
        return f"有未到期、未移出的“{'、'.join(self.options)}”记录。"


Condition = IndustryCondition | RecordCondition


@dataclass(frozen=True)
class ListDeclaration:
    """One thematic list as declared from a day on.

    Attributes:
        code, name: of the list.
        kind: what it gathers.
        conditions: any of which puts an enterprise onto the list; empty when only uploads do.
        legal_basis: the law a blocking list rests on.
        may_block: whether the list may stand between an enterprise and a service.
        version: effective date of the declaration, as memberships cite it.
        source: document it follows.
    """

    code: str
    name: str
    kind: ListKind
    conditions: tuple[Condition, ...]
    legal_basis: str
    may_block: bool
    version: str
    source: str


@dataclass(frozen=True)
class ListFacts:
    """What the conditions ask of one enterprise.

    Attributes:
        industry_code: with or without the letter, empty when unknown.
        records: item code with the kept content, of records that stand.
    """

    industry_code: str = ""
    status: str = ACTIVE
    entity_type: str = "ENTERPRISE"
    records: Sequence[tuple[str, Mapping[str, Any]]] = ()


@cache
def shipped_thematic() -> ParameterSet:
    """Return the declarations shipped with the marketplace, read once."""
    return load_parameters(THEMATIC_FILE)


def declarations_on(day: date) -> tuple[ListDeclaration, ...]:
    """Return the lists declared on a day, in the order of their labels."""
    found = shipped_thematic()
    return tuple(
        declaration_on(code, day) for code in LIST_LABELS if found[PREFIX + code].in_force(day)
    )


def declaration_days() -> set[date]:
    """Return every day on which some list is declared anew."""
    found = shipped_thematic()
    return {dated.effective_from for code in LIST_LABELS for dated in found[PREFIX + code].values}


def declaration_on(code: str, day: date) -> ListDeclaration:
    """Return one list as declared on a day.

    Raises:
        Refused: ``PARAMETER_UNKNOWN``, ``PARAMETER_NOT_IN_FORCE``.
        ValueError: the declaration may block without a legal basis.
    """
    parameter = shipped_thematic()[PREFIX + code]
    entry = parameter.entry_on(day)
    value: Mapping[str, Any] = entry.value
    may_block, legal_basis = bool(value.get("may_block")), str(value.get("legal_basis", ""))
    if may_block and not legal_basis:
        raise ValueError(f"{code} blocks without a legal basis")
    return ListDeclaration(
        code=code,
        name=parameter.label,
        kind=ListKind(value["kind"]),
        conditions=_conditions(value),
        legal_basis=legal_basis,
        may_block=may_block,
        version=entry.effective_from.isoformat(),
        source=entry.source,
    )


def condition_met(condition: Condition, facts: ListFacts, day: date) -> bool:
    """Return whether an enterprise meets one condition on a day."""
    if isinstance(condition, IndustryCondition):
        digits = digits_of(facts.industry_code) or ""
        return digits.startswith(condition.prefixes)
    return any(
        item == condition.item
        and content.get(condition.field) in condition.options
        and _stands(condition, content, day)
        for item, content in facts.records
    )


def membership(declaration: ListDeclaration, facts: ListFacts, day: date) -> Verdict:
    """Return whether an enterprise is on a list by its rule on a day, and by which condition.

    Only active entities are judged, and no individual in business, who is a natural person.
    """
    judged = facts.status == ACTIVE and facts.entity_type != INDIVIDUAL
    met = next((one for one in declaration.conditions if condition_met(one, facts, day)), None)
    is_on = judged and met is not None
    return Verdict(
        rule_code=declaration.code,
        outcome=Outcome.FITS if is_on else Outcome.DOES_NOT_FIT,
        sentence=met.reason if is_on and met else f"不符合“{declaration.name}”的条件。",
        parameter_version=declaration.version,
    )


def _stands(condition: RecordCondition, content: Mapping[str, Any], day: date) -> bool:
    end = content.get(condition.end_field)
    if not end:
        return True
    return bool(end >= day.isoformat() if condition.counts_on_end else end > day.isoformat())


def _conditions(value: Mapping[str, Any]) -> tuple[Condition, ...]:
    found: list[Condition] = []
    if prefixes := value.get("industries"):
        found.append(IndustryCondition(tuple(prefixes)))
    for one in value.get("records", ()):
        end, inclusive = (one["last_day"], True) if "last_day" in one else (one["removed"], False)
        found.append(
            RecordCondition(one["item"], one["field"], tuple(one["options"]), end, inclusive)
        )
    return tuple(found)
