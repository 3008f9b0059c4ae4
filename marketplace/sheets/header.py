"""Where the header of a sheet is: below merged titles, in one line or two, in any order of columns.

With the titles that are expected, the header is the line (or pair of lines) that has most of them. Without, it is the
first line of words as wide as the table.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

from marketplace.domain.errors import Refused
from marketplace.domain.text import NumberCell, header_key

_WIDE_ENOUGH = 0.6
_FEWEST_TITLES = 2

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Header:
    """A sheet's header.

    Attributes:
        first_row: index of its first line among the sheet's rows, from 0.
        lines: 1 or 2.
        titles: one per column, unique; a column without a title is named by its place.
    """

    first_row: int
    lines: int
    titles: tuple[str, ...]

    @property
    def data_row(self) -> int:
        """Return the index of the first row of data."""
        return self.first_row + self.lines


def find_header(rows: Sequence[Row], known: Collection[str], name: str) -> Header:
    """Return the header among the first rows of a sheet.

    Args:
        rows: the first rows, blank ones included.
        known: expected titles in any spelling; empty when nothing is known.
        name: file name, for the sentence of the refusal.

    Raises:
        Refused: ``SHEET_NO_HEADER`` naming some of the expected titles.
    """
    keys = frozenset(header_key(title) for title in known)
    found = _by_known(rows, keys) if keys else _by_shape(rows)
    if found is None:
        expected = "、".join(sorted(known, key=len)[:6])
        hint = f"，应有列名如：{expected}" if expected else ""
        raise Refused("SHEET_NO_HEADER", f"文件“{name}”前{len(rows)}行内没有找到表头{hint}。")
    return found


def _by_known(rows: Sequence[Row], keys: frozenset[str]) -> Header | None:
    """The candidate with most expected titles; of equals the one with fewer lines, then the earlier."""
    best: Header | None = None
    best_score = min(_FEWEST_TITLES, len(keys)) - 1
    for lines in (1, 2):
        for index in range(len(rows) - lines + 1):
            titles = _titles(rows[index : index + lines], keys)
            score = len({_bare(title) for title in titles if _is_known(title, keys)})
            if score > best_score:
                best, best_score = Header(index, lines, _unique(titles)), score
    return best


def _by_shape(rows: Sequence[Row]) -> Header | None:
    widths = [sum(1 for cell in row if cell) for row in rows]
    filled = [width for width in widths if width]
    if not filled:
        return None
    typical = median(filled)
    for index, row in enumerate(rows):
        if widths[index] >= 1 and _two_lined(rows, index, typical):
            return Header(index, 2, _unique(_titles(rows[index : index + 2], frozenset())))
        if widths[index] >= max(1, _WIDE_ENOUGH * typical) and _is_words(row):
            return Header(index, 1, _unique(_titles([row], frozenset())))
    return None


def _two_lined(rows: Sequence[Row], index: int, typical: float) -> bool:
    """A line with gaps whose gaps the next line of words fills, while it leaves some of its titles alone."""
    if index + 1 >= len(rows) or not _is_words(rows[index]) or not _is_words(rows[index + 1]):
        return False
    pairs = list(_zipped(rows[index], rows[index + 1]))
    fills = sum(1 for upper, lower in pairs if lower and not upper)
    leaves = sum(1 for upper, lower in pairs if upper and not lower)
    together = sum(1 for upper, lower in pairs if upper or lower)
    return fills > 0 and leaves > 0 and together >= _WIDE_ENOUGH * typical


def _is_words(row: Row) -> bool:
    cells = [cell for cell in row if cell]
    return bool(cells) and not any(_is_number(cell) for cell in cells)


def _is_number(cell: str) -> bool:
    digits = cell.replace(".", "").replace(",", "").replace("-", "").replace("/", "")
    return isinstance(cell, NumberCell) or digits.isdecimal()


def _titles(lines: Sequence[Row], keys: frozenset[str]) -> list[str]:
    """One title per column; of two lines the lower one, completed by the group above where that is needed."""
    if len(lines) == 1:
        return list(lines[0])
    titles: list[str] = []
    group = ""
    pairs = list(_zipped(lines[0], lines[1]))
    lower_counts = [lower for _, lower in pairs]
    for upper, lower in pairs:
        group = upper or (group if lower else "")
        candidates = [lower, f"{group}{lower}", group] if lower else [upper]
        fitting = next((title for title in candidates if _is_known(title, keys)), "")
        ambiguous = bool(lower) and lower_counts.count(lower) > 1
        titles.append(fitting or (f"{group}{lower}" if ambiguous else candidates[0]))
    return titles


def _zipped(upper: Row, lower: Row) -> list[tuple[str, str]]:
    width = max(len(upper), len(lower))
    padded = [[*row, *[""] * (width - len(row))] for row in (upper, lower)]
    return list(zip(padded[0], padded[1], strict=True))


def _is_known(title: str, keys: frozenset[str]) -> bool:
    return bool(title) and (header_key(title) in keys or _bare(title) in keys)


def _bare(title: str) -> str:
    """The title's key without a unit in brackets."""
    key = header_key(title)
    return key.split("(", 1)[0] or key


def _unique(titles: Sequence[str]) -> tuple[str, ...]:
    seen: dict[str, int] = {}
    unique: list[str] = []
    for place, title in enumerate(titles, start=1):
        name = title or f"第{place}列"
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return tuple(unique)
