from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused, TransitionRefused
from marketplace.models import AuditEvent, Notification
from matching.domain.assignment import Method
from matching.domain.event import InviteSource
from matching.models import (
    DemandLead,
    EventFollowUp,
    EventInvitation,
    EventMeeting,
    LoanApplication,
)
from matching.selectors.event import event_figures, needs_coming
from matching.selectors.event_plan import event_ways
from matching.services.clock import clocks_sweep
from matching.services.event import (
    event_cancel,
    event_complete,
    event_create,
    event_finish,
    event_hold,
    event_invite,
    event_publish,
)
from matching.services.event_assign import event_assign, event_confirm, event_rearrange
from matching.services.event_follow_up import event_track, follow_up_report
from matching.services.event_invitation import (
    invitation_decline,
    invitation_sign_in,
    invitation_sign_up,
)
from matching.services.event_meeting import meeting_record
from tests.cast import NOW
from tests.factories.events import (
    DISTRICT,
    desk_of,
    follow_up_of,
    guest_of,
    make_event,
    meeting_of,
    plan_of,
    sign_up_all,
)
from tests.factories.whitelist import deliver_lists, make_whitelist

pytestmark = pytest.mark.django_db

STEPS = {
    "SIGN_UP": ("district_clerk", event_publish),
    "ARRANGED": ("district_lead", event_confirm),
    "HELD": ("district_clerk", event_hold),
    "INTENTION": ("district_clerk", event_finish),
    "FOLLOW_UP": ("district_clerk", event_track),
    "CLOSED": ("district_lead", event_complete),
}


class TestEventCreate:
    def test_is_prepared_for_the_own_district_only(self, cast):
        event = event_create(district=DISTRICT, plan=plan_of(), actor=cast.district_clerk, at=NOW)

        assert (event.state, event.district_id) == ("PREPARING", DISTRICT)
        with pytest.raises(NotFound):
            event_create(district=DISTRICT, plan=plan_of(), actor=cast.other_district_clerk, at=NOW)

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"title": " "}, "title"),
            ({"venue": ""}, "venue"),
            ({"slots": 0}, "slots"),
            ({"slot_minutes": 500}, "slot_minutes"),
            ({"most_meetings": 0}, "most_meetings"),
            ({"starts_at": NOW - timedelta(days=1)}, "starts_at"),
            ({"sign_up_until": NOW + timedelta(days=9)}, "sign_up_until"),
        ],
    )
    def test_refuses_what_cannot_be_and_names_the_field(self, cast, changed, field):
        with pytest.raises(Refused) as refused:
            event_create(
                district=DISTRICT, plan=plan_of(**changed), actor=cast.district_clerk, at=NOW
            )

        assert field in refused.value.fields


class TestEventInvite:
    def test_invites_each_once_whatever_the_source(self, cast):
        event = make_event(cast)
        deliver_lists()
        whitelist = make_whitelist(cast, "PUBLISHED")

        again = [
            event_invite(
                event=event,
                source=source,
                whitelist_id=whitelist.public_id,
                actor=cast.district_clerk,
                at=NOW,
            )
            for source in InviteSource
        ]

        assert again == [0, 0, 0]
        assert event_figures(event).enterprises == 1
        assert event_figures(event).institutions == 2

    def test_a_whitelist_of_another_district_is_not_found(self, cast):
        event = make_event(cast)
        with pytest.raises(NotFound):
            event_invite(
                event=event,
                source=InviteSource.WHITELIST,
                whitelist_id=event.public_id,
                actor=cast.district_clerk,
                at=NOW,
            )

    def test_the_city_reads_only(self, cast):
        event = make_event(cast)
        with pytest.raises(NotPermitted):
            event_invite(event=event, source=InviteSource.NEEDS, actor=cast.operator, at=NOW)

    def test_nobody_is_told_before_the_sign_up_is_published(self, cast):
        event = make_event(cast)
        assert not Notification.objects.filter(kind="event.invited").exists()

        event_publish(event=event, actor=cast.district_clerk, at=NOW)

        told = Notification.objects.filter(kind="event.invited").values_list("user__username")
        assert {name for (name,) in told} >= {"owner", "agent", "officer", "rival_officer"}


