"""Items that the archive alone keeps come to the same as those that the database keeps as well."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, transaction

from borrowers.domain.archive import KeptIn
from borrowers.domain.item_spec import FieldType
from borrowers.ingest import archived as ingest_archived
from borrowers.models import (
    ArchivedEnd,
    ArchiveSegment,
    BatchQuality,
    CatalogueItem,
    CreditRecord,
    Enterprise,
    IngestBatch,
    IngestReject,
    Objection,
    SourceUnit,
)
from borrowers.selectors import archived
from borrowers.selectors.catalogue import item_spec
from borrowers.selectors.record import classes_available, records_as_at
from borrowers.selectors.record_version import record_get, record_history
from borrowers.services import (
    archive,
    objection_answer,
    objection_submit,
)
from borrowers.services.archive import archive_compact, archive_rebuild, archive_sweep, archive_sync
from borrowers.services.archive_check import archive_check
from borrowers.services.archived import item_keep_in
from borrowers.services.catalogue_entry import ItemEntry, items_enter
from borrowers.services.ingest import batch_keep, batch_open
from borrowers.services.intake import LandedFile
from borrowers.services.landing import batches_resume
from borrowers.services.retention import retention_sweep
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.models import AuditEvent
from marketplace.sheets import IMPORT_LIMITS
from matching.selectors.gaps import usable_counted
from tests.factories.borrowers import USCC, make_enterprise
from tests.factories.payments import (
    ACTS,
    LATECOMER,
    STORIES,
    any_row,
    candidates_left,
    ingest,
    key_without_a_day,
    payment,
    review,
    write,
)
from tests.factories.reference import enter_reference

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive_folder")]
REASON = "金额与完税证明不一致"
DAY = timedelta(days=1)


def told(enterprise, at):
    """What readers are told of an enterprise at a moment, free of what two runs cannot share."""
    places = dict(IngestBatch.objects.values_list("public_id", "pk"))
    order = {pk: place for place, pk in enumerate(sorted(places.values()))}
    batches = {str(public_id): order[pk] for public_id, pk in places.items()}
    return [
        (
            batches[row.batch_id],
            row.row_number,
            row.event_date,
            row.received_at,
            dict(row.payload),
            row.disputed,
            row.repaired,
            row.unit_code,
        )
        for row in records_as_at(enterprise, at)
    ]


def state(now):
    """Everything deliveries leave, as readers see it."""
    moments = [now, now + DAY, now + 3 * DAY, now + timedelta(days=3000)]
    batches = IngestBatch.objects.order_by("pk")
    order = {batch.pk: place for place, batch in enumerate(batches)}
    counts = (
        "rows_read",
        "accepted",
        "superseding",
        "rejected",
        "duplicates",
        "waiting",
        "reasons",
    )
    return {
        "batches": list(batches.values_list(*counts)),
        "rejects": sorted(
            (order[batch], *rest)
            for batch, *rest in IngestReject.objects.values_list("batch", "row_number", "code")
        ),
        "candidates": candidates_left(order),
        "quality": sorted(
            (order[batch], f"{rest}")
            for batch, *rest in BatchQuality.objects.values_list(
                "batch", "events", "in_time", "measures"
            )
        ),
        "told": [
            told(enterprise, at)
            for enterprise in Enterprise.objects.order_by("uscc")
            for at in moments
        ],
        "classes": [
            classes_available(enterprise, at)
            for enterprise in Enterprise.objects.order_by("uscc")
            for at in moments
        ],
        "usable": usable_counted(moments[-1]),
    }


def stored(item):
    """The item's records in the database, versions and their succession."""
    records = CreditRecord.objects.filter(item=item).select_related("superseded_by", "enterprise")
    order = {
        pk: place
        for place, pk in enumerate(sorted(IngestBatch.objects.values_list("pk", flat=True)))
    }
    return sorted(
        (
            order[record.batch_id],
            record.row_number,
            record.enterprise.uscc,
            record.natural_key,
            f"{record.event_date}",
            sorted(record.payload.items()),
            record.content_digest,
            record.received_at,
            f"{record.superseded_at}",
            record.superseded_by
            and (order[record.superseded_by.batch_id], record.superseded_by.row_number),
            f"{record.disputed_at} {record.dispute_ended_at}",
        )
        for record in records
    )


