"""Money is Decimal yuan with two places; 万元 and 亿元 exist in display and import only."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

FEN = Decimal("0.01")
WAN = Decimal(10_000)
YI = Decimal(100_000_000)
WHOLE_IN_WAN = Decimal(100)
"""Multiples of it have at most two decimals in 万元."""


def to_yuan(amount: Decimal) -> Decimal:
    """Return the amount rounded half up to fen.

    >>> to_yuan(Decimal("1.005"))
    Decimal('1.01')
    """
    return amount.quantize(FEN, rounding=ROUND_HALF_UP)


def wan_to_yuan(amount_wan: Decimal) -> Decimal:
    """Return 万元 as yuan.

    >>> wan_to_yuan(Decimal("50"))
    Decimal('500000.00')
    """
    return to_yuan(amount_wan * WAN)


def display_wan(amount_yuan: Decimal | None) -> str:
    """Return yuan as 万元 where two decimals say all of it, else as 元; ``—`` when unknown.

    Exact to the fen: no rounding is hidden.

    >>> display_wan(Decimal("500000")), display_wan(Decimal("1234500.00"))
    ('50 万元', '123.45 万元')
    >>> display_wan(Decimal("1234567")), display_wan(Decimal("1234567.80"))
    ('1,234,567 元', '1,234,567.80 元')
    """
    if amount_yuan is None:
        return "—"
    if not is_whole_in_wan(amount_yuan):
        return display_yuan(amount_yuan)
    return f"{(amount_yuan / WAN).normalize():,f} 万元"


def is_whole_in_wan(amount_yuan: Decimal) -> bool:
    """Return whether two decimals of 万元 say all of an amount."""
    return not amount_yuan % WHOLE_IN_WAN


def display_yuan(amount_yuan: Decimal) -> str:
    """Return yuan as 元, exact to the fen.

    >>> display_yuan(Decimal("500000.00")), display_yuan(Decimal("80.50"))
    ('500,000 元', '80.50 元')
    """
    return f"{amount_yuan:,.2f}".removesuffix(".00") + " 元"


def display_yi(amount_yuan: Decimal | None) -> str:
    """Return yuan as 亿元 rounded half up to two places, for headline figures.

    >>> display_yi(Decimal("14520000000"))
    '145.20 亿元'
    """
    if amount_yuan is None:
        return "—"
    number = (amount_yuan / YI).quantize(FEN, rounding=ROUND_HALF_UP)
    return f"{number:,f} 亿元"


def display_rate(annual_rate_bp: int | None) -> str:
    """Return basis points as an annual rate text.

    >>> display_rate(365)
    '3.65%'
    """
    if annual_rate_bp is None:
        return "—"
    return f"{Decimal(annual_rate_bp) / 100:.2f}%"
