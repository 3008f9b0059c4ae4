"""What an item demands of its deliveries, declared with the item.

Source: domain note 2.7 (合规率, 及时率, 上报率), 2.9 (upload, validate, report).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class QualityKind(StrEnum):
    """What a rule looks at.

    ACCEPTED: share of rows read that were not rejected. FILLED: share of rows kept that have a field. IN_RANGE: share
    of a field's values within limits. RECENT: share of events at most so many days old. IN_TIME: share of events
    delivered within the item's working days. VOLUME: rows read against the median of earlier deliveries. DUE: the
    period's delivery came by its last day; looked at every night.
    """

    ACCEPTED = "ACCEPTED"
    FILLED = "FILLED"
    IN_RANGE = "IN_RANGE"
    RECENT = "RECENT"
    IN_TIME = "IN_TIME"
    VOLUME = "VOLUME"
    DUE = "DUE"


QUALITY_KIND_LABELS = {
    QualityKind.ACCEPTED: "合规率",
    QualityKind.FILLED: "填写率",
    QualityKind.IN_RANGE: "取值在范围内的比例",
    QualityKind.RECENT: "事件日期不过早的比例",
    QualityKind.IN_TIME: "及时率",
    QualityKind.VOLUME: "数据量与以往相比",
    QualityKind.DUE: "按期报送",
}

OF_FIELD = frozenset({QualityKind.FILLED, QualityKind.IN_RANGE})
OF_EVENT = frozenset({QualityKind.RECENT, QualityKind.IN_TIME})
OF_BATCH = frozenset(QualityKind) - {QualityKind.DUE}
SHARES = OF_BATCH - {QualityKind.VOLUME}


@dataclass(frozen=True, slots=True)
class QualityRule:
    """One demand on deliveries of an item.

    Attributes:
        kind: see `QualityKind`.
        field: for FILLED and IN_RANGE.
        minimum: for shares, the least share as a decimal text, 0 to 1.
        low, high: for IN_RANGE, limits of the value (amounts in yuan); for VOLUME, multiples of the median; decimal
            texts, empty for no limit.
        days: for RECENT, greatest age in calendar days.
    """

    kind: QualityKind
    field: str = ""
    minimum: str = ""
    low: str = ""
    high: str = ""
    days: int = 0

    @property
    def code(self) -> str:
        """Return what tells the rule from the item's others, e.g. ``FILLED:amount_yuan``."""
        return f"{self.kind}:{self.field}" if self.field else self.kind.value

    @property
    def demand(self) -> str:
        """Return what is demanded, in words without the field's title.

        >>> QualityRule(QualityKind.ACCEPTED, minimum="0.95").demand
        '合规率不低于 95%'
        >>> QualityRule(QualityKind.VOLUME, low="0.5", high="2").demand
        '数据量与以往相比在 0.5 至 2 倍之间'
        """
        label = QUALITY_KIND_LABELS[self.kind]
        if self.kind is QualityKind.DUE:
            return "每期在报送期限内送达"
        if self.kind is QualityKind.VOLUME:
            return f"{label}在 {self.low or '0'} 至 {self.high or '任意'} 倍之间"
        if self.kind is QualityKind.RECENT:
            label = f"事件日期不早于报送前 {self.days} 天的比例"
        if self.kind is QualityKind.IN_RANGE:
            label = f"取值在 {self.low or '不限'} 至 {self.high or '不限'} 之间的比例"
        return f"{label}不低于 {percent(Decimal(self.minimum))}"


def percent(share: Decimal) -> str:
    """Return a share in percent, at most two places, cut off so that 99.999% never reads as 100%.

    >>> percent(Decimal("0.95")), percent(Decimal("0.99999"))
    ('95%', '99.99%')
    """
    cut = int(share * 10_000)
    return f"{Decimal(cut) / 100:f}".removesuffix(".00") + "%" if cut % 100 else f"{cut // 100}%"


def rule_fault(rule: QualityRule) -> str:
    """Return what is wrong with a rule by itself, empty when nothing is."""
    if bool(rule.field) is not (rule.kind in OF_FIELD):
        return f"质量规则 {rule.kind} 的字段有误"
    if rule.kind in SHARES and not Decimal(0) <= Decimal(rule.minimum) <= Decimal(1):
        return f"质量规则 {rule.code} 的比例应在 0 至 1 之间"
    if rule.kind is QualityKind.RECENT and rule.days <= 0:
        return f"质量规则 {rule.code} 没有写明天数"
    limits = [Decimal(text) for text in (rule.low, rule.high) if text]
    if rule.kind in (QualityKind.IN_RANGE, QualityKind.VOLUME) and not limits:
        return f"质量规则 {rule.code} 没有上下限"
    if limits != sorted(limits):
        return f"质量规则 {rule.code} 的下限大于上限"
    return ""
