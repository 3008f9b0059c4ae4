from __future__ import annotations

from datetime import timedelta

import pytest

from lenders.models import BranchPosting
from lenders.services import staff_end
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, TransitionRefused
from marketplace.models import AuditEvent, Membership, Notification, User
from matching.models import LoanApplication
from matching.selectors.application import (
    QueueScope,
    application_get_own,
    queue_list,
    serving_officer,
)
from matching.services.application_handover import application_take_over, officer_left_tell
from matching.services.application_notices import officer_ids
from matching.services.application_remark import application_urge
from matching.services.transition import application_transition
from tests.cast import NOW
from tests.factories.matching import (
    APPROVE,
    CONTACT,
    make_application,
    make_demand,
    make_offer,
    make_steps,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=5)


def leave(cast, user):
    posting = BranchPosting.objects.select_related("branch__institution").get(membership__user=user)
    staff_end(posting=posting, actor=cast.approver, at=NOW)


@pytest.fixture
def left(cast):
    """A case in contact whose officer left."""
    application = make_application(cast, "IN_CONTACT")
    leave(cast, cast.officer)
    return LoanApplication.objects.get(pk=application.pk)


def take_over(application, user):
    return application_take_over(application_id=application.public_id, actor=user, at=LATER)


class TestCaseOfWhoLeft:
    def test_stands_before_the_branchs_other_officers(self, cast, left):
        assert list(queue_list(cast.second_officer, QueueScope.MINE)) == [left]
        assert not queue_list(User.objects.get(pk=cast.officer.pk), QueueScope.MINE).exists()
        assert not queue_list(cast.rival_officer, QueueScope.MINE).exists()

    def test_of_who_serves_stays_their_own(self, cast):
        application = make_application(cast, "IN_CONTACT")

        assert list(queue_list(cast.officer, QueueScope.MINE)) == [application]
        assert not queue_list(cast.second_officer, QueueScope.MINE).exists()

    def test_is_told_of_to_those_who_serve(self, cast, left):
        application_urge(
            application_id=left.public_id, text="请尽快办理。", actor=cast.operator, at=LATER
        )

        told = Notification.objects.filter(kind="clock.urge")
        assert {row.user for row in told} == {cast.second_officer, cast.approver}

    def test_names_nobody_to_the_enterprise(self, cast, left):
        assert serving_officer(application_get_own(cast.owner, left.public_id)) is None
        assert serving_officer(left) is None

    def test_is_a_blocked_persons_case_too(self, cast):
        application = make_application(cast, "ACCEPTED")
        cast.officer.is_active = False
        cast.officer.save(update_fields=["is_active"])

        assert serving_officer(application) is None
        assert officer_ids(application) == [cast.second_officer.pk]


class TestFourEyes:
    def test_hold_for_who_worked_on_the_case_before_it_was_taken_over(self, cast):
        application = make_application(cast, "IN_APPROVAL")
        make_steps(cast, application, (("RETURN", "approver", {"opinion": "补充说明"}),))
        leave(cast, cast.officer)
        take_over(application, cast.second_officer)
        done = {"opinion": "资料齐备", "file_complete": True}
        make_steps(cast, application, (("SUBMIT_FOR_APPROVAL", "second_officer", done),), LATER)
        Membership.objects.create(
            user=cast.officer,
            organisation=cast.institution.organisation,
            role="APPROVER",
            granted_at=NOW,
        )
        former = User.objects.get(pk=cast.officer.pk)

        with pytest.raises(TransitionRefused, match="经办过这笔申请"):
            application_transition(
                application_id=application.public_id,
                event="APPROVE",
                payload=APPROVE[2],
                actor=former,
                at=LATER,
            )


class TestOfficerLeftTell:
    def test_tells_how_many_cases_are_left(self, cast, django_capture_on_commit_callbacks):
        demand = make_demand(cast)
        for number, state in enumerate(("ACCEPTED", "IN_CONTACT", "REJECTED")):
            make_application(cast, state, demand=demand, product=make_offer(cast, f"L{number}"))

        with django_capture_on_commit_callbacks(execute=True):
            leave(cast, cast.officer)

        told = Notification.objects.filter(kind="application.officer_left")
        assert {row.user for row in told} == {cast.second_officer, cast.approver}
        assert all("2 笔在办申请" in row.title for row in told)

    def test_tells_it_once(self, cast, left):
        membership = Membership.objects.get(user=cast.officer)

        officer_left_tell(membership_id=membership.pk)
        officer_left_tell(membership_id=membership.pk)

        assert Notification.objects.filter(kind="application.officer_left").count() == 2

    def test_says_nothing_of_who_serves_or_left_nothing(self, cast):
        make_application(cast, "IN_CONTACT")
        leave(cast, cast.second_officer)

        for member in (cast.officer, cast.second_officer):
            officer_left_tell(membership_id=Membership.objects.get(user=member).pk)

        assert not Notification.objects.filter(kind="application.officer_left").exists()


class TestApplicationTakeOver:
    def test_makes_the_taker_its_officer(self, cast, left):
        taken = take_over(left, cast.second_officer)

        left.refresh_from_db()
        assert (left.officer, left.state) == (cast.second_officer, "IN_CONTACT")
        assert officer_ids(taken) == [cast.second_officer.pk]
        assert left.events.latest("seq").event == "TAKE_OVER"
        assert AuditEvent.objects.filter(action="matching.application.take_over").exists()

    def test_tells_the_enterprise(self, cast, left):
        take_over(left, cast.second_officer)

        told = Notification.objects.filter(kind="application.take_over")
        assert {row.user for row in told} == {cast.owner, cast.agent}

    def test_refuses_a_case_whose_officer_serves(self, cast):
        application = make_application(cast, "IN_CONTACT")

        with pytest.raises(Conflict) as refused:
            take_over(application, cast.second_officer)

        assert refused.value.code == "OFFICER_SERVES"

    def test_refuses_what_waits_or_has_ended(self, cast):
        demand = make_demand(cast)
        waiting = make_application(cast, demand=demand, product=make_offer(cast, "L1"))
        refused = make_application(cast, "REJECTED", demand=demand, product=make_offer(cast, "L2"))
        leave(cast, cast.officer)

        for application in (waiting, refused):
            with pytest.raises(TransitionRefused):
                take_over(application, cast.second_officer)

    def test_is_the_lenders_officers(self, cast, left):
        for member in (cast.approver, cast.owner):
            with pytest.raises(NotPermitted):
                take_over(left, member)
        with pytest.raises(NotFound):
            take_over(left, cast.rival_officer)

    def test_leaves_the_steps_to_everybody_of_the_branch(self, cast):
        application = make_application(cast, "ACCEPTED")
        leave(cast, cast.officer)

        make_steps(cast, application, ((CONTACT[0], "second_officer", CONTACT[2]),), LATER)

        application.refresh_from_db()
        assert application.state == "IN_CONTACT"
