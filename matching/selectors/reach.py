"""How many enterprises a product version's rules would let in: counts by public data, nothing about any enterprise.

The register's facts and the published grade are known of everybody; what needs consent is not looked at, so a rule on
it leaves an enterprise undecided.

Source: issue of matching (batch pre-match); ``QueryPurpose.PRE_MATCH``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
from django.db.models import Count, FilteredRelation, Q

from borrowers.models import Enterprise
from lenders.domain.feature import FEATURES
from lenders.domain.product import rules_of_terms
from lenders.models import ProductVersion
from lenders.selectors import rules_of, terms_of
from marketplace.domain.period import whole_months
from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import SizeClass
from marketplace.domain.workdays import local_date
from matching.domain.fit import UNKNOWN, Fact
from matching.domain.subject import ACTIVE, YUAN, EnterpriseFacts
from matching.domain.suppression import suppressed
from matching.models import EvaluationRun
from matching.scoring.fact_columns import columns_of
from matching.scoring.offer_tables import compile_offers
from matching.scoring.prematch import match_all

REGISTER: Mapping[str, tuple[str, ...]] = {
    "district_code": ("district_id",),
    "industry_section": ("industry_section",),
    "industry_division": ("industry_code",),
    "size_class": ("size_class",),
    "entity_type": ("entity_type",),
    "registration_status": ("status",),
    "age_months": ("established_date",),
    "capital_yuan": ("capital_amount", "capital_currency"),
    "score_points": ("evaluated__score_points",),
    "grade": ("evaluated__grade",),
}
"""Features known of every enterprise, and the columns they come from."""

NEED_FEATURES = frozenset(code for code, feature in FEATURES.items() if feature.declared)


@dataclass(frozen=True)
class Reach:
    """How many active enterprises of the register a version would let in.

    Attributes:
        counts: by outcome; None for a count that is kept back.
        looked_at: labels of the features judged by.
        left_open: labels of the features that need consent or records, unknown here.
    """

    counts: Mapping[Outcome, int | None]
    looked_at: tuple[str, ...]
    left_open: tuple[str, ...]


def version_reach(version: ProductVersion, at: datetime) -> Reach:
    """Return how many enterprises the rules of a version let in, whatever their needs.

    Amount, term, purpose and guarantee belong to a need and are not asked. Enterprises that look the same to the rules
    are read as one row with a count.

    Args:
        version: read through `lenders.selectors.version_get`, with its rules.
        at: moment of asking; rules of that day, and the latest published evaluation.

    Queries: two, and one for the rules when they are not at hand.
    """
    on = local_date(at)
    asked = [*rules_of_terms(terms_of(version)), *rules_of(version)]
    rules = [rule for rule in asked if rule.feature not in NEED_FEATURES]
    compiled = compile_offers([(None, rules)], on)
    known = [code for code in compiled.features if code in REGISTER]
    rows = _register(known)
    facts = [_facts(row, known, on) for row in rows]
    weights = np.array([row["enterprises"] for row in rows], np.int64)
    found = match_all(compiled, columns_of(facts, known), len(rows))
    fits, possible = found.fits[:, 0], found.possible[:, 0]
    total, fitting = int(weights.sum()), int(weights[fits].sum())
    open_to = int(weights[possible].sum())
    counts = {
        Outcome.FITS: fitting,
        Outcome.CANNOT_TELL: open_to - fitting,
        Outcome.DOES_NOT_FIT: total - open_to,
    }
    unknown = [code for code in compiled.features if code not in REGISTER]
    return Reach(suppressed(counts), _labels(known), _labels(unknown))


def _register(known: Iterable[str]) -> list[dict[str, Any]]:
    columns = sorted({column for code in known for column in REGISTER[code]})
    latest = EvaluationRun.objects.filter(state="PUBLISHED").order_by("-month", "-pk").first()
    found = Enterprise.objects.filter(status=ACTIVE).order_by()
    if any(column.startswith("evaluated__") for column in columns):
        of_run = Q(evaluations__run=latest)
        found = found.annotate(evaluated=FilteredRelation("evaluations", condition=of_run))
    return list(found.values(*columns).annotate(enterprises=Count("pk")))


def _facts(row: Mapping[str, Any], known: Iterable[str], on: date) -> dict[str, Fact]:
    return {code: _fact(code, row, on) for code in known}


def _fact(code: str, row: Mapping[str, Any], on: date) -> Fact:
    value: Any = row[REGISTER[code][0]]
    if code == "age_months":
        value = None if value is None else max(whole_months(value, on), 0)
    elif code == "capital_yuan":
        value = value if row["capital_currency"] == YUAN else None
    elif code == "industry_division":
        value = EnterpriseFacts("", "", "", "", industry_code=value).industry_division
    elif code == "size_class" and value == SizeClass.UNKNOWN:
        value = None
    if isinstance(value, Decimal):
        value = value.normalize()
    return UNKNOWN if value is None or value == "" else Fact.of(value)


def _labels(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(FEATURES[code].label for code in codes)
