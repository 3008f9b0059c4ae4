from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.models import AuditEvent, CalendarDay, Membership, Notification
from matching.models import Whitelist, WhitelistReceipt
from matching.selectors.clock import clock_table
from matching.selectors.whitelist import whitelist_entries
from matching.selectors.whitelist_duty import contact_due, coverage_of, receipt_lines
from matching.services.clock import clocks_sweep
from matching.services.whitelist_contact import whitelist_contact, whitelist_contact_result
from matching.services.whitelist_push import receipts_read, whitelists_push
from tests.factories.lenders import make_institution, make_staff
from tests.factories.whitelist import (
    deliver_lists,
    list_enterprise,
    make_recommended,
    make_whitelist,
)


@pytest.fixture(autouse=True)
def lists(cast):
    deliver_lists()


@pytest.fixture
def entry(cast):
    return make_recommended(cast)


def on(month, day, hour=2):
    return datetime(2026, month, day, hour, tzinfo=UTC)


def told(kind):
    return set(Notification.objects.filter(kind=kind).values_list("user__username", flat=True))


def coverage(entry):
    return coverage_of([entry.whitelist])[entry.whitelist_id]


def take(entry, actor, at):
    return whitelist_contact(entry_id=entry.public_id, actor=actor, at=at)


class TestReceipt:
    def test_is_written_for_every_institution_that_serves_the_district(self, cast, entry, now):
        lines = {line.institution: line for line in receipt_lines(entry.whitelist)}

        assert set(lines) == {"示例城市银行", "对照城市银行"}
        assert (lines["示例城市银行"].pushed_at, lines["示例城市银行"].told) == (now, 3)
        assert lines["示例城市银行"].read_at is None

    def test_is_read_when_an_officer_opens_the_list_and_the_first_time_counts(
        self, cast, entry, now
    ):
        first, second = now + timedelta(hours=1), now + timedelta(hours=2)

        assert receipts_read(actor=cast.approver, at=first) == 1
        assert receipts_read(actor=cast.officer, at=second) == 0

        receipt = WhitelistReceipt.objects.get(institution=cast.institution)
        assert (receipt.read_at, receipt.read_by) == (first, cast.approver)
        rival = WhitelistReceipt.objects.get(institution=cast.rival_institution)
        assert rival.read_at is None

    def test_is_nobody_elses_to_give(self, cast, entry, now):
        assert receipts_read(actor=cast.district_clerk, at=now) == 0

    def test_tells_when_the_first_enterprise_was_taken_on(self, cast, entry, now):
        later = now + timedelta(hours=3)
        take(entry, cast.officer, later)

        line = receipt_lines(entry.whitelist)[0]

        assert (line.first_contact_at, line.taken, line.reported) == (later, 1, 0)

    def test_comes_later_for_an_institution_admitted_later(self, cast, entry, now):
        late = make_institution(code="B009", name="后到示例银行", uscc="91120103MA05010399", at=now)
        officer = cast.stranger
        make_staff(user=officer, institution=late, role="OFFICER", at=now)
        later = now + timedelta(days=1)

        assert whitelists_push(at=later) == 1
        assert whitelists_push(at=later) == 0

        receipt = WhitelistReceipt.objects.get(institution=late)
        assert (receipt.pushed_at, receipt.told) == (later, 1)
        assert Notification.objects.filter(user=officer, kind="whitelist.recommended").count() == 1

    def test_is_not_written_before_publication(self, cast):
        make_whitelist(cast, "PENDING_APPROVAL")

        assert not WhitelistReceipt.objects.exists()