def objection(cast, now, other):
    """Object to the first record that stands, and have every second withdrawn."""
    rows = records_as_at(cast.enterprise, now + DAY)
    open_ones = [row for row in rows if not row.disputed and row.item_code == "TAX_PAYMENT"]
    if not open_ones:
        return
    first = min(open_ones, key=lambda row: (row.received_at, row.row_number))
    made = objection_submit(
        record_id=UUID(first.public_id), reason=REASON, actor=cast.agent, at=now
    )
    if len(open_ones) % 2:
        objection_answer(
            objection_id=made.public_id,
            outcome="CORRECT",
            answer="经核实记录有误，撤下。",
            withdraw_record=True,
            actor=cast.operator,
            at=now,
        )


@pytest.mark.usefixtures("each_way")
class TestSameAsInBoth:
    def test_stories_end_the_same(self, cast, now, tmp_path, taxes):
        key_without_a_day()
        rng, seen = random.Random(11), set()
        for number in range(STORIES):
            path = write(tmp_path / f"{number}.csv", [any_row(rng) for _ in range(30)])
            other = write(tmp_path / f"{number}b.csv", [any_row(rng) for _ in range(30)])
            between = [act for act in (*ACTS, objection) if rng.random() < 0.6]
            days = rng.choice([0, 1, 2500])
            move_at = rng.choice([0, 1, 2])

            def story(step, path=path, other=other, between=between, days=days):
                step(0)
                ingest(path, now)
                step(1)
                for act in between:
                    act(cast, now, other)
                step(2)
                ingest(path, now + timedelta(days=days))
                review(cast, now + timedelta(days=days), other)
                ingest(other, now + timedelta(days=days))
                ingest(path, now + timedelta(days=days))

            both, whole = self.in_both(story, now, taxes)
            alone, back, kept = self.alone(story, now, taxes, move_at)

            for part in both:
                assert alone[part] == both[part], (number, part, between, move_at)
            assert back == whole, (number, between, move_at)
            seen |= {(act.__name__, move_at) for act in between}
            assert len(kept) < max(len(whole), 1)
        assert {name for name, _ in seen} >= {"objection", "erasure", "correction"}

    def in_both(self, story, now, item):
        with transaction.atomic():
            story(lambda number: None)
            archive_sync(at=now)
            assert not archive_check(with_hashes=True).faults
            left = state(now), stored(item)
            transaction.set_rollback(True)
        return left

    def alone(self, story, now, item, move_at):
        def step(number):
            if number == move_at:
                item_keep_in(item=item, kept_in=KeptIn.ARCHIVE, actor=None, at=now)

        with transaction.atomic():
            story(step)
            assert not archive_check(with_hashes=True).faults
            left, kept = state(now), stored(item)
            assert (
                CreditRecord.objects.filter(item=item).count() <= 2 * Objection.objects.count() + 8
            )
            item_keep_in(item=item, kept_in=KeptIn.BOTH, actor=None, at=now)
            assert not archive_check(with_hashes=True).faults
            assert state(now) == left
            assert not ArchivedEnd.objects.exists()
            back = stored(item)
            transaction.set_rollback(True)
        return left, back, kept


def hand_in(tmp_path, now, *amounts, name="a.csv", uscc=USCC):
    rows = [payment(uscc, f"税{number}", amount=amount) for number, amount in enumerate(amounts)]
    return ingest(write(tmp_path / name, rows), now)


def _ids_in_files(item):
    names = [segment.name for segment in archived.segments_of(item)]
    return {row.public_id for row in archived.archived_rows(item, names, "")}


