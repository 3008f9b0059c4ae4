from __future__ import annotations

import pytest
from django.urls import reverse

from borrowers.models import Enterprise, EnterpriseAccount
from borrowers.selectors import account_of, enterprise_for_owner, enterprise_prefill
from borrowers.services import (
    account_apply,
    account_apply_again,
    account_contact_change,
    account_review,
    agent_add,
    agent_end,
    agent_return,
)
from borrowers.services.verification import Verification
from marketplace.domain.errors import (
    Conflict,
    NotFound,
    NotPermitted,
    Refused,
    TransitionRefused,
)
from marketplace.domain.roles import Role
from marketplace.models import AuditEvent, Membership, Notification, User
from marketplace.policies import memberships_forget
from tests.factories.borrowers import make_enterprise

pytestmark = pytest.mark.django_db
NEW = "91120103MA06010137"
PASSWORD = "示例-long-enough-2026"


class KnowsEverybody:
    code = "KNOWS"

    def verify(self, account):
        return Verification.VERIFIED


@pytest.fixture
def new(cast, now):
    return make_enterprise(uscc=NEW, name="天津新办示例有限公司", at=now)


@pytest.fixture
def apply(now):
    def apply(**changes):
        person = {
            "uscc": NEW,
            "username": "newcomer",
            "password": PASSWORD,
            "display_name": "周示例",
            "contact_name": "周示例",
            "contact_phone": "13800000000",
            "at": now,
        }
        return account_apply(**(person | changes))

    return apply


class TestAccountApply:
    def test_waits_for_review_without_any_role(self, new, apply, cast):
        account = apply()

        assert (account.state, account.verifier) == ("PENDING", "OPERATOR_REVIEW")
        assert not Membership.objects.filter(user=account.applied_by).exists()
        notice = Notification.objects.get(user=cast.operator, kind="account.pending")
        assert notice.path == reverse("borrowers:account-review-detail", args=[account.public_id])
        with pytest.raises(NotFound):
            enterprise_for_owner(account.applied_by)

    def test_reads_the_code_however_it_is_typed(self, new, apply):
        assert apply(uscc=" ９１１２０１０３-ma06010137 ").enterprise == new

    def test_phone_is_sealed(self, new, apply):
        apply()

        sealed = EnterpriseAccount.objects.extra(select={"raw": "contact_phone"}).get(
            enterprise=new
        )
        assert EnterpriseAccount.objects.get(enterprise=new).contact_phone == "13800000000"
        assert "13800000000" not in sealed.raw

    def test_code_not_in_register(self, cast, apply):
        with pytest.raises(Refused) as refused:
            apply()

        assert refused.value.code == "ENTERPRISE_NOT_IN_REGISTER"
        assert NEW in refused.value.fields["uscc"]

    def test_wrong_code_says_what_is_wrong(self, cast, apply):
        with pytest.raises(Refused, match="USCC_CHECK_DIGIT"):
            apply(uscc=NEW[:-1] + "8")

    @pytest.mark.parametrize("uscc", ["91120103MA05010399", NEW])
    def test_held_or_pending_does_not_say_by_whom(self, new, apply, uscc):
        if uscc == NEW:
            apply()

        with pytest.raises(Conflict) as refused:
            apply(uscc=uscc, username="second")

        assert refused.value.code == "ACCOUNT_HELD"
        assert "周示例" not in refused.value.sentence
        assert not User.objects.filter(username="second").exists()

    def test_cancelled_entity_is_refused(self, new, apply):
        Enterprise.objects.filter(uscc=NEW).update(status="CANCELLED")

        with pytest.raises(Refused, match="ENTERPRISE_NOT_ACTIVE"):
            apply()

    @pytest.mark.parametrize(("field", "value"), [("contact_phone", "abc"), ("contact_name", "周")])
    def test_contact_is_checked(self, new, apply, field, value):
        with pytest.raises(Refused) as refused:
            apply(**{field: value})

        assert field in refused.value.fields

    def test_weak_password_leaves_nothing_behind(self, new, apply):
        with pytest.raises(Refused, match="PASSWORD_WEAK"):
            apply(password="short")

        assert not EnterpriseAccount.objects.filter(enterprise=new).exists()
        assert not User.objects.filter(username="newcomer").exists()

    def test_another_verifier_may_know_at_once(self, new, apply, settings):
        settings.ENTERPRISE_VERIFIER = f"{__name__}.KnowsEverybody"

        account = apply()

        assert (account.state, account.verifier) == ("VERIFIED", "KNOWS")
        assert enterprise_for_owner(account.applied_by) == new

    def test_signed_in_person_needs_no_second_user(self, new, apply, cast):
        account = apply(actor=cast.stranger)

        assert account.applied_by == cast.stranger
        assert not User.objects.filter(username="newcomer").exists()


