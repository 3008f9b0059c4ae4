"""Registered capital (注册资金) as registers write it: amount, currency, or a stated "unknown".

The register of 1978-2009 alone has over twelve forms and ten currencies. Unknown is not zero, and an amount in another
currency is not an amount in yuan: nothing is converted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from marketplace.domain.money import WAN, YI, to_yuan
from marketplace.domain.text import clean, half_width, is_blank

_CURRENCIES = (
    ("CNY", ("人民币", "RMB", "CNY")),
    ("HKD", ("港币", "港元", "港圆", "香港元", "HKD")),
    ("USD", ("美元", "美金", "USD")),
    ("JPY", ("日元", "日圆", "日币", "JPY")),
    ("EUR", ("欧元", "EUR")),
    ("GBP", ("英镑", "GBP")),
    ("DEM", ("德国马克", "马克", "DEM")),
    ("FRF", ("法国法郎", "FRF")),
    ("CHF", ("瑞士法郎", "CHF")),
    ("CAD", ("加拿大元", "加元", "CAD")),
    ("AUD", ("澳大利亚元", "澳元", "AUD")),
    ("NZD", ("新西兰元", "NZD")),
    ("SGD", ("新加坡元", "新元", "SGD")),
    ("TWD", ("新台币", "台币", "TWD")),
    ("KRW", ("韩元", "韩国元", "韩圆", "KRW")),
    ("MOP", ("澳门元", "澳门币", "MOP")),
    ("SEK", ("瑞典克朗", "SEK")),
    ("DKK", ("丹麦克朗", "DKK")),
)
_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?")
_BARE_UNITS = {
    "万元": (WAN, "CNY"),
    "元": (Decimal(1), "CNY"),
    "亿元": (YI, "CNY"),
    "圆": (Decimal(1), "CNY"),
}
_LARGEST = Decimal(10) ** 18


@dataclass(frozen=True, slots=True)
class Capital:
    """What a register says about an enterprise's capital.

    Attributes:
        amount: in units of the currency (not in 万), two places; None when unknown.
        currency: ISO 4217 code; None when unknown.
        text: as the register writes it.
        code: empty when amount and currency are known, else ``CAPITAL_EMPTY`` (nothing stated),
            ``CAPITAL_NO_AMOUNT``, ``CAPITAL_CURRENCY_UNKNOWN`` (``45(万)``), ``CAPITAL_UNIT_UNKNOWN`` (a bare
            number: of yuan or of ten thousands) or ``CAPITAL_UNREADABLE``.
    """

    amount: Decimal | None
    currency: str | None
    text: str
    code: str = ""

    @property
    def amount_yuan(self) -> Decimal | None:
        """Return the amount when it is in yuan, else None."""
        return self.amount if self.currency == "CNY" else None

    @property
    def is_known(self) -> bool:
        """Return whether both amount and currency are known."""
        return not self.code


def parse_capital(text: str) -> Capital:
    """Return the capital that the text states.

    >>> parse_capital("1,913.2157(万元人民币)").amount_yuan
    Decimal('19132157.00')
    >>> parse_capital("18.2人民币元").amount, parse_capital("40(万德国马克)").currency
    (Decimal('18.20'), 'DEM')
    >>> parse_capital("N/A").code, parse_capital("6").code, parse_capital("45(万)").code
    ('CAPITAL_EMPTY', 'CAPITAL_UNIT_UNKNOWN', 'CAPITAL_CURRENCY_UNKNOWN')

    Source: data notes, forms measured in the register; domain note 2.1 row 1.
    """
    original = clean(text)
    if is_blank(original):
        return Capital(None, None, original, "CAPITAL_EMPTY")
    flat = half_width(original).replace(" ", "").upper()
    number = _NUMBER.search(flat)
    rest = _strip_brackets(
        flat if number is None else flat[: number.start()] + flat[number.end() :]
    )
    if number is None:
        code = "CAPITAL_NO_AMOUNT" if _unit_of(rest) else "CAPITAL_UNREADABLE"
        return Capital(None, None, original, code)
    if number[1] == "-" or (rest and _unit_of(rest) is None):
        return Capital(None, None, original, "CAPITAL_UNREADABLE")
    if not rest:
        return Capital(None, None, original, "CAPITAL_UNIT_UNKNOWN")
    return _known(original, Decimal(number[0].replace(",", "")), rest)


def _known(original: str, number: Decimal, unit_text: str) -> Capital:
    scale, currency = _unit_of(unit_text) or (Decimal(1), None)
    amount = number * scale
    if amount >= _LARGEST:
        return Capital(None, None, original, "CAPITAL_UNREADABLE")
    code = "" if currency else "CAPITAL_CURRENCY_UNKNOWN"
    return Capital(to_yuan(amount), currency, original, code)


def _strip_brackets(text: str) -> str:
    return text.replace("(", "").replace(")", "").replace(":", "").removeprefix("注册资本")


def _unit_of(text: str) -> tuple[Decimal, str | None] | None:
    """Return scale and currency of what stands around the number; None when it is neither."""
    if text in _BARE_UNITS:
        return _BARE_UNITS[text]
    currency, rest = _currency_of(text)
    if rest in ("万元", "万", "万圆"):
        return WAN, currency
    if rest in ("亿元", "亿"):
        return YI, currency
    if rest in ("", "元", "圆", "整", "元整"):
        return (Decimal(1), currency) if currency else None
    return None


def _currency_of(text: str) -> tuple[str | None, str]:
    for code, names in _CURRENCIES:
        for name in names:
            if name in text:
                return code, text.replace(name, "", 1)
    return None, text
