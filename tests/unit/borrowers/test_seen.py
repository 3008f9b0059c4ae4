"""Keys of earlier pieces: what came before is always told, and nothing else, however little of it is in memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from borrowers.ingest import seen as module
from borrowers.ingest.seen import PieceKeys, SeenKeys, Words

HASHES = st.integers(0, 39).map(lambda number: number * 0x9E37_79B9_7F4A_7C15 % 2**64)
ROWS = st.lists(st.tuples(HASHES, st.integers(0, 2)), max_size=30)


def keys_of(rows, above):
    """Return rows of hash and saying as a piece whose row numbers begin above some number."""
    placed = sorted((mark, above + place, said) for place, (mark, said) in enumerate(rows))
    marks, numbers, said = (np.array(part, dtype=np.uint64) for part in zip(*placed, strict=True))
    return PieceKeys(numbers, marks, said)


@given(pieces=st.lists(ROWS.filter(bool), min_size=1, max_size=6), left_out=st.integers(0, 3))
def test_what_came_before_is_told_with_all_that_was_said(tmp_path_factory, pieces, left_out):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "WORD_BITS", 1)
        seen = SeenKeys(tmp_path_factory.mktemp("seen"), lambda keys: {})
        before = {}
        for number, rows in enumerate(pieces):
            above = 100 * number
            keys = keys_of(rows, above)
            assert seen.met(keys) == {
                above + place: before[mark]
                for place, (mark, _) in enumerate(rows)
                if mark in before
            }
            seen.hold(keys, {above + place for place in range(left_out)})
            seen.add()
            for mark, said in rows[left_out:]:
                before.setdefault(mark, set()).add(said)


def test_few_hashes_that_never_came_are_suspected_and_room_grows_with_the_keys(tmp_path):
    drawn = np.random.default_rng(7)
    seen = SeenKeys(tmp_path, lambda keys: {})
    pieces, size = 20, 1 << 16
    for number in range(pieces):
        marks = np.sort(drawn.integers(0, 2**64, size, dtype=np.uint64))
        seen.hold(PieceKeys(np.arange(size, dtype=np.uint64) + number * size, marks, marks), ())
        seen.add()
    words = seen._words
    strangers = drawn.integers(0, 2**64, size, dtype=np.uint64)
    assert words.may_have(strangers).mean() < 1 / 50
    assert words.has_room(pieces * size)
    assert not words.has_room(8 * pieces * size), "memory is not asked for far ahead"


def test_of_no_hash_that_was_added_it_is_said_that_it_was_not():
    drawn = np.random.default_rng(11)
    marks = drawn.integers(0, 2**64, 5_000, dtype=np.uint64)
    words = Words(4)
    words.add(marks)
    assert words.may_have(marks).all()
