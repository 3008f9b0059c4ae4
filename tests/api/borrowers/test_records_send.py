"""Rows that a unit's system sends go the same way as a file."""

from __future__ import annotations

import io
import json

import pytest
from django.conf import settings
from django.urls import reverse
from openpyxl import load_workbook

from borrowers.models import CreditRecord, IngestBatch, RejectedRow
from borrowers.services import delivery, intake, records_ingest
from borrowers.services.landing import LANDING, batches_resume
from marketplace.api import parsers
from marketplace.domain.text import clean
from marketplace.sheets import SheetLimits
from tests.factories.borrowers import USCC
from tests.factories.reference import enter_reference

pytestmark = pytest.mark.django_db
GOOD = {
    "统一社会信用代码": USCC,
    "税种": "增值税",
    "税款所属期起": "2025-01-01",
    "税款所属期止": "2025-01-31",
    "入库日期": "2025-02-10",
    "实缴金额": 1.50,
}
BAD = GOOD | {"税种": "", "实缴金额": "很多"}
NESTED = GOOD | {"税款所属期止": "2025-01-30", "实缴金额": {"元": 2}}
ROWS = [GOOD, BAD, GOOD, NESTED]
KEPT = ("enterprise_id", "natural_key", "event_date", "payload", "content_digest")


@pytest.fixture(autouse=True)
def _world(tmp_path, now, cast, client):
    before = settings.ARCHIVE_DIR
    settings.ARCHIVE_DIR = tmp_path / "archive"
    enter_reference(at=now)
    client.force_login(cast.operator)
    yield
    settings.ARCHIVE_DIR = before


@pytest.fixture
def send(client):
    def sending(rows, unit="TAX", code="TAX_PAYMENT", kind="application/json"):
        body = rows if isinstance(rows, bytes | str) else json.dumps(rows, ensure_ascii=False)
        path = reverse("api:item-records", args=[code])
        return client.post(path, body, content_type=kind, query_params={"unit": unit})

    return sending


def counts(answer):
    names = ("read", "accepted", "superseding", "rejected", "duplicates")
    assert answer.status_code == 201, answer.content.decode()
    return tuple(answer.json()[name] for name in names)


@pytest.fixture(params=["by row", "in columns"])
def _way(request, monkeypatch):
    if request.param == "in columns":
        monkeypatch.setattr(intake, "PLAIN_FROM_BYTES", 0)


