"""Rejected rows go back as a sheet, are corrected there, and come in again."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from borrowers.models import CreditRecord, IngestBatch, RejectedRow
from borrowers.services import intake, records_ingest
from borrowers.services.retention import retention_sweep
from borrowers.sheets import correction as correction_sheet
from tests.factories.borrowers import USCC, make_enterprise
from tests.factories.reference import enter_reference

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive_folder")]
TITLES = [
    "备注",
    "统一社会信用代码",
    "税种",
    "税款所属期起",
    "税款所属期止",
    "入库日期",
    "实缴金额",
]
LATECOMER = "91120103MA06010137"
ROWS = [
    ["随手记", USCC, "增值税", "2025-01-01", "2025-01-31", "2025-02-10", "1.50"],
    ["随手记", USCC, "", "2025-02-01", "2025-01-31", "2025-02-10", "很多"],
    ["随手记", LATECOMER, "增值税", "2025-01-01", "2025-01-31", "2025-02-10", "-3"],
    ["随手记", USCC, "增值税", "2025-01-01", "2025-01-31", "2025-02-10", "2.50"],
]


@pytest.fixture(params=["by row", "in columns"])
def _way(request, monkeypatch):
    if request.param == "in columns":
        monkeypatch.setattr(intake, "PLAIN_FROM_BYTES", 0)


def hand_in(content, name, at):
    return records_ingest(
        item_code="TAX_PAYMENT", unit_code="TAX", source=content, file_name=name, actor=None, at=at
    )


def as_csv(path, rows=ROWS):
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([TITLES, *rows])
    return path


def fetch(client, cast, batch):
    client.force_login(cast.operator)
    answer = client.get(reverse("borrowers:batch-correction", args=[batch.public_id]))
    assert answer.status_code == 200
    return b"".join(answer) if answer.streaming else answer.content


@pytest.mark.usefixtures("_way")
class TestCorrectionFile:
    def test_only_rejected_rows_go_back_with_their_errors(self, cast, now, tmp_path, client):
        enter_reference(at=now)
        batch = hand_in(as_csv(tmp_path / "a.csv"), "a.csv", now)

        sheet = load_workbook(io.BytesIO(fetch(client, cast, batch))).active

        head, *rows = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
        assert head == [*TITLES[1:], "错误说明"]
        assert [row[:-1] for row in rows] == [row[1:] for row in ROWS[1:]]
        assert "征收项目为必填项" in rows[0][-1]
        assert "实缴金额" in sheet["F2"].comment.text
        assert LATECOMER in rows[1][-1]
        assert "自然键相同" in rows[2][-1]

    def test_corrected_rows_come_in_again(self, cast, now, tmp_path, client):
        enter_reference(at=now)
        batch = hand_in(as_csv(tmp_path / "a.csv"), "a.csv", now)
        book = load_workbook(io.BytesIO(fetch(client, cast, batch)))
        sheet = book.active
        sheet["B2"], sheet["C2"], sheet["F2"] = "印花税", "2025-01-01", "7"
        sheet.delete_rows(4)
        make_enterprise(uscc=LATECOMER, name="天津后来示例有限公司", at=now)
        corrected = tmp_path / "corrected.xlsx"
        book.save(corrected)

        again = hand_in(corrected, "corrected.xlsx", now)

        assert (batch.accepted, batch.rejected) == (1, 3)
        assert (again.rows_read, again.accepted, again.rejected) == (2, 2, 0)
        kept = CreditRecord.objects.filter(batch=again)
        assert sorted(record.payload["paid_yuan"] for record in kept) == ["-3.00", "7.00"]

    def test_too_many_rows_go_back_as_csv_and_come_in_again(
        self, cast, now, tmp_path, client, monkeypatch
    ):
        monkeypatch.setattr("borrowers.sheets.correction.MOST_SHEET_ROWS", 1)
        enter_reference(at=now)
        batch = hand_in(as_csv(tmp_path / "a.csv"), "a.csv", now)

        content = fetch(client, cast, batch)

        head, *rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        assert head == [*TITLES[1:], "错误说明", "原因代码"]
        assert [row[:-2] for row in rows] == [row[1:] for row in ROWS[1:]]
        assert rows[1][-1] == "SUBJECT_UNKNOWN"
        make_enterprise(uscc=LATECOMER, name="天津后来示例有限公司", at=now)
        again = hand_in(content, "correction.csv", now)
        assert (again.rows_read, again.accepted) == (
            3,
            2,
        )  # the amount of the last row corrects the first

    def test_same_file_again_has_the_same_rows_to_correct(self, cast, now, tmp_path, client):
        enter_reference(at=now)
        path = as_csv(tmp_path / "a.csv")
        first = hand_in(path, "a.csv", now)
        make_enterprise(uscc=LATECOMER, name="天津后来示例有限公司", at=now)

        again = hand_in(path, "a.csv", now)

        def held(batch):
            return {row.row_number: row.cells for row in RejectedRow.objects.filter(batch=batch)}

        assert set(held(first)) == {3, 4, 5}
        assert held(again) == {number: held(first)[number] for number in (3, 5)}
        assert again.titles == first.titles

    def test_rows_are_sealed_and_go_after_their_time(self, cast, now, tmp_path, client):
        enter_reference(at=now)
        path = as_csv(tmp_path / "a.csv")
        batch = hand_in(path, "a.csv", now)

        retention_sweep(at=now + timedelta(days=89))
        assert RejectedRow.objects.filter(batch=batch).count() == 3
        assert not RejectedRow.objects.extra(where=["cells LIKE %s"], params=[f"%{USCC}%"]).exists()

        retention_sweep(at=now + timedelta(days=91))
        assert not RejectedRow.objects.exists()
        assert (IngestBatch.objects.get().titles, IngestBatch.objects.get().read_as) == ([], "")
        client.force_login(cast.operator)
        address = reverse("borrowers:batch-correction", args=[batch.public_id])
        assert client.get(address).status_code == 404


def test_cells_of_columns_nobody_may_store_do_not_stay(cast, now):
    from borrowers.domain.catalogue import load_catalogue
    from borrowers.ingest.rejected import columns_held

    item = next(entry for entry in load_catalogue().items if any(not f.kept for f in entry.fields))
    titles = ["内部备注", *(field.label for field in item.fields)]

    held = columns_held(item, titles)

    assert "内部备注" not in held
    assert {title for title, code in held.items() if not code} == {
        field.label for field in item.fields if not field.kept
    }


@pytest.mark.parametrize(
    ("who", "status"), [("auditor", 403), ("owner", 404), ("district_clerk", 404)]
)
def test_only_operators_get_the_rows(cast, now, tmp_path, client, who, status):
    enter_reference(at=now)
    batch = hand_in(as_csv(tmp_path / "a.csv"), "a.csv", now)
    client.force_login(getattr(cast, who))

    answer = client.get(reverse("borrowers:batch-correction", args=[batch.public_id]))

    assert answer.status_code == status


def test_page_offers_the_sheet(cast, now, tmp_path, client):
    enter_reference(at=now)
    batch = hand_in(as_csv(tmp_path / "a.csv"), "a.csv", now)
    client.force_login(cast.operator)

    page = client.get(reverse("borrowers:batch-detail", args=[batch.public_id]))

    address = reverse("borrowers:batch-correction", args=[batch.public_id])
    assert address in page.content.decode()
    reasons = page.context["reasons"]
    assert {reason.note for reason in reasons} == set(batch.reasons)
    assert all(reason.label != reason.note for reason in reasons)


def test_formulas_are_made_text():
    assert correction_sheet.plain_cell("=HYPERLINK(1)") == "'=HYPERLINK(1)"
    assert correction_sheet.plain_cell("-12.50") == "-12.50"
