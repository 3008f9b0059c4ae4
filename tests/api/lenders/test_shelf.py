from __future__ import annotations

import pytest
from django.urls import reverse

LIST = reverse("api:product-list")
PUBLIC_KEYS = {
    "id",
    "code",
    "name",
    "institution",
    "version",
    "summary",
    "effective_from",
    "terms",
    "rules",
}


class TestProductsList:
    def test_tells_visitors_what_the_page_shows_and_no_more(self, client, product):
        body = client.get(LIST).json()

        found = body["results"][0]
        assert body["count"] == 1
        assert set(found) == PUBLIC_KEYS
        assert set(found["institution"]) == {
            "id",
            "code",
            "name",
            "kind",
            "kind_label",
            "introduction",
        }

    def test_gives_money_as_text_and_rules_as_sentences(self, client, product):
        found = client.get(LIST).json()["results"][0]

        assert found["terms"]["amount_max_yuan"] == "3000000.00"
        assert found["rules"][0]["sentence"] == "近 12 个月纳税额不低于 5 万元"
        assert found["rules"][0]["data_class"] == "09"

    def test_filters(self, client, product):
        assert client.get(LIST, {"amount_yuan": "3000000.01"}).json()["count"] == 0
        assert client.get(LIST, {"size_class": "SMALL"}).json()["count"] == 1

    @pytest.mark.parametrize(
        "asked",
        [
            {"amount_yuan": "much"},
            {"amount_yuan": "NaN"},
            {"term_months": "0"},
            {"guarantee": "GOLD"},
            {"district_code": "110101"},
            {"industry_section": "Z"},
            {"colour": "red"},
            {"page": "0"},
        ],
    )
    def test_names_the_field_it_cannot_read(self, client, product, asked):
        answer = client.get(LIST, asked)

        assert answer.status_code == 400
        assert set(answer.json()["fields"]) == set(asked)

    def test_knows_no_page_beyond_the_last(self, client, product):
        assert client.get(LIST, {"page": 9}).status_code == 404


class TestProductGet:
    def test_gives_one_product(self, client, product):
        body = client.get(reverse("api:product-detail", args=[product.public_id])).json()

        assert set(body) == PUBLIC_KEYS

    def test_knows_no_drafts(self, client, draft):
        url = reverse("api:product-detail", args=[draft.product.public_id])

        assert client.get(url).status_code == 404


class TestProductCost:
    def url(self, product):
        return reverse("api:product-cost", args=[product.public_id])

    def test_gives_each_repayment_at_both_ends_of_the_rate(self, client, product):
        asked = {"amount_yuan": "500000", "term_months": 12}

        lines = client.get(self.url(product), asked).json()

        assert lines[0] == {
            "repayment": "EQUAL_INSTALLMENT",
            "low_simple_bp": 345,
            "low_compound_bp": 351,
            "low_cost_yuan": "9392.93",
            "high_simple_bp": 480,
            "high_compound_bp": 491,
            "high_cost_yuan": "13095.14",
        }

    def test_says_what_is_not_offered(self, client, product):
        answer = client.get(self.url(product), {"amount_yuan": "1", "term_months": 12})

        assert answer.status_code == 400
        assert answer.json()["code"] == "COST_OUT_OF_RANGE"
        assert set(answer.json()["fields"]) == {"amount_yuan"}

    def test_needs_both(self, client, product):
        assert set(client.get(self.url(product)).json()["fields"]) == {"amount_yuan", "term_months"}


class TestProductsCompare:
    URL = reverse("api:product-compare")

    def test_gives_products_in_the_order_asked_for(self, client, product):
        body = client.get(self.URL, {"id": [str(product.public_id)]}).json()

        assert [found["code"] for found in body] == ["B001-P01"]

    def test_refuses_more_than_four(self, client, db):
        ids = [f"11111111-1111-4111-8111-11111111111{digit}" for digit in range(5)]

        answer = client.get(self.URL, {"id": ids})

        assert (answer.status_code, answer.json()["code"]) == (400, "COMPARE_TOO_MANY")

    @pytest.mark.parametrize("ids", [[], ["x"]])
    def test_names_the_field_it_cannot_read(self, client, db, ids):
        assert client.get(self.URL, {"id": ids}).status_code == 400
