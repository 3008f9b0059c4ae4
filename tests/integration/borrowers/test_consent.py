from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from borrowers.domain.consent import ConsentState
from borrowers.models import Consent, EnterpriseAccount
from borrowers.selectors import (
    consent_get,
    consent_is_intact,
    consent_live,
    consent_state,
    consent_state_label,
    consent_text,
    consents_of_lender,
    feedback_ended_at,
    feedback_label,
)
from borrowers.services import consent_close, consent_grant, consent_revoke, feedback_revoke
from marketplace.audit import broken_events
from marketplace.domain.errors import Conflict, NotFound, Refused
from marketplace.models import AuditEvent, OutboxMessage
from tests.factories.borrowers import consent_terms

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def grant(cast, now):
    def grant(**changes):
        values = consent_terms(now) | {
            "enterprise": cast.enterprise,
            "lender": cast.institution.organisation,
            "actor": cast.owner,
            "at": now,
        }
        return consent_grant(**(values | changes))

    return grant


def live(consent, at, **changes):
    asked = {
        "enterprise": consent.enterprise,
        "lender": consent.lender,
        "purpose": consent.purpose,
        "application_ref": consent.application_ref,
    }
    return consent_live(**(asked | changes), at=at)


def revoke_feedback(consent, actor, at):
    return feedback_revoke(consent_id=consent.public_id, reason="", actor=actor, at=at)


class TestConsentGrant:
    def test_signs_the_terms_and_the_text(self, cast, grant):
        consent = grant()

        assert consent_is_intact(Consent.objects.get(pk=consent.pk))
        text = consent_text(consent)
        assert text.sha256 == consent.text_sha256
        assert "示例城市银行" in text.text
        assert "天津津禾示例食品有限公司" in text.text
        assert (consent.signed_by, consent.signer_role) == (cast.owner, "OWNER")

    @pytest.mark.parametrize(
        ("field", "value"),
        [("text_sha256", "0" * 64), ("signer_role", "AGENT"), ("signature", "0" * 64)],
    )
    def test_tampering_shows(self, grant, field, value):
        consent = grant()
        Consent.objects.filter(pk=consent.pk).update(**{field: value})

        assert not consent_is_intact(Consent.objects.get(pk=consent.pk))

    def test_wider_terms_than_signed_show(self, grant):
        consent = grant()
        wider = consent.terms.replace('"01"', '"01","05"')
        Consent.objects.filter(pk=consent.pk).update(terms=wider)

        assert not consent_is_intact(Consent.objects.get(pk=consent.pk))

    def test_text_survives_a_change_of_name(self, cast, grant):
        consent = grant()
        cast.institution.organisation.name = "改名银行"
        cast.institution.organisation.save()

        assert consent_is_intact(Consent.objects.select_related("lender").get(pk=consent.pk))

    def test_agent_may_sign(self, cast, grant):
        assert grant(actor=cast.agent).signer_role == "AGENT"

    @pytest.mark.parametrize("member", ["rival_owner", "officer", "operator", "district_clerk"])
    def test_stranger_cannot_sign(self, cast, grant, member):
        with pytest.raises(NotFound):
            grant(actor=getattr(cast, member))

    def test_unverified_enterprise_cannot_sign(self, cast, grant):
        EnterpriseAccount.objects.filter(enterprise=cast.enterprise).update(state="PENDING")

        with pytest.raises(NotFound):
            grant()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("data_classes", []),
            ("data_classes", ["99"]),
            ("purpose", "WHITELIST"),
            ("data_life_days", 9999),
        ],
    )
    def test_refuses_unfair_terms_at_the_field(self, grant, field, value):
        with pytest.raises(Refused) as refused:
            grant(**{field: value})

        assert refused.value.code == "CONSENT_TERMS_UNFAIR"
        assert field in refused.value.fields

    def test_refuses_a_recipient_that_is_no_lender(self, cast, grant):
        with pytest.raises(Refused, match="CONSENT_LENDER"):
            grant(lender=cast.rival_enterprise.account.organisation)

    def test_one_live_consent_per_application(self, grant):
        first = grant()

        with pytest.raises(Conflict, match="CONSENT_LIVE"):
            grant(application_ref=first.application_ref)

    def test_expired_consent_makes_room(self, grant, now):
        first = grant()
        later = first.valid_until
        again = consent_terms(later, application_ref=first.application_ref)

        second = grant(**again, at=later)

        first.refresh_from_db()
        assert (first.ended_by, first.revoked_at) == ("EXPIRY", later)
        assert live(second, later) == second

    def test_database_refuses_a_second_live_row(self, grant):
        consent = grant()
        consent.pk, consent.public_id = None, uuid.uuid4()

        with pytest.raises(IntegrityError), transaction.atomic():
            consent.save(force_insert=True)

    def test_leaves_an_audit_event_without_personal_values(self, cast, grant):
        grant()

        event = AuditEvent.objects.get(action="borrowers.consent.grant")
        assert event.stream == f"enterprise:{cast.enterprise.uscc}"
        assert "天津" not in str(event.payload)
        assert not list(broken_events())


