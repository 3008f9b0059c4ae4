from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from tests.factories.lenders import make_product

URL = reverse("lenders:product-list")


@pytest.fixture
def shelf(cast, now):
    for number in range(25):
        make_product(
            institution=cast.institution,
            code=f"B001-{number:02}",
            name=f"示例产品{number:02}",
            drafted_by=cast.officer,
            published_by=cast.approver,
            at=now,
            all_in_rate_max_bp=500 + number,
        )


class TestProductSupermarket:
    def test_is_open_to_visitors(self, client, product):
        page = client.get(URL)

        assert page.status_code == 200
        assert "示例信用贷" in page.text
        assert "示例城市银行" in page.text

    def test_shows_the_all_in_rate_of_every_product(self, client, product):
        assert "5.00%" in client.get(URL).text

    def test_filters_by_what_the_visitor_types(self, client, product):
        assert "示例信用贷" in client.get(URL, {"amount_yuan": "50", "term_months": "12"}).text
        assert "示例信用贷" not in client.get(URL, {"amount_yuan": "301"}).text
        assert "示例信用贷" not in client.get(URL, {"all_in_rate_max_bp": "4.99"}).text
        assert "示例信用贷" not in client.get(URL, {"guarantee": "MORTGAGE"}).text

    def test_finds_the_products_of_one_institution(self, client, product, cast):
        name, code = cast.institution.organisation.name, cast.institution.code
        rival = cast.rival_institution.organisation.name

        assert "示例信用贷" in client.get(URL, {"institution": name}).text
        assert "示例信用贷" in client.get(URL, {"institution": code}).text
        assert "示例信用贷" not in client.get(URL, {"institution": rival}).text

    @pytest.mark.parametrize(
        "typed",
        [
            {"amount_yuan": "很多"},
            {"amount_yuan": "-1"},
            {"amount_yuan": "NaN"},
            {"amount_yuan": "1e99999"},
            {"term_months": "0"},
            {"all_in_rate_max_bp": "999"},
            {"guarantee": "GOLD"},
            {"district_code": "110101"},
            {"industry_section": "\x00"},
            {"size_class": "UNKNOWN"},
        ],
    )
    def test_points_at_what_it_cannot_read(self, client, product, typed):
        page = client.get(URL, typed)

        assert page.status_code == 422
        assert "mk-field-error" in page.text

    def test_turns_pages(self, client, shelf):
        first, second = client.get(URL), client.get(URL, {"page": 2})

        assert "共 25 个产品" in first.text
        assert "示例产品00" in first.text
        assert "示例产品00" not in second.text
        assert "示例产品24" in second.text

    def test_asks_the_database_no_more_with_more_products(
        self, client, shelf, django_assert_max_num_queries
    ):
        with django_assert_max_num_queries(3):
            client.get(URL)


class TestProductCompare:
    URL = reverse("lenders:product-compare")

    def test_puts_terms_and_rules_side_by_side(self, client, product):
        page = client.get(self.URL, {"id": [product.public_id]})

        assert "成立满 24 个月" in page.text
        assert "10 万元至 300 万元" in page.text

    def test_says_what_to_do_when_nothing_is_chosen(self, client, db):
        assert "最多 4 个产品" in client.get(self.URL).text

    def test_shows_the_first_four_of_more_and_says_so(self, client, cast, now):
        products = [
            make_product(
                institution=cast.institution,
                code=f"B001-C{digit}",
                name=f"示例比较{digit}",
                drafted_by=cast.officer,
                published_by=cast.approver,
                at=now,
            )
            for digit in range(5)
        ]

        page = client.get(self.URL, {"id": [one.public_id for one in products]})

        assert page.status_code == 200
        assert [item.product.name for item in page.context["items"]] == [
            "示例比较0",
            "示例比较1",
            "示例比较2",
            "示例比较3",
        ]
        assert "选了 5 个，只列出前 4 个" in page.text

    def test_counts_what_is_chosen_twice_once(self, client, product):
        page = client.get(self.URL, {"id": [product.public_id] * 5})

        assert "只列出前" not in page.text

    def test_refuses_what_is_no_product(self, client, db):
        page = client.get(self.URL, {"id": ["1' or 1=1"]})

        assert page.status_code == 400
        assert "COMPARE_ID_INVALID" in page.text


class TestChoice:
    """Products chosen to be compared."""

    def page(self, client, **asked):
        return BeautifulSoup(client.get(URL, asked).text, "html.parser")

    def form_of(self, page):
        return page.select_one("#shelf form")

    def sent(self, form, button):
        """Return what the form sends with one of its buttons, as a browser without scripts does."""
        fields = [
            (field["name"], field.get("value", ""))
            for field in form.select("input")
            if field["type"] != "checkbox" or field.has_attr("checked")
        ]
        return [*fields, (button["name"], button["value"])] if button.has_attr("name") else fields

    def test_goes_along_to_the_next_page_and_back(self, client, shelf):
        first = self.form_of(self.page(client, all_in_rate_max_bp="9"))
        for box in first.select("input[type=checkbox]")[:2]:
            box["checked"] = ""
        chosen = {box["value"] for box in first.select("input[checked]")}
        turn = first.select_one("button[name=page]")

        second = BeautifulSoup(
            client.get(turn["formaction"], dict_of(self.sent(first, turn))).text,
            "html.parser",
        )
        form = self.form_of(second)
        hidden = {field["value"] for field in form.select("input[type=hidden][name=id]")}
        back = client.get(URL, dict_of(self.sent(form, form.select_one("button[name=page]"))))
        again = BeautifulSoup(back.text, "html.parser").select("#shelf input[checked]")

        assert len(chosen) == 2
        assert hidden == chosen
        assert "另有 2 个所选产品不在本页" in second.get_text()
        assert form.select_one("input[name=all_in_rate_max_bp]")["value"] == "9"
        assert {box["value"] for box in again} == chosen

    def test_is_compared_with_what_is_on_other_pages(self, client, shelf):
        boxes = self.form_of(self.page(client)).select("input[type=checkbox]")
        second = self.form_of(self.page(client, page="2", id=boxes[0]["value"]))
        second.select_one("input[type=checkbox]")["checked"] = ""
        button = second.select_one("button:not([name])")

        compared = client.get(
            reverse("lenders:product-compare"), dict_of(self.sent(second, button))
        )

        assert len(compared.context["items"]) == 2
        assert boxes[0]["value"] in compared.context["shelf_url"]

    def test_that_is_no_number_is_refused(self, client, product):
        assert client.get(URL, {"id": "x"}).status_code == 400


def dict_of(pairs):
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found