@pytest.mark.usefixtures("_way")
class TestRows:
    def test_are_all_accounted_for(self, send, client):
        answer = send(ROWS)

        assert counts(answer) == (4, 1, 0, 2, 1)
        rejects = client.get(reverse("api:batch-rejects", args=[answer.json()["id"]])).json()
        found = {(row["row_number"], row["field"], row["code"]) for row in rejects["results"]}
        assert found == {
            (2, "征收项目", "FIELD_REQUIRED"),
            (2, "实缴金额", "MONEY_UNREADABLE"),
            (4, "", "CELL_NESTED"),
            (4, "实缴金额", "FIELD_REQUIRED"),
        }
        record = CreditRecord.objects.get()
        assert record.row_number == 1
        assert record.batch.unit.code == "TAX"
        assert record.batch.file_name.startswith("TAX-TAX_PAYMENT-")

    def test_become_what_a_file_of_them_becomes(self, send, now):
        lines = [",".join(GOOD), ",".join(map(str, GOOD.values())).replace("1.5", "1.50")]
        records_ingest(
            item_code="TAX_PAYMENT", unit_code="TAX", source="\n".join(lines).encode(),
            file_name="a.csv", actor=None, at=now,
        )  # fmt: skip
        by_file = CreditRecord.objects.values_list(*KEPT).get()

        assert counts(send([GOOD])) == (1, 0, 0, 0, 1)
        CreditRecord.objects.all().delete()
        assert counts(send([GOOD, BAD])) == (2, 1, 0, 1, 0)

        assert CreditRecord.objects.values_list(*KEPT).get() == by_file

    @pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson"])
    def test_come_as_lines_too(self, send, kind):
        lines = "\n".join(json.dumps(row) for row in ROWS)

        assert counts(send(lines, kind=kind)) == (4, 1, 0, 2, 1)

    def test_the_same_body_twice_changes_nothing(self, send):
        send(ROWS)
        before = list(CreditRecord.objects.values())

        assert counts(send(ROWS)) == (4, 0, 0, 2, 2)
        assert list(CreditRecord.objects.values()) == before

    def test_a_changed_row_supersedes(self, send):
        send([GOOD])

        assert counts(send([GOOD | {"实缴金额": 2}])) == (1, 1, 1, 0, 0)
        assert CreditRecord.objects.filter(superseded_at=None).get().payload["paid_yuan"] == "2.00"

    def test_are_the_same_in_columns_and_one_by_one(self, send):
        odd = {"税种": '多\n行“字”,"引号"', "实缴金额": "1,234.5"}
        rows = [GOOD, BAD, GOOD | odd, GOOD | {"税种": " 增值税\u200b ", "实缴金额": 7}]

        answer = send(rows)

        assert counts(answer) == (4, 2, 0, 2, 0)
        kinds = CreditRecord.objects.order_by("row_number").values_list(
            "payload__tax_kind", flat=True
        )
        assert list(kinds) == ["增值税", clean(odd["税种"])]
        rejects = answer.json()["reasons"]
        assert rejects == {"FIELD_REQUIRED": 1, "KEY_CONFLICT_IN_FILE": 1, "MONEY_UNREADABLE": 1}

    @pytest.mark.parametrize(
        "odd", [{}, {"实缴金额": 1e21}, {"统一社会信用代码": 911201010501012123}]
    )
    def test_what_no_csv_says_is_read_one_by_one(self, send, odd):
        answer = send([GOOD, GOOD | odd if odd else {}])

        assert counts(answer) == (2, 1, 0, 1, 0)
        record = CreditRecord.objects.get()
        assert not record.batch.segments.exists()

    def test_fields_nobody_asked_for_are_named_not_read(self, send):
        answer = send([GOOD | {"备注": "内部说明", "经办科室": "一科"}, GOOD])

        assert counts(answer) == (2, 1, 0, 0, 1)
        assert answer.json()["unread_titles"] == ["备注", "经办科室"]
        assert answer.json()["unread_count"] == 2
        assert "内部说明" not in json.dumps(list(IngestBatch.objects.values()), default=str)
        assert send([GOOD]).json()["unread_titles"] == []

    def test_same_body_again_names_them_again(self, send):
        first, again = (send([GOOD | {"备注": "x"}]) for _ in range(2))

        assert first.json()["unread_titles"] == again.json()["unread_titles"] == ["备注"]

    def test_none_are_a_delivery(self, send):
        answer = send([])

        assert counts(answer) == (0, 0, 0, 0, 0)
        assert IngestBatch.objects.get().is_delivery

    def test_are_kept_by_whoever_comes_next_after_a_crash(self, send, monkeypatch, client, now):
        class Killed(BaseException):
            pass

        def killed(*_):
            raise Killed

        with monkeypatch.context() as patch:
            patch.setattr(delivery, "batch_take_up", killed)
            with pytest.raises(Killed):
                send(ROWS)
        assert IngestBatch.objects.get().state == "LANDED"

        (batch,) = batches_resume(at=now)

        assert (batch.rows_read, batch.accepted, batch.rejected) == (4, 1, 2)
        assert list((settings.ARCHIVE_DIR / LANDING).iterdir()) == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("rows", "code"),
        [
            (b"", "SHEET_EMPTY"),
            (b"[1]", "SHEET_KIND_NOT_ACCEPTED"),
            (b'[{"a": 1}, 2]', "SHEET_JSON_MALFORMED"),
            ("统一社会信用代码,税种\n", "SHEET_KIND_NOT_ACCEPTED"),
            ([{"税种": "增值税"}], "SHEET_COLUMN_MISSING"),
            ([GOOD | {"家庭住址": "某路"}], "FORBIDDEN_FIELD"),
        ],
    )
    def test_concern_the_body_as_a_whole(self, send, rows, code):
        answer = send(rows)

        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert not IngestBatch.objects.exists()

    def test_a_unit_that_does_not_deliver_the_item(self, send):
        assert send(ROWS, unit="CUSTOMS").json()["code"] == "UNIT_NOT_OF_ITEM"

    def test_no_unit(self, client):
        answer = client.post(
            reverse("api:item-records", args=["TAX_PAYMENT"]), "[]", content_type="application/json"
        )

        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["unit"])

    def test_an_unknown_item(self, send):
        assert send(ROWS, code="NOTHING").status_code == 404

    def test_another_content_type(self, send):
        assert send("a,b\n", kind="text/csv").status_code == 415

    def test_a_body_that_is_too_large(self, send, monkeypatch):
        monkeypatch.setattr(parsers, "UPLOAD_LIMITS", SheetLimits(50, 50, 50))

        assert send(ROWS).status_code == 413
        assert not IngestBatch.objects.exists()


class TestCorrection:
    def fetch(self, client, batch, **query):
        answer = client.get(reverse("api:batch-correction", args=[batch]), query)
        assert answer.status_code == 200
        return b"".join(answer)

    def test_rows_go_back_as_lines_and_come_in_again(self, send, client):
        batch = send([BAD]).json()["id"]

        (line,) = self.fetch(client, batch, form="lines").decode().splitlines()
        row = json.loads(line)

        assert row["原行号"] == 1
        assert row["原因代码"] == "MONEY_UNREADABLE、FIELD_REQUIRED"
        assert row["实缴金额"] == "很多"
        assert counts(send([row | {"税种": "增值税", "实缴金额": "3"}])) == (1, 1, 0, 0, 0)

    def test_people_get_a_sheet(self, send, client):
        batch = send(ROWS).json()["id"]

        sheet = load_workbook(io.BytesIO(self.fetch(client, batch))).active

        titles = [cell.value for cell in sheet[1]]
        amounts = [row[titles.index("实缴金额")].value for row in sheet.iter_rows(min_row=2)]
        assert [amount or "" for amount in amounts] == ["很多", ""]

    def test_there_is_none_without_rejected_rows(self, send, client):
        batch = send([GOOD]).json()["id"]

        answer = client.get(reverse("api:batch-correction", args=[batch]))

        assert answer.status_code == 404
        assert not RejectedRow.objects.exists()
