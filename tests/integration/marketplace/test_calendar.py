from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from marketplace.calendars import work_calendar
from marketplace.domain.errors import NotPermitted, Refused
from marketplace.models import AuditEvent, CalendarDay, OutboxMessage
from marketplace.queue import outbox_drain
from marketplace.services import calendar_day_set, calendar_year_enter
from matching.models import LoanApplication
from matching.services.clock_reread import clocks_reread
from tests.cast import NOW
from tests.factories.matching import make_application

NOTICE_2027 = """
一、元旦：1月1日至3日放假，共3天。
二、春节：2月5日至11日放假调休，共7天。1月31日、2月14日上班。
三、清明节：4月3日至5日放假，共3天。
四、劳动节：5月1日至5日放假调休，共5天。4月25日、5月8日上班。
五、端午节：6月9日放假。
六、中秋节：9月15日放假。
七、国庆节：10月1日至7日放假调休，共7天。9月26日、10月9日上班。
"""
"""Made up for the tests; no such notice exists."""


def enter(cast, now=NOW, **changes):
    asked = {"year": 2027, "notice": NOTICE_2027, "source": "示例文号", "actor": cast.operator}
    return calendar_year_enter(**(asked | changes), at=now)


class TestCalendarYearEnter:
    def test_ends_the_provisional_of_the_whole_year(self, cast):
        assert work_calendar().is_working(date(2027, 3, 1)).provisional

        enter(cast)

        kinds = work_calendar()
        first = date(2027, 1, 1)
        assert not any(kinds.is_working(first + timedelta(days=n)).provisional for n in range(365))
        assert kinds.is_working(date(2027, 1, 31)).working
        assert not kinds.is_working(date(2027, 2, 8)).working

    def test_can_be_entered_again(self, cast):
        enter(cast)
        enter(cast, notice=NOTICE_2027.replace("6月9日放假", "6月10日放假"))

        kinds = work_calendar()
        assert kinds.is_working(date(2027, 6, 9)).working
        assert CalendarDay.objects.filter(date__year=2027).count() == 365

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"year": 2025}, "CALENDAR_YEAR"),
            ({"year": 2029}, "CALENDAR_YEAR"),
            ({"source": " "}, "CALENDAR_SOURCE"),
            ({"notice": "无"}, "NOTICE_INCOMPLETE"),
        ],
    )
    def test_refuses(self, cast, changes, code):
        with pytest.raises(Refused, match=code):
            enter(cast, **changes)

        assert not CalendarDay.objects.exists()

    def test_is_the_operators_and_on_the_audit_trail(self, cast):
        with pytest.raises(NotPermitted):
            enter(cast, actor=cast.auditor)
        enter(cast)

        assert AuditEvent.objects.get(action="marketplace.calendar.enter").actor == cast.operator


class TestCalendarDaySet:
    def test_changes_one_day(self, cast, now):
        day = date(2026, 12, 1)

        calendar_day_set(day=day, is_working=False, note="示例决定", actor=cast.operator, at=now)

        assert not work_calendar().is_working(day).working

    def test_leaves_the_past_alone(self, cast, now):
        with pytest.raises(Refused, match="CALENDAR_PAST"):
            calendar_day_set(
                day=date(2026, 11, 22),
                is_working=False,
                note="示例",
                actor=cast.operator,
                at=now,
            )


class TestClocksReread:
    def test_moves_a_provisional_deadline_of_january(self, cast):
        at = datetime(2026, 12, 31, 2, tzinfo=UTC)
        application = make_application(cast, at=at)
        assert application.clock_is_provisional
        assert application.clock_due_at.date() == date(2027, 1, 4)
        calendar_day_set(
            day=date(2027, 1, 4), is_working=False, note="示例", actor=cast.operator, at=at
        )

        with time_machine.travel(at, tick=False):
            enter(cast, at, notice=NOTICE_2027.replace("至3日放假", "至4日放假"))
            assert OutboxMessage.objects.filter(task="matching.clocks_reread").count() == 2
            outbox_drain()

        moved = LoanApplication.objects.get(pk=application.pk)
        assert (moved.clock_due_at.date(), moved.clock_is_provisional) == (
            date(2027, 1, 5),
            False,
        )

    def test_moves_nothing_when_nothing_changed(self, cast, now):
        make_application(cast, at=now)

        assert clocks_reread(at=now) == 0


class TestPage:
    @pytest.fixture(autouse=True)
    def clock(self):
        with time_machine.travel(NOW, tick=False):
            yield

    def test_says_that_a_year_is_provisional_until_its_notice_is_entered(self, cast, client):
        client.force_login(cast.operator)
        address = reverse("marketplace:calendar")

        before = client.get(address, {"year": "2027"}).text
        answer = client.post(address, {"year": "2027", "source": "示例文号", "notice": NOTICE_2027})
        after = client.get(answer.url).text

        assert "暂定" in before.split("<h1")[1].split("</h1>")[0] or "暂定" in before
        assert "国庆节调休" in after
        assert "示例文号" not in before

    def test_shows_what_it_cannot_read(self, cast, client):
        client.force_login(cast.operator)
        body = {"year": "2027", "source": "示例", "notice": "元旦:1月1日另行通知。"}

        answer = client.post(reverse("marketplace:calendar"), body)

        assert answer.status_code == 422
        assert "NOTICE_UNREADABLE" in answer.text or "不能识别" in answer.text

    @pytest.mark.parametrize("year", ["x", "1999", "2999", "%00"])
    def test_of_a_strange_year_is_not_a_fault(self, cast, client, year):
        client.force_login(cast.operator)

        assert client.get(reverse("marketplace:calendar"), {"year": year}).status_code < 500
