from __future__ import annotations

import pytest
import time_machine
from django.urls import reverse
from rest_framework.test import APIClient

from matching.models import LoanApplication, OutcomeEvent
from tests.cast import NOW
from tests.factories.matching import SIGNED_DATE, make_application

pytestmark = pytest.mark.django_db
AMENDED = {
    "event_date": str(SIGNED_DATE),
    "principal_yuan": "10000.00",
    "reference": "C1",
    "reason": "多录了一个零",
}
CORRECTION_KEYS = {
    "application_id",
    "enterprise",
    "institution",
    "kind",
    "action",
    "changed",
    "reported_at",
    "ended_at",
    "state",
}


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def api():
    return APIClient()


@pytest.fixture
def loan(cast):
    return LoanApplication.objects.get(pk=make_application(cast, "REPAYING").pk).loan


def send(api, loan, seq, verb, body):
    address = reverse(f"api:outcome-{verb}", args=[loan.public_id, seq])
    return api.post(address, body, format="json")


class TestAmend:
    def test_answers_what_counts_instead_and_repeats_safely(self, api, cast, loan):
        api.force_login(cast.approver)

        first = send(api, loan, 2, "amend", AMENDED)
        again = send(api, loan, 2, "amend", AMENDED)

        assert (first.status_code, again.status_code) == (201, 201)
        assert first.data == again.data
        assert (first.data["seq"], first.data["principal_yuan"]) == (3, "10000.00")

    def test_the_list_shows_both_with_the_reason(self, api, cast, loan):
        api.force_login(cast.approver)
        send(api, loan, 2, "amend", AMENDED)
        api.force_login(cast.owner)

        rows = api.get(reverse("api:outcome-list", args=[loan.public_id])).data

        assert [(row["seq"], row["replaced_by"]) for row in rows] == [(1, None), (2, 3), (3, None)]
        assert rows[1]["end_reason"] == "多录了一个零"
        assert rows[1]["ended_at"] is not None

    def test_needs_a_reason(self, api, cast, loan):
        api.force_login(cast.approver)

        answer = send(api, loan, 2, "amend", AMENDED | {"reason": ""})

        assert (answer.status_code, set(answer.data["fields"])) == (400, {"reason"})


class TestVoid:
    def test_takes_the_event_out(self, api, cast, loan):
        api.force_login(cast.approver)

        answer = send(api, loan, 2, "void", {"reason": "没有还款"})

        assert (answer.status_code, answer.data["replaced_by"]) == (200, None)
        assert LoanApplication.objects.get().state == "DISBURSED"

    def test_names_what_no_longer_fits(self, api, cast, loan):
        api.force_login(cast.approver)

        answer = send(api, loan, 1, "void", {"reason": "没有放款"})

        assert (answer.status_code, answer.data["code"]) == (400, "OUTCOME_NO_LONGER_FITS")
        assert "的还款 10 万元不再成立：尚未放款" in answer.data["detail"]
        assert OutcomeEvent.objects.standing().count() == 2


class TestCorrections:
    def test_give_the_operator_exactly_their_keys(self, api, cast, loan):
        api.force_login(cast.approver)
        send(api, loan, 2, "amend", AMENDED)
        api.force_login(cast.operator)

        rows = api.get(reverse("api:correction-list")).data["results"]

        assert [set(row) for row in rows] == [CORRECTION_KEYS]
        assert rows[0]["action"] == "AMEND"
        assert list(rows[0]["changed"]) == ["principal_yuan", "interest_yuan"]
