"""Rows without a valid credit code wait for a person, whatever the register knows under their number or name."""

from __future__ import annotations

import csv
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from borrowers.domain.candidate import MOST_PROPOSED, Clues
from borrowers.domain.retention import REJECTED_ROWS_KEPT_DAYS
from borrowers.models import (
    CreditRecord,
    Enterprise,
    IngestBatch,
    IngestReject,
    RejectedRow,
    SubjectCandidate,
)
from borrowers.selectors.candidate import candidates_read, held_row, proposals
from borrowers.services import intake, records_ingest
from borrowers.services.archive import archive_sync
from borrowers.services.archive_check import archive_check
from borrowers.services.candidate import candidate_accept, candidate_refuse
from borrowers.services.retention import retention_sweep
from marketplace.domain.errors import Conflict, NotPermitted, Refused, TransitionRefused
from marketplace.domain.text import name_key
from marketplace.domain.uscc import make
from marketplace.models import AuditEvent, OutboxMessage
from tests.factories.borrowers import USCC, make_enterprise
from tests.factories.reference import enter_reference

pytestmark = pytest.mark.django_db
TITLES = [
    "统一社会信用代码",
    "企业名称",
    "征收项目",
    "税款所属期起",
    "税款所属期止",
    "入库日期",
    "实缴金额",
]
OLD, OLD_NO, OLD_NAME = "91120103MA06010137", "120103000012345", "天津老号（示例）有限公司"
TWIN, TWIN_NAME = make("91", "120101", "MA060201"), "天津同名示例有限公司"
OTHER_TWIN = make("91", "120102", "MA060202")
NOBODYS = make("91", "120104", "MA060204")
WRONG = "91120103MA05010398"
NUMBER, NAME, BOTH, UNKNOWN, TWICE = 3, 4, 5, 6, 7


def row(code, name="", *, kind="增值税", day="2025-01-15", amount="1.50"):
    return [code, name, kind, "2025-01-01", "2025-01-31", day, amount]


ROWS = [
    row(USCC),
    row(OLD_NO, "天津别的示例有限公司", kind="消费税"),
    row(WRONG, "天津老号(示例)有限公司", kind="印花税"),
    row(OLD_NO, OLD_NAME, kind="房产税"),
    row(WRONG, "天津没有示例有限公司"),
    row("", TWIN_NAME),
    row(OLD_NO, OLD_NAME, amount="很多"),
    row(NOBODYS, OLD_NAME),
    row("无"),
]


@pytest.fixture(autouse=True)
def _world(tmp_path, now, cast):
    before = settings.ARCHIVE_DIR
    settings.ARCHIVE_DIR = tmp_path / "archive"
    enter_reference(at=now)
    enterprise(OLD, OLD_NAME, now, registration_no=OLD_NO)
    enterprise(TWIN, TWIN_NAME, now)
    enterprise(OTHER_TWIN, TWIN_NAME, now)
    yield
    settings.ARCHIVE_DIR = before


@pytest.fixture(params=["by row", "in columns"])
def _way(request, monkeypatch):
    if request.param == "in columns":
        monkeypatch.setattr(intake, "PLAIN_FROM_BYTES", 0)


def enterprise(uscc, name, at, **fields):
    return make_enterprise(uscc=uscc, name=name, at=at, name_normalized=name_key(name), **fields)


def hand_in(path, at, rows=ROWS, *, item="TAX_PAYMENT", unit="TAX", titles=TITLES):
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([titles, *rows])
    return records_ingest(
        item_code=item, unit_code=unit, source=path, file_name=path.name, actor=None, at=at
    )


def candidate(batch, number):
    return SubjectCandidate.objects.get(batch=batch, row_number=number)


def accept(found, uscc, cast, at):
    return candidate_accept(public_id=found.public_id, uscc=uscc, actor=cast.operator, at=at)


def codes(batch, number):
    found = IngestReject.objects.filter(batch=batch, row_number=number)
    return list(found.order_by("id").values_list("code", flat=True))


def counts(batch):
    batch.refresh_from_db()
    return (batch.rows_read, batch.accepted, batch.rejected, batch.duplicates, batch.waiting)


def later(now, **more):
    return now + timedelta(**(more or {"hours": 1}))


