from __future__ import annotations

import pytest
import time_machine
from django.urls import reverse
from rest_framework.test import APIClient

from borrowers.services import consent_revoke
from marketplace.models import AccessRecord
from matching.api.urls import STEPS
from matching.models import LoanApplication
from tests.cast import NOW
from tests.factories.matching import APPROVE, make_application, make_demand, make_offer

pytestmark = pytest.mark.django_db
CONSENT = {"data_classes": ["01", "09"], "valid_months": 12, "feedback_clause": True}
SHARED_KEYS = {
    "id",
    "product_id",
    "product",
    "branch",
    "officer",
    "state",
    "state_label",
    "submitted_at",
    "closed_at",
    "clock",
    "refusal",
    "credit_line",
    "loan_id",
    "verbs",
    "events",
}
BORROWER_KEYS = SHARED_KEYS | {"demand_id", "institution", "phone", "consent_id", "fit"}
LENDER_KEYS = SHARED_KEYS | {
    "enterprise",
    "uscc",
    "district_code",
    "contact_name",
    "contact_phone",
    "accepted_at",
    "file_complete_at",
    "decided_at",
    "need",
}
EVENT_KEYS = {
    "at",
    "event",
    "label",
    "who",
    "state_label",
    "is_internal",
    "struck",
    "struck_reason",
    "lines",
}
CLOCK_KEYS = {"code", "due_at", "is_provisional", "paused_at"}
ROW_KEYS = {
    "id",
    "enterprise",
    "product",
    "institution",
    "amount_yuan",
    "state",
    "state_label",
    "submitted_at",
    "clock",
}
SUPERVISED_KEYS = {
    "id",
    "enterprise",
    "district_code",
    "institution",
    "branch",
    "product",
    "state",
    "submitted_at",
    "clock",
}
REVIEW_KEYS = {
    "closed_because",
    "portrait_id",
    "content_hash",
    "as_of",
    "grade",
    "disclaimer",
    "frozen_fit",
    "today_fit",
    "contradictions",
    "freshness",
}
GRANT = {
    "amount_yuan": "500000.00",
    "annual_rate_bp": 398,
    "term_months": 12,
    "guarantee": "CREDIT",
    "valid_until": str(APPROVE[2]["valid_until"]),
}
BODIES = {
    "accept": ("officer", "PENDING_ACCEPT", {}),
    "contact": ("officer", "ACCEPTED", {"contact_note": "已电话联系。"}),
    "start-due-diligence": ("officer", "IN_CONTACT", {}),
    "request-supplement": ("officer", "DUE_DILIGENCE", {"document_list": ["流水"]}),
    "supply": ("owner", "SUPPLEMENT", {"supplied_note": "已交。"}),
    "submit-for-approval": ("officer", "DUE_DILIGENCE", {"file_complete": True, "opinion": "同意"}),
    "return": ("approver", "IN_APPROVAL", {"opinion": "补充担保。"}),
    "approve": ("approver", "IN_APPROVAL", GRANT),
    "reject": ("officer", "PENDING_ACCEPT", {"refusal_code": "OVER_INDEBTED"}),
    "sign": (
        "officer",
        "APPROVED",
        {"contract_no": "HT-7", "signed_date": "2026-11-23", "repayment": "BULLET"},
    ),
    "withdraw": ("owner", "DUE_DILIGENCE", {}),
}


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def api():
    return APIClient()


def url(name, *keys):
    return reverse(f"api:{name}", args=keys)


def submission(cast, **consent):
    return {
        "demand_id": str(make_demand(cast).public_id),
        "product_id": str(make_offer(cast).public_id),
        "consent": CONSENT | consent,
    }


