"""How a credit record is written down for evaluations of all enterprises: integers and short texts, one column a field.

Money is in fen, other decimals in hundredths, days since 1970, moments in microseconds since 1970; a value that does
not read as its field's type is nothing. Engines that know neither Decimal nor Chinese calendars then agree to the last
digit.

Source: design §4 (archive); performance note, recommendation 2 and B (integer days and months).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from borrowers.domain.item_spec import FieldType

BEIJING = timezone(timedelta(hours=8))
EPOCH_DAY = date(1970, 1, 1).toordinal()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

ROW_BITS = 24
"""Rows of one file; a file with more is refused before it is archived."""

_LARGEST = 2**63 - 1

Packed = int | str | None


class KeptIn(StrEnum):
    """Where an item's records are kept: in the database and the archive, or in the archive alone."""

    BOTH = "BOTH"
    ARCHIVE = "ARCHIVE"


KEPT_IN_LABELS = {KeptIn.BOTH: "数据库与归档", KeptIn.ARCHIVE: "只存归档"}


class Storage(StrEnum):
    """How a field stands in a column. FEN is exact; HUNDREDTHS may have been rounded, so that nothing compares it."""

    FEN = "FEN"
    HUNDREDTHS = "HUNDREDTHS"
    WHOLE = "WHOLE"
    DAYS = "DAYS"
    TEXT = "TEXT"


_STORAGES = {
    FieldType.MONEY_YUAN: Storage.FEN,
    FieldType.MONEY_WAN: Storage.FEN,
    FieldType.DECIMAL: Storage.HUNDREDTHS,
    FieldType.INTEGER: Storage.WHOLE,
    FieldType.DATE: Storage.DAYS,
    FieldType.MONTH: Storage.DAYS,
}


def storage_of(field_type: FieldType) -> Storage:
    """Return how fields of a type are stored; codes, choices and truth values are texts."""
    return _STORAGES.get(field_type, Storage.TEXT)


def packed(storage: Storage, value: Any) -> Packed:
    """Return one stored value of a record as its column holds it.

    >>> packed(Storage.FEN, "12.30"), packed(Storage.DAYS, "1970-02-01"), packed(Storage.WHOLE, 7)
    (1230, 31, 7)
    >>> packed(Storage.TEXT, " 有效 "), packed(Storage.FEN, "n/a"), packed(Storage.DAYS, None)
    ('有效', None, None)
    """
    if value is None:
        return None
    if storage is Storage.TEXT:
        return str(value).strip()
    if storage is Storage.DAYS:
        return _days(value)
    return _scaled(value, 1 if storage is Storage.WHOLE else 100)


def unpacked(field_type: FieldType, value: Packed) -> str | int | bool | None:
    """Return the stored value of a record from what a file of the archive holds of it: the way back of packing.

    >>> unpacked(FieldType.MONEY_YUAN, -1230), unpacked(FieldType.DATE, 31), unpacked(FieldType.BOOLEAN, "true")
    ('-12.30', '1970-02-01', True)
    >>> unpacked(FieldType.DECIMAL, "0.125"), unpacked(FieldType.INTEGER, 7), unpacked(FieldType.TEXT, None)
    ('0.125', 7, None)
    """
    if value is None:
        return None
    storage = storage_of(field_type)
    if storage is Storage.FEN:
        fen = int(value)
        return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"
    if storage is Storage.DAYS:
        return date.fromordinal(int(value) + EPOCH_DAY).isoformat()
    if field_type is FieldType.BOOLEAN:
        return value == "true"
    return value


def day_number(day: date) -> int:
    """Return days since 1970-01-01.

    >>> day_number(date(1970, 1, 2))
    1
    """
    return day.toordinal() - EPOCH_DAY


def moment_number(moment: datetime) -> int:
    """Return microseconds since 1970-01-01 UTC of an aware moment.

    >>> moment_number(datetime(1970, 1, 1, 8, 0, 1, tzinfo=BEIJING))
    1000000
    """
    return (moment - EPOCH) // MICROSECOND


def dated(event_date: date | None, received_at: datetime) -> date:
    """Return the day a record counts for: its event, or its reception in Beijing when it names none."""
    return event_date or received_at.astimezone(BEIJING).date()


def _days(value: Any) -> int | None:
    try:
        return day_number(date.fromisoformat(str(value)[:10]))
    except ValueError:
        return None


def _scaled(value: Any, scale: int) -> int | None:
    if type(value) is str and scale == 100 and value[-3:-2] == ".":
        digits = value[:-3] + value[-2:]
        if digits.removeprefix("-").isdecimal():
            return int(digits)  # stored amounts have two places; the general way gives the same
    if isinstance(value, bool) or value == "":
        return None
    try:
        number = Decimal(str(value).replace(",", "").strip())
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    whole = int((number * scale).quantize(Decimal(1), ROUND_HALF_UP))
    return whole if abs(whole) <= _LARGEST else None
