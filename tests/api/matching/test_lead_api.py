from __future__ import annotations

import pytest
import time_machine
from django.urls import reverse
from rest_framework.test import APIClient

from tests.cast import NOW
from tests.factories.leads import (
    make_dispatched,
    make_offers,
    make_pooled,
    make_taken,
    make_waiting,
)
from tests.factories.matching import make_application, make_demand

pytestmark = pytest.mark.django_db
NEED_KEYS = {
    "id",
    "sector",
    "district",
    "amount_yuan",
    "term_months",
    "guarantee",
    "closes_at",
    "slots_free",
    "is_duplicate",
}
LEAD_KEYS = {
    "id",
    "need_id",
    "institution",
    "origin",
    "state",
    "state_label",
    "product_id",
    "offered_at",
    "taken_at",
    "due_at",
    "return_code",
    "application_id",
}


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def api():
    return APIClient()


def get(api, member, name, *keys, **query):
    api.force_login(member)
    return api.get(reverse(f"api:{name}", args=keys), query)


def post(api, member, name, *keys, **body):
    api.force_login(member)
    return api.post(reverse(f"api:{name}", args=keys), body, format="json")


class TestPool:
    def test_has_exactly_the_keys_that_may_be_shown(self, api, cast):
        make_pooled(cast)

        (row,) = get(api, cast.officer, "pool-list").json()["results"]

        assert set(row) == NEED_KEYS
        assert (row["sector"], row["amount_yuan"]) == ("制造业", "500000.00")

    def test_pages_by_cursor(self, api, cast):
        for _ in range(3):
            make_pooled(cast)

        first = get(api, cast.officer, "pool-list", limit=2).json()
        api.force_login(cast.officer)
        second = api.get(first["next"]).json()

        ids = [row["id"] for row in [*first["results"], *second["results"]]]
        assert len(set(ids)) == 3

    def test_taking_answers_with_the_lead_without_a_name(self, api, cast):
        need = make_pooled(cast)

        answer = post(api, cast.officer, "pool-take", need.public_id)

        assert answer.status_code == 201
        body = answer.json()
        assert set(body) == LEAD_KEYS | {"need"}
        assert set(body["need"]) == NEED_KEYS
        assert cast.enterprise.name not in answer.content.decode()

    def test_taken_twice_is_a_conflict(self, api, cast):
        lead = make_taken(cast)

        answer = post(api, cast.second_officer, "pool-take", lead.demand.public_id)

        assert (answer.status_code, answer.json()["code"]) == (409, "LEAD_EXISTS")


class TestLeads:
    def test_list_and_read(self, api, cast):
        lead = make_dispatched(cast)

        (row,) = get(api, cast.officer, "lead-list").json()["results"]
        assert set(row) == LEAD_KEYS
        assert get(api, cast.officer, "lead-list", scope="done").json()["results"] == []
        one = get(api, cast.officer, "lead-detail", lead.public_id).json()
        assert set(one) == LEAD_KEYS | {"need"}

    def test_return_asks_for_a_reason(self, api, cast):
        lead = make_dispatched(cast)

        refused = post(api, cast.officer, "lead-return", lead.public_id, return_code="OTHER")
        done = post(api, cast.officer, "lead-return", lead.public_id, return_code="DUPLICATE")

        assert (refused.status_code, done.json()["state"]) == (409, "RETURNED")

    def test_take(self, api, cast):
        lead = make_dispatched(cast)

        assert post(api, cast.officer, "lead-take", lead.public_id).json()["state"] == "INVITED"


class TestNeed:
    def test_goes_into_the_pool(self, api, cast):
        need = make_demand(cast)

        body = post(api, cast.owner, "demand-pool", need.public_id).json()

        assert (body["state"], body["mode"]) == ("IN_POOL", "POOL")

    def test_is_directed_and_shows_its_invitations(self, api, cast):
        make_offers(cast)
        need = make_demand(cast)

        done = post(api, cast.owner, "demand-lenders", need.public_id, institutions=["B001"])
        rows = get(api, cast.owner, "demand-invitations", need.public_id).json()

        assert done.status_code == 201
        assert [(row["institution"], row["origin"]) for row in rows] == [
            ("示例城市银行", "DIRECTED")
        ]


class TestOperator:
    def test_reads_needs_without_names(self, api, cast):
        make_waiting(cast)

        (row,) = get(api, cast.operator, "searching-list").json()["results"]

        assert set(row) == NEED_KEYS | {"state", "dispatch_due_at"}

    def test_reads_suggestions_with_reasons_and_dispatches(self, api, cast):
        need = make_waiting(cast)

        rows = get(api, cast.operator, "dispatch-suggestions", need.public_id).json()
        done = post(api, cast.operator, "operator-dispatch", need.public_id, institution="B002")

        assert [row["institution"] for row in rows] == ["B001", "B002"]
        assert all(row["reason"] for row in rows)
        assert (done.status_code, done.json()["state"]) == (201, "OFFERED")

    def test_reads_late_leads(self, api, cast):
        make_dispatched(cast)

        assert len(get(api, cast.operator, "supervised-lead-list").json()["results"]) == 1
        late = get(api, cast.operator, "supervised-lead-list", late="true")
        assert late.json()["results"] == []


class TestMove:
    def test_answers_with_the_new_application(self, api, cast):
        first, rival = make_offers(cast)
        application = make_application(cast, product=first)
        consent = {"data_classes": ["01"], "valid_months": 12, "feedback_clause": True}

        answer = post(
            api,
            cast.owner,
            "application-move",
            application.public_id,
            product_id=str(rival.public_id),
            consent=consent,
        )

        assert answer.status_code == 201
        assert answer.json()["institution"] == "对照城市银行"
