"""Whether a delivery keeps the quality rules of its item.

Source: domain note 2.7 (合规率, 及时率, 上报率).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from statistics import median

from borrowers.domain.quality_rule import QualityKind, QualityRule, percent

FEWEST_EARLIER = 3
"""So many earlier deliveries make a volume comparable."""
EARLIER_LOOKED_AT = 6

Counts = Mapping[str, tuple[int, int]]
"""Code of a rule to what was counted: how many of how many; rows read of the median for VOLUME."""


@dataclass(frozen=True)
class Measured:
    """What one rule found in one delivery.

    Attributes:
        rule: the rule.
        part, whole: how many of how many.
        kept: whether the rule was kept; None when there was nothing to measure.
    """

    rule: QualityRule
    part: int
    whole: int
    kept: bool | None

    def sentence(self, label: str) -> str:
        """Return demand and finding in words.

        Args:
            label: title of the rule's field, empty when it has none.
        """
        about = f"“{label}”" if label else ""
        if self.rule.kind is QualityKind.VOLUME:
            found = f"本批 {self.part} 行，以往各批中位数 {self.whole} 行"
        else:
            share = percent(Decimal(self.part) / Decimal(self.whole)) if self.whole else "无"
            found = f"实际 {share}（{self.part}/{self.whole}）"
        return f"{about}{self.rule.demand}；{found}。"


def measure_all(rules: Iterable[QualityRule], counts: Counts) -> tuple[Measured, ...]:
    """Return what every rule that looks at deliveries found.

    Args:
        rules: of the item; DUE is not about a delivery and left out.
        counts: see `Counts`; a rule without counts could not be measured.
    """
    return tuple(
        _measure(rule, *counts.get(rule.code, (0, 0)))
        for rule in rules
        if rule.kind is not QualityKind.DUE
    )


def volume_counts(read: int, earlier: Iterable[int]) -> tuple[int, int]:
    """Return rows read and the median of earlier deliveries, 0 when they are too few to compare.

    Args:
        read: rows of this delivery.
        earlier: rows of earlier deliveries, latest first.

    >>> volume_counts(90, [100, 120, 80]), volume_counts(90, [100])
    ((90, 100), (90, 0))
    """
    looked_at = list(earlier)[:EARLIER_LOOKED_AT]
    if len(looked_at) < FEWEST_EARLIER:
        return read, 0
    return read, int(median(looked_at))


def _measure(rule: QualityRule, part: int, whole: int) -> Measured:
    if whole == 0:
        return Measured(rule, part, whole, None)
    if rule.kind is QualityKind.VOLUME:
        low, high = Decimal(rule.low or 0), Decimal(rule.high) if rule.high else None
        kept = low * whole <= part and (high is None or part <= high * whole)
    else:
        kept = Decimal(part) >= Decimal(rule.minimum) * whole
    return Measured(rule, part, whole, kept)