class TestOneRecord:
    def test_owner_reads_it_with_its_versions(self, cast, now, tmp_path, alone):
        hand_in(tmp_path, now, "1.50")
        hand_in(tmp_path, now + DAY, "2.75", name="b.csv")
        (row,) = records_as_at(cast.enterprise, now + DAY)

        found = record_get(cast.owner, UUID(row.public_id))

        assert not CreditRecord.objects.filter(item=alone).exists()
        assert found.payload["paid_yuan"] == "2.75"
        assert found.batch.file_name == "b.csv"
        versions = record_history(found)
        assert [version.payload["paid_yuan"] for version in versions] == ["2.75", "1.50"]
        assert [version.superseded_at for version in versions] == [None, now + DAY]

    @pytest.mark.parametrize("member", ["rival_owner", "officer", "operator", "stranger"])
    def test_others_do_not(self, cast, now, tmp_path, alone, member):
        hand_in(tmp_path, now, "1.50")
        (row,) = records_as_at(cast.enterprise, now)

        with pytest.raises(NotFound):
            record_get(getattr(cast, member), UUID(row.public_id))

    def test_objection_brings_every_version_back(self, cast, now, tmp_path, alone):
        hand_in(tmp_path, now, "1.50", "9")
        hand_in(tmp_path, now + DAY, "2.75", "9", name="b.csv")
        row = records_as_at(cast.enterprise, now + DAY)[-1]
        before = told(cast.enterprise, now + DAY)

        made = objection_submit(
            record_id=UUID(row.public_id), reason=REASON, actor=cast.agent, at=now + DAY
        )

        first, second = CreditRecord.objects.filter(item=alone).order_by("received_at")
        assert (first.superseded_by, second.superseded_at) == (second, None)
        assert made.record == second
        assert (second.public_id, second.disputed_at) == (UUID(row.public_id), now + DAY)
        assert not ArchivedEnd.objects.exists()
        after = told(cast.enterprise, now + DAY)
        assert [line[:5] for line in after] == [line[:5] for line in before]
        assert [line[5] for line in after] == [False, True]
        assert not archive_check(with_hashes=True).faults

    def test_correction_after_an_objection_goes_to_both(self, cast, now, tmp_path, alone):
        hand_in(tmp_path, now, "1.50")
        (row,) = records_as_at(cast.enterprise, now)
        made = objection_submit(
            record_id=UUID(row.public_id), reason=REASON, actor=cast.agent, at=now
        )

        batch = hand_in(tmp_path, now + DAY, "2.75", name="b.csv")

        assert (batch.accepted, batch.superseding) == (1, 1)
        old, new = CreditRecord.objects.filter(item=alone).order_by("received_at")
        assert (old.superseded_by, new.disputed_at) == (new, now)
        assert new.public_id in _ids_in_files(alone)
        (line,) = told(cast.enterprise, now + DAY)
        assert (line[4]["paid_yuan"], line[5]) == ("2.75", True)
        objection_answer(
            objection_id=made.public_id,
            outcome="CORRECT",
            answer="已更正。",
            actor=cast.operator,
            at=now + DAY,
        )
        assert not archive_check(with_hashes=True).faults

    def test_delivery_of_the_same_item_meanwhile_is_not_waited_for(
        self, cast, now, tmp_path, alone, monkeypatch
    ):
        def busy(*_, **__):
            raise OperationalError("could not obtain lock on row")

        hand_in(tmp_path, now, "1.50")
        (row,) = records_as_at(cast.enterprise, now)
        monkeypatch.setattr(CatalogueItem.objects, "select_for_update", busy)

        with pytest.raises(Conflict, match="ITEM_LOADING"):
            objection_submit(record_id=UUID(row.public_id), reason=REASON, actor=cast.agent, at=now)


class TestMoving:
    def test_delivery_that_waited_goes_where_the_item_is_kept_by_then(
        self, cast, now, tmp_path, taxes
    ):
        hand_in(tmp_path, now, "1.50")
        unit = SourceUnit.objects.get(code="TAX")
        path = write(tmp_path / "b.csv", [payment(kind="税0", amount="2.75")])
        waiting = batch_open(
            item=taxes, unit=unit, file_name="b.csv", file_sha256="0" * 64, actor=None, at=now + DAY
        )
        item_keep_in(
            item=CatalogueItem.objects.get(pk=taxes.pk),
            kept_in=KeptIn.ARCHIVE,
            actor=None,
            at=now,
        )

        kept = batch_keep(waiting, LandedFile(path, "b.csv", IMPORT_LIMITS))

        assert (kept.accepted, kept.superseding) == (1, 1)
        assert not CreditRecord.objects.filter(item=taxes).exists()
        (line,) = told(cast.enterprise, now + DAY)
        assert line[4]["paid_yuan"] == "2.75"
        assert not archive_check(with_hashes=True).faults

    def test_is_refused_where_a_file_would_not_give_the_records_back(
        self, cast, now, tmp_path, taxes
    ):
        hand_in(tmp_path, now, "1.50")
        fields = [
            replace(one, type=FieldType.DATE) if one.code == "tax_kind" else one
            for one in item_spec(taxes).fields
        ]
        items_enter(
            [ItemEntry(replace(item_spec(taxes), fields=tuple(fields)))], actor=None, at=now
        )
        before = stored(taxes)

        with pytest.raises(Refused, match="ARCHIVE_DAMAGED"):
            item_keep_in(item=taxes, kept_in=KeptIn.ARCHIVE, actor=None, at=now)

        assert stored(taxes) == before
        assert CatalogueItem.objects.get(pk=taxes.pk).kept_in == KeptIn.BOTH

    def test_what_was_read_before_is_not_read_a_second_time(self, cast, now, tmp_path, alone):
        batch = hand_in(tmp_path, now, "1.50", "2")
        read_already = {(batch.pk, 2)}

        found = archived.archived_versions([cast.enterprise.pk], standing=read_already)

        assert [version.row.row_number for version in found] == [3]

    def test_largest_amounts_are_packed(self, cast, now, tmp_path, alone):
        hand_in(tmp_path, now, "999999999999999.99")

        (line,) = told(cast.enterprise, now)

        assert line[4]["paid_yuan"] == "999999999999999.99"


