"""The fast lane keeps, refuses and spells exactly what the row-by-row reader does, for every item of the catalogue."""

from __future__ import annotations

import csv
import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from borrowers.domain.catalogue import load_catalogue
from borrowers.domain.item_spec import FieldType, Subject
from borrowers.domain.record import CleanRow, canonical_payload, compile_item, digest_of
from borrowers.ingest import meanings, repeats, staging
from borrowers.ingest.forms import digest_number
from borrowers.ingest.lane import check, subject_codes
from borrowers.ingest.seen import SeenKeys, said_by_key
from borrowers.ingest.staging import NotPlain, engine, stage, tables_forget
from borrowers.ingest.subjects import enterprises_are
from marketplace.sheets import open_sheet, pieces, pieces_of, plain_csv

ITEMS = load_catalogue().items
DAY = date(2026, 5, 12)
KNOWN = {"91120103MA05010399": 7, "91120101MA0501012L": 8, "91120102MA0501020X": 9}
OWN = {"E1": 7, "C-22": 8, "A.9/1": 9}
BLANK = ["", "", "-", "无", "N/A", " ", "null", "暂无"]
ODD = [
    "  前后有空 ",
    "a\tb",
    "全角ＡＢ",
    '有"引号"',
    "反\\斜",
    "竖|线",
    "两  空",
    "长" * 600,
    "NA",
    "０１",
]
CELLS: dict[FieldType, list[str]] = {
    FieldType.TEXT: ["示例", "津示罚〔2026〕1号", "A-1（甲）", "第12项 其他", "x", "MA12", *ODD],
    FieldType.DATE: ["2026-01-07", "2026/1/7", "20260107", "长期", "9999-09-09", "2027-01-01", "2026-13-01",
                     "２０２６年1月7日", "1799-01-01", "2025-12-31"],
    FieldType.MONTH: ["2026-01", "202603", "2026年3月", "2026-13", "2026-01-31", "2025-12"],
    FieldType.INTEGER: ["0", "7", "2025", "1,024", "12.0", "-3", "3.5", "1e2", "99999999999999", "2024"],
    FieldType.MONEY_YUAN: ["0", "100", "12.3", "12.34", "12.345", "1,000.50", "-5", "-0.50", "¥3", "(7.10)", "1e3",
                           "0.005", "999999999999.99", "abc", "+4"],
    FieldType.MONEY_WAN: ["0", "1", "1.5", "0.123456", "0.1234567", "-2", "12,000", "1万", "99999999"],
    FieldType.DECIMAL: ["0", "1.5", "1.50", "12", "0.333333333", "5%", "-1", "1e-3", "100", "007"],
    FieldType.BOOLEAN: ["是", "否", "1", "0", "Y", "√", "maybe", "不公示"],
    FieldType.USCC: ["11120000MB12345110", "91120103MA05010399", "91120103ma0501039 9", "120000400012345", "X"],
    FieldType.LOCAL_CODE: [*OWN, "e1", "91120103MA05010399", "坏", "1.2E+17", "C22", "9112-0103"],
}  # fmt: skip
SUBJECTS = [
    *KNOWN,
    *KNOWN,
    "91120103MA06010137",
    "91120103ma05010399",
    "120000400012345",
    "",
    "９1120103MA05010399",
]


