from __future__ import annotations

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from rest_framework.test import APIClient

from matching.models import LoanApplication, OutcomeEvent
from tests.cast import NOW
from tests.factories.matching import NO_FEEDBACK, make_application

pytestmark = pytest.mark.django_db
PAID = {
    "kind": "DISBURSE",
    "event_date": "2026-11-23",
    "principal_yuan": "500000.00",
    "reference": "T1",
}
OWN_KEYS = {
    "id",
    "application_id",
    "state",
    "signed_date",
    "amount_yuan",
    "annual_rate_bp",
    "term_months",
    "guarantee",
    "repayment",
    "drawn_yuan",
    "repaid_yuan",
    "outstanding_yuan",
    "interest_yuan",
    "overdue_days",
    "classification",
}
LENDER_KEYS = OWN_KEYS | {"enterprise", "contract_no", "is_first_loan", "is_renewal"}
OWN_OUTCOME_KEYS = {
    "seq",
    "kind",
    "event_date",
    "principal_yuan",
    "interest_yuan",
    "days_overdue",
    "classification",
    "reported_at",
    "ended_at",
    "end_reason",
    "replaced_by",
}
OUTCOME_KEYS = OWN_OUTCOME_KEYS | {"warning", "reference"}


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def api():
    return APIClient()


def url(name, *keys):
    return reverse(f"api:{name}", args=keys)


def loan_of(application):
    return LoanApplication.objects.get(pk=application.pk).loan


class TestLoan:
    def test_gives_each_side_exactly_its_keys(self, api, cast):
        loan = loan_of(make_application(cast, "REPAYING"))
        api.force_login(cast.owner)
        own = api.get(url("loan-detail", loan.public_id)).data
        own_outcomes = api.get(url("outcome-list", loan.public_id)).data
        api.force_login(cast.officer)
        lenders = api.get(url("loan-detail", loan.public_id)).data
        outcomes = api.get(url("outcome-list", loan.public_id)).data

        assert (set(own), set(lenders)) == (OWN_KEYS, LENDER_KEYS)
        assert (set(own_outcomes[0]), set(outcomes[0])) == (OWN_OUTCOME_KEYS, OUTCOME_KEYS)
        assert lenders["outstanding_yuan"] == "400000.00"

    def test_lists_the_lenders_own(self, api, cast):
        make_application(cast, "REPAYING")
        api.force_login(cast.approver)
        own = api.get(url("loan-list")).data["results"]
        api.force_login(cast.rival_officer)
        others = api.get(url("loan-list")).data["results"]

        assert [set(row) for row in own] == [LENDER_KEYS]
        assert others == []

    @pytest.mark.parametrize("member", ["rival_owner", "rival_officer", "operator", "stranger"])
    def test_is_not_there_for_others(self, api, cast, member):
        loan = loan_of(make_application(cast, "SIGNED"))
        api.force_login(getattr(cast, member))

        assert api.get(url("loan-detail", loan.public_id)).status_code == 404
        assert api.get(url("outcome-list", loan.public_id)).status_code == 404
        assert api.post(url("outcome-list", loan.public_id), PAID, format="json").status_code == 404


class TestOutcomeRecord:
    def test_reports_and_repeats_safely(self, api, cast):
        loan = loan_of(make_application(cast, "SIGNED"))
        api.force_login(cast.officer)

        first = api.post(url("outcome-list", loan.public_id), PAID, format="json")
        again = api.post(url("outcome-list", loan.public_id), PAID, format="json")

        assert (first.status_code, again.status_code) == (201, 201)
        assert first.data == again.data
        assert OutcomeEvent.objects.count() == 1

    def test_answers_409_to_a_reference_used_otherwise(self, api, cast):
        loan = loan_of(make_application(cast, "SIGNED"))
        api.force_login(cast.officer)
        api.post(url("outcome-list", loan.public_id), PAID, format="json")

        changed = PAID | {"principal_yuan": "1.00"}
        answer = api.post(url("outcome-list", loan.public_id), changed, format="json")

        assert (answer.status_code, answer.data["code"]) == (409, "OUTCOME_REFERENCE_USED")

    def test_answers_409_to_what_was_voided(self, api, cast):
        loan = loan_of(make_application(cast, "SIGNED"))
        api.force_login(cast.officer)
        api.post(url("outcome-list", loan.public_id), PAID, format="json")
        api.force_login(cast.approver)
        api.post(url("outcome-void", loan.public_id, 1), {"reason": "没有放款"}, format="json")
        api.force_login(cast.officer)

        answer = api.post(url("outcome-list", loan.public_id), PAID, format="json")

        assert (answer.status_code, answer.data["code"]) == (409, "OUTCOME_VOIDED")
        assert "作废，原因：没有放款。" in answer.data["fields"]["reference"]

    def test_refuses_without_the_clause(self, api, cast):
        loan = loan_of(make_application(cast, "SIGNED", consent=NO_FEEDBACK))
        api.force_login(cast.officer)

        answer = api.post(url("outcome-list", loan.public_id), PAID, format="json")

        assert (answer.status_code, answer.data["code"]) == (400, "FEEDBACK_NOT_CONSENTED")

    def test_answers_at_the_field(self, api, cast):
        loan = loan_of(make_application(cast, "SIGNED"))
        api.force_login(cast.officer)

        changed = PAID | {"principal_yuan": "500000.01"}
        answer = api.post(url("outcome-list", loan.public_id), changed, format="json")

        assert (answer.status_code, set(answer.data["fields"])) == (400, {"principal_yuan"})

    def test_is_the_officers(self, api, cast):
        loan = loan_of(make_application(cast, "SIGNED"))
        for member in (cast.owner, cast.approver):
            api.force_login(member)
            answer = api.post(url("outcome-list", loan.public_id), PAID, format="json")
            assert answer.status_code == 403


class TestUpload:
    def test_counts_rows_and_names_reasons(self, api, cast):
        make_application(cast, "SIGNED")
        api.force_login(cast.officer)
        text = "合同编号,事件,发生日期,本金(元),机构流水号\nHT-2026-0001,放款,昨天,1,T1\n"

        answer = api.post(
            url("outcome-upload"),
            {"file": SimpleUploadedFile("结果.csv", text.encode())},
            format="multipart",
        )

        assert answer.status_code == 200
        assert set(answer.data) == {
            "read",
            "accepted",
            "duplicates",
            "skipped",
            "rejected",
            "errors",
        }
        assert answer.data["errors"][0]["code"] == "DATE_UNREADABLE"

    def test_refuses_what_is_no_sheet(self, api, cast):
        api.force_login(cast.officer)

        answer = api.post(
            url("outcome-upload"),
            {"file": SimpleUploadedFile("a.xlsx", b"PK\x03\x04broken")},
            format="multipart",
        )

        assert (answer.status_code, answer.data["code"]) == (400, "SHEET_BROKEN_ARCHIVE")
