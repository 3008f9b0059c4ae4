"""One month's evaluation beside the one before.

Source: domain note 2.11; `matching.domain.drift`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from matching.domain.declaration import declarations_on
from matching.domain.drift import ARROW, lines_by_code, stability, tally_from
from matching.domain.evaluation_lines import KeptLine
from matching.domain.records import AsOf
from matching.models import CreditEvaluation, EvaluationRun


@dataclass(frozen=True)
class IndicatorDrift:
    """One indicator: how far its bins moved, and how many enterprises of another grade are in another bin."""

    label: str
    psi: Decimal | None
    changed: int


@dataclass(frozen=True)
class Drift:
    """A run beside the one before.

    Attributes:
        before: the run compared with.
        psi: of the grades.
        moves: grade before, grade now, enterprises; most first.
        indicators: those that moved most first.
    """

    before: EvaluationRun
    psi: Decimal | None
    moves: tuple[tuple[str, str, int], ...]
    indicators: tuple[IndicatorDrift, ...]


def run_before(month: date) -> EvaluationRun | None:
    """Return the latest finished run of an earlier month, None when there is none. Queries: one."""
    finished = EvaluationRun.objects.filter(month__lt=month).exclude(state="RUNNING")
    return finished.order_by("-month", "-pk").first()


def evaluations_before(
    run: EvaluationRun, enterprises: Sequence[int]
) -> dict[int, tuple[str, Mapping[str, KeptLine]]]:
    """Return grade and lines that enterprises had in the run before, by primary key.

    Args:
        run: whose snapshot names the run before.
        enterprises: primary keys of a stretch, ascending.

    Queries: two; none without a run before.
    """
    before = _before(run)
    if before is None or "codes" not in before.snapshot or not enterprises:
        return {}
    rows = CreditEvaluation.objects.filter(
        run=before, enterprise__gte=enterprises[0], enterprise__lte=enterprises[-1]
    )
    codes = before.snapshot["codes"]
    found = rows.order_by().values_list("enterprise_id", "grade", "reasons")
    return {pk: (grade, lines_by_code(codes, reasons)) for pk, grade, reasons in found}


def run_drift(run: EvaluationRun) -> Drift | None:
    """Return a finished run beside the one before, None when there is nothing to compare.

    The caller has checked that the reader may see the run.

    Queries: one.
    """
    before = _before(run)
    if before is None or run.state == "RUNNING" or "tally" not in before.snapshot:
        return None
    old, new = tally_from(before.snapshot["tally"]), tally_from(run.snapshot["tally"])
    labels = {entry.code: entry.label for entry in declarations_on(AsOf.from_moment(run.as_of).day)}
    indicators = [
        IndicatorDrift(
            labels.get(code, code),
            stability(old.bins.get(code, {}), counts),
            new.causes.get(code, 0),
        )
        for code, counts in new.bins.items()
    ]
    moves = [_move(key, count) for key, count in new.moves.items()]
    return Drift(
        before=before,
        psi=stability(old.grades, new.grades),
        moves=tuple(sorted(moves, key=lambda move: (-move[2], move[:2]))),
        indicators=tuple(
            sorted(indicators, key=lambda one: (-(one.psi or 0), -one.changed, one.label))
        ),
    )


def _move(key: str, count: int) -> tuple[str, str, int]:
    before, now = key.split(ARROW)
    return before, now, count


def _before(run: EvaluationRun) -> EvaluationRun | None:
    public_id = run.snapshot.get("before")
    return EvaluationRun.objects.filter(public_id=public_id).first() if public_id else None