class TestSteps:
    @pytest.mark.parametrize("state", STEPS)
    def test_a_second_press_changes_nothing(self, cast, state):
        event = make_event(cast, state)
        member, service = STEPS[state]
        before = (AuditEvent.objects.count(), Notification.objects.count())

        again = service(event=event, actor=getattr(cast, member), at=NOW + timedelta(minutes=1))

        assert again.state == state
        assert (AuditEvent.objects.count(), Notification.objects.count()) == before

    @pytest.mark.parametrize("state", STEPS)
    def test_the_city_may_not_press_at_all(self, cast, state):
        event = make_event(cast, state)

        with pytest.raises(NotPermitted):
            STEPS[state][1](event=event, actor=cast.operator, at=NOW)

    def test_seats_are_confirmed_by_a_lead(self, cast):
        event = make_event(cast, "SIGN_UP")
        event_assign(event=event, method=Method.OPTIMAL, actor=cast.district_clerk, at=NOW)

        with pytest.raises(NotPermitted):
            event_confirm(event=event, actor=cast.district_clerk, at=NOW)

    def test_is_not_held_before_its_day(self, cast):
        event = make_event(cast, "ARRANGED", starts_at=NOW + timedelta(days=2))

        with pytest.raises(TransitionRefused):
            event_hold(event=event, actor=cast.district_clerk, at=NOW)

    def test_is_not_tracked_while_an_outcome_is_missing(self, cast):
        event = make_event(cast, "HELD")
        event_finish(event=event, actor=cast.district_clerk, at=NOW)

        with pytest.raises(TransitionRefused, match="2 场面谈没有登记结果"):
            event_track(event=event, actor=cast.district_clerk, at=NOW)

    def test_is_not_closed_while_a_follow_up_is_open(self, cast):
        event = make_event(cast, "FOLLOW_UP")

        with pytest.raises(TransitionRefused, match="3 项跟踪没有反馈"):
            event_complete(event=event, actor=cast.district_lead, at=NOW)

    def test_cancelled_with_a_reason_everybody_invited_is_told(self, cast):
        event = make_event(cast, "SIGN_UP")
        with pytest.raises(TransitionRefused):
            event_cancel(event=event, reason=" ", actor=cast.district_lead, at=NOW)

        event_cancel(event=event, reason="场地原因", actor=cast.district_lead, at=NOW)

        told = Notification.objects.filter(kind="event.cancelled", user=cast.owner)
        assert told.get().body == "场地原因"


class TestSignUp:
    def test_an_enterprise_brings_an_open_need_of_its_own(self, cast):
        event = make_event(cast, "SIGN_UP")
        guest = guest_of(event)

        with pytest.raises(Refused) as refused:
            invitation_sign_up(
                invitation_id=guest.public_id, demand_id=guest.public_id, actor=cast.owner, at=NOW
            )

        assert refused.value.code == "EVENT_NEED"

    def test_the_same_answer_again_changes_nothing(self, cast):
        event = make_event(cast, "SIGN_UP")
        before = AuditEvent.objects.count()

        sign_up_all(event, cast, NOW + timedelta(minutes=1))

        assert AuditEvent.objects.count() == before

    def test_wishes_are_for_the_other_side_of_the_same_event(self, cast):
        event = make_event(cast, "SIGN_UP")
        for wishes in ([str(guest_of(event).public_id)], ["示例"]):
            with pytest.raises(Refused) as refused:
                invitation_sign_up(
                    invitation_id=guest_of(event).public_id,
                    demand_id=guest_of(event).demand.public_id,
                    wishes=wishes,
                    actor=cast.owner,
                    at=NOW,
                )
            assert refused.value.code == "EVENT_WISH_UNKNOWN"

    def test_ends_with_its_last_moment(self, cast):
        event = make_event(cast, "SIGN_UP")

        with pytest.raises(TransitionRefused, match="报名已截止"):
            sign_up_all(event, cast, event.sign_up_until + timedelta(seconds=1))

    def test_an_invitation_of_somebody_else_is_not_found(self, cast):
        event = make_event(cast, "SIGN_UP")

        for actor in (cast.rival_owner, cast.officer, cast.district_clerk, cast.stranger):
            with pytest.raises(NotFound):
                invitation_decline(invitation_id=guest_of(event).public_id, actor=actor, at=NOW)

    def test_institutions_see_needs_without_names(self, cast):
        event = make_event(cast, "SIGN_UP")

        shown = needs_coming(event, NOW)

        assert len(shown) == 1
        assert cast.enterprise.name not in repr(shown[0][1])
        assert cast.enterprise.uscc not in repr(shown[0][1])

    def test_declining_takes_the_seats_back(self, cast):
        event = make_event(cast, "SIGN_UP")
        event_assign(event=event, method=Method.OPTIMAL, actor=cast.district_clerk, at=NOW)

        invitation_decline(invitation_id=desk_of(event).public_id, actor=cast.officer, at=NOW)

        assert not EventMeeting.objects.filter(desk__invitation__institution__code="B001").exists()
        assert EventMeeting.objects.count() == 1

    def test_nobody_declines_once_the_seats_are_confirmed(self, cast):
        event = make_event(cast, "ARRANGED")

        with pytest.raises(TransitionRefused):
            invitation_decline(invitation_id=guest_of(event).public_id, actor=cast.owner, at=NOW)


