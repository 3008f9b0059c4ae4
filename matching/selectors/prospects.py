"""What doing one thing would change for all products: closing a penalty, authorising a class, asking for less.

Everything is recomputed with the change made: a penalty is left out of the records and the portrait made anew, so that
counts, score and grade move together.

Source: issue of matching ("closing this penalty makes 3 more products fit" is a page); domain note 2.8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from borrowers.domain.repair import breach_class_of, publicity_of
from marketplace.domain.vocabulary import DATA_CLASS_LABELS, DataClass
from matching.domain.fit import Fact, FeatureFacts, Missing
from matching.domain.fit_changes import Change, ChangeSet, Circumstances
from matching.domain.fit_facts import facts_for_fit
from matching.domain.fit_levers import Means
from matching.domain.fit_standing import Difference, Standing
from matching.domain.portrait import PortraitInputs, assemble
from matching.domain.records import AsOf, PlainRecord
from matching.domain.subject import ConsentFacts

COUNTED_PENALTIES = ("penalties_24m", "serious_penalties_36m")
MOST_PENALTIES = 8
MOST_CHANGES = 6
SINGLE_MEANS = frozenset({Means.NEED, Means.SETTLE, Means.WAIT, Means.REPAIR})
NOT_SUGGESTED = frozenset({"purpose"})
"""What a loan is for is a fact: no one is told how many products another purpose would open."""


@dataclass(frozen=True)
class Prospect:
    """One thing to do, and what it does for all products.

    Attributes:
        means: how.
        sentence: what to do, Chinese, without full stop.
        gained, lost, told: places of products that newly fit, no longer fit, can newly be told.
        record_id: public id of the record it is about, empty without one.
        data_class: what is authorised, None otherwise.
        on_date: from when it can be done or holds, None when not known or at once.
    """

    means: Means
    sentence: str
    gained: tuple[int, ...]
    lost: tuple[int, ...] = ()
    told: tuple[int, ...] = ()
    record_id: str = ""
    data_class: DataClass | None = None
    on_date: date | None = None


@dataclass(frozen=True)
class Views:
    """The same enterprise as it sees itself and as anybody sees it without authorisation.

    Attributes:
        inputs: what the own portrait is made of.
        as_of: the moment.
        own: facts from all of its data.
        public: facts from public data alone.
    """

    inputs: PortraitInputs
    as_of: AsOf
    own: FeatureFacts
    public: FeatureFacts


def views_of(inputs: PortraitInputs, as_of: AsOf) -> Views:
    """Return both views from one reading of the records. Queries: none."""
    own = replace(inputs, consent=ConsentFacts.own())
    public = replace(inputs, consent=ConsentFacts.public_only())
    return Views(
        inputs=own,
        as_of=as_of,
        own=facts_for_fit(assemble(own, as_of)),
        public=facts_for_fit(assemble(public, as_of)),
    )


def circumstances_of(views: Views) -> Circumstances:
    """Return what dates of changes are reckoned from: the founding day, and when each penalty may be repaired."""
    by_id = {record.public_id: record for record in views.inputs.records}
    repair_from = {
        code: tuple(repairable_from(by_id[key]) for key in views.own[code].evidence_ids)
        for code in COUNTED_PENALTIES
    }
    return Circumstances(views.inputs.enterprise.established_date, repair_from)


def repairable_from(record: PlainRecord) -> date:
    """Return the first day on which the publicity of a penalty may be ended by repair."""
    payload = record.payload
    degree = breach_class_of(str(payload.get("CF_DJ", "")), str(payload.get("CF_CFLB", "")))
    special = payload.get("CF_TDLY") is True
    return publicity_of(degree, record.dated, special_sector=special).earliest_end


def penalty_prospects(views: Views, standing: Standing) -> list[Prospect]:
    """Return what the repair of each counted penalty would do, and of all of them; those that help nothing left out.

    Args:
        views: of the enterprise.
        standing: of the products towards its own view.

    Queries: none. Work: one portrait per penalty, at most ``MOST_PENALTIES``.
    """
    if not standing.obstacles() & set(COUNTED_PENALTIES):
        return []
    by_id = {record.public_id: record for record in views.inputs.records}
    named = [key for code in COUNTED_PENALTIES for key in views.own[code].evidence_ids]
    penalties = [by_id[key] for key in dict.fromkeys(named)][:MOST_PENALTIES]
    found = [_closing(views, standing, [penalty]) for penalty in penalties]
    if len(penalties) > 1:
        found.append(_closing(views, standing, penalties))
    return [prospect for prospect in found if prospect.gained]


def change_prospects(
    sets: Iterable[ChangeSet], standing: Standing, skip: Sequence[str] = ()
) -> list[Prospect]:
    """Return what the single changes that suffice for some product would do for all, the most helpful first.

    Args:
        sets: of every product.
        standing: of the products towards the own view.
        skip: features that are dealt with otherwise.
    """
    single: dict[tuple[str, Any], Change] = {}
    for found in sets:
        changes = found.beyond_consent
        if len(changes) == 1 and not found.contradictory and changes[0].means in SINGLE_MEANS:
            single.setdefault((changes[0].feature, changes[0].target), changes[0])
    prospects = [
        _prospect(change, standing.after({change.feature: Fact.of(change.target)}))
        for change in single.values()
        if change.feature not in skip and change.feature not in NOT_SUGGESTED
    ]
    helpful = [entry for entry in prospects if len(entry.gained) > len(entry.lost)]
    helpful.sort(key=lambda entry: len(entry.lost) - len(entry.gained))
    return helpful[:MOST_CHANGES]


def consent_prospects(views: Views, standing: Standing) -> list[Prospect]:
    """Return how many more products lenders could tell after each data class, and after all of them, is authorised.

    Args:
        views: of the enterprise.
        standing: of the products towards the public view.
    """
    hidden = {
        code: fact.data_class
        for code, fact in views.public.items()
        if fact.missing is Missing.NOT_AUTHORIZED and code in standing.obstacles()
    }
    classes = [entry for entry in DataClass if entry in hidden.values()]
    found = [_opening(views, standing, hidden, [entry]) for entry in classes]
    if len(classes) > 1:
        found.append(_opening(views, standing, hidden, classes))
    return [prospect for prospect in found if prospect.told]


def _closing(views: Views, standing: Standing, penalties: Sequence[PlainRecord]) -> Prospect:
    closed = {record.public_id for record in penalties}
    records = [
        replace(record, repaired=True) if record.public_id in closed else record
        for record in views.inputs.records
    ]
    after = facts_for_fit(assemble(replace(views.inputs, records=records), views.as_of))
    first = penalties[0]
    title = str(first.payload.get("CF_WSH") or first.payload.get("CF_WFXW") or "行政处罚")
    sentence = (
        f"完成“{title}”（{first.dated.isoformat()}）的信用修复"
        if len(penalties) == 1
        else f"完成以上全部 {len(penalties)} 项行政处罚的信用修复"
    )
    return Prospect(
        Means.REPAIR,
        sentence,
        standing.after(after).gained,
        record_id=first.public_id if len(penalties) == 1 else "",
        on_date=max(repairable_from(record) for record in penalties),
    )


def _opening(
    views: Views,
    standing: Standing,
    hidden: Mapping[str, DataClass | None],
    classes: Sequence[DataClass],
) -> Prospect:
    opened = {code: views.own[code] for code, found in hidden.items() if found in classes}
    after = standing.after(opened)
    labels = "、".join(f"“{DATA_CLASS_LABELS[entry]}”" for entry in classes)
    return Prospect(
        Means.AUTHORIZE,
        f"授权{labels}",
        after.gained,
        after.lost,
        after.told,
        data_class=classes[0] if len(classes) == 1 else None,
    )


def _prospect(change: Change, after: Difference) -> Prospect:
    return Prospect(
        change.means,
        change.sentence,
        after.gained,
        after.lost,
        after.told,
        on_date=change.on_date,
    )