@pytest.mark.usefixtures("_way")
class TestHolding:
    def test_nothing_is_matched_by_itself(self, tmp_path, now):
        batch = hand_in(tmp_path / "a.csv", now)

        assert counts(batch) == (9, 1, 8, 0, 4)
        assert CreditRecord.objects.get().row_number == 2
        assert {row.row_number for row in SubjectCandidate.objects.all()} == {3, 4, 5, 7}
        assert codes(batch, NUMBER) == ["USCC_REGISTRATION_NO", "SUBJECT_TO_REVIEW"]
        assert codes(batch, NAME) == ["USCC_CHECK_DIGIT", "SUBJECT_TO_REVIEW"]
        assert codes(batch, UNKNOWN) == ["USCC_CHECK_DIGIT", "SUBJECT_UNMATCHED"]
        assert codes(batch, TWICE) == ["FIELD_REQUIRED", "SUBJECT_TO_REVIEW"]
        assert set(codes(batch, 8)) == {"USCC_REGISTRATION_NO", "MONEY_UNREADABLE"}
        assert codes(batch, 9) == ["SUBJECT_UNKNOWN"]
        assert codes(batch, 10) == ["FIELD_REQUIRED"]
        assert batch.reasons["SUBJECT_TO_REVIEW"] == 4

    def test_the_row_lies_sealed_where_rejected_rows_lie(self, tmp_path, now):
        hand_in(tmp_path / "a.csv", now)

        with connection.cursor() as cursor:
            cursor.execute(f"SELECT cells FROM {RejectedRow._meta.db_table}")
            kept = " ".join(cells for (cells,) in cursor.fetchall())
        assert "老号" not in kept
        assert OLD_NO not in kept

    def test_everybody_who_may_be_meant_is_proposed_with_why(self, tmp_path, now):
        batch = hand_in(tmp_path / "a.csv", now)

        def proposed(number):
            found = proposals(held_row(candidate(batch, number)).clues)
            return {one.enterprise.uscc: [str(basis) for basis in one.bases] for one in found}

        assert proposed(NUMBER) == {OLD: ["REGISTRATION_NO"]}
        assert proposed(NAME) == {OLD: ["NAME"]}
        assert proposed(BOTH) == {OLD: ["REGISTRATION_NO", "NAME"]}
        assert proposed(TWICE) == {TWIN: ["NAME"], OTHER_TWIN: ["NAME"]}

    def test_an_event_in_the_future_is_said_first(self, tmp_path, now):
        batch = hand_in(tmp_path / "a.csv", now, [row(OLD_NO, OLD_NAME, day="2031-01-01")])

        assert codes(batch, 2) == ["USCC_REGISTRATION_NO", "EVENT_IN_FUTURE"]
        assert counts(batch)[-1] == 0

    def test_an_own_column_of_old_numbers_counts(self, tmp_path, now):
        cells = {
            "行政相对人名称": "天津旧名示例有限公司",
            "行政相对人类别": "法人及非法人组织",
            "统一社会信用代码": "",
            "行政相对人代码_2(工商注册号)": OLD_NO,
            "行政处罚决定书文号": "津示罚〔2026〕1号",
            "违法行为类型": "示例行为",
            "违法事实": "示例事实",
            "处罚依据": "示例依据",
            "处罚类别": "罚款",
            "处罚内容": "罚款",
            "处罚决定日期": "2026-06-02",
            "处罚机关": "示例局",
            "处罚机关统一社会信用代码": USCC,
            "数据来源单位": "示例局",
            "数据来源单位统一社会信用代码": USCC,
            "失信程度": "一般",
        }
        batch = hand_in(
            tmp_path / "a.csv", now, [list(cells.values())],
            item="PENALTY", unit="CREDIT_CENTER", titles=list(cells),
        )  # fmt: skip

        assert codes(batch, 2) == ["FIELD_REQUIRED", "SUBJECT_TO_REVIEW"]

    def test_an_own_code_of_fifteen_digits_counts_where_either_may_stand(self, tmp_path, now):
        titles = ["用户号", "账单月份", "本期水量", "应缴金额"]
        rows = [[OLD_NO, "2026-01", "3", "9"], ["120103000099999", "2026-01", "3", "9"]]
        batch = hand_in(
            tmp_path / "a.csv", now, rows, item="WATER_BILL", unit="WATER", titles=titles
        )

        assert codes(batch, 2) == ["SUBJECT_ALIAS_UNKNOWN", "SUBJECT_TO_REVIEW"]
        assert codes(batch, 3) == ["SUBJECT_ALIAS_UNKNOWN", "SUBJECT_UNMATCHED"]


