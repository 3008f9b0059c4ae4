from __future__ import annotations

import uuid

import pytest
import time_machine
from django.urls import reverse
from rest_framework.test import APIClient

from tests.cast import NOW
from tests.factories.matching import make_application, make_demand, make_offer

pytestmark = pytest.mark.django_db
ASKED = {"document_list": ["近三个月流水"]}


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def cases(cast):
    """One that waits and one in due diligence, of the same officer."""
    demand = make_demand(cast)
    return [
        make_application(cast, state, demand=demand, product=make_offer(cast, f"L{number}"))
        for number, state in enumerate(("PENDING_ACCEPT", "DUE_DILIGENCE"))
    ]


def ask(member, verb, ids, **body):
    api = APIClient()
    api.force_login(member)
    chosen = {"application_ids": [str(key) for key in ids]}
    return api.post(reverse(f"api:applications-{verb}"), chosen | body, format="json")


class TestApplicationsStep:
    def test_tells_of_each_what_became_of_it(self, cast, cases):
        waiting, at_work = cases

        answer = ask(cast.officer, "request-supplement", [row.public_id for row in cases], **ASKED)

        assert answer.status_code == 200
        assert (answer.data["done"], answer.data["refused"]) == (1, 1)
        first, second = answer.data["lines"]
        assert set(first) == {"application_id", "is_done", "refusal"}
        assert (first["application_id"], first["is_done"]) == (str(waiting.public_id), False)
        assert first["refusal"].endswith("。")
        assert (second["is_done"], second["refusal"]) == (True, "")
        at_work.refresh_from_db()
        assert at_work.state == "SUPPLEMENT"

    def test_takes_on_what_waits(self, cast, cases):
        waiting = cases[0]

        answer = ask(cast.officer, "accept", [waiting.public_id])

        waiting.refresh_from_db()
        assert (answer.data["done"], waiting.state) == (1, "ACCEPTED")

    def test_keeps_a_note_beside_each(self, cast, cases):
        answer = ask(cast.officer, "note", [row.public_id for row in cases], text="下周再看。")

        assert answer.data["done"] == 2
        assert [row.events.get(event="NOTE").payload["note"] for row in cases] == ["下周再看。"] * 2

    def test_knows_another_lender_s_applications_as_little_as_one_that_is_not_there(
        self, cast, cases
    ):
        waiting = cases[0]

        answer = ask(cast.rival_officer, "accept", [waiting.public_id, uuid.uuid4()])

        theirs, unknown = answer.data["lines"]
        assert theirs["refusal"] == unknown["refusal"] != ""
        waiting.refresh_from_db()
        assert waiting.state == "PENDING_ACCEPT"

    @pytest.mark.parametrize(
        ("verb", "ids", "body", "field"),
        [
            ("accept", [], {}, "application_ids"),
            ("accept", ["x"], {}, "application_ids.0"),
            ("accept", [uuid.uuid4() for _ in range(51)], {}, "application_ids"),
            ("accept", [uuid.uuid4()], {"text": "x"}, "text"),
            ("request-supplement", [uuid.uuid4()], {"document_list": []}, "document_list"),
            ("note", [uuid.uuid4()], {}, "text"),
        ],
    )
    def test_answers_400_at_the_field(self, cast, verb, ids, body, field):
        answer = ask(cast.officer, verb, ids, **body)

        assert answer.status_code == 400
        assert set(answer.data["fields"]) == {field}

    def test_is_an_officer_s(self, cast, cases):
        for member in (cast.approver, cast.owner, cast.operator):
            assert ask(member, "accept", [cases[0].public_id]).status_code == 403
