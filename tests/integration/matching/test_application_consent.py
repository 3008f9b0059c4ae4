from __future__ import annotations

from datetime import timedelta

import pytest

from borrowers.services import consent_revoke
from marketplace.domain.errors import NotFound, NotPermitted, TransitionRefused
from marketplace.models import AccessRecord, OutboxMessage
from matching.models import LoanApplication
from matching.services.application import (
    ConsentChoice,
    application_consent_again,
    application_suspend,
    consent_ended,
)
from matching.services.clock import clocks_sweep
from matching.services.review import review_open
from matching.services.transition import application_transition
from tests.cast import NOW
from tests.factories.matching import CONSENT, make_application

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def revoked(cast, application):
    return consent_revoke(
        consent_id=application.consent.public_id, reason="", actor=cast.owner, at=NOW
    )


def fresh(application):
    return LoanApplication.objects.get(pk=application.pk)


class TestRevokedConsent:
    def test_stops_reading_at_once_before_any_task_ran(self, cast):
        application = make_application(cast, "DUE_DILIGENCE")
        assert review_open(application=application, user=cast.officer, at=NOW).reading

        revoked(cast, application)
        review = review_open(application=fresh(application), user=cast.officer, at=LATER)

        assert review.reading is None
        assert review.frozen_fit is None
        assert "授权" in review.closed_because
        assert AccessRecord.objects.count() == 1

    def test_refuses_the_lenders_next_step_before_any_task_ran(self, cast):
        application = make_application(cast, "DUE_DILIGENCE")
        revoked(cast, application)

        with pytest.raises(TransitionRefused):
            application_transition(
                application_id=application.public_id,
                event="SUBMIT_FOR_APPROVAL",
                payload={"file_complete": True, "opinion": "同意。"},
                actor=cast.officer,
                at=LATER,
            )

    def test_suspends_the_work_by_the_task(self, cast, django_capture_on_commit_callbacks):
        application = make_application(cast, "DUE_DILIGENCE")

        with django_capture_on_commit_callbacks(execute=True):
            revoked(cast, application)

        application = fresh(application)
        assert (application.state, application.suspended_from) == ("SUSPENDED", "DUE_DILIGENCE")
        assert OutboxMessage.objects.get(task="matching.consent_ended").done_at is not None

    def test_suspends_once_however_often_the_task_runs(self, cast):
        application = make_application(cast, "ACCEPTED")
        consent = revoked(cast, application)

        assert consent_ended(consent_ref=consent.public_id, at=LATER) == 1
        assert consent_ended(consent_ref=consent.public_id, at=LATER) == 0

    def test_leaves_an_approved_limit_alone(self, cast):
        application = make_application(cast, "APPROVED")
        consent = revoked(cast, application)

        assert consent_ended(consent_ref=consent.public_id, at=LATER) == 0
        assert fresh(application).state == "APPROVED"


class TestExpiredConsent:
    def test_stops_reading_by_its_dates_and_the_work_by_the_sweep(self, cast):
        choice = ConsentChoice(("09",), 1, False)
        application = make_application(cast, "IN_CONTACT", consent=choice)
        much_later = NOW + timedelta(days=40)

        review = review_open(application=application, user=cast.officer, at=much_later)
        count = clocks_sweep(at=much_later)

        assert review.reading is None
        assert count.suspended == 1
        assert fresh(application).state == "SUSPENDED"


class TestConsentAgain:
    def test_resumes_where_it_stood_under_the_new_consent(self, cast):
        application = make_application(cast, "SUSPENDED")
        application = fresh(application)
        old_consent, old_portrait = application.consent, application.portrait

        application_consent_again(
            application_id=application.public_id,
            consent=ConsentChoice(("01", "09"), 6, True),
            actor=cast.owner,
            at=LATER,
        )

        application = fresh(application)
        assert (application.state, application.suspended_from) == ("PENDING_ACCEPT", "")
        assert application.consent != old_consent
        assert application.consent.data_classes == ["01", "09"]
        assert application.portrait != old_portrait
        assert application.portrait.data_classes == ["01", "09"]
        event = application.events.get(event="RESUME")
        assert event.payload["portrait"] == str(application.portrait.public_id)

    def test_is_refused_while_nothing_is_suspended(self, cast):
        application = make_application(cast, "ACCEPTED")

        with pytest.raises(TransitionRefused):
            application_consent_again(
                application_id=application.public_id, consent=CONSENT, actor=cast.owner, at=LATER
            )

    def test_is_the_enterprises_alone(self, cast):
        application = make_application(cast, "SUSPENDED")

        with pytest.raises(NotPermitted):
            application_consent_again(
                application_id=application.public_id, consent=CONSENT, actor=cast.officer, at=LATER
            )
        with pytest.raises(NotFound):
            application_consent_again(
                application_id=application.public_id,
                consent=CONSENT,
                actor=cast.rival_owner,
                at=LATER,
            )

    def test_a_suspended_application_may_be_withdrawn(self, cast):
        application = make_application(cast, "SUSPENDED")

        done = application_transition(
            application_id=application.public_id, event="WITHDRAW", actor=cast.owner, at=LATER
        )

        assert done.state == "WITHDRAWN"


class TestWithdrawal:
    def test_ends_the_consent_and_the_reading(self, cast):
        application = make_application(cast, "DUE_DILIGENCE")

        application_transition(
            application_id=application.public_id, event="WITHDRAW", actor=cast.owner, at=NOW
        )

        application = fresh(application)
        assert application.consent.ended_by == "APPLICATION"
        review = review_open(application=application, user=cast.officer, at=LATER)
        assert review.reading is None


class TestReviewOpen:
    def test_is_closed_until_the_officer_accepted(self, cast):
        application = make_application(cast)

        review = review_open(application=application, user=cast.officer, at=NOW)

        assert review.reading is None
        assert not AccessRecord.objects.exists()

    def test_logs_who_read_what_under_which_consent(self, cast):
        application = make_application(cast, "ACCEPTED")

        review_open(application=application, user=cast.officer, at=NOW)

        row = AccessRecord.objects.get()
        assert (row.user, row.subject_uscc) == (cast.officer, cast.enterprise.uscc)
        assert row.application_ref == application.public_id
        assert row.consent_ref == application.consent.public_id

    def test_shows_todays_fit_beside_the_frozen_one(self, cast):
        application = make_application(cast, "ACCEPTED")
        demand = application.demand
        demand.term_months = 60
        demand.save(update_fields=["term_months"])

        review = review_open(application=fresh(application), user=cast.officer, at=NOW)

        assert [change.frozen.rule_code for change in review.changes] == ["PRODUCT_TERM"]


class TestSuspend:
    def test_does_nothing_to_a_closed_application(self, cast):
        application = make_application(cast, "REJECTED")

        assert not application_suspend(
            application_id=application.public_id, reason="企业撤回授权", at=LATER
        )
