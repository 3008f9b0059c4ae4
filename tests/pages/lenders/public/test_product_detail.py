from __future__ import annotations

import pytest
from django.urls import reverse

from tests.factories.lenders import make_draft


@pytest.fixture
def url(product):
    return reverse("lenders:product-detail", args=[product.public_id])


class TestProductPage:
    def test_says_its_rules_in_sentences(self, client, url):
        page = client.get(url)

        assert "成立满 24 个月" in page.text
        assert "近 12 个月纳税额不低于 5 万元" in page.text

    def test_says_what_must_be_authorised(self, client, url):
        assert "贵企业的“纳税”信息" in client.get(url).text

    def test_reckons_an_example_unasked(self, client, url):
        page = client.get(url)

        assert "300 万元、12 个月的真实成本" in page.text
        assert "等额本息" in page.text

    def test_reckons_what_the_visitor_types(self, client, url):
        page = client.get(url, {"amount_yuan": "50", "term_months": "24"})

        assert "50 万元、24 个月的真实成本" in page.text
        assert "3.45% 至 4.80%" in page.text

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ({"amount_yuan": "301", "term_months": "12"}, "该产品额度为 10 万元至 300 万元。"),
            ({"amount_yuan": "50", "term_months": "37"}, "该产品期限为 3 至 36 个月。"),
            ({"amount_yuan": "", "term_months": "12"}, "mk-field-error"),
            ({"amount_yuan": "五十", "term_months": "12"}, "mk-field-error"),
        ],
    )
    def test_points_at_what_it_cannot_reckon(self, client, url, typed, sentence):
        page = client.get(url, typed)

        assert page.status_code == 422
        assert sentence in page.text

    def test_needs_few_queries(self, client, url, django_assert_max_num_queries):
        with django_assert_max_num_queries(3):
            client.get(url)

    def test_is_not_there_before_publication(self, cast, client, now):
        draft = make_draft(
            institution=cast.institution, code="B001-P05", drafted_by=cast.officer, at=now
        )

        page = client.get(reverse("lenders:product-detail", args=[draft.product.public_id]))

        assert page.status_code == 404
