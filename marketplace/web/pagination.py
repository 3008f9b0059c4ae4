"""Pages of long lists: by number where people count, by key where lists are long."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from marketplace.domain.errors import Refused

PAGE_SIZE = 20
CURSOR_LIMIT = 400
BIGGEST_KEY = 2**63 - 1
T = TypeVar("T", bound=Model)


def number_page(
    request: HttpRequest, items: QuerySet[Any] | Sequence[Any], size: int = PAGE_SIZE
) -> Page[Any]:
    """Return the page the request's ``page`` asks for; out of range means the nearest page.

    For lists of at most some thousand rows: the total is counted.

    Queries: two, one for the count and one for the rows.
    """
    return Paginator(items, size).get_page(request.GET.get("page"))


@dataclass(frozen=True)
class KeysetPage(Generic[T]):
    """Some rows of a long list, with the cursors of the pages beside it; nothing is counted."""

    rows: list[T]
    next_cursor: str = ""
    previous_cursor: str = ""

    @property
    def has_other_pages(self) -> bool:
        """Return whether there is anywhere to go."""
        return bool(self.next_cursor or self.previous_cursor)


def keyset_page(
    request: HttpRequest,
    queryset: QuerySet[T],
    *,
    field: str,
    descending: bool = True,
    size: int = PAGE_SIZE,
) -> KeysetPage[T]:
    """Return the rows after or before the request's ``cursor``, ordered by one field and the primary key.

    The cost does not grow with the depth of the page. The field needs an index and must not be null.

    Args:
        request: carries ``?cursor=``.
        queryset: the rows, in any order.
        field: field to order by.
        descending: latest or largest first.
        size: rows a page.

    Raises:
        Refused: ``CURSOR_INVALID``, the cursor was not made here.

    Queries: one.
    """
    cursor = request.GET.get("cursor", "")
    backward, key, pk = _read_cursor(cursor, queryset.model, field) if cursor else (False, None, 0)
    falling = descending is not backward
    if cursor:
        sign = "lt" if falling else "gt"
        beyond = Q(**{f"{field}__{sign}": key}) | Q(**{field: key, f"pk__{sign}": pk})
        queryset = queryset.filter(beyond)
    order = [f"-{field}", "-pk"] if falling else [field, "pk"]
    found = list(queryset.order_by(*order)[: size + 1])
    is_more, rows = len(found) > size, found[:size]
    if backward:
        rows.reverse()
    return _with_cursors(rows, field, is_more or backward, is_more if backward else bool(cursor))


def _with_cursors(rows: list[T], field: str, goes_on: bool, goes_back: bool) -> KeysetPage[T]:
    if not rows:
        return KeysetPage([])
    return KeysetPage(
        rows,
        _write_cursor(rows[-1], field, backward=False) if goes_on else "",
        _write_cursor(rows[0], field, backward=True) if goes_back else "",
    )


def _write_cursor(row: Model, field: str, *, backward: bool) -> str:
    value = row._meta.get_field(field).value_to_string(row)  # type: ignore[union-attr]
    text = json.dumps([backward, value, row.pk], ensure_ascii=True, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(cursor: str, model: type[Model], field: str) -> tuple[bool, Any, int]:
    """Return direction, value and primary key of the row the cursor stands on."""
    try:
        if len(cursor) > CURSOR_LIMIT:
            raise ValueError(len(cursor))
        padded = cursor + "=" * (-len(cursor) % 4)
        backward, value, pk = json.loads(base64.urlsafe_b64decode(padded.encode()))
        key = model._meta.get_field(field).to_python(value)  # type: ignore[union-attr]
        number = int(pk)
        if key is None or abs(number) > BIGGEST_KEY:
            raise ValueError(cursor)
        return bool(backward), key, number
    except (ValueError, TypeError, OverflowError, binascii.Error, ValidationError) as fault:
        raise Refused("CURSOR_INVALID", "翻页位置无效，请从第一页重新开始。") from fault
