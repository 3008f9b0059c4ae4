from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from matching.domain.freshness import Freshness, freshness_of, months_behind, unusable_since
from matching.views.portrait_freshness import freshness_panel
from tests.factories.records import CATALOGUE, ITEMS, NOW, TODAY, make_evidence, make_record


def of_class(code, records=(), **more):
    found = freshness_of(make_evidence(records, **more), CATALOGUE, NOW)
    return next(entry for entry in found if entry.data_class == code)


def delivered(item, days_ago):
    evidence = make_evidence([], delivered=[item])
    at = datetime(2026, 5, 12, 2, tzinfo=UTC) - timedelta(days=days_ago)
    return freshness_of(
        evidence.__class__(evidence.records, evidence.authorized, {item: at}), CATALOGUE, NOW
    )


class TestFreshness:
    def test_says_something_of_all_seventeen_classes(self):
        found = freshness_of(make_evidence([]), CATALOGUE, NOW)

        assert [entry.data_class for entry in found] == [f"{n:02}" for n in range(1, 18)]

    def test_a_delivered_class_without_own_records_is_fresh(self):
        found = of_class("05")

        assert (found.state, found.records) == (Freshness.FRESH, 0)
        assert found.sentence == "行政处罚：本企业无记录；数据更新至 2026-05-11。"

    def test_a_class_nobody_delivers_is_none(self):
        found = of_class("05", delivered=[])

        assert found.state is Freshness.NONE
        assert found.sentence == "行政处罚：来源单位尚未提供数据。"

    @pytest.mark.parametrize(("days_ago", "state"), [(14, Freshness.FRESH), (15, Freshness.STALE)])
    def test_is_stale_after_the_items_own_interval(self, days_ago, state):
        found = next(e for e in delivered("PENALTY", days_ago) if e.data_class == "05")

        assert ITEMS["PENALTY"].freshness_days == 14
        assert found.state is state

    def test_a_stale_class_never_reads_as_none(self):
        found = next(e for e in delivered("PENALTY", 60) if e.data_class == "05")

        assert "数据未更新（至 2026-03-13" in found.sentence
        assert "不能据此认为没有新的记录" in found.sentence

    def test_a_class_without_consent_is_not_authorized(self):
        found = of_class("10", authorized=())

        assert (found.state, found.latest_received_at) == (Freshness.NOT_AUTHORIZED, None)

    def test_own_records_count_where_data_is_asked_for_one_by_one(self):
        old = make_record("SOCIAL_INSURANCE", date(2025, 12, 1), {"headcount": 3})

        found = of_class("10", [old])

        assert found.state is Freshness.STALE
        assert found.latest_event_date == date(2025, 12, 1)


class TestMonthsBehind:
    WINDOW = (date(2025, 5, 1), date(2026, 5, 1))

    def test_are_those_that_had_not_ended_at_the_latest_delivery(self):
        paid = make_record(
            "TAX_PAYMENT",
            date(2026, 1, 5),
            {"paid_yuan": "5.00"},
            received_at=datetime(2026, 2, 28, 16, tzinfo=UTC),  # the first of March in Beijing
        )

        assert behind(self.WINDOW, [paid]) == (date(2026, 3, 1), date(2026, 4, 1))

    def test_are_none_once_the_last_had_ended(self):
        paid = make_record(
            "TAX_PAYMENT",
            date(2026, 1, 5),
            {"paid_yuan": "5.00"},
            received_at=datetime(2026, 5, 1, 2, tzinfo=UTC),
        )

        assert behind(self.WINDOW, [paid]) is None
        assert behind((None, None), [paid]) is None

    def test_are_not_asked_of_what_comes_once_a_year(self):
        rated = make_record(
            "TAX_RATING",
            date(2025, 12, 31),
            {"grade": "A"},
            received_at=datetime(2026, 2, 1, 2, tzinfo=UTC),
        )

        assert behind(self.WINDOW, [rated], item="TAX_RATING") is None

    def test_are_none_of_the_month_that_ends_on_the_day(self):
        paid = make_record(
            "TAX_PAYMENT",
            date(2026, 4, 5),
            {"paid_yuan": "5.00"},
            received_at=datetime(2026, 4, 28, 2, tzinfo=UTC),
        )

        assert behind(self.WINDOW, [paid], day=date(2026, 4, 30)) is None
        assert behind(self.WINDOW, [paid], day=date(2026, 5, 1)) == (date(2026, 4, 1),) * 2

    def test_are_not_asked_of_items_that_are_public(self):
        old = make_record("PENALTY", date(2026, 1, 5), {}, public=True)

        assert behind(self.WINDOW, [old], item="PENALTY", delivered=[]) is None


def behind(window, records, item="TAX_PAYMENT", day=TODAY, **more):
    found = freshness_of(make_evidence(records, **more), CATALOGUE, NOW)
    items = {entry.item_code: entry for group in found for entry in group.items}
    return months_behind(*window, [item], items, day)


class TestUnusable:
    @pytest.mark.parametrize(("days_ago", "is_unusable"), [(180, False), (181, True)])
    def test_data_older_than_half_a_year_is_not_judged_by(self, days_ago, is_unusable):
        items = {i.item_code: i for e in delivered("PENALTY", days_ago) for i in e.items}

        since = unusable_since(["PENALTY"], items, TODAY)

        assert since == (TODAY - timedelta(days=days_ago) if is_unusable else None)

    def test_a_yearly_item_has_twice_its_interval(self):
        items = {i.item_code: i for e in delivered("ANNUAL_REPORT", 800) for i in e.items}

        assert unusable_since(["ANNUAL_REPORT"], items, TODAY) is None


class TestShown:
    @pytest.mark.parametrize("colon", ["：", ":"])
    def test_says_the_class_once_also_in_earlier_portraits(self, colon):
        sentence = f"行政处罚{colon}本企业无记录；数据更新至 2026-05-11。"
        found = replace(of_class("05"), sentence=sentence)

        (row,) = freshness_panel([found]).table.rows

        assert row[2].value == "本企业无记录；数据更新至 2026-05-11。"