def cell(spec, item, rng):
    if spec.code == item.subject_field:
        own = [*OWN, *OWN, "X9", "坏代码", ""]
        return rng.choice(
            {Subject.USCC: SUBJECTS, Subject.LOCAL: own}.get(item.subject, SUBJECTS + own)
        )
    if (not spec.required and rng.random() < 0.25) or rng.random() < 0.03:
        return rng.choice(BLANK)
    if spec.type is FieldType.CHOICE:
        names = [name for option in spec.options for name in option.split("|")]
        return rng.choice([*names, *names, f" {names[0]}", "不在其中"])
    cells = CELLS[spec.type]
    usual = cells[: max(2, len(cells) // 3)]
    return rng.choice(usual if rng.random() < 0.8 else cells)


def by_rows(item, path):
    """What the row-by-row reader makes of the file: kept by row, reasons by row, repeats."""
    kept, errors, first, same = {}, {}, {}, 0
    sheet = open_sheet(path, path.name, known=[title for c in item.columns for title in c.titles])
    read_row = compile_item(item, sheet.titles, DAY)
    for number, row in sheet:
        found = read_row(row, number)
        if not isinstance(found, CleanRow):
            errors[number] = [(error.field, error.code, error.sentence) for error in found]
            continue
        known = KNOWN if found.subject_kind == "USCC" else OWN
        enterprise = known.get(found.subject_code)
        if enterprise is None:
            unknown = "SUBJECT_UNKNOWN" if found.subject_kind == "USCC" else "SUBJECT_ALIAS_UNKNOWN"
            errors[number] = unknown
            continue
        content = canonical_payload(found.payload)
        key = enterprise, found.natural_key
        if key in first:
            if first[key] == content:
                same += 1
            else:
                errors[number] = "KEY_CONFLICT_IN_FILE"
            continue
        first[key] = content
        kept[number] = (*key, found.event_date, content, digest_of(content))
    return kept, errors, same


def in_columns(item, path, folder):
    """What the fast lane makes of it, and how many rows the scalar code had to see."""
    errors = {}

    def rejected(found):
        simple = {"SUBJECT_UNKNOWN", "SUBJECT_ALIAS_UNKNOWN", "KEY_CONFLICT_IN_FILE"}
        plain = [(error.field, error.code, error.sentence) for error in found]
        errors[found[0].row] = found[0].code if found[0].code in simple else plain

    def place(wanted):
        return {
            (kind, code): known[code]
            for kind, code in wanted
            for known in [KNOWN if kind == "USCC" else OWN]
            if code in known
        }

    sheet = open_sheet(path, path.name, known=[title for c in item.columns for title in c.titles])
    rows, same, odd, above = [], 0, 0, None
    seen = SeenKeys(
        folder, lambda keys: said_by_key((row[1], row[2], digest_number(row[5])) for row in rows)
    )
    with engine(folder) as connection:
        for piece in pieces_of(path, plain_csv(sheet, path), folder):
            lane = stage(connection, item, piece.file, piece.path, rows_above=above)
            known = {**KNOWN, **({} if item.subject is Subject.USCC else OWN)}
            found = {code: known[code] for code in subject_codes(lane) if code in known}
            arrays = {"code": list(found), "ent_id": list(found.values())}
            enterprises_are(connection, as_arrays(arrays))
            same += check(lane, place, DAY, rejected, seen=seen)
            seen.add()
            rows += connection.execute(
                "SELECT row, ent_id, natural_key, event_date, content, content_digest FROM checked"
            ).fetchall()
            odd += lane.one("SELECT count(*) FROM odd")
            above = lane.last_row
            tables_forget(connection)
    return {row[0]: row[1:] for row in rows}, errors, same, odd


def as_arrays(columns):
    import numpy as np

    return {
        "code": np.array(columns["code"], dtype=object),
        "ent_id": np.array(columns["ent_id"], dtype=np.int64),
    }


def write(path, item, count, rng):
    fields = [spec for spec in item.fields if spec.required or rng.random() < 0.9]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator=rng.choice(["\n", "\r\n"]))
        writer.writerow([spec.label for spec in fields])
        for _ in range(count):
            writer.writerow([cell(spec, item, rng) for spec in fields])


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
def test_keeps_and_refuses_what_the_row_reader_does(item, tmp_path):
    path = tmp_path / "delivered.csv"
    write(path, item, 100, random.Random(item.code))

    kept, errors, same, _ = in_columns(item, path, tmp_path)

    expected = by_rows(item, path)
    assert errors == expected[1]
    assert kept == expected[0]
    assert same == expected[2]


@pytest.mark.parametrize("item", ITEMS, ids=lambda item: item.code)
def test_pieces_come_to_what_the_whole_file_does(item, tmp_path, monkeypatch):
    monkeypatch.setattr(pieces, "LINES_OF_A_PIECE", 30)
    monkeypatch.setattr(pieces, "_READ_AT_ONCE", 200)
    path = tmp_path / "delivered.csv"
    write(path, item, 100, random.Random(item.code))
    ending = b"\r\n" if b"\r\n" in path.read_bytes() else b"\n"
    lines = path.read_bytes().split(ending)
    blank = b"," * lines[0].count(b",")
    path.write_bytes(ending.join([*lines[:50], blank, *lines[50:], b"", b""]))

    kept, errors, same, _ = in_columns(item, path, tmp_path)

    expected = by_rows(item, path)
    assert errors == expected[1]
    assert kept == expected[0]
    assert same == expected[2]


@pytest.mark.parametrize("lines", [30, 1000])
@pytest.mark.parametrize("code", ["TAX_PAYMENT", "PENALTY", "ANNUAL_REPORT"])
def test_hash_that_tells_no_key_from_another_changes_nothing(code, lines, tmp_path, monkeypatch):
    monkeypatch.setattr(repeats, "_MARK", "7::UBIGINT")
    monkeypatch.setattr(pieces, "LINES_OF_A_PIECE", lines)
    monkeypatch.setattr(pieces, "_READ_AT_ONCE", 200)
    item = next(entry for entry in ITEMS if entry.code == code)
    path = tmp_path / "delivered.csv"
    write(path, item, 100, random.Random(code))

    kept, errors, same, _ = in_columns(item, path, tmp_path)

    assert (kept, errors, same) == by_rows(item, path)
    assert "KEY_CONFLICT_IN_FILE" in errors.values()


@pytest.mark.parametrize("code", ["TAX_PAYMENT", "PENALTY", "POWER_BILL", "ANNUAL_REPORT"])
def test_orderly_file_never_leaves_the_columns(code, tmp_path):
    item = next(entry for entry in ITEMS if entry.code == code)
    path = tmp_path / "delivered.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([spec.label for spec in item.fields])
        for number in range(50):
            writer.writerow([orderly(spec, item, number) for spec in item.fields])

    kept, errors, _, odd = in_columns(item, path, tmp_path)

    assert (len(kept), errors, odd) == (50, {}, 0)


def orderly(spec, item, number):
    if spec.code == item.subject_field:
        return next(iter(KNOWN))
    if spec.type is FieldType.CHOICE:
        return spec.choices[0]
    month = f"{2000 + number // 12}-{number % 12 + 1:02}"
    texts = {FieldType.TEXT: f"津示文〔2026〕{number}号", FieldType.DATE: "2026/1/7", FieldType.MONTH: month,
             FieldType.INTEGER: f"{max(int(spec.minimum or 0), 1975) + number}", FieldType.DECIMAL: "1.5",
             FieldType.MONEY_YUAN: "12.3", FieldType.MONEY_WAN: "1.5", FieldType.BOOLEAN: "是",
             FieldType.USCC: "11120000MB12345110", FieldType.LOCAL_CODE: f"M{number}"}  # fmt: skip
    return texts[spec.type] if spec.kept else "不留存"


@pytest.mark.parametrize("most", [0, 3, 10_000])
@pytest.mark.parametrize("code", ["PENALTY", "TAX_PAYMENT", "PERMIT", "ANNUAL_REPORT"])
def test_texts_read_the_same_by_cell_and_by_pattern(code, most, tmp_path, monkeypatch):
    monkeypatch.setattr(staging, "MOST_TEXTS", most)
    item = next(entry for entry in ITEMS if entry.code == code)
    path = tmp_path / "delivered.csv"
    write(path, item, 150, random.Random(most))

    assert in_columns(item, path, tmp_path)[:3] == by_rows(item, path)


@pytest.mark.parametrize("code", ["PENALTY", "ANNUAL_REPORT"])
def test_columns_without_a_value_are_nothing(code, tmp_path):
    item = next(entry for entry in ITEMS if entry.code == code)
    path = tmp_path / "delivered.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([spec.label for spec in item.fields])
        for number in range(5):
            writer.writerow(
                [orderly(spec, item, number) if spec.required else "" for spec in item.fields]
            )

    kept, errors, same, odd = in_columns(item, path, tmp_path)

    assert (kept, errors, same) == by_rows(item, path)
    assert (len(kept), odd) == (5, 0)


def test_many_mapped_columns_read_the_same_in_several_joins(tmp_path, monkeypatch):
    monkeypatch.setattr(meanings, "JOINED_AT_ONCE", 2)
    path = tmp_path / "delivered.csv"
    write(path, ANY_ITEM, 100, random.Random(5))

    assert in_columns(ANY_ITEM, path, tmp_path)[:3] == by_rows(ANY_ITEM, path)


ANY_ITEM = next(item for item in ITEMS if item.code == "PENALTY")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(texts=st.lists(st.text(max_size=12), min_size=1, max_size=8))
def test_any_text_reads_the_same(texts, tmp_path):
    rows = [dict.fromkeys((spec.label for spec in ANY_ITEM.fields), "") for _ in texts]
    for number, (row, text) in enumerate(zip(rows, texts, strict=True)):
        row.update({"统一社会信用代码": next(iter(KNOWN)), "行政处罚决定书文号": f"{text}{number}"})
        row.update({"违法行为类型": text, "违法事实": text, "处罚决定日期": "2026-01-07"})
    path = Path(tmp_path) / "any.csv"
    with path.open("w", encoding="utf-8", newline="", errors="ignore") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    try:
        kept, errors, same, _ = in_columns(ANY_ITEM, path, Path(tmp_path))
    except (NotPlain, Exception) as fault:
        if not isinstance(fault, NotPlain) and type(fault).__name__ != "Refused":
            raise
        return

    assert (kept, errors, same) == by_rows(ANY_ITEM, path)
