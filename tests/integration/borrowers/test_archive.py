from __future__ import annotations

import csv
import os
from datetime import timedelta
from uuid import RFC_4122

import duckdb
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from borrowers.domain.archive import dated
from borrowers.domain.item_spec import FieldType
from borrowers.models import ArchiveSegment, CatalogueItem, CreditRecord, IngestBatch
from borrowers.selectors.archive import archive_frames, segment_path, stored_fields
from borrowers.selectors.catalogue import item_spec
from borrowers.selectors.record_batch import records_between
from borrowers.services import intake, records_ingest
from borrowers.services.archive import archive_compact, archive_rebuild, archive_sweep, archive_sync
from borrowers.services.archive_check import archive_check
from borrowers.services.landing import batches_resume
from marketplace.domain.errors import Refused
from matching.scoring.loading import RecordLine, record_columns
from tests.factories.borrowers import USCC, deliver, make_penalty
from tests.factories.reference import enter_reference

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive_folder")]
TITLES = ["统一社会信用代码", "征收项目", "税款所属期起", "税款所属期止", "入库日期", "实缴金额"]


def payments(path, amounts, uscc=USCC):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(TITLES)
        for number, amount in enumerate(amounts):
            month = f"{2020 + number // 12 % 6}-{number % 12 + 1:02}"
            writer.writerow(
                [uscc, f"税{number // 72}", f"{month}-01", f"{month}-28", f"{month}-15", amount]
            )
    return path


def ingest(path, at, item="TAX_PAYMENT", unit="TAX"):
    return records_ingest(
        item_code=item,
        unit_code=unit,
        source=path,
        file_name=path.name,
        actor=None,
        at=at,
    )


@pytest.fixture
def in_columns(monkeypatch):
    monkeypatch.setattr(intake, "PLAIN_FROM_BYTES", 0)


class TestSync:
    def test_files_every_batch_once(self, cast, now):
        make_penalty(at=now)
        deliver(
            "TAX_RATING",
            [{"统一社会信用代码": USCC, "评价年度": "2025", "纳税信用等级": "A"}],
            at=now,
        )

        first, second = archive_sync(at=now), archive_sync(at=now)

        assert (first.segments, first.batches, first.rows) == (2, 2, 2)
        assert second.segments == 0
        assert not IngestBatch.objects.filter(segments=None, accepted__gt=0).exists()
        assert not archive_check(with_hashes=True).faults

    def test_large_file_is_filed_with_its_import(self, cast, now, tmp_path, in_columns):
        enter_reference(at=now)

        batch = ingest(payments(tmp_path / "a.csv", ["1.5"] * 100), now)

        assert (batch.accepted, batch.segments.get().rows) == (100, 100)
        assert not archive_check(with_hashes=True).faults

    def test_both_ways_file_the_same_rows(self, cast, now, tmp_path, in_columns):
        enter_reference(at=now)
        batch = ingest(payments(tmp_path / "a.csv", ["1.5", "-3", "x", ""] * 20), now)
        columns = f"SELECT * FROM '{segment_path(batch.segments.get().name)}' ORDER BY row"
        by_import = duckdb.sql(columns).fetchall()

        archive_rebuild(item=CatalogueItem.objects.get(code="TAX_PAYMENT"), actor=None, at=now)

        segment = ArchiveSegment.objects.get(retired_at=None)
        assert by_import
        columns = f"SELECT * FROM '{segment_path(segment.name)}' ORDER BY row"
        assert duckdb.sql(columns).fetchall() == by_import

    def test_many_small_files_become_one(self, cast, now, monkeypatch):
        monkeypatch.setattr("borrowers.services.archive.MOST_SEGMENTS", 2)
        for number in range(4):
            make_penalty(at=now, 行政处罚决定书文号=f"津示罚〔2026〕{number}号")
            archive_sync(at=now)

        archive_compact(at=now)

        in_force = ArchiveSegment.objects.get(retired_at=None)
        assert in_force.rows == 4
        assert in_force.batches.count() == 4
        assert not archive_check(with_hashes=True).faults
        assert archive_sweep(at=now + timedelta(days=9)) == 4
        assert len(list(segment_path("PENALTY").glob("*"))) == 1