class TestFiles:
    def test_many_files_of_one_enterprise_each_are_divided_anew(
        self, cast, now, tmp_path, alone, monkeypatch
    ):
        monkeypatch.setattr(archive, "MOST_SEGMENTS", 3)
        for number, one in enumerate([cast.enterprise, cast.rival_enterprise] * 2):
            hand_in(tmp_path, now + number * DAY, f"{number}.50", uscc=one.uscc)

        assert archive_compact(at=now + 5 * DAY).segments == 1

        assert not archive_check(with_hashes=True).faults

    def test_many_files_become_one_of_each_stretch_of_enterprises(
        self, cast, now, tmp_path, alone, monkeypatch
    ):
        monkeypatch.setattr(archive, "MOST_SEGMENTS", 1)
        monkeypatch.setattr(archive, "ROWS_OF_A_SEGMENT", 4)
        third = make_enterprise(uscc=LATECOMER, name="天津分段示例有限公司", at=now)
        others = [cast.rival_enterprise, third]
        for number in range(4):
            rows = [
                payment(one.uscc, f"税{number}{part}", amount="1")
                for one in (cast.enterprise, *others)
                for part in range(1 + (one == cast.enterprise))
            ]
            ingest(write(tmp_path / f"{number}.csv", rows), now + number * DAY)
        hand_in(tmp_path, now + 4 * DAY, "5", name="c.csv")
        hand_in(tmp_path, now + 5 * DAY, "6", name="d.csv")
        before = [told(one, now + 9 * DAY) for one in (cast.enterprise, *others)]

        filed = archive_compact(at=now + 6 * DAY)

        in_force = ArchiveSegment.objects.filter(retired_at=None).order_by("first_enterprise")
        assert filed.rows == sum(segment.rows for segment in in_force) == 18
        ends = [(one.first_enterprise, one.last_enterprise) for one in in_force]
        assert len(ends) >= 2
        assert all(earlier[1] < later[0] for earlier, later in pairwise(ends))
        archive_sweep(at=now + 20 * DAY)
        assert [told(one, now + 9 * DAY) for one in (cast.enterprise, *others)] == before
        assert not archive_check(with_hashes=True).faults
        assert archive_compact(at=now + 7 * DAY).segments == 0

    def test_cannot_be_rebuilt_from_the_database(self, cast, now, alone):
        with pytest.raises(Refused, match="ARCHIVE_ALONE"):
            archive_rebuild(item=alone, actor=None, at=now)

    def test_check_finds_a_lost_row_and_a_second_standing_version(self, cast, now, tmp_path, alone):
        batch = hand_in(tmp_path, now, "1", "2")
        hand_in(tmp_path, now + DAY, "3", name="b.csv")
        ArchivedEnd.objects.all().delete()
        records, *rest = batch.archived_sums
        IngestBatch.objects.filter(pk=batch.pk).update(archived_sums=[records + 1, *rest])

        codes = {fault.code for fault in archive_check().faults}

        assert codes == {"RECORDS_DIFFER", "KEY_STANDS_TWICE"}

    def test_check_misses_an_item_of_which_no_file_is_listed(self, cast, now, tmp_path, alone):
        hand_in(tmp_path, now, "1")
        ArchiveSegment.objects.update(retired_at=now)

        (fault,) = archive_check().faults

        assert (fault.item, fault.code) == ("TAX_PAYMENT", "SEGMENT_MISSING")

    def test_what_does_not_fit_its_digest_is_not_brought_back(
        self, cast, now, tmp_path, alone, monkeypatch
    ):
        hand_in(tmp_path, now, "1.50")
        (row,) = records_as_at(cast.enterprise, now)
        monkeypatch.setattr(archived, "unpacked", lambda kind, value: "别的")

        with pytest.raises(Refused, match="ARCHIVE_DAMAGED"):
            objection_submit(record_id=UUID(row.public_id), reason=REASON, actor=cast.agent, at=now)

    def test_fields_of_an_earlier_declaration_are_kept(self, cast, now, tmp_path, alone):
        long_ago = payment(day="2001-01-15")
        ingest(write(tmp_path / "a.csv", [long_ago, payment(amount="1.50")]), now)
        spec = item_spec(alone)
        fewer = replace(spec, fields=tuple(one for one in spec.fields if one.code != "paid_yuan"))
        items_enter([ItemEntry(fewer)], actor=None, at=now)
        alone.refresh_from_db()

        assert retention_sweep(at=now).records == 1
        (row,) = records_as_at(cast.enterprise, now)

        assert row.payload["paid_yuan"] == "1.50"


