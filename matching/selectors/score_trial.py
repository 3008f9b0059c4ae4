"""What a drafted score model would make of the register: grades of a sample under it and under the one in force.

Source: domain note 2.11; `matching.domain.drift`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from borrowers.models import Enterprise
from matching.domain.drift import ARROW
from matching.domain.records import AsOf
from matching.domain.scorecard_model import ScoreModel
from matching.selectors.evaluation_batch import evaluation_basis, scores_of
from matching.selectors.score_model import score_model_on

STRETCHES, STRETCH = 10, 200
"""A trial looks at so many stretches of so many enterprises, spread evenly over the register."""


@dataclass(frozen=True)
class Trial:
    """What a model would make of a sample of the register.

    Attributes:
        sampled: enterprises looked at.
        before, after: enterprises by grade under the model in force and under the drafted one; empty for not scored.
        moves: enterprises by ``before>after`` where they differ.
    """

    sampled: int
    before: dict[str, int]
    after: dict[str, int]
    moves: dict[str, int]


def score_model_trial(model: ScoreModel, as_of: AsOf) -> Trial:
    """Return what a model would make of a sample of the register, beside the model in force; nothing is stored.

    Args:
        model: drafted.
        as_of: the moment whose records are read.

    Queries: five per stretch and model at most.
    """
    current = score_model_on(as_of.day)
    trial = Trial(0, {}, {}, {})
    if current is None:
        return trial
    bases = [evaluation_basis(as_of, one) for one in (current, model)]
    for stretch in _sample():
        trial = replace(trial, sampled=trial.sampled + len(stretch))
        old, new = ([one.grade for one in scores_of(stretch, basis)] for basis in bases)
        for before, after in zip(old, new, strict=True):
            trial.before[before] = trial.before.get(before, 0) + 1
            trial.after[after] = trial.after.get(after, 0) + 1
            if before != after:
                move = f"{before}{ARROW}{after}"
                trial.moves[move] = trial.moves.get(move, 0) + 1
    return trial


def _sample() -> list[Sequence[Enterprise]]:
    """Return stretches of consecutive enterprises, the same for the same register."""
    register = Enterprise.objects.order_by("pk").select_related("district", "register_batch")
    count = register.count()
    if count <= STRETCHES * STRETCH:
        whole = list(register)
        return [whole] if whole else []
    begins = [count * number // STRETCHES for number in range(STRETCHES)]
    return [list(register[begin : begin + STRETCH]) for begin in begins]