class TestSignIn:
    @pytest.mark.parametrize("member", ["owner", "agent", "district_clerk"])
    def test_by_the_guest_or_at_the_door_once(self, cast, member):
        event = make_event(cast, "HELD")
        actor, key = getattr(cast, member), guest_of(event).public_id

        invitation_sign_in(invitation_id=key, actor=actor, at=NOW)
        again = invitation_sign_in(invitation_id=key, actor=actor, at=NOW + timedelta(hours=1))

        assert again.signed_in_at == NOW

    def test_not_before_the_doors_are_open(self, cast):
        event = make_event(cast, "ARRANGED")

        with pytest.raises(TransitionRefused):
            invitation_sign_in(invitation_id=guest_of(event).public_id, actor=cast.owner, at=NOW)


class TestAssign:
    def test_seats_every_enterprise_and_says_why(self, cast):
        event = make_event(cast, "SIGN_UP")

        event_assign(event=event, method=Method.OPTIMAL, actor=cast.district_clerk, at=NOW)

        rows = EventMeeting.objects.order_by("desk__invitation__institution__code")
        assert [(row.why, row.desk.invitation.institution.code) for row in rows] == [
            ("FURTHER", "B001"),
            ("FIRST_OF_ALL", "B002"),
        ]
        assert len({row.slot for row in rows}) == 2
        assert "企业第 1 志愿（200 分）" in rows[1].fit
        event.refresh_from_db()
        assert (event.figures["covered"], event.figures["meetings"]) == (1, 2)

    def test_the_same_seats_again_change_nothing(self, cast):
        event = make_event(cast, "SIGN_UP")
        event_assign(event=event, method=Method.OPTIMAL, actor=cast.district_clerk, at=NOW)
        before = (AuditEvent.objects.count(), set(EventMeeting.objects.values_list("pk")))

        event_assign(event=event, method=Method.OPTIMAL, actor=cast.district_clerk, at=NOW)

        after = (AuditEvent.objects.count(), set(EventMeeting.objects.values_list("pk")))
        assert after == before

    def test_a_wish_not_met_has_its_reason(self, cast):
        event = make_event(cast, "SIGN_UP", most_meetings=1)
        guest, banks = guest_of(event), [desk_of(event, code) for code in ("B001", "B002")]
        invitation_sign_up(
            invitation_id=guest.public_id,
            demand_id=guest.demand.public_id,
            wishes=[str(bank.public_id) for bank in banks],
            actor=cast.owner,
            at=NOW,
        )

        event_assign(event=event, method=Method.OPTIMAL, actor=cast.district_clerk, at=NOW)

        event.refresh_from_db()
        missed = {str(banks[1].public_id): "NEED_SERVED"}
        assert event.figures["missed"] == {str(guest.public_id): missed}

    def test_both_ways_are_there_to_compare(self, cast):
        event = make_event(cast, "SIGN_UP", most_meetings=1)

        ways = event_ways(event, NOW)

        assert ways.optimal.covered == ways.stable.covered == 1
        assert ways.stable.blocking == 0
        assert ways.cost_bp >= 0

    def test_taken_back_it_may_be_seated_anew(self, cast):
        event = make_event(cast, "ARRANGED")

        event_rearrange(event=event, actor=cast.district_clerk, at=NOW)
        event_assign(event=event, method=Method.STABLE, actor=cast.district_clerk, at=NOW)

        event.refresh_from_db()
        assert (event.state, event.method) == ("SIGN_UP", "STABLE")

    def test_seats_are_not_confirmed_after_the_sign_up_changed(self, cast):
        event = make_event(cast, "SIGN_UP")
        event_assign(event=event, method=Method.OPTIMAL, actor=cast.district_clerk, at=NOW)
        invitation_decline(invitation_id=desk_of(event).public_id, actor=cast.officer, at=NOW)

        with pytest.raises(Conflict) as refused:
            event_confirm(event=event, actor=cast.district_lead, at=NOW)

        assert refused.value.code == "EVENT_SEATS_STALE"

    def test_looks_at_no_record_of_the_enterprise(self, cast, django_assert_max_num_queries):
        event = make_event(cast, "SIGN_UP")

        with django_assert_max_num_queries(8) as queries:
            event_ways(event, NOW)

        assert not [q for q in queries.captured_queries if "borrowers_creditrecord" in q["sql"]]


