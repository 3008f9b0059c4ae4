"""Facts of many enterprises as integer columns: one array per feature, one number per enterprise.

Numbers are hundredths of the feature's unit (money in fen), so comparing is exact. A coded feature is the place of its
code in the list, counted from one; a set is its codes as bits, plus one; a truth value is 1 or 2. 0, or the least
number of a numeric column, means that there is nothing to judge by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lenders.domain.feature import FEATURES, Feature, FeatureKind
from matching.domain.fit import UNKNOWN, Fact, FeatureFacts, number_of, truth_of
from matching.domain.fit_target import DIVISIONS

UNKNOWN_NUMBER = int(np.iinfo(np.int64).min)
UNKNOWN_CODE = 0
HUNDREDTHS = 100
SET_LIMIT = 12
"""Codes of a set that fit into a table of all their combinations."""

Column = NDArray[np.integer[Any]]
Columns = Mapping[str, Column]
"""Feature code to its column, all of one length; a feature that is left out is unknown for all."""


class NoColumn(ValueError):
    """A value that the scalar rule reads but no column holds."""


def columns_of(facts: Sequence[FeatureFacts], features: Iterable[str]) -> dict[str, Column]:
    """Return the columns of some enterprises' facts, e.g. to match a few by the batch's tables.

    Args:
        facts: one mapping per enterprise.
        features: codes of the columns wanted.

    Raises:
        NoColumn: see `code_of`.
    """
    found: dict[str, Column] = {}
    for code in features:
        feature = FEATURES[code]
        values = [code_of(feature, entry.get(code, UNKNOWN)) for entry in facts]
        found[code] = np.array(values, np.int64 if feature.is_numeric else np.int16)
    return found


def code_of(feature: Feature, fact: Fact) -> int:
    """Return a fact as a number of its feature's column.

    Raises:
        NoColumn: a number finer than hundredths, several codes where the feature has one, a code of no list.
    """
    if feature.is_numeric:
        return _hundredths(feature, fact)
    if not fact.is_known:
        return UNKNOWN_CODE
    if feature.kind is FeatureKind.BOOLEAN:
        truth = truth_of(fact.value)
        return UNKNOWN_CODE if truth is None else 1 + int(truth)
    return _coded(feature, fact.value)


@lru_cache(maxsize=256)
def places_of(code: str) -> Mapping[str, int]:
    """Return the codes of a coded feature with their places, from zero."""
    choices = tuple(FEATURES[code].choices) or DIVISIONS
    if FEATURES[code].kind is FeatureKind.SET and len(choices) > SET_LIMIT:
        raise NoColumn(f"{code} has too many codes for a set")
    return {choice: place for place, choice in enumerate(choices)}


def cells_of(feature: Feature) -> int:
    """Return how many numbers the column of a feature that is not numeric may hold, unknown among them."""
    if feature.kind is FeatureKind.BOOLEAN:
        return 3
    places = len(places_of(feature.code))
    return 1 + (2**places if feature.kind is FeatureKind.SET else places)


def _hundredths(feature: Feature, fact: Fact) -> int:
    number = number_of(fact.value) if fact.is_known else None
    if number is None:
        return UNKNOWN_NUMBER
    scaled = number * HUNDREDTHS
    if scaled != scaled.to_integral_value():
        raise NoColumn(f"{feature.code} is finer than hundredths: {number}")
    return int(scaled)


def _coded(feature: Feature, value: Any) -> int:
    codes = {value} if isinstance(value, str) else value
    if not isinstance(codes, set | frozenset | list | tuple):
        return UNKNOWN_CODE
    if not all(feature.has_code(str(code)) for code in codes):
        return UNKNOWN_CODE
    places = places_of(feature.code)
    try:
        found = [places[str(code)] for code in codes]
    except KeyError as error:
        raise NoColumn(f"{feature.code} has no place for {error}") from error
    if feature.kind is FeatureKind.SET:
        return 1 + sum(1 << place for place in set(found))
    if len(found) != 1:
        raise NoColumn(f"{feature.code} holds one code, not {len(found)}")
    return 1 + found[0]