class TestAccountReview:
    def test_verified_applicant_owns(self, new, apply, cast, now):
        account = apply()

        account_review(account=account, approve=True, reason="", actor=cast.operator, at=now)

        applicant = User.objects.get(username="newcomer")
        assert enterprise_for_owner(applicant) == new
        assert Membership.objects.get(user=applicant).role == Role.OWNER

    def test_refusal_needs_a_reason_and_tells_it(self, new, apply, cast, now):
        account = apply()
        review = {"account": account, "approve": False, "actor": cast.operator, "at": now}
        with pytest.raises(Refused, match="REASON_REQUIRED"):
            account_review(reason=" ", **review)

        account_review(reason="营业执照不清晰", **review)

        told = Notification.objects.get(user=account.applied_by, kind="account.refused")
        assert told.body == "营业执照不清晰"
        assert account_of(account.applied_by).state == "REFUSED"

    def test_decided_once(self, new, apply, cast, now):
        account = apply()
        review = {"account": account, "reason": "不符", "actor": cast.operator, "at": now}
        account_review(approve=False, **review)

        with pytest.raises(TransitionRefused):
            account_review(approve=True, **review)

    @pytest.mark.parametrize("member", ["auditor", "owner", "officer", "district_lead"])
    def test_is_for_operators(self, new, apply, cast, now, member):
        with pytest.raises(NotPermitted):
            account_review(
                account=apply(), approve=True, reason="", actor=getattr(cast, member), at=now
            )

    def test_nobody_verifies_their_own_application(self, new, apply, cast, now):
        account = apply(actor=cast.operator)

        with pytest.raises(NotPermitted):
            account_review(account=account, approve=True, reason="", actor=cast.operator, at=now)


class TestApplyAgain:
    @pytest.fixture
    def refused(self, new, apply, cast, now):
        account = apply()
        return account_review(
            account=account, approve=False, reason="不符", actor=cast.operator, at=now
        )

    def test_same_person_with_corrected_data(self, refused, now):
        again = account_apply_again(
            account=refused,
            contact_name="周更正",
            contact_phone="13800000001",
            actor=refused.applied_by,
            at=now,
        )

        assert (again.state, again.refusal_reason) == ("PENDING", "")

    @pytest.mark.parametrize(("note", "kept"), [(" 代码已更正 ", "代码已更正"), ("", "")])
    def test_carries_what_the_applicant_says_to_the_refusal(self, refused, now, note, kept):
        account_apply_again(
            account=refused,
            contact_name="周更正",
            contact_phone="13800000001",
            note=note,
            actor=refused.applied_by,
            at=now,
        )

        assert EnterpriseAccount.objects.get(pk=refused.pk).applicant_note == kept

    def test_note_longer_than_its_column_is_refused(self, refused, now):
        with pytest.raises(Refused) as caught:
            account_apply_again(
                account=refused,
                contact_name="周更正",
                contact_phone="13800000001",
                note="长" * 201,
                actor=refused.applied_by,
                at=now,
            )

        assert caught.value.code == "NOTE_LONG"

    def test_somebody_else_cannot_use_it(self, refused, cast, now):
        with pytest.raises(NotFound):
            account_apply_again(
                account=refused,
                contact_name="周更正",
                contact_phone="13800000001",
                actor=cast.stranger,
                at=now,
            )

    def test_wrong_applicant_does_not_keep_the_right_one_out(self, refused, apply):
        account = apply(username="rightful")

        assert account.pk == refused.pk
        assert account.applied_by.username == "rightful"
        assert account_of(User.objects.get(username="newcomer")) is None


class TestTeam:
    def test_owner_adds_and_ends_agents(self, cast, now):
        member = agent_add(
            enterprise=cast.enterprise,
            username="new-agent",
            password=PASSWORD,
            display_name="吴示例",
            actor=cast.owner,
            at=now,
        )
        assert enterprise_for_owner(member.user) == cast.enterprise

        agent_end(
            enterprise=cast.enterprise, user_id=member.user.public_id, actor=cast.owner, at=now
        )

        memberships_forget(member.user)
        with pytest.raises(NotFound):
            enterprise_for_owner(member.user)

    @pytest.mark.parametrize("member", ["agent", "rival_owner", "operator"])
    def test_nobody_else_does(self, cast, now, member):
        with pytest.raises(NotPermitted):
            agent_add(
                enterprise=cast.enterprise,
                username="new-agent",
                password=PASSWORD,
                display_name="吴示例",
                actor=getattr(cast, member),
                at=now,
            )

    def test_owner_is_not_ended_as_an_agent(self, cast, now):
        with pytest.raises(NotFound):
            agent_end(
                enterprise=cast.enterprise, user_id=cast.owner.public_id, actor=cast.owner, at=now
            )


