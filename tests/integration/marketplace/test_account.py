"""What an operator may do about somebody else's account, and what no operator can do alone."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from marketplace.domain.account import DutyEnd, SuspensionReason
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.domain.second_factor import IdentityCheck, ResetReason
from marketplace.models import Appointment, AuditEvent, Membership, Notification, Organisation, User
from marketplace.services import (
    account_reopen,
    account_suspend,
    accounts_idle_suspend,
    appointment_ask,
    appointment_confirm,
    appointment_decline,
    authenticator_reset,
    district_member_add,
    duty_end,
    office_ensure,
    password_reset,
)
from tests.cast import PASSWORD, make_user
from tests.factories.second_factor import make_authenticator

pytestmark = pytest.mark.django_db
MET = IdentityCheck.MET


def reset(user, actor, at):
    return password_reset(user_id=user.public_id, checked=MET, actor=actor, at=at)


def lost(user, actor, at):
    return authenticator_reset(
        user_id=user.public_id, reason=ResetReason.LOST, checked=MET, actor=actor, at=at
    )


def suspend(user, actor, at, reason=SuspensionReason.SUSPECTED):
    return account_suspend(user_id=user.public_id, reason=reason, actor=actor, at=at)


def reopen(user, actor, at):
    return account_reopen(user_id=user.public_id, checked=MET, actor=actor, at=at)


def duty_of(user):
    return Membership.objects.get(user=user, ended_at=None)


def third_operator(cast, now):
    user = make_user("third-operator")
    city = duty_of(cast.operator).organisation
    Membership.objects.create(user=user, organisation=city, role=Role.OPERATOR, granted_at=now)
    return user


class TestPasswordReset:
    def test_makes_a_password_that_has_to_be_changed(self, client, cast, now):
        client.force_login(cast.owner)

        handed = reset(cast.owner, cast.operator, now)

        owner = User.objects.get(pk=cast.owner.pk)
        event = AuditEvent.objects.get(action="marketplace.user.password_reset")
        assert owner.check_password(handed.password)
        assert not owner.check_password(PASSWORD)
        assert owner.must_change_password
        assert client.get("/me/").url.startswith("/login/"), "the open session has ended"
        assert (event.actor, event.payload) == (cast.operator, {"checked": "FACE_TO_FACE"})
        assert handed.password not in str(event.payload)
        assert Notification.objects.filter(user=owner, title__contains="密码已由平台重置").exists()

    def test_is_never_one_s_own(self, cast, now):
        with pytest.raises(NotPermitted, match="ACCOUNT_OWN"):
            reset(cast.operator, cast.operator, now)

    @pytest.mark.parametrize("member", ["auditor", "approver", "district_lead", "owner"])
    def test_is_for_operators(self, cast, now, member):
        with pytest.raises(NotPermitted):
            reset(cast.agent, getattr(cast, member), now)

    def test_of_nobody_is_not_found(self, cast, now):
        with pytest.raises(NotFound):
            reset(User(username="nobody"), cast.operator, now)

    def test_of_a_suspended_account_is_a_reopening(self, cast, now):
        suspend(cast.officer, cast.operator, now)

        with pytest.raises(Conflict, match="ACCOUNT_SUSPENDED"):
            reset(cast.officer, cast.operator, now)


class TestNobodyHoldsBothMeans:
    @pytest.mark.parametrize("member", ["second_operator", "auditor"])
    def test_the_city_s_people_keep_their_authenticator(self, cast, now, member):
        person = getattr(cast, member)
        with pytest.raises(Conflict, match="SECOND_FACTOR_NONE"):
            reset(person, cast.operator, now)

        make_authenticator(person, at=now)

        assert reset(person, cast.operator, now).password

    def test_who_took_the_authenticator_makes_no_password(self, cast, now):
        make_authenticator(cast.officer, at=now)
        lost(cast.officer, cast.operator, now)

        with pytest.raises(Conflict, match="RESET_BOTH"):
            reset(cast.officer, cast.operator, now + timedelta(days=400))
        assert reset(cast.officer, cast.second_operator, now).password

    def test_until_there_is_a_new_one(self, cast, now):
        make_authenticator(cast.officer, at=now)
        lost(cast.officer, cast.operator, now)
        make_authenticator(cast.officer, at=now)

        assert reset(cast.officer, cast.operator, now).password

    def test_who_made_the_password_leaves_the_authenticator(self, cast, now):
        make_authenticator(cast.officer, at=now)
        reset(cast.officer, cast.operator, now)

        with pytest.raises(Conflict, match="RESET_BOTH"):
            lost(cast.officer, cast.operator, now)
        assert lost(cast.officer, cast.second_operator, now)

    def test_until_it_was_changed(self, cast, now):
        make_authenticator(cast.officer, at=now)
        reset(cast.officer, cast.operator, now)
        User.objects.filter(pk=cast.officer.pk).update(must_change_password=False)

        assert lost(cast.officer, cast.operator, now)

    def test_of_the_city_s_people_nobody_resets_both(self, cast, now):
        make_authenticator(cast.auditor, at=now)
        reset(cast.auditor, cast.operator, now)

        for actor in (cast.operator, cast.second_operator):
            with pytest.raises(Conflict, match="RESET_BOTH"):
                lost(cast.auditor, actor, now)
        assert lost(cast.auditor, None, now), "the console is another hand"

    def test_a_password_somebody_made_is_over_in_a_week(self, client, cast, now):
        handed = reset(cast.owner, cast.operator, now)
        told = []
        for days in (8, 6):
            with time_machine.travel(now + timedelta(days=days)):
                typed = {"username": "owner", "password": handed.password}
                told.append(client.post("/login/", typed))

        assert [answer.status_code for answer in told] == [422, 302]
        assert "临时密码已过期" in told[0].text

    def test_reopening_is_a_password_too(self, cast, now):
        make_authenticator(cast.officer, at=now)
        lost(cast.officer, cast.operator, now)
        suspend(cast.officer, cast.operator, now)

        with pytest.raises(Conflict, match="RESET_BOTH"):
            reopen(cast.officer, cast.operator, now)


class TestSuspension:
    def test_ends_what_is_open_and_keeps_the_duties(self, client, cast, now):
        client.force_login(cast.officer)

        suspend(cast.officer, cast.operator, now)

        assert client.get("/me/").url.startswith("/login/")
        told = client.post("/login/", {"username": "officer", "password": PASSWORD})
        assert told.status_code != 302
        assert client.get("/me/").url.startswith("/login/")
        assert duty_of(cast.officer).role == "OFFICER"

    def test_of_one_of_the_city_is_told_the_others(self, cast, now):
        suspend(cast.second_operator, cast.operator, now)

        told = Notification.objects.filter(title__contains="停用")
        assert {notice.user for notice in told} == {cast.auditor, cast.second_operator}

    def test_ends_with_a_new_password(self, client, cast, now):
        suspend(cast.officer, cast.operator, now)

        handed = reopen(cast.officer, cast.operator, now)

        officer = User.objects.get(pk=cast.officer.pk)
        assert officer.is_active
        assert officer.suspended_for == ""
        assert officer.check_password(handed.password)

    def test_of_a_lender_s_is_told_its_approvers(self, cast, now):
        suspend(cast.officer, cast.operator, now)

        told = Notification.objects.filter(title="本机构officer的账号已停用")
        assert {notice.user for notice in told} == {cast.approver}

    def test_is_not_done_by_one_who_was_suspended_meanwhile(self, cast, now):
        """Two operators suspend each other: the second is none any more."""
        assert cast.second_operator.memberships.exists()
        suspend(cast.second_operator, cast.operator, now)

        with pytest.raises(NotPermitted):
            suspend(cast.operator, cast.second_operator, now)
        assert User.objects.get(pk=cast.operator.pk).is_active

    def test_happens_once(self, cast, now):
        suspend(cast.officer, cast.operator, now)

        with pytest.raises(Conflict, match="ACCOUNT_SUSPENDED"):
            suspend(cast.officer, cast.operator, now)
        with pytest.raises(Conflict, match="ACCOUNT_OPEN"):
            reopen(cast.owner, cast.operator, now)

    def test_is_never_one_s_own(self, cast, now):
        with pytest.raises(NotPermitted, match="ACCOUNT_OWN"):
            suspend(cast.operator, cast.operator, now)


class TestIdleAccounts:
    @pytest.fixture(autouse=True)
    def days(self, settings, cast, now):
        settings.ACCOUNT_IDLE_DAYS = 90
        User.objects.update(last_login=now, date_joined=now - timedelta(days=400))

    def last_seen(self, user, now, days):
        User.objects.filter(pk=user.pk).update(last_login=now - timedelta(days=days))

    def suspended(self):
        return {user.username for user in User.objects.filter(suspended_for="UNUSED")}

    def test_of_staff_are_suspended_and_the_operators_told(self, cast, now):
        self.last_seen(cast.officer, now, 91)
        self.last_seen(cast.second_officer, now, 89)
        self.last_seen(cast.owner, now, 91)

        assert accounts_idle_suspend(at=now) == 1
        assert self.suspended() == {"officer"}
        told = Notification.objects.filter(title__contains="超过 90 天没有登录")
        assert {notice.user for notice in told} == {cast.operator, cast.second_operator}

    def test_are_open_again_after_a_new_password(self, cast, now):
        self.last_seen(cast.officer, now, 91)
        accounts_idle_suspend(at=now)
        reopen(cast.officer, cast.operator, now)

        assert accounts_idle_suspend(at=now + timedelta(days=1)) == 0
        assert User.objects.get(pk=cast.officer.pk).is_active

    def test_that_were_never_used_count_from_their_making(self, cast, now):
        User.objects.filter(pk=cast.officer.pk).update(last_login=None)

        assert accounts_idle_suspend(at=now) == 1

    def test_leave_two_operators(self, cast, now):
        third = third_operator(cast, now)
        User.objects.update(last_login=now - timedelta(days=91))

        accounts_idle_suspend(at=now)

        operators = {cast.operator.pk, cast.second_operator.pk, third.pk}
        assert User.objects.filter(pk__in=operators, is_active=True).count() == 2
        assert "auditor" in self.suspended()

    def test_stay_where_the_city_sets_no_days(self, cast, now, settings):
        settings.ACCOUNT_IDLE_DAYS = 0
        self.last_seen(cast.officer, now, 4000)

        assert accounts_idle_suspend(at=now) == 0


class TestDutyEnd:
    def end(self, user, actor, now):
        return duty_end(membership_id=duty_of(user).pk, reason=DutyEnd.MOVED, actor=actor, at=now)

    def test_is_at_once_and_recorded_with_its_reason(self, cast, now):
        self.end(cast.district_clerk, cast.operator, now)

        event = AuditEvent.objects.get(action="marketplace.membership.end")
        assert event.payload["reason"] == "DUTY_MOVED"
        assert not Membership.objects.filter(user=cast.district_clerk, ended_at=None).exists()

    def test_leaves_two_operators_who_can_log_in(self, cast, now):
        with pytest.raises(Conflict, match="OPERATORS_TOO_FEW"):
            self.end(cast.second_operator, cast.operator, now)

        third = third_operator(cast, now)
        suspend(third, cast.operator, now)
        with pytest.raises(Conflict, match="OPERATORS_TOO_FEW"):
            self.end(cast.second_operator, cast.operator, now)

        User.objects.filter(pk=third.pk).update(is_active=True)
        assert self.end(cast.second_operator, cast.operator, now)
        told = Notification.objects.filter(title__contains="不再担任市级运营")
        assert {notice.user for notice in told} == {third, cast.auditor}

    def test_is_never_one_s_own(self, cast, now):
        third_operator(cast, now)

        with pytest.raises(NotPermitted, match="ACCOUNT_OWN"):
            self.end(cast.operator, cast.operator, now)

    @pytest.mark.parametrize("member", ["officer", "owner"])
    def test_of_lenders_and_enterprises_is_their_own_affair(self, cast, now, member):
        with pytest.raises(NotFound):
            self.end(getattr(cast, member), cast.operator, now)


class TestDistrictMember:
    def test_is_added_by_one_operator(self, cast, now):
        office = office_ensure(
            kind=OrganisationKind.DISTRICT,
            name=" 示例区专班 ",
            actor=cast.operator,
            at=now,
            district_code="120104",
        )
        handed = district_member_add(
            username="nankai-clerk",
            display_name="示例经办",
            organisation=office,
            role=Role.DISTRICT_CLERK,
            actor=cast.operator,
            at=now,
        )

        duty = duty_of(handed.user)
        assert (duty.role, duty.organisation.name) == ("DISTRICT_CLERK", "示例区专班")
        assert handed.user.must_change_password
        assert handed.user.check_password(handed.password)

    def test_who_draws_up_and_who_releases_come_from_two_operators(self, cast, now):
        office = duty_of(cast.district_clerk).organisation
        Membership.objects.filter(organisation=office).update(granted_by=cast.operator)

        def add(actor, role, username):
            return district_member_add(
                username=username,
                display_name="示例",
                organisation=office,
                role=role,
                actor=actor,
                at=now,
            )

        with pytest.raises(Conflict, match="COLLEAGUE_BY_SAME"):
            add(cast.operator, Role.DISTRICT_LEAD, "new-lead")
        assert add(cast.second_operator, Role.DISTRICT_LEAD, "new-lead")

    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR, Role.OFFICER])
    def test_has_a_role_of_districts(self, cast, now, role):
        office = duty_of(cast.district_clerk).organisation

        with pytest.raises(Refused, match="ROLE_NOT_OF_KIND"):
            district_member_add(
                username="sock-puppet",
                display_name="示例",
                organisation=office,
                role=role,
                actor=cast.operator,
                at=now,
            )

    @pytest.mark.parametrize(
        ("kind", "name", "district", "code"),
        [
            ("CITY", "", None, "OFFICE_NAME"),
            ("CITY", "示例中心", "120104", "OFFICE_DISTRICT"),
            ("DISTRICT", "示例专班", None, "OFFICE_DISTRICT"),
        ],
    )
    def test_of_an_office_that_cannot_be(self, cast, now, kind, name, district, code):
        before = Organisation.objects.count()
        with pytest.raises(Refused, match=code):
            office_ensure(
                kind=OrganisationKind(kind),
                name=name,
                actor=cast.operator,
                at=now,
                district_code=district,
            )
        assert Organisation.objects.count() == before


class TestAppointment:
    def ask(self, cast, now, username="third-operator", role=Role.OPERATOR, actor=None):
        return appointment_ask(
            username=username,
            display_name="示例运营",
            organisation=duty_of(cast.operator).organisation,
            role=role,
            actor=actor or cast.operator,
            at=now,
        )

    def test_makes_nobody_before_a_second_operator_confirms(self, cast, now):
        proposed = self.ask(cast, now)
        asked = proposed.appointment

        told = Notification.objects.get(kind="user.appointment")
        assert not User.objects.filter(username="third-operator").exists()
        assert told.user == cast.second_operator
        assert str(asked.public_id) in told.path

        handed = appointment_confirm(public_id=asked.public_id, actor=cast.second_operator, at=now)
        assert duty_of(handed.user).role == "OPERATOR"
        assert handed.user.check_password(f"{proposed.first_half}-{handed.password}")
        assert Appointment.objects.get().first_half == ""
        assert duty_of(handed.user).granted_by == cast.second_operator
        assert Appointment.objects.get().state == "CONFIRMED"

    def test_is_not_confirmed_by_whom_it_came_from(self, cast, now):
        asked = self.ask(cast, now).appointment

        with pytest.raises(NotPermitted, match="APPOINTMENT_OWN"):
            appointment_confirm(public_id=asked.public_id, actor=cast.operator, at=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            Appointment.objects.update(state="CONFIRMED", decided_by=cast.operator, decided_at=now)

    @pytest.mark.parametrize("member", ["auditor", "approver", "district_lead", "owner"])
    def test_is_for_operators(self, cast, now, member):
        asked = self.ask(cast, now).appointment
        person = getattr(cast, member)

        with pytest.raises(NotPermitted):
            self.ask(cast, now, "another", actor=person)
        with pytest.raises(NotPermitted):
            appointment_confirm(public_id=asked.public_id, actor=person, at=now)

    def test_is_decided_once(self, cast, now):
        asked = self.ask(cast, now).appointment
        appointment_decline(
            public_id=asked.public_id, note="查无此人", actor=cast.second_operator, at=now
        )

        with pytest.raises(Conflict, match="APPOINTMENT_DECIDED"):
            appointment_confirm(public_id=asked.public_id, actor=cast.second_operator, at=now)
        told = Notification.objects.get(user=cast.operator, kind="user.appointment")
        assert told.body == "查无此人"
        assert self.ask(cast, now).appointment.state == "WAITING", (
            "the account may be proposed anew"
        )

    def test_of_somebody_who_operates_no_more_is_not_confirmed(self, cast, now):
        asked = self.ask(cast, now).appointment
        third = third_operator(cast, now)
        suspend(cast.operator, third, now)

        with pytest.raises(Conflict, match="PROPOSER_LEFT"):
            appointment_confirm(public_id=asked.public_id, actor=cast.second_operator, at=now)
        appointment_decline(
            public_id=asked.public_id, note="提出人已停用", actor=cast.second_operator, at=now
        )

    def test_is_refused_with_words(self, cast, now):
        asked = self.ask(cast, now).appointment

        with pytest.raises(Refused, match="NOTE_MISSING"):
            appointment_decline(
                public_id=asked.public_id, note=" ", actor=cast.second_operator, at=now
            )

    def test_waits_once_for_an_account(self, cast, now):
        self.ask(cast, now)

        with pytest.raises(Conflict, match="APPOINTMENT_WAITS"):
            self.ask(cast, now, "Third-Operator")
        with pytest.raises(Conflict, match="USERNAME_TAKEN"):
            self.ask(cast, now, "OFFICER")

    def test_needs_somebody_who_could_confirm_it(self, cast, now):
        suspend(cast.second_operator, cast.operator, now)

        with pytest.raises(Conflict, match="OPERATOR_ALONE"):
            self.ask(cast, now)

    def test_of_a_district_s_role_is_none(self, cast, now):
        with pytest.raises(Refused, match="ROLE_NOT_OF_KIND"):
            self.ask(cast, now, role=Role.DISTRICT_LEAD)


class TestCommand:
    def run(self, *words):
        out = StringIO()
        call_command("password_reset", *words, stdout=out)
        return out.getvalue()

    def test_makes_a_password_from_the_console(self, cast):
        said = self.run("auditor", "--checked", "FACE_TO_FACE")

        password = said.partition("：")[2].partition("（")[0]
        assert User.objects.get(username="auditor").check_password(password)
        assert AuditEvent.objects.get(action="marketplace.user.password_reset").actor is None

    def test_reopens_what_is_suspended(self, cast, now):
        suspend(cast.second_operator, cast.operator, now)

        self.run("second_operator", "--checked", "FACE_TO_FACE")

        assert User.objects.get(username="second_operator").is_active

    def test_says_that_there_is_nobody(self, cast):
        with pytest.raises(CommandError, match="没有这个账号"):
            self.run("nobody", "--checked", "FACE_TO_FACE")