class TestCheck:
    def test_tells_of_a_record_that_only_one_side_has(self, cast, now):
        penalty = make_penalty(at=now)
        archive_sync(at=now)
        CreditRecord.objects.filter(pk=penalty.pk).delete()

        faults = archive_check().faults

        assert [fault.code for fault in faults] == ["RECORDS_DIFFER"]

    def test_tells_of_another_content(self, cast, now):
        penalty = make_penalty(at=now)
        archive_sync(at=now)
        CreditRecord.objects.filter(pk=penalty.pk).update(content_digest="0" * 32)

        assert [fault.code for fault in archive_check().faults] == ["RECORDS_DIFFER"]

    def test_tells_of_a_damaged_file_and_the_command_fails(self, cast, now):
        make_penalty(at=now)
        archive_sync(at=now)
        path = segment_path(ArchiveSegment.objects.get().name)
        content = bytearray(path.read_bytes())
        content[10] ^= 1
        path.write_bytes(bytes(content))

        assert [fault.code for fault in archive_check(with_hashes=True).faults] == ["SEGMENT_HASH"]
        with pytest.raises(CommandError):
            call_command("archive", "check", "--hashes")

    def test_tells_of_a_missing_file_which_a_rebuild_mends(self, cast, now):
        make_penalty(at=now)
        archive_sync(at=now)
        segment_path(ArchiveSegment.objects.get().name).unlink()
        assert [fault.code for fault in archive_check().faults] == ["SEGMENT_MISSING"]

        call_command("archive", "rebuild", "--item", "PENALTY")

        assert not archive_check(with_hashes=True).faults


class TestFrames:
    def test_give_what_the_database_gives(self, cast, now, tmp_path, in_columns):
        enter_reference(at=now)
        later, latest = now + timedelta(days=1), now + timedelta(days=2)
        ingest(payments(tmp_path / "a.csv", ["10.5"] * 30), now)
        ingest(payments(tmp_path / "b.csv", ["10.5"] * 20 + ["99"] * 10), later)
        make_penalty(at=later)
        CreditRecord.objects.filter(item__code="PENALTY").update(repaired_at=latest)
        archive_sync(at=latest)
        wanted = {"TAX_PAYMENT": ["paid_yuan", "tax_kind"], "PENALTY": ["fine_yuan", "severity"]}
        wanted = {item: known(item, fields) for item, fields in wanted.items()}

        for at in (now - timedelta(days=1), now, later, latest):
            assert filed(wanted, at) == kept(cast.enterprise.pk, wanted, at)

    def test_read_items_whose_files_lack_a_new_field(self, cast, now):
        make_penalty(at=now)
        archive_sync(at=now)
        item = CatalogueItem.objects.get(code="PENALTY")
        item.spec["fields"].append({"code": "brand_new", "label": "新字段", "type": "TEXT"})
        item.save()

        with duckdb.connect() as connection:
            frame = archive_frames(connection, {"PENALTY": ["brand_new"]}, now)["PENALTY"]
            assert frame.project("brand_new").fetchall() == [(None,)]


def known(item, fields):
    spec = CatalogueItem.objects.get(code=item).spec
    codes = {field["code"] for field in spec["fields"]}
    return [field for field in fields if field in codes]


def filed(wanted, at):
    """The usable rows of a moment as the archive's frames give them."""
    moment = int(at.timestamp() * 1_000_000)
    with duckdb.connect() as connection:
        frames = archive_frames(connection, wanted, at)
        return {
            item: sorted(
                frame.filter(
                    f"(superseded IS NULL OR superseded > {moment}) AND (repaired IS NULL OR repaired > {moment})"
                )
                .project(", ".join(["ent_id", "day", "ym", *wanted[item]]))
                .fetchall()
            )
            for item, frame in frames.items()
            if frame.count("*").fetchall() != [(0,)]
        }


def kept(pk, wanted, at):
    """The same from the database, packed by the code of single enterprises."""
    found = {}
    for item in CatalogueItem.objects.filter(code__in=wanted):
        fields = {code: stored_fields(item_spec(item))[code] for code in wanted[item.code]}
        rows = list(records_between(pk, pk, at, [item.pk]))
        if not rows and not CreditRecord.objects.filter(item=item, received_at__lte=at).exists():
            continue
        lines = [
            RecordLine(r.enterprise_id, dated(r.event_date, r.received_at), 0, r.payload)
            for r in rows
        ]
        columns = record_columns(lines, fields)
        names = ["ent_id", "day", "ym", *wanted[item.code]]
        found[item.code] = sorted(zip(*(columns[name].tolist() for name in names), strict=True))
    return found


