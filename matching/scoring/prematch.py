"""All enterprises with all products: per feature a table from value to product masks, and the AND of the gathers.

A row of a table holds two masks, one bit per product: which products the value *fits*, and which it leaves *possible*.
They differ only where there is nothing to judge by. ANDed over all features they say of each pair whether it fits, does
not, or cannot be told; the tables of single rules they are packed from give each reason when somebody asks.

The readable reference is `matching.domain.fit`; property tests hold the two together for every pair.

Source: issue of matching (columnar batch); `docs/performance.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from marketplace.domain.verdict import Outcome
from matching.domain.fit import UNKNOWN, Audience, FeatureFacts, finding_sentence, own_words
from matching.scoring.fact_columns import Columns, code_of
from matching.scoring.offer_tables import (
    WORD,
    CompiledOffers,
    Condition,
    FeatureTable,
    Truths,
    Words,
)

BLOCK = 2048
"""Enterprises at a time: masks of a block stay in the processor's cache."""


@dataclass(frozen=True)
class Matches:
    """Whether each of some enterprises fits each product.

    Attributes:
        count: how many products.
        masks: enterprises x (2 x words): products that fit, then products not ruled out.
    """

    count: int
    masks: Words

    @property
    def fits(self) -> Truths:
        """Return enterprises x products: all rules hold."""
        return self._bits(0)

    @property
    def possible(self) -> Truths:
        """Return enterprises x products: no rule is broken; what is possible but does not fit cannot be told."""
        return self._bits(1)

    def outcome(self, row: int, product: int) -> Outcome:
        """Return the finding of one pair."""
        half = self.masks.shape[1] // 2
        word, bit = divmod(product, WORD)
        fits = int(self.masks[row, word]) >> bit & 1
        possible = int(self.masks[row, half + word]) >> bit & 1
        if fits:
            return Outcome.FITS
        return Outcome.CANNOT_TELL if possible else Outcome.DOES_NOT_FIT

    def outcomes(self, row: int) -> list[Outcome]:
        """Return the findings of one enterprise with every product."""
        one = Matches(self.count, self.masks[row : row + 1])
        named = (Outcome.DOES_NOT_FIT, Outcome.CANNOT_TELL, Outcome.FITS)
        total = one.fits[0].astype(np.int8) + one.possible[0]
        return [named[place] for place in total.tolist()]

    def _bits(self, family: int) -> Truths:
        half = self.masks.shape[1] // 2
        part = np.ascontiguousarray(self.masks[:, family * half : (family + 1) * half])
        bits = np.unpackbits(_as_bytes(part), axis=1, count=self.count, bitorder="little")
        return bits.view(np.bool_)


def match_all(compiled: CompiledOffers, columns: Columns, rows: int) -> Matches:
    """Return how every enterprise fits every product.

    Args:
        compiled: the products.
        columns: the enterprises, see `matching.scoring.fact_columns`.
        rows: how many enterprises; a feature without column is unknown for all of them.

    Returns:
        16 bytes per enterprise and 64 products.
    """
    masks = np.empty((rows, 2 * compiled.words), np.uint64)
    for start, part in match_blocks(compiled, columns, rows):
        masks[start : start + len(part)] = part
    return Matches(compiled.count, masks)


def match_blocks(
    compiled: CompiledOffers, columns: Columns, rows: int
) -> Iterator[tuple[int, Words]]:
    """Yield the first row and the masks of one block of enterprises after the other; each is overwritten by the next.

    Args:
        compiled, columns, rows: as for `match_all`.
    """
    width = 2 * compiled.words
    result = np.empty((min(BLOCK, rows), width), np.uint64)
    gathered = np.empty_like(result)
    base = _everything(compiled, columns)
    known = [table for table in compiled.tables if table.feature.code in columns]
    for start in range(0, rows, BLOCK):
        end = min(start + BLOCK, rows)
        masks, part = result[: end - start], gathered[: end - start]
        masks[:] = base
        for table in known:
            cells = table.cells(columns[table.feature.code][start:end])
            np.take(table.masks, cells, axis=0, out=part, mode="clip")
            np.bitwise_and(masks, part, out=masks)
        yield start, masks


