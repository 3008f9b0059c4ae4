"""A past run made again from what was known at its moment, beside what it stored; nothing is written.

Source: design law 5 (a past moment gives the same bytes); domain note 2.11.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from borrowers.models import Enterprise
from borrowers.selectors.record_batch import inputs_manifest
from marketplace.domain.errors import Refused
from matching.domain.portrait_json import dump
from matching.domain.records import AsOf
from matching.models import CreditEvaluation, EvaluationRun
from matching.selectors.evaluation_batch import EvaluationBasis, evaluation_basis, scores_of
from matching.selectors.score_model import score_model_on

CHUNK_ENTERPRISES = 10_000
MOST_NAMED = 20

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Verification:
    """A run beside itself.

    Attributes:
        stored, again: SHA-256 over the canonical lines of all enterprises, as kept and as made again.
        enterprises: how many were compared.
        differing: credit codes of the first that are not the same.
        same_inputs: the files known at the moment are those of the run's snapshot.
    """

    stored: str
    again: str
    enterprises: int
    differing: tuple[str, ...]
    same_inputs: bool

    @property
    def is_same(self) -> bool:
        """Return whether every byte is."""
        return self.stored == self.again


def evaluation_verified(run: EvaluationRun, progress: Progress | None = None) -> Verification:
    """Return a finished run made again and compared line by line.

    Facts of the register are those of today: an enterprise whose registration changed since may differ.

    Args:
        run: finished.
        progress: told the number of enterprises compared.

    Raises:
        Refused: ``EVALUATION_STATE`` while it runs; ``NO_SCORE_MODEL`` when its model is gone.

    Queries: six per 10,000 enterprises.
    """
    basis = _basis(run)
    stored, again = hashlib.sha256(), hashlib.sha256()
    differing: list[str] = []
    done, latest = 0, 0
    while chunk := _chunk(run, latest):
        kept = _kept_lines(run, chunk)
        for enterprise, made in zip(chunk, scores_of(chunk, basis), strict=True):
            line = _line(enterprise.uscc, made.points, made.grade, made.lines)
            before = kept.get(enterprise.pk, "")
            stored.update(before.encode())
            again.update(line.encode())
            if line != before and len(differing) < MOST_NAMED:
                differing.append(enterprise.uscc)
        done, latest = done + len(chunk), chunk[-1].pk
        if progress:
            progress(done)
    same_inputs = inputs_manifest(run.as_of).sha256 == run.snapshot.get("manifest")
    return Verification(stored.hexdigest(), again.hexdigest(), done, tuple(differing), same_inputs)


def _basis(run: EvaluationRun) -> EvaluationBasis:
    if run.state == "RUNNING":
        raise Refused("EVALUATION_STATE", "评价批次尚未完成，无法核对。")
    as_of = AsOf.from_moment(run.as_of)
    model = score_model_on(as_of.day)
    if model is None or model.version != run.model_version:
        raise Refused("NO_SCORE_MODEL", f"没有版本为 {run.model_version} 的评价模型。")
    return evaluation_basis(as_of, model)


def _chunk(run: EvaluationRun, after: int) -> list[Enterprise]:
    register = Enterprise.objects.filter(created_at__lte=run.as_of, pk__gt=after)
    found = register.select_related("district", "register_batch").order_by("pk")
    return list(found[:CHUNK_ENTERPRISES])


def _kept_lines(run: EvaluationRun, chunk: Sequence[Enterprise]) -> dict[int, str]:
    usccs = {enterprise.pk: enterprise.uscc for enterprise in chunk}
    rows = CreditEvaluation.objects.filter(
        run=run, enterprise__gte=chunk[0].pk, enterprise__lte=chunk[-1].pk
    )
    found = rows.order_by().values_list("enterprise_id", "score_points", "grade", "reasons")
    return {pk: _line(usccs.get(pk, ""), *rest) for pk, *rest in found}


def _line(uscc: str, points: int | None, grade: str, lines: Sequence[Any]) -> str:
    return dump([uscc, points, grade, list(lines)]) + "\n"