class TestMeetingRecord:
    def test_an_intention_becomes_a_lead_that_asks_the_enterprise(self, cast):
        event = make_event(cast, "INTENTION")

        lead = DemandLead.objects.get()

        assert (lead.origin, lead.state, lead.institution) == ("EVENT", "INVITED", cast.institution)
        assert meeting_of(event).intention.lead == lead
        assert not LoanApplication.objects.exists()
        assert Notification.objects.filter(user=cast.owner, kind="lead.take").exists()

    def test_the_same_record_again_changes_nothing(self, cast):
        event = make_event(cast, "HELD")
        for minute in (0, 1):
            for outcome, amount in (("INTENDED", Decimal(300_000)),):
                row = meeting_record(
                    meeting_id=meeting_of(event).public_id,
                    outcome=outcome,
                    amount_yuan=amount,
                    actor=cast.officer,
                    at=NOW + timedelta(minutes=minute),
                )

        assert row.recorded_at == NOW
        assert DemandLead.objects.count() == 1

    def test_the_district_records_without_taking_for_the_institution(self, cast):
        event = make_event(cast, "HELD")

        meeting_record(
            meeting_id=meeting_of(event).public_id,
            outcome="INTENDED",
            amount_yuan=Decimal(300_000),
            actor=cast.district_clerk,
            at=NOW,
        )

        assert not DemandLead.objects.exists()

    def test_an_intention_with_a_lead_cannot_be_taken_back(self, cast):
        event = make_event(cast, "INTENTION")

        with pytest.raises(Refused) as refused:
            meeting_record(
                meeting_id=meeting_of(event).public_id,
                outcome="NO_INTENT",
                actor=cast.officer,
                at=NOW,
            )

        assert refused.value.code == "EVENT_INTENTION_LEAD"

    def test_an_intention_needs_its_amount(self, cast):
        event = make_event(cast, "HELD")

        with pytest.raises(Refused) as refused:
            meeting_record(
                meeting_id=meeting_of(event).public_id,
                outcome="INTENDED",
                actor=cast.officer,
                at=NOW,
            )

        assert set(refused.value.fields) == {"amount_yuan"}

    @pytest.mark.parametrize("state", ["ARRANGED", "FOLLOW_UP"])
    def test_is_over_before_and_after(self, cast, state):
        event = make_event(cast, state)

        with pytest.raises(Conflict):
            meeting_record(
                meeting_id=meeting_of(event).public_id,
                outcome="ABSENT",
                actor=cast.officer,
                at=NOW,
            )

    @pytest.mark.parametrize(
        ("member", "refusal"),
        [
            ("approver", NotPermitted),
            ("operator", NotPermitted),
            ("rival_officer", NotFound),
            ("owner", NotFound),
            ("other_district_clerk", NotFound),
        ],
    )
    def test_is_for_the_institution_and_the_district(self, cast, member, refusal):
        event = make_event(cast, "HELD")

        with pytest.raises(refusal):
            meeting_record(
                meeting_id=meeting_of(event).public_id,
                outcome="ABSENT",
                actor=getattr(cast, member),
                at=NOW,
            )


class TestFollowUps:
    def test_are_due_after_30_60_and_90_days_on_working_days(self, cast):
        make_event(cast, "FOLLOW_UP")

        rows = EventFollowUp.objects.order_by("due_at")

        days = [(row.after_days, timezone.localtime(row.due_at).date().isoformat()) for row in rows]
        assert days == [(30, "2026-12-23"), (60, "2027-01-22"), (90, "2027-02-22")]

    def test_the_sweep_reminds_once_and_tells_the_district_once_late(self, cast):
        event = make_event(cast, "FOLLOW_UP")
        due = follow_up_of(event).due_at

        for days in (-10, -2, -2, 1, 1):
            clocks_sweep(at=due + timedelta(days=days))

        kinds = list(
            Notification.objects.filter(kind__startswith="event.follow_up").values_list(
                "kind", "user__username"
            )
        )
        assert kinds.count(("event.follow_up", "officer")) == 1
        assert kinds.count(("event.follow_up_late", "district_clerk")) == 1

    def test_an_end_needs_no_other_look(self, cast):
        event = make_event(cast, "FOLLOW_UP")

        follow_up_report(
            follow_up_id=follow_up_of(event).public_id,
            status="DISBURSED",
            actor=cast.officer,
            at=NOW,
        )

        assert set(EventFollowUp.objects.values_list("status", flat=True)) == {"DISBURSED"}
        assert event_figures(event).disbursed == 1

    def test_other_states_leave_the_later_looks_open(self, cast):
        event = make_event(cast, "FOLLOW_UP")

        follow_up_report(
            follow_up_id=follow_up_of(event).public_id, status="APPLIED", actor=cast.officer, at=NOW
        )

        assert event_figures(event).open_follow_ups == 2

    def test_an_unknown_state_is_refused_at_its_field(self, cast):
        event = make_event(cast, "FOLLOW_UP")

        with pytest.raises(Refused) as refused:
            follow_up_report(
                follow_up_id=follow_up_of(event).public_id, status="", actor=cast.officer, at=NOW
            )

        assert set(refused.value.fields) == {"status"}


def test_invitations_are_of_one_side(cast):
    event = make_event(cast)

    for row in EventInvitation.objects.filter(event=event):
        assert (row.enterprise is None) != (row.institution is None)