class TestPrefill:
    def test_masks_a_natural_person(self, cast, now):
        make_enterprise(
            uscc="92120103MA06010134",
            name="河西区示例早点铺",
            at=now,
            entity_type="INDIVIDUAL",
            legal_representative="欧阳小华",
        )

        assert enterprise_prefill("92120103MA06010134").legal_representative == "欧**华"
        assert enterprise_prefill("91120103MA05010399").legal_representative == "张示例"


class TestAgentTakenBack:
    """Somebody who was an agent of the enterprise and was relieved."""

    @pytest.fixture
    def former(self, cast, now):
        user_id = cast.agent.public_id
        agent_end(enterprise=cast.enterprise, user_id=user_id, actor=cast.owner, at=now)
        return cast.agent

    def _returned(self, cast, user, at, actor=None):
        return agent_return(
            enterprise=cast.enterprise, user_id=user.public_id, actor=actor or cast.owner, at=at
        )

    def test_acts_again_with_the_same_account_and_password(self, cast, former, now):
        password = User.objects.get(pk=former.pk).password

        self._returned(cast, former, now)

        rows = Membership.objects.filter(user=former).order_by("pk")
        assert [row.ended_at for row in rows] == [now, None]
        user = User.objects.get(pk=former.pk)
        assert (user.password, user.must_change_password) == (password, False)
        assert enterprise_for_owner(user) == cast.enterprise

    def test_is_named_when_the_owner_would_make_the_account_anew(self, cast, former, now):
        with pytest.raises(Conflict) as caught:
            agent_add(
                enterprise=cast.enterprise,
                username=f" {former.username.upper()} ",
                password=PASSWORD,
                display_name="同一人",
                actor=cast.owner,
                at=now,
            )

        assert caught.value.code == "AGENT_FORMER"

    def test_is_not_known_to_another_enterprise(self, cast, former, now):
        with pytest.raises(NotFound):
            agent_return(
                enterprise=cast.rival_enterprise,
                user_id=former.public_id,
                actor=cast.rival_owner,
                at=now,
            )

    def test_is_told_so(self, cast, former, now):
        self._returned(cast, former, now)

        assert Notification.objects.filter(user=former, kind="user.agent_return").count() == 1

    def test_is_not_taken_from_a_lender(self, cast, former, now):
        Membership.objects.create(
            user=former,
            organisation=cast.institution.organisation,
            role=Role.OFFICER,
            granted_at=now,
        )

        with pytest.raises(Conflict, match="AGENT_ELSEWHERE"):
            self._returned(cast, User.objects.get(pk=former.pk), now)

    def test_is_for_the_owner(self, cast, former, now):
        with pytest.raises(NotPermitted):
            self._returned(cast, former, now, actor=cast.stranger)

    def test_is_nobody_of_the_team(self, cast, now):
        with pytest.raises(NotFound):
            self._returned(cast, cast.agent, now)

    def test_stays_out_while_the_account_is_suspended(self, cast, former, now):
        User.objects.filter(pk=former.pk).update(is_active=False)

        with pytest.raises(Conflict) as caught:
            self._returned(cast, former, now)

        assert caught.value.code == "AGENT_SUSPENDED"


class TestContact:
    """Whom to call about a verified enterprise."""

    def _change(self, cast, at, actor, phone="13900001111"):
        return account_contact_change(
            enterprise=cast.enterprise,
            contact_name=" 郑示例 ",
            contact_phone=phone,
            actor=actor,
            at=at,
        )

    def test_is_changed_by_the_owner_and_kept_sealed(self, cast, now):
        self._change(cast, now, cast.owner)

        raw = EnterpriseAccount.objects.extra(select={"raw": "contact_phone"})
        account = raw.get(enterprise=cast.enterprise)
        assert (account.contact_name, account.contact_phone) == ("郑示例", "13900001111")
        assert "13900001111" not in account.raw

    def test_is_audited_without_the_number(self, cast, now):
        self._change(cast, now, cast.owner)

        event = AuditEvent.objects.get(action="borrowers.account.contact_change")
        assert event.actor == cast.owner
        assert "13900001111" not in str(event.payload)

    @pytest.mark.parametrize("member", ["agent", "rival_owner", "operator"])
    def test_is_changed_by_nobody_else(self, cast, now, member):
        with pytest.raises(NotPermitted):
            self._change(cast, now, getattr(cast, member))

    def test_has_a_number_that_can_be_called(self, cast, now):
        with pytest.raises(Refused) as caught:
            self._change(cast, now, cast.owner, phone="abc")

        assert "contact_phone" in caught.value.fields
