"""What a monthly evaluation keeps of each enterprise: per indicator its value and points, a few bytes each.

The sentences are made of them again when somebody reads, by the same code the portrait uses; a city's evaluations then
take megabytes instead of gigabytes. An indicator with data is ``[value, points]``, followed by the day of the newest
record where points were taken, and by 1 where an objection stood; one without is the number of its reason.

Source: domain note 2.11 (explanation per indicator); PIPL art. 24.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from marketplace.domain.parameters import ParameterSet
from matching.domain.declaration import IndicatorDeclaration, declarations_on
from matching.domain.indicators import IndicatorValue, Missing, typed
from matching.domain.scorecard import ContributionKind, ScoreResult, model_on, score
from matching.domain.scorecard_model import ScoreModel
from matching.domain.subject import ACTIVE, EnterpriseFacts

MISSING_NUMBERS = {Missing.NOT_AUTHORIZED: 1, Missing.NOT_AVAILABLE: 2, Missing.NO_RECORD: 3}
REASONS_OF_NUMBERS = {number: missing for missing, number in MISSING_NUMBERS.items()}
SCORED = EnterpriseFacts(uscc="", name="", entity_type="ENTERPRISE", status=ACTIVE)
"""Only who is scored has lines, so that reading them again needs no facts of the register."""

KeptLine = list[Any] | int


@dataclass(frozen=True)
class KeptValue:
    """What is kept of one indicator.

    Attributes:
        value: in integer units or text; None when missing.
        missing: why there is no value.
        points: of its bin.
        latest: date of the newest record used.
        disputed: an objection stood about a record used.
    """

    value: int | str | None
    missing: Missing | None
    points: int = 0
    latest: date | None = None
    disputed: bool = False


def scored_codes(model: ScoreModel) -> tuple[str, ...]:
    """Return the indicators a model looks at, in the order in which they are kept."""
    lines = [entry.indicator for entry in model.lines]
    return tuple(dict.fromkeys([*lines, *(entry.indicator for entry in model.floors)]))


def kept_line(kept: KeptValue) -> KeptLine:
    """Return one indicator as it is stored.

    >>> kept_line(KeptValue(2, None, -80, date(2026, 5, 1))), kept_line(KeptValue(0, None, 10, date(2026, 5, 1)))
    ([2, -80, '2026-05-01'], [0, 10])
    >>> kept_line(KeptValue(None, Missing.NOT_AUTHORIZED))
    1
    """
    if kept.missing is not None or kept.value is None:
        return MISSING_NUMBERS[kept.missing or Missing.NO_RECORD]
    dated = kept.latest.isoformat() if kept.latest and kept.points < 0 else ""
    if kept.disputed:
        return [kept.value, kept.points, dated, 1]
    return [kept.value, kept.points, dated] if dated else [kept.value, kept.points]


def kept_from_scalar(
    values: Mapping[str, IndicatorValue], result: ScoreResult, model: ScoreModel
) -> list[KeptLine]:
    """Return what is kept of a score the portrait's own code made."""
    points = {
        line.indicator: line.points
        for line in result.contributions
        if line.kind is ContributionKind.INDICATOR
    }
    found: list[KeptLine] = []
    for code in scored_codes(model):
        value = values.get(code)
        if value is None:
            found.append(MISSING_NUMBERS[Missing.NO_RECORD])
            continue
        plain = _plain(value.value)
        kept = KeptValue(
            plain, value.missing, points.get(code, 0), value.latest_date, value.disputed
        )
        found.append(kept_line(kept))
    return found


def score_from_kept(
    lines: Sequence[KeptLine],
    codes: Sequence[str],
    day: date,
    models: ParameterSet | None = None,
) -> ScoreResult | None:
    """Return the score with every sentence, made again of what was kept; None for who was not scored.

    Args:
        lines: from `kept_line`.
        codes: of the indicators, in the order of the lines.
        day: business date of the evaluation; declarations and model of that day are used.
        models: score models instead of the shipped ones.
    """
    if not lines:
        return None
    declared = {entry.code: entry for entry in declarations_on(day)}
    values = {
        code: _value(declared[code], line, day)
        for code, line in zip(codes, lines, strict=True)
        if code in declared
    }
    return score(values, SCORED, model_on(day, models))


def _plain(value: Decimal | int | bool | str | None) -> int | str | None:
    """Return a typed value in the integer units it was made of."""
    if value is None or isinstance(value, str):
        return value
    return int(value * 100) if isinstance(value, Decimal) else int(value)


def _value(declaration: IndicatorDeclaration, line: KeptLine, day: date) -> IndicatorValue:
    window = declaration.window_on(day)
    kept = _kept(line)
    return IndicatorValue(
        code=declaration.code,
        label=declaration.label,
        data_class=declaration.data_class,
        kind=declaration.kind,
        unit=declaration.unit,
        definition=declaration.definition,
        items=declaration.selection.items,
        value=typed(declaration.kind, kept.value),
        missing=kept.missing,
        window_start=window.start if window else None,
        window_end=window.end if window else None,
        public=not declaration.consent,
        disputed=kept.disputed,
        latest_date=kept.latest,
        evidence_ids=(),
        evidence_count=0,
        evidence_rows=(),
        version=declaration.version,
    )


def _kept(line: KeptLine) -> KeptValue:
    if isinstance(line, int):
        return KeptValue(None, REASONS_OF_NUMBERS[line])
    value, points, *more = line
    dated = date.fromisoformat(more[0]) if more and more[0] else None
    return KeptValue(value, None, points, dated, disputed=len(more) > 1)