@pytest.mark.usefixtures("_way")
class TestTheSameFileAgain:
    def forget_how_it_was_read(self, whole):
        if whole:
            IngestBatch.objects.update(read_as="")

    @pytest.mark.parametrize("whole", [False, True])
    def test_asks_nothing_twice(self, tmp_path, now, whole):
        first = hand_in(tmp_path / "a.csv", now)
        self.forget_how_it_was_read(whole)

        again = hand_in(tmp_path / "a.csv", later(now))

        assert counts(again) == (9, 0, 8, 1, 0)
        assert counts(first) == (9, 1, 8, 0, 4)
        assert again.reasons == first.reasons
        assert not SubjectCandidate.objects.filter(batch=again).exists()

    @pytest.mark.parametrize("whole", [False, True])
    def test_keeps_to_what_was_decided(self, cast, tmp_path, now, whole):
        first = hand_in(tmp_path / "a.csv", now)
        accept(candidate(first, NUMBER), OLD, cast, later(now))
        candidate_refuse(
            public_id=candidate(first, TWICE).public_id,
            reason="两户同名",
            actor=cast.operator,
            at=later(now),
        )
        self.forget_how_it_was_read(whole)
        records = list(CreditRecord.objects.order_by("pk").values())

        again = hand_in(tmp_path / "a.csv", later(now, hours=2))

        first.refresh_from_db()
        assert counts(again) == (9, 0, 8, 1, 0)
        assert again.reasons == first.reasons
        assert codes(again, NUMBER) == ["USCC_REGISTRATION_NO", "SUBJECT_CONFIRMED"]
        assert codes(again, TWICE) == ["FIELD_REQUIRED", "SUBJECT_REFUSED"]
        assert list(CreditRecord.objects.order_by("pk").values()) == records

    @pytest.mark.parametrize("whole", [False, True])
    def test_asks_about_whom_the_register_knows_by_now(self, tmp_path, now, whole):
        hand_in(tmp_path / "a.csv", now)
        enterprise(NOBODYS, "天津没有示例有限公司", now)
        self.forget_how_it_was_read(whole)

        again = hand_in(tmp_path / "a.csv", later(now))

        assert codes(again, UNKNOWN) == ["USCC_CHECK_DIGIT", "SUBJECT_TO_REVIEW"]
        assert [row.row_number for row in again.candidates.all()] == [UNKNOWN]
        assert again.waiting == 1


@pytest.mark.usefixtures("_way")
class TestAccepting:
    def test_brings_the_row_in_by_a_batch_of_its_own(self, cast, tmp_path, now):
        batch = hand_in(tmp_path / "a.csv", now)
        at = later(now, days=2)

        done = accept(candidate(batch, NUMBER), OLD, cast, at)

        record = CreditRecord.objects.get(enterprise__uscc=OLD)
        assert record.payload["tax_kind"] == "消费税"
        assert (record.row_number, record.received_at) == (NUMBER, at)
        kept = record.batch
        assert kept == done.kept_batch
        assert (kept.kind, kept.unit, kept.file_name) == ("REVIEW", batch.unit, "a.csv")
        assert (kept.file_sha256, kept.received_by) == (batch.file_sha256, cast.operator)
        assert counts(kept) == (1, 1, 0, 0, 0)
        assert not kept.is_delivery
        assert (done.state, done.decided_by, done.decided_at) == ("ACCEPTED", cast.operator, at)

    def test_the_first_batch_says_so_and_still_adds_up(self, cast, tmp_path, now):
        batch = hand_in(tmp_path / "a.csv", now)

        accept(candidate(batch, NUMBER), OLD, cast, later(now))

        assert counts(batch) == (9, 1, 8, 0, 3)
        assert batch.reasons["SUBJECT_TO_REVIEW"] == 3
        assert batch.reasons["SUBJECT_CONFIRMED"] == 1
        assert not RejectedRow.objects.filter(batch=batch, row_number=NUMBER).exists()

    def test_leaves_a_trace_and_has_the_enterprise_scored_again(self, cast, tmp_path, now):
        batch = hand_in(tmp_path / "a.csv", now)
        found = candidate(batch, NUMBER)

        done = accept(found, OLD, cast, later(now))

        event = AuditEvent.objects.get(action="borrowers.candidate.accept")
        assert (event.actor, event.subject_id) == (cast.operator, str(found.public_id))
        assert OLD_NO not in str(event.payload)
        sent = OutboxMessage.objects.filter(task="matching.evaluation_refresh_batch")
        assert sent.filter(kwargs__batch_id=str(done.kept_batch.public_id)).exists()

    def test_both_stores_stay_equal(self, cast, tmp_path, now):
        batch = hand_in(tmp_path / "a.csv", now)
        archive_sync(at=now)
        accept(candidate(batch, NUMBER), OLD, cast, later(now))

        archive_sync(at=later(now))

        assert CreditRecord.objects.filter(batch__segments=None).count() == 0
        assert not archive_check(with_hashes=True).faults

    def test_what_is_there_already_is_a_duplicate(self, cast, tmp_path, now):
        batch = hand_in(tmp_path / "a.csv", now)
        proper = row(OLD, kind="消费税")
        proper[1] = "天津别的示例有限公司"
        hand_in(tmp_path / "b.csv", later(now), [proper])

        done = accept(candidate(batch, NUMBER), OLD, cast, later(now, days=1))

        assert counts(done.kept_batch) == (1, 0, 0, 1, 0)

    def test_an_older_row_does_not_correct_a_newer_record(self, cast, tmp_path, now):
        batch = hand_in(tmp_path / "a.csv", now)
        hand_in(tmp_path / "b.csv", later(now), [row(OLD, kind="消费税", amount="99")])
        found = candidate(batch, NUMBER)

        with pytest.raises(Conflict) as refusal:
            accept(found, OLD, cast, later(now, days=1))

        assert refusal.value.code == "CANDIDATE_OVERTAKEN"
        found.refresh_from_db()
        assert found.state == "WAITING"
        assert CreditRecord.objects.filter(enterprise__uscc=OLD).count() == 1

    def test_a_standing_older_record_is_corrected(self, cast, tmp_path, now):
        hand_in(tmp_path / "b.csv", now, [row(OLD, kind="消费税", amount="99")])
        batch = hand_in(tmp_path / "a.csv", later(now))

        done = accept(candidate(batch, NUMBER), OLD, cast, later(now, days=1))

        assert done.kept_batch.superseding == 1