class TestConsentLive:
    def test_lives_from_its_start_until_before_its_end(self, grant, now):
        consent = grant(valid_from=now + DAY, valid_until=now + 3 * DAY)

        states = [consent_state(consent, now + n * DAY) for n in range(4)]
        assert states == [
            ConsentState.NOT_YET,
            ConsentState.LIVE,
            ConsentState.LIVE,
            ConsentState.EXPIRED,
        ]
        assert [live(consent, now + n * DAY) is not None for n in range(4)] == [
            state is ConsentState.LIVE for state in states
        ]

    def test_serves_one_lender_purpose_and_application(self, cast, grant, now):
        consent = grant()

        assert live(consent, now) == consent
        assert live(consent, now, lender=cast.rival_institution.organisation) is None
        assert live(consent, now, purpose="POST_LOAN_WATCH") is None
        assert live(consent, now, application_ref=uuid.uuid4()) is None
        assert live(consent, now, enterprise=cast.rival_enterprise) is None


class TestConsentRevoke:
    def test_ends_reading_at_once_and_tells_matching(self, cast, grant, now):
        consent = grant()

        consent_revoke(consent_id=consent.public_id, reason="不再需要", actor=cast.agent, at=now)

        assert live(consent, now) is None
        message = OutboxMessage.objects.get(task="matching.consent_ended")
        assert message.kwargs == {"consent_ref": str(consent.public_id)}
        assert consent_state_label(Consent.objects.get(), now) == "已撤回"

    def test_does_not_reach_back(self, grant, cast, now):
        consent = grant()

        consent_revoke(consent_id=consent.public_id, reason="", actor=cast.owner, at=now + DAY)

        assert live(consent, now) == consent

    def test_twice_is_a_conflict(self, cast, grant, now):
        consent = grant()
        revoke = {"consent_id": consent.public_id, "reason": "", "actor": cast.owner, "at": now}
        consent_revoke(**revoke)

        with pytest.raises(Conflict, match="CONSENT_ENDED"):
            consent_revoke(**revoke)

    @pytest.mark.parametrize("member", ["rival_owner", "officer", "auditor", "operator"])
    def test_only_the_enterprise_revokes(self, cast, grant, now, member):
        consent = grant()

        with pytest.raises(NotFound):
            consent_revoke(
                consent_id=consent.public_id, reason="", actor=getattr(cast, member), at=now
            )


class TestFeedbackRevoke:
    def test_ends_the_clause_and_leaves_reading(self, cast, grant, now):
        consent = grant()

        revoke_feedback(consent, cast.agent, now)

        kept = Consent.objects.get()
        assert (feedback_ended_at(kept), feedback_label(kept)) == (now, "已撤回")
        assert live(consent, now) == consent
        assert consent_is_intact(kept)
        message = OutboxMessage.objects.get(task="matching.feedback_ended")
        assert message.kwargs == {"consent_ref": str(consent.public_id)}
        assert AuditEvent.objects.filter(action="borrowers.consent.revoke_feedback").count() == 1

    def test_of_a_consent_whose_reading_ended_with_the_application(self, cast, grant, now):
        consent = grant()
        consent_close(
            consent=consent, ended_by="APPLICATION", reason="登记结清", actor=None, at=now
        )
        assert feedback_ended_at(Consent.objects.get()) is None

        revoke_feedback(consent, cast.owner, now + DAY)

        kept = Consent.objects.get()
        assert feedback_ended_at(kept) == now + DAY
        assert (kept.revoked_at, kept.ended_by) == (now, "APPLICATION")

    def test_of_a_consent_past_its_period(self, cast, grant, now):
        consent = grant()
        later = consent.valid_until + DAY
        assert feedback_ended_at(consent) is None

        revoke_feedback(consent, cast.owner, later)

        assert feedback_ended_at(Consent.objects.get()) == later

    def test_twice_or_after_the_whole_consent_is_a_conflict(self, cast, grant, now):
        consent = grant()
        revoke_feedback(consent, cast.owner, now)
        with pytest.raises(Conflict, match="FEEDBACK_ENDED"):
            revoke_feedback(consent, cast.owner, now)

        other = grant(application_ref=uuid.uuid4())
        consent_revoke(consent_id=other.public_id, reason="", actor=cast.owner, at=now)
        with pytest.raises(Conflict, match="FEEDBACK_ENDED"):
            revoke_feedback(other, cast.owner, now)

    def test_there_must_have_been_a_clause(self, cast, grant, now):
        consent = grant(feedback_clause=False)

        with pytest.raises(Refused, match="FEEDBACK_NOT_GIVEN"):
            revoke_feedback(consent, cast.owner, now)

        assert feedback_label(consent) == "不同意"

    @pytest.mark.parametrize("member", ["rival_owner", "officer", "auditor", "operator"])
    def test_only_the_enterprise_revokes(self, cast, grant, now, member):
        consent = grant()

        with pytest.raises(NotFound):
            revoke_feedback(consent, getattr(cast, member), now)


class TestConsentClose:
    def test_ends_with_the_application_once(self, grant, now):
        consent = grant()
        close = {"consent": consent, "ended_by": "APPLICATION", "reason": "结清", "actor": None}

        consent_close(**close, at=now)
        consent_close(**close, at=now + DAY)

        consent.refresh_from_db()
        assert (consent.revoked_at, consent.ended_by) == (now, "APPLICATION")
        assert consent_state_label(consent, now) == "已终止（申请办结）"


class TestVisibleConsents:
    def test_both_sides_and_audit(self, cast, grant):
        consent = grant()

        for member in ("owner", "agent", "officer", "approver", "auditor"):
            assert consent_get(getattr(cast, member), consent.public_id) == consent
        for member in ("rival_owner", "rival_officer", "district_lead", "operator", "stranger"):
            with pytest.raises(NotFound):
                consent_get(getattr(cast, member), consent.public_id)
        assert list(consents_of_lender(cast.officer)) == [consent]
        assert not consents_of_lender(cast.rival_officer)
