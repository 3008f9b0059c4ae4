"""One-time codes and recovery codes: what is good, once; what is kept, and how."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.second_factor import IdentityCheck, ResetReason
from marketplace.models import AuditEvent, Authenticator, Notification, RecoveryCode, User
from marketplace.services import (
    authenticator_begin,
    authenticator_confirm,
    authenticator_remove,
    authenticator_reset,
    code_accept,
    recovery_codes_renew,
)
from marketplace.services.second_factor import Proof
from tests.cast import PASSWORD
from tests.factories.second_factor import code_at, make_authenticator

STEP = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def clock(now):
    with time_machine.travel(now, tick=False) as moved:
        yield moved


@pytest.fixture
def officer(cast, now):
    make_authenticator(cast.officer, at=now)
    return cast.officer


def enabled(user: User, at):
    begun = authenticator_begin(actor=user, proof=Proof(PASSWORD), at=at)
    return authenticator_confirm(actor=user, code=code_at(at, begun.secret), at=at)


class TestCode:
    def test_is_that_of_the_telephone(self, officer, now):
        assert code_accept(user=officer, code=code_at(now), at=now) is not None

    @pytest.mark.parametrize("late", [-1, 1])
    def test_may_come_from_a_clock_that_is_a_little_wrong(self, officer, now, late):
        assert code_accept(user=officer, code=code_at(now + late * STEP), at=now) is not None

    @pytest.mark.parametrize("late", [-2, 2])
    def test_of_another_time_is_refused(self, officer, now, late):
        assert code_accept(user=officer, code=code_at(now + late * STEP), at=now) is None

    def test_is_good_once(self, officer, now):
        assert code_accept(user=officer, code=code_at(now), at=now) is not None
        assert code_accept(user=officer, code=code_at(now), at=now) is None

    def test_before_one_that_was_used_is_refused(self, officer, now, clock):
        code_accept(user=officer, code=code_at(now + STEP), at=now)
        clock.shift(STEP)

        assert code_accept(user=officer, code=code_at(now), at=now + STEP) is None

    @pytest.mark.parametrize("typed", ["{0[0]} {0[1]}", " {0[0]}{0[1]} ", "{0[0]}-{0[1]}"])
    def test_may_be_typed_in_groups(self, officer, now, typed):
        code = code_at(now)

        assert code_accept(user=officer, code=typed.format((code[:3], code[3:])), at=now)

    def test_may_be_full_width(self, officer, now):
        wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code_at(now))

        assert code_accept(user=officer, code=wide, at=now) is not None

    @pytest.mark.parametrize("typed", ["", "1", "000000", "²²²²²²", "abcdef", "9" * 500])
    def test_that_is_none_is_refused(self, officer, now, typed):
        assert code_accept(user=officer, code=typed, at=now) is None

    def test_of_nobody_s_authenticator_is_refused(self, cast, now):
        assert code_accept(user=cast.officer, code=code_at(now), at=now) is None

    def test_of_an_authenticator_not_yet_confirmed_is_refused(self, cast, now):
        begun = authenticator_begin(actor=cast.officer, proof=Proof(PASSWORD), at=now)

        assert code_accept(user=cast.officer, code=code_at(now, begun.secret), at=now) is None


class TestWaiting:
    def test_follows_each_wrong_code_and_doubles(self, officer, now, clock):
        at = now
        for seconds in (1, 2, 4):
            code_accept(user=officer, code="000000", at=at)
            clock.shift(timedelta(seconds=seconds - 0.5))
            at += timedelta(seconds=seconds - 0.5)
            assert code_accept(user=officer, code=code_at(at), at=at) is None
            clock.shift(timedelta(seconds=1))
            at += timedelta(seconds=1)

        assert code_accept(user=officer, code=code_at(at), at=at) is not None

    def test_never_becomes_longer_than_half_an_hour(self, officer, now, clock):
        at = now
        for _ in range(40):
            assert code_accept(user=officer, code="000000", at=at) is None
            clock.shift(timedelta(minutes=35))
            at += timedelta(minutes=35)

        assert code_accept(user=officer, code=code_at(at), at=at) is not None

    def test_is_told_once_it_looks_like_somebody_else(self, officer, now, clock):
        for failed in range(1, 8):
            code_accept(user=officer, code="000000", at=now)
            clock.shift(timedelta(hours=1))
            told = Notification.objects.filter(user=officer, title__contains="连续输错").count()
            assert told == (failed >= 5)

    def test_ends_with_a_good_code(self, officer, now, clock):
        code_accept(user=officer, code="000000", at=now)
        clock.shift(STEP)
        code_accept(user=officer, code=code_at(now + STEP), at=now + STEP)

        assert Authenticator.objects.get().throttling_failure_count == 0


class TestEnrolment:
    def test_asks_for_the_password(self, cast, now):
        with pytest.raises(Refused, match="CODE_WRONG"):
            authenticator_begin(actor=cast.officer, proof=Proof("wrong"), at=now)

    def test_needs_a_first_code(self, cast, now):
        authenticator_begin(actor=cast.officer, proof=Proof(PASSWORD), at=now)

        with pytest.raises(Refused, match="CODE_WRONG"):
            authenticator_confirm(actor=cast.officer, code="000000", at=now)

    def test_does_not_wait_for_ever(self, cast, now):
        begun = authenticator_begin(actor=cast.officer, proof=Proof(PASSWORD), at=now)
        late = now + timedelta(minutes=31)

        with pytest.raises(Conflict, match="AUTHENTICATOR_NOT_BEGUN"):
            authenticator_confirm(actor=cast.officer, code=code_at(late, begun.secret), at=late)

    def test_spends_its_first_code(self, cast, now):
        done = enabled(cast.officer, now)

        code = code_at(now, done.authenticator.secret)
        assert code_accept(user=cast.officer, code=code, at=now) is None

    def test_is_recorded_and_told(self, cast, now):
        enabled(cast.officer, now)

        event = AuditEvent.objects.get(action="marketplace.authenticator.enable")
        notice = Notification.objects.get(user=cast.officer)
        assert (event.actor, event.payload) == (cast.officer, {})
        assert notice.title == "已启用动态口令"

    def test_of_another_telephone_needs_the_present_one(self, officer, now):
        with pytest.raises(Refused, match="CODE_WRONG"):
            authenticator_begin(actor=officer, proof=Proof(PASSWORD), at=now)

    def test_of_another_telephone_takes_the_place_of_the_first(self, officer, now, clock):
        proof = Proof(PASSWORD, code_at(now))
        begun = authenticator_begin(actor=officer, proof=proof, at=now)
        clock.shift(STEP)
        assert code_accept(user=officer, code=code_at(now + STEP), at=now + STEP) is not None

        authenticator_confirm(actor=officer, code=code_at(now + STEP, begun.secret), at=now + STEP)

        assert [row.secret for row in Authenticator.objects.all()] == [begun.secret]
        assert AuditEvent.objects.filter(action="marketplace.authenticator.replace").exists()


class TestRecoveryCode:
    def test_stands_in_once(self, cast, now):
        code = enabled(cast.officer, now).recovery_codes[0]

        assert code_accept(user=cast.officer, code=code, at=now) is not None
        assert code_accept(user=cast.officer, code=code, at=now) is None

    def test_may_be_typed_as_it_is_read(self, cast, now):
        code = enabled(cast.officer, now).recovery_codes[0].lower()
        read = "-".join(code[at : at + 4] for at in range(0, 16, 4))

        assert code_accept(user=cast.officer, code=f" {read} ", at=now) is not None

    def test_is_told_and_recorded_with_how_many_are_left(self, cast, now):
        code = enabled(cast.officer, now).recovery_codes[0]
        code_accept(user=cast.officer, code=code, at=now)

        event = AuditEvent.objects.get(action="marketplace.authenticator.recover")
        assert event.payload == {"codes_left": 9}
        assert Notification.objects.filter(title="使用了一个恢复码").exists()

    def test_of_somebody_else_is_refused(self, cast, now):
        code = enabled(cast.approver, now).recovery_codes[0]
        enabled(cast.officer, now)

        assert code_accept(user=cast.officer, code=code, at=now) is None

    def test_ends_with_new_ones(self, cast, now):
        old = enabled(cast.officer, now).recovery_codes
        proof = Proof(PASSWORD, old[0])
        new = recovery_codes_renew(actor=cast.officer, proof=proof, at=now)

        assert code_accept(user=cast.officer, code=new[0], at=now) is not None
        assert code_accept(user=cast.officer, code=old[1], at=now) is None

    def test_needs_an_authenticator(self, cast, now):
        with pytest.raises(Conflict, match="AUTHENTICATOR_NONE"):
            recovery_codes_renew(actor=cast.officer, proof=Proof(PASSWORD), at=now)


class TestAtRest:
    def test_neither_keys_nor_codes_stand_in_the_database(self, cast, now):
        done = enabled(cast.officer, now)
        with connection.cursor() as cursor:
            cursor.execute("SELECT secret FROM marketplace_authenticator")
            ((sealed,),) = cursor.fetchall()
            cursor.execute("SELECT digest FROM marketplace_recoverycode")
            digests = {digest for (digest,) in cursor.fetchall()}

        code = done.recovery_codes[0]
        assert sealed.startswith("a1:")
        assert done.authenticator.secret not in sealed
        assert len(digests) == 10
        assert not digests & {code, hashlib.sha256(code.encode()).hexdigest()}

    def test_no_two_people_have_the_same_key(self, cast, now):
        people = [cast.officer, cast.approver]

        assert len({enabled(user, now).authenticator.secret for user in people}) == 2


class TestRemoval:
    def test_needs_password_and_code(self, officer, now):
        for proof in (Proof("wrong", code_at(now)), Proof(PASSWORD, "000000")):
            with pytest.raises(Refused, match="CODE_WRONG"):
                authenticator_remove(actor=officer, proof=proof, at=now)

        assert Authenticator.objects.count() == 1

    def test_takes_everything_away_and_ends_other_sessions(self, cast, now, clock):
        key = enabled(cast.owner, now).authenticator.secret
        before = User.objects.get(pk=cast.owner.pk).get_session_auth_hash()
        clock.shift(STEP)
        proof = Proof(PASSWORD, code_at(now + STEP, key))
        user = authenticator_remove(actor=cast.owner, proof=proof, at=now + STEP)

        assert not Authenticator.objects.exists()
        assert not RecoveryCode.objects.exists()
        assert user.get_session_auth_hash() != before

    def test_is_not_of_whom_it_is_required_of(self, officer, now, settings):
        settings.MFA_REQUIRED = True
        proof = Proof(PASSWORD, code_at(now))

        with pytest.raises(NotPermitted, match="SECOND_FACTOR_REQUIRED"):
            authenticator_remove(actor=officer, proof=proof, at=now)


class TestReset:
    def reset(self, user, actor, at):
        return authenticator_reset(
            user_id=user.public_id,
            reason=ResetReason.LOST,
            checked=IdentityCheck.CALLED_BACK,
            actor=actor,
            at=at,
        )

    def test_is_recorded_with_its_reason_and_told(self, cast, officer, now):
        self.reset(officer, cast.operator, now)

        event = AuditEvent.objects.get(action="marketplace.authenticator.reset")
        assert event.actor == cast.operator
        assert event.subject_id == str(officer.public_id)
        assert event.payload == {"reason": "PHONE_LOST", "checked": "CALL_BACK"}
        assert Notification.objects.filter(user=officer, title__contains="重置").exists()
        assert not Authenticator.objects.exists()

    def test_does_not_need_to_open_the_key(self, cast, officer, now, settings):
        enabled(cast.approver, now)
        settings.FIELD_KEY = bytes(32)

        self.reset(cast.approver, cast.operator, now)

        assert not Authenticator.objects.filter(user=cast.approver).exists()

    def test_is_never_one_s_own(self, cast, now):
        make_authenticator(cast.operator, at=now)

        with pytest.raises(NotPermitted, match="RESET_OWN"):
            self.reset(cast.operator, cast.operator, now)

    @pytest.mark.parametrize("member", ["auditor", "approver", "district_lead", "owner"])
    def test_is_for_operators(self, cast, officer, now, member):
        with pytest.raises(NotPermitted):
            self.reset(officer, getattr(cast, member), now)

    def test_of_nothing_is_refused(self, cast, now):
        with pytest.raises(Conflict, match="AUTHENTICATOR_NONE"):
            self.reset(cast.approver, cast.operator, now)

    def test_of_nobody_is_not_found(self, cast, now):
        nobody = User(username="nobody")

        with pytest.raises(NotFound):
            self.reset(nobody, cast.operator, now)


class TestCommand:
    def run(self, *words):
        out = StringIO()
        call_command("second_factor_reset", *words, stdout=out)
        return out.getvalue()

    def test_resets_from_the_console(self, cast, officer):
        said = self.run("officer", "--reason", "PHONE_LOST", "--checked", "FACE_TO_FACE")

        event = AuditEvent.objects.get(action="marketplace.authenticator.reset")
        assert "已重置账号 officer" in said
        assert event.actor is None

    @pytest.mark.parametrize(
        ("account", "words"), [("approver", "AUTHENTICATOR_NONE"), ("nobody", "没有这个账号")]
    )
    def test_says_what_is_not_so(self, cast, account, words):
        with pytest.raises(CommandError, match=words):
            self.run(account, "--reason", "PHONE_LOST", "--checked", "FACE_TO_FACE")
