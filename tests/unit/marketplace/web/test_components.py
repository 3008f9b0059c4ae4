"""Values of page components."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.domain.verdict import Outcome, Verdict
from marketplace.web.components import (
    Cell,
    Clock,
    Column,
    Kind,
    Table,
    Tone,
    in_reading_order,
    spell_out,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class TestClock:
    @pytest.mark.parametrize(
        ("hours", "sentence", "tone"),
        [
            (50, "还剩 2 天 2 小时", Tone.INFO),
            (7, "还剩 7 小时", Tone.WARN),
            (-1, "已超时 1 小时", Tone.BAD),
        ],
    )
    def test_tells_what_is_left(self, hours, sentence, tone):
        clock = Clock("受理", NOW + timedelta(hours=hours), NOW)

        assert (clock.sentence, clock.tone) == (sentence, tone)

    @pytest.mark.parametrize(
        ("done_hours_before_due", "sentence", "tone"),
        [(1, "按时完成", Tone.GOOD), (-1, "超时完成", Tone.BAD)],
    )
    def test_stopped_tells_whether_in_time(self, done_hours_before_due, sentence, tone):
        done = NOW - timedelta(hours=done_hours_before_due)

        clock = Clock("受理", NOW, NOW + timedelta(days=9), stopped_at=done)

        assert (clock.sentence, clock.tone) == (sentence, tone)

    def test_paused_does_not_run_out(self):
        clock = Clock("补充资料", NOW - timedelta(days=1), NOW, is_paused=True)

        assert (clock.sentence, clock.tone) == ("计时暂停", Tone.NEUTRAL)

    def test_without_deadline_says_so(self):
        assert Clock("受理", None, NOW).sentence == "无时限"


class TestSpellOut:
    @pytest.mark.parametrize(
        ("seconds", "words"),
        [(59, "0 分钟"), (3_600, "1 小时"), (86_400, "1 天"), (5_400, "1 小时 30 分钟")],
    )
    def test_names_the_two_largest_units(self, seconds, words):
        assert spell_out(seconds) == words


class TestTable:
    def test_pairs_each_value_with_its_column(self):
        table = Table([Column("名称"), Column("金额")], [["津禾", Cell(5, note="元")]])

        [row] = list(table)

        assert [(column.label, cell.value, cell.note) for column, cell in row] == [
            ("名称", "津禾", ""),
            ("金额", 5, "元"),
        ]

    def test_refuses_a_row_of_another_length(self):
        with pytest.raises(ValueError, match="zip"):
            list(Table([Column("名称")], [["津禾", "多余"]]))

    def test_of_names_with_a_number_each_is_slim(self):
        counts = Table([Column("等级"), Column("户数", Kind.NUMBER)], [["A", 5]])
        words = Table([Column("名称"), Column("说明")], [["津禾", "备注"]])

        assert counts.is_slim
        assert not words.is_slim

    def test_of_many_columns_is_dense(self):
        assert Table([Column(str(place)) for place in range(8)], []).is_dense
        assert not Table([Column(str(place)) for place in range(7)], []).is_dense


class TestReadingOrder:
    def test_puts_obstacles_first(self):
        verdicts = [Verdict(o.value, o, "") for o in Outcome]

        order = [verdict.outcome for verdict in in_reading_order(verdicts)]

        assert order == [Outcome.DOES_NOT_FIT, Outcome.CANNOT_TELL, Outcome.FITS]