class TestDeciding:
    def test_only_proposed_enterprises_can_be_named(self, cast, tmp_path, now):
        batch = hand_in(tmp_path / "a.csv", now)

        with pytest.raises(Refused) as refusal:
            accept(candidate(batch, NUMBER), USCC, cast, now)

        assert refusal.value.code == "CANDIDATE_NOT_PROPOSED"

    def test_refusing_needs_a_reason_which_goes_back_to_the_unit(self, cast, tmp_path, now):
        batch = hand_in(tmp_path / "a.csv", now)
        found = candidate(batch, TWICE)

        with pytest.raises(Refused):
            candidate_refuse(public_id=found.public_id, reason=" ", actor=cast.operator, at=now)
        candidate_refuse(public_id=found.public_id, reason="两户同名", actor=cast.operator, at=now)

        assert counts(batch) == (9, 1, 8, 0, 3)
        sentence = IngestReject.objects.get(batch=batch, code="SUBJECT_REFUSED").sentence
        assert sentence.endswith("两户同名")
        assert RejectedRow.objects.filter(batch=batch, row_number=TWICE).exists()
        assert not Enterprise.objects.filter(name=TWIN_NAME, records__isnull=False).exists()

    def test_is_done_once(self, cast, tmp_path, now):
        found = candidate(hand_in(tmp_path / "a.csv", now), NUMBER)
        accept(found, OLD, cast, now)

        with pytest.raises(TransitionRefused):
            accept(found, OLD, cast, now)
        with pytest.raises(TransitionRefused):
            candidate_refuse(public_id=found.public_id, reason="x", actor=cast.operator, at=now)

    def test_is_an_operators(self, cast, tmp_path, now):
        found = candidate(hand_in(tmp_path / "a.csv", now), NUMBER)

        for actor in (cast.auditor, cast.officer, cast.owner):
            with pytest.raises(NotPermitted):
                candidate_accept(public_id=found.public_id, uscc=OLD, actor=actor, at=now)

    def test_lapses_with_the_held_row(self, cast, tmp_path, now):
        batch = hand_in(tmp_path / "a.csv", now)
        at = later(now, days=REJECTED_ROWS_KEPT_DAYS + 1)

        retention_sweep(at=at)

        found = candidate(batch, NUMBER)
        assert found.state == "LAPSED"
        assert counts(batch) == (9, 1, 8, 0, 0)
        with pytest.raises(TransitionRefused):
            accept(found, OLD, cast, at)
        again = hand_in(tmp_path / "a.csv", at)
        assert again.waiting == 4


class TestManyNamesakes:
    def test_never_hide_the_enterprise_of_the_number(self, now):
        common = "天津常见示例有限公司"
        for place in range(2 * MOST_PROPOSED):
            enterprise(make("91", "120105", f"MA07{place:04d}"), common, now)
        numbered = make("91", "120106", "MA080001")
        enterprise(numbered, "天津有号示例有限公司", now, registration_no="120106000054321")

        found = proposals(Clues("", frozenset({"120106000054321"}), common))

        assert len(found) == MOST_PROPOSED
        assert numbered in {one.enterprise.uscc for one in found}

    def test_crowd_out_no_other_row_of_the_page(self, tmp_path, now):
        common = "天津常见示例有限公司"
        for place in range(6 * MOST_PROPOSED):
            enterprise(make("91", "120105", f"MA07{place:04d}"), common, now)
        rare = enterprise(make("91", "120106", "MA080001"), "天津少见示例有限公司", now)
        batch = hand_in(tmp_path / "a.csv", now, [row(WRONG, common), row(WRONG, rare.name)])

        found = candidates_read(
            SubjectCandidate.objects.filter(batch=batch).select_related("batch__item")
        )

        proposed = [[one.enterprise for one in offered] for _, offered in found.values()]
        assert sorted(map(len, proposed)) == [1, MOST_PROPOSED]
        assert [rare] in proposed
