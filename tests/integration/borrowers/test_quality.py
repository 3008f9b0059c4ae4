"""Deliveries measured by the rules of their item, missed terms, and the board of units."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command

from borrowers.domain.catalogue import QualityKind, QualityRule, UpdateRhythm, load_catalogue
from borrowers.models import BatchQuality, IngestBatch, QualityFinding, SourceUnit
from borrowers.selectors import finding_list, unit_board, unit_items
from borrowers.selectors.catalogue import item_spec
from borrowers.selectors.quality import batch_counts
from borrowers.services import (
    batch_quality_check,
    catalogue_seed,
    quality_sweep,
    records_ingest,
)
from marketplace.domain.period import Period
from tests.factories.borrowers import PENALTY_ROW, USCC, deliver

pytestmark = pytest.mark.django_db
ENTERED = datetime(2026, 1, 1, 1, 0, tzinfo=UTC)
JUNE = Period.month(2026, 6)
RATING = {"统一社会信用代码": USCC, "评价年度": "2025", "纳税信用等级": "A", "评价分数": "92"}
BAD = {"统一社会信用代码": "", "评价年度": "2025", "纳税信用等级": "A"}


def june(day, hour=4):
    return datetime(2026, 6, day, hour, tzinfo=UTC)


def seed_only(**changes):
    """Enter the tax rating alone, monthly until the 15th, changed as asked."""
    spec = replace(
        load_catalogue().item("TAX_RATING"),
        update_rhythm=UpdateRhythm.MONTHLY,
        due_days=15,
        **changes,
    )
    shipped = load_catalogue()
    catalogue_seed(actor=None, at=ENTERED, catalogue=replace(shipped, items=(spec,)))
    return spec


def rule(kind, **terms):
    return QualityRule(QualityKind(kind), **terms)


class TestBatchQualityCheck:
    def test_notes_the_version_a_batch_was_read_with(self, cast):
        seed_only(quality=())

        assert deliver("TAX_RATING", [RATING], at=june(3)).item_version == 1

    @pytest.mark.parametrize(
        ("declared", "rows", "broken"),
        [
            (rule("ACCEPTED", minimum="0.6"), [RATING, BAD], True),
            (rule("ACCEPTED", minimum="0.5"), [RATING, BAD], False),
            (rule("FILLED", field="score", minimum="1"), [RATING | {"评价分数": ""}], True),
            (rule("FILLED", field="score", minimum="1"), [RATING], False),
            (rule("IN_RANGE", field="score", high="90", minimum="1"), [RATING], True),
            (rule("IN_RANGE", field="score", low="92", minimum="1"), [RATING], False),
            (rule("RECENT", days=30, minimum="1"), [RATING | {"评价日期": "2026-05-01"}], True),
            (rule("RECENT", days=60, minimum="1"), [RATING | {"评价日期": "2026-05-01"}], False),
        ],
    )
    def test_finds_what_a_rule_forbids(self, cast, declared, rows, broken):
        seed_only(quality=(declared,))

        batch = deliver("TAX_RATING", rows, at=june(3))

        found = list(QualityFinding.objects.values_list("rule", "about"))
        assert found == ([(declared.code, str(batch.public_id))] if broken else [])
        (measure,) = BatchQuality.objects.get(batch=batch).measures
        assert measure["kept"] is not broken

    def test_counts_the_same_in_the_file_of_a_large_batch(self, cast, archive_folder, monkeypatch):
        kinds = [
            rule("FILLED", field="score", minimum="1"),
            rule("IN_RANGE", field="score", low="80", high="92", minimum="1"),
            rule("RECENT", days=60, minimum="1"),
        ]
        seed_only(quality=tuple(kinds))
        monkeypatch.setattr("borrowers.services.intake.PLAIN_FROM_BYTES", 0)
        monkeypatch.setattr("borrowers.ingest.handover.RECORDS_AT_ONCE", 2)
        changes = ["92,2026-05-01", ",2026-05-30", "93,", "60.5,2024-01-31", ",", "bad,2026-05-01"]
        lines = [f"{USCC},{2018 + place},A,{cells}" for place, cells in enumerate(changes)]
        titles = "统一社会信用代码,评价年度,纳税信用等级,评价分数,评价日期"

        batch = records_ingest(
            item_code="TAX_RATING", unit_code="TAX", source="\n".join([titles, *lines]).encode(),
            file_name="a.csv", actor=None, at=june(3),
        )  # fmt: skip

        assert batch.accepted == 5
        in_file = batch_counts(batch, item_spec(batch.item))
        batch.segments.clear()
        assert in_file == batch_counts(batch, item_spec(batch.item))
        assert in_file[kinds[0].code] == (3, 5)

    def test_compares_the_volume_with_earlier_batches_of_the_unit(self, cast):
        seed_only(quality=(rule("VOLUME", low="0.5", high="2"),))
        for day in (1, 2, 3):
            deliver("TAX_RATING", [RATING] * 4, at=june(day), sha256=str(day))

        deliver("TAX_RATING", [RATING], at=june(4))

        assert "中位数 4 行" in QualityFinding.objects.get().sentence

    def test_counts_events_delivered_within_their_working_days(self, cast):
        late = PENALTY_ROW | {
            "处罚决定日期": "2026-06-01",
            "行政处罚决定书文号": "示例罚〔2026〕2号",
        }

        batch = deliver(
            "PENALTY", [PENALTY_ROW | {"处罚决定日期": "2026-06-11"}, late], at=june(18)
        )

        quality = BatchQuality.objects.get(batch=batch)
        assert (quality.in_time, quality.events) == (1, 2)
        assert QualityFinding.objects.filter(rule="IN_TIME", batch=batch).exists()

    def test_a_second_look_finds_the_same_once(self, cast):
        seed_only(quality=(rule("ACCEPTED", minimum="1"),))
        batch = deliver("TAX_RATING", [RATING, BAD], at=june(3))

        batch_quality_check(batch=batch, item=batch.item, at=june(4))

        assert QualityFinding.objects.count() == BatchQuality.objects.count() == 1

    def test_a_later_batch_that_keeps_the_rule_closes_the_finding(self, cast):
        seed_only(quality=(rule("ACCEPTED", minimum="1"),))
        deliver("TAX_RATING", [RATING, BAD], at=june(3))

        deliver("TAX_RATING", [RATING], at=june(5))

        assert QualityFinding.objects.get().closed_at == june(5)
        assert not finding_list(cast.operator).exists()


class TestQualitySweep:
    def test_finds_a_missed_term_once(self, cast):
        seed_only(quality=(rule("DUE"),))

        assert quality_sweep(at=june(16)) == 1
        assert quality_sweep(at=june(17)) == 0
        found = QualityFinding.objects.get()
        assert (found.about, found.unit.code) == ("2026-05", "TAX")
        assert "2026-06-15" in found.sentence

    def test_is_silent_until_the_last_day_is_over(self, cast):
        seed_only(quality=(rule("DUE"),))
        deliver("TAX_RATING", [RATING], at=june(1) - timedelta(days=5))

        assert quality_sweep(at=june(15)) == 0
        assert quality_sweep(at=june(16)) == 1

    def test_is_silent_about_what_was_delivered(self, cast):
        seed_only(quality=(rule("DUE"),))
        deliver("TAX_RATING", [RATING], at=june(2))

        assert quality_sweep(at=june(30)) == 0

    def test_a_batch_of_which_nothing_was_kept_is_no_delivery(self, cast):
        seed_only(quality=(rule("DUE"),))
        deliver("TAX_RATING", [BAD], at=june(2))

        assert quality_sweep(at=june(30)) == 1

    def test_the_late_delivery_closes_the_finding(self, cast):
        seed_only(quality=(rule("DUE"),))
        quality_sweep(at=june(16))

        deliver("TAX_RATING", [RATING], at=june(20))

        assert QualityFinding.objects.get().closed_at == june(20)

    def test_asks_nothing_of_periods_before_the_item_was_declared(self, cast):
        seed_only(quality=(rule("DUE"),))

        assert quality_sweep(at=ENTERED + timedelta(days=20)) == 0

    def test_costs_the_same_for_the_whole_catalogue(self, cast, django_assert_max_num_queries):
        catalogue_seed(actor=None, at=ENTERED)

        with django_assert_max_num_queries(14):
            assert quality_sweep(at=june(16)) > 20

    def test_runs_as_a_command(self, cast, capsys):
        seed_only(quality=(rule("DUE"),))

        call_command("quality_sweep")

        assert "新发现逾期未报 1 项次" in capsys.readouterr().out


class TestUnitBoard:
    def line(self, cast, at, month=JUNE):
        lines = unit_board(cast.operator, month, at)
        return next(line.figures for line in lines if line.unit.code == "TAX")

    def test_counts_delivery_in_time_acceptance_and_findings(self, cast):
        seed_only(quality=(rule("ACCEPTED", minimum="1"),))
        deliver("TAX_RATING", [RATING, BAD], at=june(10))

        found = self.line(cast, june(20))

        assert (found.items, found.periods.owed, found.delivery, found.timeliness) == (1, 1, 1, 1)
        assert found.acceptance == Decimal("0.5")
        assert found.findings == 1
        assert found.latest_at == june(10)
        assert found.next_due.isoformat() == "2026-07-15"

    def test_a_late_delivery_is_delivered_and_not_in_time(self, cast):
        seed_only(quality=())
        deliver("TAX_RATING", [RATING], at=june(16))

        found = self.line(cast, june(20))

        assert (found.delivery, found.timeliness) == (1, 0)

    def test_a_past_month_keeps_the_findings_of_its_end(self, cast):
        seed_only(quality=(rule("ACCEPTED", minimum="1"),))
        deliver("TAX_RATING", [RATING, BAD], at=june(10))
        deliver("TAX_RATING", [RATING], at=june(30) + timedelta(days=5))

        assert self.line(cast, june(30) + timedelta(days=20)).findings == 1

    def test_reads_nothing_for_a_stranger(self, cast):
        seed_only(quality=())

        assert unit_board(cast.owner, JUNE, june(20)) == []

    def test_costs_the_same_for_the_whole_catalogue(self, cast, django_assert_max_num_queries):
        catalogue_seed(actor=None, at=ENTERED)
        IngestBatch.objects.all().delete()

        with django_assert_max_num_queries(14):
            unit_board(cast.operator, JUNE, june(20))


class TestUnitItems:
    def test_shows_what_is_owed_next_and_open_findings(self, cast):
        seed_only(quality=(rule("DUE"),))
        quality_sweep(at=june(16))

        (found,) = unit_items(SourceUnit.objects.get(code="TAX"), june(16))

        assert (found.latest_at, found.findings) == (None, 1)
        assert found.next_due.isoformat() == "2026-07-15"