class TestCoverage:
    def test_counts_an_enterprise_once_however_many_took_it_on(self, cast, entry, now):
        take(entry, cast.officer, now)
        take(entry, cast.rival_officer, now)

        found = coverage(entry)

        assert (found.listed, found.contacted, found.reported, found.left) == (1, 1, 0, 0)
        assert found.share == 1

    def test_does_not_count_who_was_moved_out(self, cast, entry, now):
        list_enterprise(cast.enterprise, "ABNORMAL_LIST")
        clocks_sweep(at=now + timedelta(days=30))

        assert coverage(entry).listed == 0

    def test_finds_those_nobody_took_on(self, cast, entry, now):
        def left():
            return whitelist_entries(cast.district_clerk, entry.whitelist, now, taken=False)

        assert [row.pk for row in left()] == [entry.pk]
        take(entry, cast.officer, now)
        assert not left()


class TestContactClock:
    def test_is_silent_while_there_is_time(self, cast, entry):
        count = clocks_sweep(at=on(11, 30))

        assert (count.reminded, count.escalated) == (0, 0)

    def test_reminds_the_officers_after_five_working_days_once(self, cast, entry):
        clocks_sweep(at=on(12, 1))
        clocks_sweep(at=on(12, 2))

        assert told("clock.remind") == {"officer", "second_officer", "rival_officer"}
        assert Notification.objects.filter(kind="clock.remind").count() == 3

    def test_escalates_after_ten_to_approvers_district_and_city(self, cast, entry, now):
        clocks_sweep(at=on(12, 8))

        whitelist = Whitelist.objects.get()
        assert whitelist.escalated_at == on(12, 8)
        assert {"approver", "district_lead", "operator", "second_operator"} <= told(
            "clock.escalate"
        )
        assert "district_clerk" not in told("clock.escalate")
        event = AuditEvent.objects.get(action="matching.whitelist.escalate")
        assert event.payload["left"] == 1

    def test_stands_still_when_everything_is_contacted(self, cast, entry, now):
        take(entry, cast.officer, now)
        report(entry, cast, now)

        count = clocks_sweep(at=on(12, 8))

        assert (count.reminded, count.escalated) == (0, 0)

    def test_says_so_when_its_end_rests_on_an_unpublished_year(self, cast, now):
        december = datetime(2026, 12, 28, 2, tzinfo=UTC)
        entry = make_recommended(cast, december)

        due = contact_due(entry.whitelist, clock_table())
        assert due is not None
        assert (due.on.year, due.provisional) == (2027, True)

        days = [due.on - timedelta(days=n) for n in range(20)]
        CalendarDay.objects.bulk_create(
            [CalendarDay(date=d, is_working=d.weekday() < 5) for d in days if d.year == 2027]
        )
        entered = contact_due(entry.whitelist, clock_table())
        assert entered is not None
        assert not entered.provisional


def report(entry, cast, now, result="FOLLOWING_UP"):
    return whitelist_contact_result(
        entry_id=entry.public_id, result=result, note="", actor=cast.officer, at=now
    )


class TestFeedbackClock:
    def test_reminds_who_took_it_on_and_then_escalates(self, cast, entry, now):
        take(entry, cast.officer, now)

        clocks_sweep(at=on(11, 27))
        assert told("clock.remind") == {"officer"}
        clocks_sweep(at=on(12, 1))
        assert told("clock.escalate") == {
            "officer",
            "approver",
            "district_lead",
            "operator",
            "second_operator",
        }

    def test_reminds_the_approvers_once_who_took_it_on_has_left(self, cast, entry, now):
        take(entry, cast.officer, now)
        Membership.objects.filter(user=cast.officer, role="OFFICER").update(ended_at=now)

        clocks_sweep(at=on(11, 27))

        assert told("clock.remind") == {"approver"}

    def test_takes_each_step_once(self, cast, entry, now):
        take(entry, cast.officer, now)
        clocks_sweep(at=on(12, 1))

        count = clocks_sweep(at=on(12, 1))

        assert (count.reminded, count.escalated) == (0, 0)

    def test_ends_with_a_result(self, cast, entry, now):
        take(entry, cast.officer, now)
        report(entry, cast, now)

        clocks_sweep(at=on(12, 1))

        assert told("clock.remind") == set()
