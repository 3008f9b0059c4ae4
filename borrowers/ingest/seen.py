"""The keys of the pieces of a file that were read: some bits of each, by which a later row is suspected.

A hash says that two rows may have a key in common, another number that they say the same of the same enterprise. What a
row says names its key, so that rows alike in both are repeats; rows alike in the hash alone have a key in common only
if what the earlier one said was ever kept under the later one's key, which database or archive tell.

Both numbers wait in passing files. In memory four bits of each hash lie in one word: most rows that never came before
meet a word in which one of theirs is not set, and no file is asked for them.

Source: F. Putze, P. Sanders, J. Singler, Cache-, Hash- and Space-Efficient Bloom Filters (2007), register-blocked.
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

KEYS_PER_WORD = 6
"""At most: then about one of a hundred rows that never came before is looked up in the files."""

WORD_BITS = 17
"""Words at first, as a power of two: a megabyte. They are doubled as keys come."""

_BITS_OF_KEY = 4
_BITS_OF_PLACE = np.uint64(6)
_PLACE = np.uint64(63)
_ONE = np.uint64(1)


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


class Words:
    """A set of hashes that forgets none and takes a few for seen that were not, in a word of 64 bits for four of them.

    The highest bits of a hash say which word, so that hashes in their order meet words in theirs; the lowest say which
    bits of it.
    """

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self._words: Numbers = np.zeros(1 << bits, dtype=np.uint64)

    def has_room(self, count: int) -> bool:
        """Return whether so many hashes in all are few enough."""
        return count <= KEYS_PER_WORD * len(self._words)

    def add(self, marks: Numbers) -> None:
        """Remember some hashes."""
        np.bitwise_or.at(self._words, self._places(marks), _bits_of(marks))

    def may_have(self, marks: Numbers) -> npt.NDArray[np.bool_]:
        """Return of each hash whether it may have been added; of none that was, that it was not."""
        bits = _bits_of(marks)
        is_lacking: npt.NDArray[np.bool_] = (bits & ~self._words[self._places(marks)]).astype(bool)
        return ~is_lacking

    def _places(self, marks: Numbers) -> Numbers:
        return marks >> np.uint64(64 - self.bits)


def _bits_of(marks: Numbers) -> Numbers:
    found = np.zeros(len(marks), dtype=np.uint64)
    for place in range(_BITS_OF_KEY):
        found |= _ONE << ((marks >> (_BITS_OF_PLACE * np.uint64(place))) & _PLACE)
    return found


class SeenKeys:
    """The keys of the earlier pieces of a file, in a passing file a piece; bits of their hashes in memory.

    Args:
        folder: for passing files.
        kept: tells what was kept under some keys.
    """

    def __init__(self, folder: Path, kept: Kept) -> None:
        self.kept = kept
        self._folder = folder
        self._files: list[Path] = []
        self._count = 0
        self._words = Words(WORD_BITS)
        self._latest: PieceKeys | None = None

    def met(self, keys: PieceKeys) -> dict[int, set[int]]:
        """Return the rows of a piece whose hash came before, each with what the rows that had it say."""
        suspected = np.flatnonzero(self._words.may_have(keys.marks))
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
        self._count += len(self._latest.marks)
        if self._words.has_room(self._count):
            self._words.add(self._latest.marks)
        else:
            self._words = self._words_of_files()
        self._latest = None

    def _words_of_files(self) -> Words:
        """Return words with room for the keys there are, twice as many or more."""
        words = self._words
        while not words.has_room(self._count):
            words = Words(words.bits + 1)
        for file in self._files:
            marks, _ = np.load(file, mmap_mode="r")
            words.add(marks)
        return words