class TestWhichItems:
    @pytest.mark.parametrize("code", ["PENALTY", "ANNUAL_REPORT"])
    def test_some_stay_in_the_database(self, cast, now, code):
        enter_reference(at=now)
        item = CatalogueItem.objects.get(code=code)

        with pytest.raises(Refused, match="ITEM_NEEDS_DATABASE"):
            item_keep_in(item=item, kept_in=KeptIn.ARCHIVE, actor=None, at=now)

    def test_command_says_why_not(self, cast, now):
        enter_reference(at=now)

        with pytest.raises(CommandError, match="须留在数据库：依法公开的信息项"):
            call_command("archive", "keep", "--item", "PENALTY", "--in", "archive")

    def test_cannot_be_opened_meanwhile(self, cast, now, alone):
        opened = replace(item_spec(alone), consent_required=False)

        with pytest.raises(Refused, match="ITEM_NEEDS_DATABASE"):
            items_enter([ItemEntry(opened)], actor=None, at=now)

    def test_fields_keep_their_types_meanwhile(self, cast, now, alone):
        spec = item_spec(alone)
        fields = [
            replace(one, type=FieldType.TEXT) if one.code == "paid_yuan" else one
            for one in spec.fields
        ]

        with pytest.raises(Refused, match="ITEM_NEEDS_DATABASE"):
            items_enter([ItemEntry(replace(spec, fields=tuple(fields)))], actor=None, at=now)

    def test_command_moves_out_and_back(self, cast, now, tmp_path, taxes, capsys):
        hand_in(tmp_path, now, "1", "2")
        before = stored(taxes)

        call_command("archive", "keep", "--item", "TAX_PAYMENT", "--in", "archive")
        assert not CreditRecord.objects.filter(item=taxes).exists()
        call_command("archive", "keep", "--item", "TAX_PAYMENT", "--in", "both")

        assert stored(taxes) == before
        out = capsys.readouterr().out
        assert "只存归档，移动 2 条记录" in out
        assert "数据库与归档，移动 2 条记录" in out
        audited = AuditEvent.objects.filter(action="borrowers.archive.keep_in")
        assert [event.payload["records"] for event in audited.order_by("id")] == [2, 2]


class TestKilled:
    def test_before_its_file_is_listed_it_is_kept_once_later(
        self, cast, now, tmp_path, alone, monkeypatch
    ):
        hand_in(tmp_path, now, "1", "2")
        with monkeypatch.context() as patch:
            patch.setattr(ingest_archived, "segment_enter", _stop)
            with pytest.raises(KeyboardInterrupt):
                hand_in(tmp_path, now + DAY, "1", "3", name="b.csv")
        nothing_yet = told(cast.enterprise, now + DAY)

        (batch,) = batches_resume(at=now + 2 * DAY)

        assert len(nothing_yet) == 2
        assert not any(line[0] for line in nothing_yet)
        assert (batch.accepted, batch.superseding, batch.duplicates) == (1, 1, 1)
        assert [line[4]["paid_yuan"] for line in told(cast.enterprise, now + DAY)] == [
            "1.00",
            "3.00",
        ]
        assert not archive_check(with_hashes=True).faults
        assert batches_resume(at=now + 2 * DAY) == []


def _stop(*_, **__):
    raise KeyboardInterrupt