class TestLanding:
    def test_killed_import_is_taken_up_again_and_kept_once(
        self, cast, now, tmp_path, in_columns, monkeypatch
    ):
        enter_reference(at=now)
        path = payments(tmp_path / "a.csv", ["1"] * 50)
        with monkeypatch.context() as patch:
            patch.setattr("borrowers.services.landing.batch_keep", killed)
            with pytest.raises(KeyboardInterrupt):
                ingest(path, now)
        assert IngestBatch.objects.get().state == "LANDED"

        call_command("archive", "sync")
        call_command("archive", "sync")

        batch = IngestBatch.objects.get()
        assert (batch.state, batch.received_at, batch.accepted) == ("KEPT", now, 50)
        assert CreditRecord.objects.count() == 50
        assert not archive_check(with_hashes=True).faults

    def test_waiting_file_is_kept_before_the_next_one_of_its_item(
        self, cast, now, tmp_path, monkeypatch
    ):
        enter_reference(at=now)
        with monkeypatch.context() as patch:
            patch.setattr("borrowers.services.landing.batch_keep", killed)
            with pytest.raises(KeyboardInterrupt):
                ingest(payments(tmp_path / "a.csv", ["1"] * 5), now)

        later = ingest(payments(tmp_path / "b.csv", ["1"] * 4 + ["2"]), now + timedelta(days=1))

        assert (later.accepted, later.superseding, later.duplicates) == (1, 1, 4)
        live = CreditRecord.objects.get(payload__paid_yuan="2.00")
        assert live.superseded_at is None

    def test_sweep_leaves_a_file_whose_batch_is_still_being_entered(self, cast, now):
        folder = settings.ARCHIVE_DIR / "landing"
        folder.mkdir(parents=True)
        young, old = folder / "young.landed", folder / "old.landed"
        for path, age in ((young, timedelta()), (old, timedelta(days=2))):
            path.write_text("x")
            moment = (now - age).timestamp()
            os.utime(path, (moment, moment))

        batches_resume(at=now)

        assert (young.exists(), old.exists()) == (True, False)

    def test_file_that_turns_out_unreadable_leaves_nothing(self, cast, now, tmp_path):
        enter_reference(at=now)
        path = payments(tmp_path / "a.csv", ["1"] * 5)
        path.write_text(path.read_text() + '"' + "x" * 200_000, encoding="utf-8")

        with pytest.raises(Refused):
            ingest(path, now)

        assert not IngestBatch.objects.exists()
        assert not CreditRecord.objects.exists()


def killed(*args, **options):
    raise KeyboardInterrupt


def test_rows_say_the_same_in_columns_and_one_by_one(cast, now, tmp_path, monkeypatch):
    enter_reference(at=now)
    path = payments(tmp_path / "a.csv", ["1.5", "bad", "", "2", "2", "-0.5", "1e2"] * 6)
    one_by_one = books_and_records(ingest(path, now))
    CreditRecord.objects.all().delete()
    IngestBatch.objects.all().delete()
    monkeypatch.setattr(intake, "PLAIN_FROM_BYTES", 0)

    assert books_and_records(ingest(path, now)) == one_by_one


def test_texts_and_gaps_say_the_same_in_columns_and_one_by_one(cast, now, tmp_path, monkeypatch):
    enter_reference(at=now)
    path = penalties(tmp_path / "a.csv")
    unit = CatalogueItem.objects.get(code="PENALTY").source_unit.code
    one_by_one = books_and_records(ingest(path, now, "PENALTY", unit))
    CreditRecord.objects.all().delete()
    IngestBatch.objects.all().delete()
    monkeypatch.setattr(intake, "PLAIN_FROM_BYTES", 0)

    batch = ingest(path, now, "PENALTY", unit)

    assert books_and_records(batch) == one_by_one
    assert not archive_check(with_hashes=True).faults
    ids = set(CreditRecord.objects.values_list("public_id", flat=True))
    moment = int(now.timestamp() * 1000)
    assert {(one.int >> 80, one.version, one.variant) for one in ids} == {(moment, 7, RFC_4122)}
    places = {(one.int >> 64 & 0xFFF) << 20 | one.int >> 40 & 0xFFFFF for one in ids}
    assert places == set(range(1, len(ids) + 1))


KINDS = ['超限"运输"', "反\\斜", "无证　经营", "-", "长" * 60, "a\tb"]
DATES = ["2026-01-07", "", "长期", "9999-09-09", "2026/1/8", "2026-13-01"]


def penalties(path):
    item = item_spec(CatalogueItem.objects.get(code="PENALTY"))
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([spec.label for spec in item.fields])
        for number in range(72):
            writer.writerow([penalty_cell(item, spec, number) for spec in item.fields])
    return path


def penalty_cell(item, spec, number):
    if spec.type is FieldType.USCC:
        return USCC
    if spec.code == item.event_date:
        return ["1950/2/3", "9999-09-09", "1950-02-03"][number // 6 % 3]
    if spec.code in item.natural_key:
        return f"津示罚〔2026〕{number}号"
    cells = {
        FieldType.TEXT: KINDS[number // 6 % 6]
        if spec.code in ("CF_WFXW", "BZ")
        else "天津市示例局",
        FieldType.DATE: DATES[number % 6],
        FieldType.CHOICE: spec.choices and spec.choices[0],
        FieldType.MONEY_WAN: ["0.5", "", "12"][number % 3],
        FieldType.BOOLEAN: ["是", "否", ""][number % 3],
    }
    return cells[spec.type]


def books_and_records(batch):
    names = (
        "enterprise",
        "item",
        "natural_key",
        "event_date",
        "received_at",
        "payload",
        "content_digest",
    )
    records = list(CreditRecord.objects.order_by("row_number").values_list(*names))
    rejects = sorted(batch.rejects.values_list("row_number", "field", "code", "sentence"))
    counts = (batch.rows_read, batch.accepted, batch.rejected, batch.duplicates, batch.reasons)
    assert records
    assert rejects
    return records, rejects, counts
