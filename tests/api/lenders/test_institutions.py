from __future__ import annotations

import pytest
from django.urls import reverse

from lenders.models import Institution
from tests.access.lenders import INSTITUTION_BODY

LIST = reverse("api:institution-list")


class TestInstitutionApply:
    URL = reverse("api:institution-apply")

    def test_gives_a_receipt(self, client, cast):
        answer = client.post(self.URL, INSTITUTION_BODY, content_type="application/json")

        assert answer.status_code == 201
        assert set(answer.json()) == {"id", "code", "state", "applied_at"}

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"uscc": "123"}, "uscc"),
            ({"kind": "SHADOW"}, "kind"),
            ({"code": "B001"}, "code"),
            ({"name": "a\x00b"}, "name"),
            ({"state": "ADMITTED"}, "state"),
        ],
    )
    def test_names_the_faulty_field(self, client, cast, changes, field):
        answer = client.post(self.URL, INSTITUTION_BODY | changes, content_type="application/json")

        assert answer.status_code in (400, 409)
        assert set(answer.json()["fields"]) == {field}
        assert not Institution.objects.filter(code="B009").exists()


class TestInstitutionsList:
    def test_tells_visitors_no_contacts(self, client, cast):
        found = client.get(reverse("api:institution-public-list")).json()["results"]

        assert set(found[0]) == {"id", "code", "name", "kind", "kind_label", "introduction"}


class TestOperatorInstitutions:
    def url(self, verb, institution):
        return reverse(f"api:institution-{verb}", args=[institution.public_id])

    def test_shows_the_city_the_state_and_the_contact(self, call, cast):
        found = call("auditor", "get", LIST).json()["results"][0]

        assert {"state", "contact_phone", "uscc", "applied_at"} <= set(found)

    def test_names_an_unknown_state(self, call, cast):
        answer = call("operator", "get", f"{LIST}?state=GONE")

        assert (answer.status_code, answer.json()["code"]) == (400, "STATE_UNKNOWN")

    def test_suspends_and_restores(self, call, cast):
        suspended = call(
            "operator", "post", self.url("suspend", cast.institution), {"reason": "整改"}
        )
        restored = call("operator", "post", self.url("restore", cast.institution))

        assert suspended.json()["state"] == "SUSPENDED"
        assert restored.json()["state"] == "ADMITTED"

    def test_answers_409_in_another_state(self, call, cast):
        answer = call("operator", "post", self.url("review", cast.institution), {"approve": True})

        assert (answer.status_code, answer.json()["code"]) == (409, "TRANSITION_REFUSED")
