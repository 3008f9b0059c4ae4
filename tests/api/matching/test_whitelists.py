import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.cast import NOW
from tests.factories.matching import make_demand
from tests.factories.whitelist import (
    deliver_lists,
    make_recommended,
    make_whitelist,
    row_of,
    sheet_of,
)

LENDER_KEYS = {
    "id",
    "uscc",
    "name",
    "district",
    "sector",
    "amount_yuan",
    "term_months",
    "purpose",
    "is_live",
    "expires_at",
    "contact",
}


@pytest.fixture(autouse=True)
def world(cast):
    deliver_lists()
    with time_machine.travel(NOW, tick=False):
        yield


def as_member(client, user):
    client.force_login(user)
    return client


def upload(client, name, content, **fields):
    body = {"district": "120103", "file": SimpleUploadedFile("名单.csv", content)} | fields
    return client.post(reverse(f"api:{name}"), body)


def act(client, step, whitelist, **body):
    address = reverse(f"api:whitelist-{step}", args=[whitelist["id"]])
    return client.post(address, body, content_type="application/json")


class TestWayThroughTheApi:
    def test_goes_from_sheet_to_lender(self, cast, client):
        as_member(client, cast.district_clerk)
        made = upload(client, "whitelist-upload", sheet_of(row_of(cast.enterprise)), issue_no="1")
        assert (made.status_code, made.json()["admitted"]) == (201, 1)
        assert act(client, "check", made.json()).json()["state"] == "CHECKED"
        assert act(client, "submit", made.json()).json()["state"] == "PENDING_APPROVAL"
        as_member(client, cast.district_lead)
        assert act(client, "approve", made.json()).json()["state"] == "PUBLISHED"

        as_member(client, cast.officer)
        (found,) = client.get(reverse("api:recommendation-list")).json()["results"]

        assert set(found) == LENDER_KEYS
        assert (found["name"], found["contact"]) == (cast.enterprise.name, None)

    def test_checks_without_writing(self, cast, client):
        as_member(client, cast.district_clerk)

        told = upload(
            client, "whitelist-check-sheet", sheet_of(row_of(cast.rival_enterprise))
        ).json()

        assert (told["read"], told["rejected"]) == (1, 1)
        assert told["problems"][0]["reasons"][0]["rule_code"] == "WL_DISTRICT"
        assert client.get(reverse("api:whitelist-list")).json()["results"] == []

    def test_generates(self, cast, client):
        make_demand(cast)
        as_member(client, cast.district_clerk)
        body = {"district": "120103", "issue_no": "G1", "parameters": {"min_age_months": 24}}

        made = client.post(reverse("api:whitelist-generate"), body, content_type="application/json")

        assert (made.status_code, made.json()["origin"]) == (201, "GENERATED")
        assert made.json()["parameters"] == {"min_age_months": 24}

    def test_counts_what_it_would_generate_without_writing(self, cast, client):
        make_demand(cast)
        as_member(client, cast.district_clerk)
        address = reverse("api:whitelist-count")

        found, narrowed = (
            client.post(
                address,
                {"district": "120103", "parameters": asked},
                content_type="application/json",
            ).json()
            for asked in ({}, {"min_age_months": 1200})
        )

        assert set(found) == {"read", "admitted", "refused", "reasons"}
        assert (found["read"], found["admitted"], narrowed["admitted"]) == (1, 1, 0)
        assert sum(narrowed["reasons"].values()) >= narrowed["refused"] == 1
        assert client.get(reverse("api:whitelist-list")).json()["results"] == []


class TestWrongState:
    @pytest.mark.parametrize("step", ["submit", "revise", "approve"])
    def test_answers_409(self, cast, client, step):
        whitelist = make_whitelist(cast)
        as_member(client, cast.district_lead)

        answer = act(client, step, {"id": whitelist.public_id})

        assert (answer.status_code, answer.json()["code"]) == (409, "TRANSITION_REFUSED")


class TestBadInput:
    @pytest.mark.parametrize("content", [b"\x00\x01", b"a,b\n1,2\n", b"%PDF-1.7", b"PK\x03\x04xx"])
    def test_is_told_with_code(self, cast, client, content):
        as_member(client, cast.district_clerk)

        answer = upload(client, "whitelist-upload", content, issue_no="1")

        assert answer.status_code == 400
        assert answer.json()["code"].startswith("SHEET_")

    def test_unknown_field_and_missing_file(self, cast, client):
        as_member(client, cast.district_clerk)

        answer = client.post(
            reverse("api:whitelist-upload"), {"district": "120103", "issue_no": "1", "x": "1"}
        )

        assert answer.status_code == 400

    @pytest.mark.parametrize("query", ["status=NOPE", "code=%27;--"])
    def test_of_filters_is_4xx(self, cast, client, query):
        whitelist = make_whitelist(cast)
        as_member(client, cast.district_clerk)
        address = reverse("api:whitelist-entries", args=[whitelist.public_id])

        assert 400 <= client.get(f"{address}?{query}").status_code < 500


class TestRecommendations:
    def test_open_contact_data_after_contact_only(self, cast, client):
        entry = make_recommended(cast)
        as_member(client, cast.officer)
        data = reverse("api:recommendation-contact-data", args=[entry.public_id])
        assert client.post(data).status_code == 409

        client.post(reverse("api:recommendation-contact", args=[entry.public_id]))

        assert client.post(data).json() == {
            "contact_name": "王示例",
            "contact_phone": "13900000000",
        }

    def test_take_a_coded_result(self, cast, client):
        entry = make_recommended(cast)
        as_member(client, cast.officer)
        client.post(reverse("api:recommendation-contact", args=[entry.public_id]))
        address = reverse("api:recommendation-result", args=[entry.public_id])

        good = client.post(address, {"result": "NO_NEED"}, content_type="application/json")
        bad = client.post(address, {"result": "OTHER"}, content_type="application/json")

        assert good.json()["result"] == "NO_NEED"
        assert (bad.status_code, set(bad.json()["fields"])) == (400, {"note"})

    def test_take_a_sheet_of_results_row_by_row(self, cast, client):
        entry = make_recommended(cast)
        as_member(client, cast.officer)
        rows = (
            "统一社会信用代码,对接结果",
            f"{entry.uscc},企业暂无融资需求",
            "91120103MA0501039X,企业暂无融资需求",
        )
        file = SimpleUploadedFile("反馈.csv", "\n".join(rows).encode())

        found = client.post(reverse("api:recommendation-feedback"), {"file": file}).json()

        assert (found["read"], found["accepted"], found["rejected"]) == (2, 1, 1)
        assert found["errors"][0]["row"] == 3
        assert entry.contacts.get().result == "NO_NEED"


class TestWatch:
    def test_tells_how_far_institutions_are_with_every_live_list(self, cast, client):
        entry = make_recommended(cast)
        as_member(client, cast.officer)
        client.post(reverse("api:recommendation-contact", args=[entry.public_id]))

        as_member(client, cast.district_clerk)
        (found,) = client.get(reverse("api:whitelist-watch")).json()
        as_member(client, cast.other_district_clerk)
        others = client.get(reverse("api:whitelist-watch")).json()

        assert found["whitelist_id"] == str(entry.whitelist.public_id)
        assert (found["listed"], found["contacted"], found["waiting"]) == (1, 1, 1)
        assert found["due_at"] is not None
        assert others == []