def match_one(compiled: CompiledOffers, facts: FeatureFacts) -> Matches:
    """Return how one enterprise and its need fit every product, without words.

    Raises:
        NoColumn: a fact that no column holds.
    """
    masks = _everything(compiled, {})
    masks[:] = np.iinfo(np.uint64).max
    for table, cell in zip(compiled.tables, _cells_of(compiled, facts), strict=True):
        np.bitwise_and(masks, table.masks[cell], out=masks)
    return Matches(compiled.count, masks[None, :])


@dataclass(frozen=True)
class Reason:
    """What one rule of one product found, in words."""

    rule_code: str
    outcome: Outcome
    sentence: str


def reasons_of(
    compiled: CompiledOffers,
    facts: FeatureFacts,
    products: Sequence[int] | None = None,
    audience: Audience = Audience.OFFICER,
) -> list[list[Reason]]:
    """Return every reason of one enterprise with some products, from the tables the masks are packed from.

    Args:
        compiled: the products.
        facts: of the enterprise and its need.
        products: places of the products asked about; None for all.
        audience: whom the sentences are written for.

    Raises:
        NoColumn: a fact that no column holds.
    """
    cells = _cells_of(compiled, facts)
    told = [
        _own_words(table, cell, facts, audience)
        for table, cell in zip(compiled.tables, cells, strict=True)
    ]
    spelled: dict[int, tuple[Outcome, str]] = {}
    found = []
    for product in range(compiled.count) if products is None else products:
        reasons = []
        for rule, place in compiled.rules[product]:
            if place not in spelled:
                spelled[place] = _spell(compiled.conditions[place], cells, told, audience)
            outcome, sentence = spelled[place]
            reasons.append(Reason(rule.code, outcome, sentence))
        found.append(reasons)
    return found


def product_counts(
    compiled: CompiledOffers, columns: Columns, rows: int
) -> dict[Outcome, NDArray[np.int64]]:
    """Return per product how many enterprises fit, cannot be told, do not; nothing per enterprise is kept."""
    fits = np.zeros(compiled.count, np.int64)
    possible = np.zeros(compiled.count, np.int64)
    for _, masks in match_blocks(compiled, columns, rows):
        block = Matches(compiled.count, masks)
        fits += block.fits.sum(axis=0)
        possible += block.possible.sum(axis=0)
    return {
        Outcome.FITS: fits,
        Outcome.CANNOT_TELL: possible - fits,
        Outcome.DOES_NOT_FIT: rows - possible,
    }


def _as_bytes(words: Words) -> NDArray[np.uint8]:
    return words.astype("<u8", copy=False).view(np.uint8)


def _everything(compiled: CompiledOffers, columns: Columns) -> Words:
    """Return the masks of an enterprise of which nothing is known but the columns at hand."""
    masks = np.full(2 * compiled.words, np.iinfo(np.uint64).max, np.uint64)
    for table in compiled.tables:
        if table.feature.code not in columns:
            masks &= table.masks[0]
    return masks


def _cells_of(compiled: CompiledOffers, facts: FeatureFacts) -> list[int]:
    found = []
    for table in compiled.tables:
        value = code_of(table.feature, facts.get(table.feature.code, UNKNOWN))
        found.append(
            value if table.breaks is None else int(table.breaks.searchsorted(value, "right"))
        )
    return found


def _own_words(table: FeatureTable, cell: int, facts: FeatureFacts, audience: Audience) -> str:
    fact = facts.get(table.feature.code, UNKNOWN)
    return own_words(table.feature, fact, audience, told=cell != 0)


def _spell(
    condition: Condition, cells: Sequence[int], told: Sequence[str], audience: Audience
) -> tuple[Outcome, str]:
    cell = cells[condition.slot]
    outcome = Outcome.CANNOT_TELL
    if cell:
        outcome = Outcome.FITS if condition.holds[cell] else Outcome.DOES_NOT_FIT
    return outcome, finding_sentence(condition.asked, told[condition.slot], outcome, audience)
