"""Whitelists made of the platform's own data: enterprises of the district that want finance, each judged by the gates.

Source: domain note 2.2, 2.3.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from borrowers.domain.industry import SECTION_LABELS
from marketplace.domain.errors import Refused
from marketplace.domain.parameters import DatedValue
from marketplace.domain.thematic import LIST_LABELS
from marketplace.models import User
from matching.models import Whitelist
from matching.selectors.whitelist_asking import enterprises_narrowed
from matching.services.whitelist_draft import (
    Progress,
    draft_begin,
    draft_finish,
    own_district,
)
from matching.services.whitelist_facts import Amounts
from matching.services.whitelist_run import Judge, JudgeMemory, Tally
from matching.services.whitelist_set import entries_count, entries_generate

NARROWING = "本期名单的生成条件"


@dataclass(frozen=True)
class GenerationParameters:
    """What an issue made from the platform's data asks beyond the district's gates; they narrow and never widen.

    Attributes:
        min_age_months: months since establishment; None leaves the district's.
        size_classes: codes; empty leaves the district's.
        sectors: section letters of GB/T 4754; empty for all.
        lists: codes of thematic lists, of which an enterprise is on one; empty for all.
        amount_min_yuan, amount_max_yuan: bounds of the stated need; entries without an amount pass.
    """

    min_age_months: int | None = None
    size_classes: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    amount_min_yuan: Decimal | None = None
    amount_max_yuan: Decimal | None = None

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> GenerationParameters:
        """Return the parameters that `as_json` wrote."""
        low, high = kept.get("amount_min_yuan"), kept.get("amount_max_yuan")
        return cls(
            min_age_months=kept.get("min_age_months"),
            size_classes=tuple(kept.get("size_classes", ())),
            sectors=tuple(kept.get("sectors", ())),
            lists=tuple(kept.get("lists", ())),
            amount_min_yuan=None if low is None else Decimal(low),
            amount_max_yuan=None if high is None else Decimal(high),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the parameters as the whitelist keeps them, those not set left out."""
        values = {name: value for name, value in vars(self).items() if value not in (None, ())}
        return json.loads(json.dumps(values, default=str))  # type: ignore[no-any-return]


@transaction.atomic
def whitelist_generate(
    *,
    district: str,
    issue_no: str,
    parameters: GenerationParameters,
    actor: User,
    at: datetime,
    title: str = "",
    progress: Progress | None = None,
) -> Whitelist:
    """Make a draft of the district's enterprises that want finance, each judged by the gates.

    An enterprise wants finance when it has an open need on the platform, or when one of the district's latest uploads
    says so with a date that still counts. Those that a gate keeps out are in the draft with their reasons.

    Args:
        district: code; the actor works for it or was delegated it.
        issue_no: number of the issue, unique in the district.
        parameters: see `GenerationParameters`.
        actor: clerk or lead of the district.
        at: now, aware.
        title: as in `whitelist_upload`.
        progress: told the number of enterprises judged.

    Raises:
        NotFound, Conflict: as `whitelist_upload`.
        Refused: ``WL_PARAMETER_INVALID`` with sentences at the fields; ``WL_NO_CANDIDATES``.

    Writes: as `whitelist_upload`, audit ``matching.whitelist.generate``.
    """
    area = own_district(actor, district, at)
    judge = Judge.of(area.code, at)
    judge = narrowed(judge, parameters)
    whitelist = draft_begin(area, issue_no, title, "GENERATED", actor, at)
    whitelist.parameters = parameters.as_json()
    enterprises = enterprises_narrowed(
        area.code, judge.today, sectors=parameters.sectors, lists=parameters.lists
    )
    amounts = Amounts(parameters.amount_min_yuan, parameters.amount_max_yuan)
    tally = entries_generate(whitelist, enterprises, amounts, judge)
    if progress:
        progress(tally.read)
    if tally.read == 0:
        raise Refused("WL_NO_CANDIDATES", "本区没有符合所选条件、且表示有融资意愿的企业。")
    return draft_finish(whitelist, tally, "generate", actor, at)


@transaction.atomic
def whitelist_count(
    *, district: str, parameters: GenerationParameters, actor: User, at: datetime
) -> Tally:
    """Return how many enterprises `whitelist_generate` would judge, admit and refuse, and why; nothing is kept.

    Raises:
        NotFound: the district is not the actor's.
        Refused: ``WL_PARAMETER_INVALID`` with sentences at the fields.

    Queries: as `whitelist_generate`. Writes: temporary tables, gone afterwards.
    """
    area = own_district(actor, district, at)
    judge = narrowed(Judge.of(area.code, at), parameters)
    enterprises = enterprises_narrowed(
        area.code, judge.today, sectors=parameters.sectors, lists=parameters.lists
    )
    amounts = Amounts(parameters.amount_min_yuan, parameters.amount_max_yuan)
    return entries_count(enterprises, amounts, judge)


def narrowed(judge: Judge, asked: GenerationParameters) -> Judge:
    """Return the judge with the issue's own parameters laid over the district's.

    Raises:
        Refused: ``WL_PARAMETER_INVALID`` with sentences at the fields.
    """
    today = judge.today
    least, sizes = judge.parameter("min_age_months"), judge.parameter("size_classes")
    problems = _parameter_problems(asked, least, sizes)
    if problems:
        raise Refused("WL_PARAMETER_INVALID", "生成条件有误，请按提示修改。", problems)
    entered: dict[str, list[DatedValue]] = {}
    if asked.min_age_months is not None:
        entered["whitelist.min_age_months"] = [DatedValue(today, asked.min_age_months, NARROWING)]
    if asked.size_classes:
        entered["whitelist.size_classes"] = [
            DatedValue(today, tuple(asked.size_classes), NARROWING)
        ]
    parameters = judge.parameters.with_entered(entered)
    return replace(judge, parameters=parameters, memory=JudgeMemory())


def _parameter_problems(
    asked: GenerationParameters, least: int, sizes: Collection[str]
) -> dict[str, str]:
    problems: dict[str, str] = {}
    if asked.min_age_months is not None and not least <= asked.min_age_months <= 1200:
        problems["min_age_months"] = f"成立时间要求不能低于本区门槛 {least} 个月。"
    if not set(asked.size_classes) <= set(sizes):
        problems["size_classes"] = "所选企业规模超出白名单的适用范围。"
    if not set(asked.sectors) <= set(SECTION_LABELS):
        problems["sectors"] = "所选行业不是行业门类。"
    if not set(asked.lists) <= set(LIST_LABELS):
        problems["lists"] = "所选专题库不存在。"
    low, high = asked.amount_min_yuan, asked.amount_max_yuan
    if low is not None and high is not None and low > high:
        problems["amount_max_yuan"] = "需求金额上限不能低于下限。"
    return problems