class TestApplicationSubmit:
    def test_gives_exactly_the_keys_of_the_enterprise(self, api, cast):
        api.force_login(cast.owner)

        answer = api.post(url("application-list"), submission(cast), format="json")

        assert answer.status_code == 201
        assert set(answer.data) == BORROWER_KEYS
        assert set(answer.data["clock"]) == CLOCK_KEYS
        assert answer.data["state"] == "SUBMITTED"

    @pytest.mark.parametrize("left_out", sorted(CONSENT))
    def test_takes_no_consent_for_granted(self, api, cast, left_out):
        api.force_login(cast.owner)
        body = submission(cast)
        del body["consent"][left_out]

        answer = api.post(url("application-list"), body, format="json")

        assert answer.status_code == 400
        assert set(answer.data["fields"]) == {f"consent.{left_out}"}
        assert not LoanApplication.objects.exists()

    def test_refuses_an_unknown_class_with_its_code(self, api, cast):
        api.force_login(cast.owner)

        answer = api.post(
            url("application-list"), submission(cast, data_classes=["99"]), format="json"
        )

        assert (answer.status_code, answer.data["code"]) == (400, "CONSENT_TERMS_UNFAIR")
        assert set(answer.data["fields"]) == {"data_classes"}

    def test_answers_409_to_a_second_one(self, api, cast):
        api.force_login(cast.owner)
        body = submission(cast)
        api.post(url("application-list"), body, format="json")

        answer = api.post(url("application-list"), body, format="json")

        assert (answer.status_code, answer.data["code"]) == (409, "APPLICATION_EXISTS")

    def test_is_not_there_for_another_enterprise(self, api, cast):
        body = submission(cast)
        api.force_login(cast.rival_owner)

        assert api.post(url("application-list"), body, format="json").status_code == 404


class TestApplicationRead:
    @pytest.mark.parametrize("state", ["PENDING_ACCEPT", "APPROVED", "SIGNED", "REJECTED"])
    def test_gives_each_side_exactly_its_keys(self, api, cast, state):
        application = make_application(cast, state)
        api.force_login(cast.agent)
        own = api.get(url("application-detail", application.public_id)).data
        api.force_login(cast.approver)
        lenders = api.get(url("application-detail", application.public_id)).data

        assert set(own) == BORROWER_KEYS
        assert set(lenders) == LENDER_KEYS
        assert set(own["events"][0]) == set(lenders["events"][0]) == EVENT_KEYS

    def test_tells_the_lender_whom_to_call_after_acceptance_only(self, api, cast):
        application = make_application(cast)
        api.force_login(cast.officer)
        before = api.get(url("application-detail", application.public_id)).data
        api.post(url("application-accept", application.public_id))
        after = api.get(url("application-detail", application.public_id)).data

        assert (before["contact_name"], before["contact_phone"]) == (None, None)
        assert after["contact_phone"] == "13900000000"

    def test_keeps_opinions_and_notes_from_the_enterprise(self, api, cast):
        application = make_application(cast, "IN_APPROVAL")
        api.force_login(cast.officer)
        api.post(url("application-note", application.public_id), {"text": "留意"}, format="json")
        api.force_login(cast.owner)

        body = str(api.get(url("application-detail", application.public_id)).data)

        for hidden in ("留意", "同意。", "电话联系"):
            assert hidden not in body

    @pytest.mark.parametrize(
        "member", ["rival_owner", "rival_officer", "operator", "district_clerk", "stranger"]
    )
    def test_is_not_there_for_others(self, api, cast, member):
        application = make_application(cast, "ACCEPTED")
        api.force_login(getattr(cast, member))

        assert api.get(url("application-detail", application.public_id)).status_code == 404
        assert api.get(url("application-review", application.public_id)).status_code == 404

    def test_lists_for_each_side(self, api, cast):
        application = make_application(cast)

        for member in (cast.owner, cast.officer, cast.approver):
            api.force_login(member)
            rows = api.get(url("application-list")).data["results"]
            assert [row["id"] for row in rows] == [str(application.public_id)]
            assert set(rows[0]) == ROW_KEYS

    def test_lists_nothing_for_the_city(self, api, cast):
        for member in (cast.operator, cast.district_clerk, cast.stranger):
            api.force_login(member)
            assert api.get(url("application-list")).status_code == 403

    def test_refuses_an_unknown_scope(self, api, cast):
        api.force_login(cast.officer)

        answer = api.get(url("application-list"), {"scope": "everything"})

        assert (answer.status_code, set(answer.data["fields"])) == (400, {"scope"})


