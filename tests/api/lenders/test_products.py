from __future__ import annotations

import pytest
from django.urls import reverse

from lenders.models import LoanProduct, ProductVersion
from tests.access.lenders import TERMS_JSON

LIST = reverse("api:product-manage-list")
AGE = {
    "code": "AGE",
    "feature": "age_months",
    "operator": "GE",
    "value": 12,
    "effective_from": "2026-11-01",
}
BODY = {"code": "B001-P09", "name": "示例新品", "terms": TERMS_JSON, "rules": [AGE]}
VERSION_KEYS = {
    "id",
    "number",
    "state",
    "state_label",
    "drafted_by",
    "drafted_at",
    "effective_from",
    "effective_until",
    "product_id",
    "product",
    "summary",
    "terms",
    "rules",
    "submitted_at",
    "reviewed_by",
    "reviewed_at",
    "review_reason",
    "withdrawn_reason",
}


def url(verb, thing, *more):
    return reverse(f"api:{verb}", args=[thing.public_id, *more])


class TestProductDraft:
    def test_returns_the_first_version(self, call, cast):
        answer = call("officer", "post", LIST, BODY)

        body = answer.json()
        assert answer.status_code == 201
        assert set(body) == VERSION_KEYS
        assert (body["number"], body["state"]) == (1, "DRAFT")
        assert body["rules"][0]["sentence"] == "成立满 12 个月"
        assert body["terms"]["all_in_rate_max_bp"] == 500

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"terms": TERMS_JSON | {"all_in_rate_max_bp": 1}}, "all_in_rate_max_bp"),
            ({"terms": TERMS_JSON | {"guarantees": ["GOLD"]}}, "guarantees"),
            ({"terms": TERMS_JSON | {"term_min_months": 10**9}}, "terms.term_min_months"),
            ({"terms": TERMS_JSON | {"daily_rate": 1}}, "terms.daily_rate"),
            ({"rules": [AGE | {"feature": "luck"}]}, "rules.0.feature"),
            ({"rules": [AGE | {"value": "long"}]}, "rules.0.value"),
            ({"rules": [AGE | {"value": {"a": [1]}}]}, "rules.0.value"),
            ({"rules": [AGE | {"effective_from": "soon"}]}, "rules.0.effective_from"),
            ({"rules": [AGE, AGE]}, "code"),
            ({"code": "?"}, "code"),
        ],
    )
    def test_names_the_faulty_field_and_writes_nothing(self, call, cast, changes, field):
        answer = call("officer", "post", LIST, BODY | changes)

        assert answer.status_code == 400
        assert field in answer.json()["fields"]
        assert not LoanProduct.objects.exists()


class TestProductsList:
    def test_shows_versions_of_the_own_products(self, call, product, draft):
        body = call("officer", "get", LIST).json()

        assert [row["code"] for row in body["results"]] == ["B001-P02", "B001-P01"]
        assert body["results"][1]["versions"][0]["state"] == "PUBLISHED"

    def test_needs_few_queries(self, client, cast, product, draft, django_assert_max_num_queries):
        client.force_login(cast.officer)

        with django_assert_max_num_queries(6):
            client.get(LIST)


class TestVersion:
    def test_goes_from_draft_to_the_shelf_and_off_it(self, call, cast):
        made = call("officer", "post", LIST, BODY).json()
        version = ProductVersion.objects.get(public_id=made["id"])

        call("officer", "post", url("rule-add", version), AGE | {"code": "AGE_2", "value": 24})
        call("officer", "delete", url("rule-remove", version, "AGE"))
        call("officer", "post", url("version-submit", version))
        published = call("approver", "post", url("version-review", version), {"publish": True})
        body = {"reason": "停办"}
        withdrawn = call("officer", "post", url("product-withdraw", version.product), body)

        assert [rule["code"] for rule in published.json()["rules"]] == ["AGE_2"]
        assert published.json()["state"] == "PUBLISHED"
        assert withdrawn.json()["state"] == "WITHDRAWN"

    def test_has_a_rule_changed_in_its_place(self, call, cast):
        version = ProductVersion.objects.get(
            public_id=call("officer", "post", LIST, BODY).json()["id"]
        )
        asked = {name: value for name, value in AGE.items() if name != "code"} | {"value": 36}

        answer = call("officer", "put", url("rule-remove", version, "AGE"), asked)
        gone = call("officer", "put", url("rule-remove", version, "GONE"), asked)

        assert [(rule["code"], rule["value"]) for rule in answer.json()["rules"]] == [("AGE", "36")]
        assert (gone.status_code, gone.json()["code"]) == (409, "RULE_GONE")

    def test_is_changed_while_a_draft(self, call, draft):
        terms = TERMS_JSON | {"term_max_months": 24}

        answer = call("officer", "put", url("version-detail", draft), {"terms": terms})

        assert answer.json()["terms"]["term_max_months"] == 24

    def test_answers_409_to_changes_once_published(self, call, product):
        version = product.versions.get()

        answer = call("officer", "put", url("version-detail", version), {"terms": TERMS_JSON})

        assert (answer.status_code, answer.json()["code"]) == (409, "VERSION_NOT_DRAFT")

    def test_answers_409_to_the_drafters_own_review(self, call, cast, draft):
        draft.state, draft.drafted_by = "PENDING_REVIEW", cast.approver
        draft.save()

        answer = call("approver", "post", url("version-review", draft), {"publish": True})

        assert (answer.status_code, answer.json()["code"]) == (409, "GUARD_REFUSED")

    def test_has_a_next_one(self, call, product):
        answer = call("officer", "post", url("version-create", product), {"terms": TERMS_JSON})

        assert (answer.status_code, answer.json()["number"]) == (201, 2)


class TestOversight:
    def test_shows_the_operator_all_products(self, call, product, draft):
        body = call("operator", "get", f"{reverse('api:product-oversee-list')}?state=DRAFT").json()

        assert [row["code"] for row in body["results"]] == ["B001-P02"]
