"""Publicity of penalties and breaches, credit repair, objections: periods, conditions, machines.

Which order applies follows from the date of the finding: up to 2026-03-31 the order of 2023, from 2026-04-01 the rule
of 2025 with its classes 轻微, 一般, 严重. The periods are dated parameters; a record keeps the period it was published
under.

Source: domain note 0.6, 2.4 (objections), 2.8 (repair).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from marketplace.domain.errors import Refused
from marketplace.domain.parameters import ParameterSet, load_parameters
from marketplace.domain.period import add_months
from marketplace.domain.verdict import Outcome, Verdict

_FILE = Path(__file__).resolve().parent.parent / "parameters" / "repair.toml"


class BreachClass(StrEnum):
    """Degree of a breach (失信程度)."""

    LIGHT = "LIGHT"
    GENERAL = "GENERAL"
    SERIOUS = "SERIOUS"


BREACH_CLASS_LABELS = {
    BreachClass.LIGHT: "轻微",
    BreachClass.GENERAL: "一般",
    BreachClass.SERIOUS: "严重",
}
_SERIOUS_KINDS = frozenset({"吊销许可证件", "责令关闭", "限制从业", "责令停产停业", "降低资质等级"})
_LIGHT_KINDS = frozenset({"警告", "通报批评"})


@dataclass(frozen=True, slots=True)
class Finding:
    """A published finding against an enterprise, as far as repair looks at it.

    Attributes:
        breach_class: degree.
        found_on: date of the deciding document; periods run from it.
        special_sector: food, drugs, special equipment, work safety, fire.
        duties_fulfilled_on: when the statutory duties were fulfilled; None when they are not.
        commitment_made: the credit commitment was given.
        false_material_on: when false material was last found in an application; None when never.
        repeated: persistent offender (屡禁不止、屡罚不改).
    """

    breach_class: BreachClass
    found_on: date
    special_sector: bool = False
    duties_fulfilled_on: date | None = None
    commitment_made: bool = False
    false_material_on: date | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Publicity:
    """How long a finding is public.

    Attributes:
        is_published: whether it is published as a rule.
        earliest_end: from this day repair may end it.
        latest_end: on this day it ends by itself (unless a sector's rule waits for unmet duties).
        version: effective date of the order that applies.
        source: the order.
    """

    is_published: bool
    earliest_end: date
    latest_end: date
    version: str
    source: str


def breach_class_of(label: str, penalty_kind: str = "") -> BreachClass:
    """Return the degree that a unit stated (轻微, 一般, 严重), else the one its kind of penalty stands for.

    Warnings and criticism are light, revocations, closures and bans serious, everything else general.

    >>> breach_class_of("", "警告").value, breach_class_of("严重", "警告").value, breach_class_of("", "罚款").value
    ('LIGHT', 'SERIOUS', 'GENERAL')

    Source: domain note 2.8.
    """
    stated = {name: code for code, name in BREACH_CLASS_LABELS.items()}.get(label)
    if stated:
        return stated
    if penalty_kind in _SERIOUS_KINDS:
        return BreachClass.SERIOUS
    return BreachClass.LIGHT if penalty_kind in _LIGHT_KINDS else BreachClass.GENERAL


def publicity_of(
    breach_class: BreachClass,
    found_on: date,
    *,
    special_sector: bool = False,
    parameters: ParameterSet | None = None,
) -> Publicity:
    """Return from when and until when a finding is public.

    A finding older than the first order is treated by the first order.

    >>> publicity_of(BreachClass.GENERAL, date(2026, 5, 12)).latest_end
    datetime.date(2027, 5, 12)
    >>> publicity_of(BreachClass.GENERAL, date(2026, 3, 31)).latest_end
    datetime.date(2029, 3, 31)

    Source: 信用修复管理办法 (2026-04-01); 国家发展改革委令第58号 (2023-05-01).
    """
    parameter = (parameters or _shipped())["repair.publicity"]
    applicable = max(found_on, parameter.values[0].effective_from)
    entry = parameter.entry_on(applicable)
    months: Mapping[str, Any] = entry.value[breach_class.value]
    least = int(months["special_min"] if special_sector else months["min"])
    return Publicity(
        is_published=bool(months["published"]),
        earliest_end=add_months(found_on, least),
        latest_end=add_months(found_on, int(months["max"])),
        version=entry.effective_from.isoformat(),
        source=entry.source,
    )


def publication_end(
    breach_class: BreachClass,
    found_on: date,
    *,
    special_sector: bool = False,
    repaired_on: date | None = None,
    parameters: ParameterSet | None = None,
) -> date:
    """Return the first day on which a finding is no longer public: repaired, or its longest period over."""
    period = publicity_of(
        breach_class, found_on, special_sector=special_sector, parameters=parameters
    )
    return min(repaired_on, period.latest_end) if repaired_on else period.latest_end


def repair_admissible(record: Finding, on: date, parameters: ParameterSet | None = None) -> Verdict:
    """Return whether repair of a finding may be applied for on a day, with the first reason against it.

    Only two proofs are asked for: the duties are fulfilled, the commitment is made. The shortest publicity must be
    over; false material bars for three years; persistent offenders are not admitted.

    Source: 信用修复管理办法; 国办发〔2025〕22号; domain note 2.8.
    """
    shipped = parameters or _shipped()
    period = publicity_of(
        record.breach_class,
        record.found_on,
        special_sector=record.special_sector,
        parameters=shipped,
    )
    for reason in (
        _barred(record, on, shipped),
        _repeated(record),
        _duties(record, on),
        _commitment(record),
        _shortest(period, on),
    ):
        if reason is not None:
            code, sentence = reason
            return Verdict(code, Outcome.DOES_NOT_FIT, sentence, parameter_version=period.version)
    sentence = "义务已履行、承诺已作出、最短公示期已满，可以申请修复。"
    return Verdict("REPAIR_ADMISSIBLE", Outcome.FITS, sentence, parameter_version=period.version)


def refuse_inadmissible_repair(
    record: Finding, on: date, parameters: ParameterSet | None = None
) -> None:
    """Refuse an application for repair that may not be made yet.

    Raises:
        Refused: with the code and sentence of `repair_admissible`.
    """
    verdict = repair_admissible(record, on, parameters)
    if not verdict.passed:
        raise Refused(verdict.rule_code, verdict.sentence)


def clock_days(name: str, on: date, parameters: ParameterSet | None = None) -> int:
    """Return a limit of the objection or repair procedure in days.

    Args:
        name: ``objection.mark_working_days``, ``objection.answer_days``, ``repair.city_review_working_days``,
            ``repair.total_working_days`` or ``repair.supplement_days``.
        on: the day the clock starts.
        parameters: limits with an operator's values laid over; None for the shipped ones.

    >>> clock_days("objection.answer_days", date(2026, 6, 1))
    20

    Source: 征信业管理条例 第二十五条.
    """
    procedure, limit = name.split(".")
    table = (parameters or _shipped())[f"repair.{procedure}_days"].value_on(on)
    return int(table[limit])


Reason = tuple[str, str] | None


def _barred(record: Finding, on: date, parameters: ParameterSet) -> Reason:
    if record.false_material_on is None:
        return None
    parameter = parameters["repair.false_material_ban"]
    until = add_months(record.false_material_on, int(parameter.value_on(on)))
    if on >= until:
        return None
    return "REPAIR_BARRED", f"曾提供虚假材料或虚假承诺，{until.isoformat()} 前不得再次申请修复。"


def _repeated(record: Finding) -> Reason:
    return ("REPAIR_REPEATED", "属于屡禁不止、屡罚不改，不予受理。") if record.repeated else None


def _duties(record: Finding, on: date) -> Reason:
    fulfilled = record.duties_fulfilled_on
    if fulfilled is None or fulfilled > on:
        return "REPAIR_DUTIES_OPEN", "法定义务尚未履行完毕，请先履行并提供证明。"
    if fulfilled < record.found_on:
        return "REPAIR_DUTIES_DATE", "义务履行完毕日期早于决定日期，请核对。"
    return None


def _commitment(record: Finding) -> Reason:
    return None if record.commitment_made else ("REPAIR_NO_COMMITMENT", "尚未作出信用承诺。")


def _shortest(period: Publicity, on: date) -> Reason:
    if on >= period.earliest_end:
        return None
    return (
        "REPAIR_TOO_EARLY",
        f"最短公示期未满，{period.earliest_end.isoformat()} 起可以申请修复。",
    )


@lru_cache(maxsize=1)
def _shipped() -> ParameterSet:
    return load_parameters(_FILE)