class TestReview:
    def test_gives_fit_and_findings_and_logs_the_reading(self, api, cast):
        application = make_application(cast, "DUE_DILIGENCE")
        api.force_login(cast.officer)

        found = api.get(url("application-review", application.public_id)).data

        assert set(found) == REVIEW_KEYS
        assert found["content_hash"] == application.portrait.content_hash
        assert found["frozen_fit"]["outcome"] == "FITS"
        assert AccessRecord.objects.get().channel == "API"

    def test_is_closed_with_the_consent(self, api, cast):
        application = make_application(cast, "DUE_DILIGENCE")
        consent_revoke(
            consent_id=application.consent.public_id, reason="", actor=cast.owner, at=NOW
        )
        api.force_login(cast.officer)

        found = api.get(url("application-review", application.public_id)).data

        assert found["closed_because"]
        assert found["frozen_fit"] is found["content_hash"] is None
        assert not AccessRecord.objects.exists()

    def test_is_the_lenders(self, api, cast):
        application = make_application(cast, "DUE_DILIGENCE")
        api.force_login(cast.owner)

        assert api.get(url("application-review", application.public_id)).status_code == 404


class TestSteps:
    def test_has_a_case_for_every_verb(self):
        assert set(BODIES) | {"disburse-status"} == set(STEPS)

    @pytest.mark.parametrize("verb", sorted(BODIES))
    def test_takes_the_step(self, api, cast, verb):
        member, state, body = BODIES[verb]
        application = make_application(cast, state)
        api.force_login(getattr(cast, member))

        answer = api.post(url(f"application-{verb}", application.public_id), body, format="json")

        assert answer.status_code == 200, answer.data
        keys = BORROWER_KEYS if member == "owner" else LENDER_KEYS
        assert set(answer.data) == keys

    @pytest.mark.parametrize("verb", sorted(BODIES))
    def test_answers_409_in_the_wrong_state(self, api, cast, verb):
        member, _, body = BODIES[verb]
        application = make_application(cast, "WITHDRAWN")
        api.force_login(getattr(cast, member))

        answer = api.post(url(f"application-{verb}", application.public_id), body, format="json")

        assert (answer.status_code, answer.data["code"]) == (409, "TRANSITION_REFUSED")

    @pytest.mark.parametrize("verb", sorted(BODIES))
    def test_answers_404_to_strangers_and_400_to_unknown_fields(self, api, cast, verb):
        member, state, body = BODIES[verb]
        application = make_application(cast, state)
        address = url(f"application-{verb}", application.public_id)

        for stranger in (cast.rival_owner, cast.rival_officer, cast.rival_approver, cast.operator):
            api.force_login(stranger)
            assert api.post(address, body, format="json").status_code == 404
        api.force_login(getattr(cast, member))
        answer = api.post(address, body | {"consent_live": True}, format="json")
        assert (answer.status_code, set(answer.data["fields"])) == (400, {"consent_live"})

    def test_answers_403_to_the_other_role(self, api, cast):
        application = make_application(cast)
        api.force_login(cast.owner)

        answer = api.post(url("application-accept", application.public_id))

        assert (answer.status_code, answer.data["code"]) == (403, "ROLE_NOT_ALLOWED")

    def test_resumes_under_a_new_consent(self, api, cast):
        application = make_application(cast, "SUSPENDED")
        api.force_login(cast.owner)

        answer = api.post(url("application-consent", application.public_id), CONSENT, format="json")

        assert (answer.status_code, answer.data["state"]) == (200, "PENDING_ACCEPT")

    def test_a_bare_disbursement_is_for_loans_without_the_clause(self, api, cast):
        application = make_application(cast, "SIGNED")
        api.force_login(cast.officer)

        answer = api.post(url("application-disburse-status", application.public_id))

        assert (answer.status_code, answer.data["code"]) == (400, "OUTCOME_BY_LEDGER")


class TestSupervision:
    def test_gives_clocks_without_amounts(self, api, cast):
        make_application(cast)
        api.force_login(cast.operator)

        (row,) = api.get(url("supervised-list")).data["results"]

        assert set(row) == SUPERVISED_KEYS

    def test_urges(self, api, cast):
        application = make_application(cast)
        api.force_login(cast.operator)

        answer = api.post(
            url("application-urge", application.public_id), {"text": "请受理。"}, format="json"
        )

        assert answer.status_code == 204

    def test_is_the_operators(self, api, cast):
        application = make_application(cast)
        for member in (cast.owner, cast.officer, cast.district_clerk, cast.auditor):
            api.force_login(member)
            assert api.get(url("supervised-list")).status_code == 403
            address = url("application-urge", application.public_id)
            assert api.post(address, {"text": "x"}, format="json").status_code == 403
