"""The keys of the pieces of a file that were read: sixteen bytes of each, by which a later row is suspected.

A hash says that two rows may have a key in common, another number that they say the same of the same enterprise. What a
row says names its key, so that rows alike in both are repeats; rows alike in the hash alone have a key in common only
if what the earlier one said was ever kept under the later one's key, which database or archive tell.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Key = tuple[int, str]
"""Enterprise (primary key) and natural key."""

Kept = Callable[[Collection[Key]], Mapping[Key, set[int]]]
"""Tells what versions of some keys say, see `says`, of every version that was ever kept; nothing of unknown keys."""

Numbers = npt.NDArray[np.uint64]


def says(enterprise: int, digest: int) -> int:
    """Return a number for what a row says of an enterprise.

    Args:
        enterprise: primary key.
        digest: first 60 bits of the content's digest.
    """
    return digest ^ enterprise


def said_by_key(versions: Iterable[tuple[int, str, int]]) -> dict[Key, set[int]]:
    """Return by key what versions say, given enterprise, natural key and first 60 bits of the digest of each."""
    found: dict[Key, set[int]] = {}
    for enterprise, key, digest in versions:
        found.setdefault((enterprise, key), set()).add(says(enterprise, digest))
    return found


class PieceKeys(NamedTuple):
    """The keys of a piece in order of their hashes: numbers of rows, hashes, what the rows say (`says`)."""

    rows: Numbers
    marks: Numbers
    said: Numbers


class SeenKeys:
    """The keys of the earlier pieces of a file: their hashes in memory, what the rows say in a passing file a piece.

    Args:
        folder: for passing files.
        kept: tells what was kept under some keys.
    """

    def __init__(self, folder: Path, kept: Kept) -> None:
        self.kept = kept
        self._folder = folder
        self._files: list[Path] = []
        self._marks: Numbers = np.empty(0, dtype=np.uint64)
        self._latest: PieceKeys | None = None

    def met(self, keys: PieceKeys) -> dict[int, set[int]]:
        """Return the rows of a piece whose hash came before, each with what the rows that had it say."""
        if not len(self._marks):
            return {}
        places = np.minimum(np.searchsorted(self._marks, keys.marks), len(self._marks) - 1)
        suspected = np.flatnonzero(self._marks[places] == keys.marks)
        marks, rows = keys.marks[suspected], keys.rows[suspected].tolist()
        found: dict[int, set[int]] = {}
        for file in self._files if rows else []:
            earlier, said = np.load(file, mmap_mode="r")
            first, end = (np.searchsorted(earlier, marks, side) for side in ("left", "right"))
            for place in np.flatnonzero(end > first).tolist():
                like = said[first[place] : end[place]].tolist()
                found.setdefault(rows[place], set()).update(like)
        return found

    def hold(self, keys: PieceKeys, repeats: Collection[int]) -> None:
        """Have the keys of a piece at hand, those of its repeats left out."""
        if repeats:
            stay = ~np.isin(keys.rows, np.array(list(repeats), dtype=np.uint64))
            keys = PieceKeys(*(numbers[stay] for numbers in keys))
        self._latest = keys

    def add(self) -> None:
        """Remember the keys of the latest piece for those that come after it."""
        if self._latest is None:
            return
        file = self._folder / f"seen-{len(self._files)}.npy"
        np.save(file, np.stack([self._latest.marks, self._latest.said]))
        self._files.append(file)
        self._marks = np.concatenate([self._marks, self._latest.marks])
        self._marks.sort(kind="stable")  # two runs in order, which it merges
        self._latest = None
