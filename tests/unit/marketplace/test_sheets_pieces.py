"""A file cut into pieces holds the same records, whatever they hold."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.sheets import pieces
from marketplace.sheets.pieces import pieces_of
from marketplace.sheets.plain import PlainCsv, RowsNotPlain

CELL = st.text(alphabet='a,"\r\n甲 ', max_size=6)
TITLES = ("一", "二")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(pieces, "LINES_OF_A_PIECE", 5)


def written(rows, ending="\n"):
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=ending)
    writer.writerow(TITLES)
    writer.writerows(rows)
    return text.getvalue()


def records(text):
    return list(csv.reader(io.StringIO(text, newline="")))


def read(piece):
    content = piece.path.read_bytes()
    return (gzip.decompress(content) if piece.file.gzipped else content).decode()


def cut(text, folder, *, gzipped=False):
    """The text of every piece, and how each is to be read."""
    path = folder / "a.csv"
    path.write_bytes(gzip.compress(text.encode()) if gzipped else text.encode())
    found = [
        (read(piece), piece.file, piece.is_last)
        for piece in pieces_of(path, PlainCsv(TITLES, 1, ",", gzipped), folder)
    ]
    assert [one.name for one in folder.iterdir()] == ["a.csv"]
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    rows=st.lists(st.lists(CELL, min_size=2, max_size=2).filter(any), max_size=40),
    ending=st.sampled_from(["\n", "\r\n"]),
    gzipped=st.booleans(),
    block=st.integers(1, 60),
)
def test_pieces_hold_the_records_of_the_file(rows, ending, gzipped, block, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")
    text = written(rows, ending)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_READ_AT_ONCE", block)
        found = cut(text, folder, gzipped=gzipped)
    assert "".join(piece for piece, _, _ in found) == text
    assert [row for piece, _, _ in found for row in records(piece)] == records(text)
    assert [file.header_row for _, file, _ in found] == [1] + [0] * (len(found) - 1)
    assert [is_last for _, _, is_last in found] == [False] * (len(found) - 1) + [True]
    assert all(piece for piece, _, _ in found)
    assert len(found) > 1 or text.count("\n") <= 5 + text.count('"')


@pytest.mark.parametrize("block", [1, 2, 3, 4, 100])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("count", [3, 30])
def test_empty_line_between_rows_is_not_plain(count, ending, block, tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "_READ_AT_ONCE", block)
    before, after = written([["1", "2"]] * count, ending), f"3,4{ending}"

    with pytest.raises(RowsNotPlain):
        cut(before + ending + after, tmp_path)


@pytest.mark.parametrize("block", [1, 2, 3, 100])
def test_empty_lines_in_a_cell_or_at_the_end_are_plain(block, tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "_READ_AT_ONCE", block)
    text = written([["1", "一\n\n二"]] * 9) + "\n\n"

    found = cut(text, tmp_path)

    assert "".join(piece for piece, _, _ in found).rstrip() == text.rstrip()
    assert all(piece.strip() for piece, _, _ in found)


@pytest.mark.parametrize("block", [1, 2, 3])
def test_empty_lines_after_the_last_piece_are_no_piece(block, tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "_READ_AT_ONCE", block)

    found = cut(written([["1", "2"]] * 9) + "\n\n\n", tmp_path)

    assert [len(records(piece.strip())) for piece, _, _ in found] == [5, 5]
    assert [is_last for _, _, is_last in found] == [False, True]


def test_short_file_is_given_as_it_lies_there(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(written([["1", "2"]] * 4), encoding="utf-8")

    [piece] = pieces_of(path, PlainCsv(TITLES, 1, ",", gzipped=False), tmp_path)

    assert (piece.path, piece.is_last, piece.file.header_row) == (path, True, 1)


def test_long_file_is_cut_into_pieces_of_so_many_lines(tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "_READ_AT_ONCE", 8)

    found = cut(written([["1", "2"]] * 20), tmp_path)

    lines = [len(records(piece)) for piece, _, _ in found]
    assert sum(lines) == 21
    assert {5, 6} >= set(lines[:-1])


def test_piece_is_gone_where_nobody_asks_for_the_next(tmp_path):
    path = Path(tmp_path) / "a.csv"
    path.write_text(written([["1", "2"]] * 20), encoding="utf-8")
    some = pieces_of(path, PlainCsv(TITLES, 1, ",", gzipped=False), tmp_path)
    assert next(some).path.exists()

    some.close()

    assert [one.name for one in tmp_path.iterdir()] == ["a.csv"]
