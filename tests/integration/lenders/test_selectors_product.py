from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest

from lenders.domain.shelf import ShelfFilter
from lenders.models import ProductRule
from lenders.selectors import (
    product_compare,
    product_counts,
    product_get,
    product_get_published,
    product_list,
    product_published_list,
    rule_code_free,
    version_before,
    version_editable,
    version_get,
)
from marketplace.domain.errors import NotFound, NotPermitted, Refused, TransitionRefused
from marketplace.models import User
from tests.factories.lenders import make_draft, make_product

SMALL_ONLY = {"code": "SIZE", "feature": "size_class", "operator": "IN", "value": ["SMALL"]}


@pytest.fixture
def shelf(cast, now):
    def put(number, **fields):
        return make_product(
            institution=fields.pop("institution", cast.institution),
            code=f"P{number:03}",
            name=f"示例产品{number}",
            drafted_by=cast.officer,
            published_by=cast.approver,
            at=now,
            **fields,
        )

    return put


def again(user):
    """The user as a new request sees it, nothing remembered."""
    return User.objects.get(pk=user.pk)


class TestProductPublishedList:
    def test_stays_at_two_queries_however_many_there_are(
        self, shelf, now, django_assert_max_num_queries
    ):
        for number in range(30):
            shelf(number, rules=[SMALL_ONLY])

        def told():
            items = product_published_list(now)
            return [(item.institution.organisation.name, item.rules) for item in items]

        with django_assert_max_num_queries(3):
            first = told()
        with django_assert_max_num_queries(2):
            again = told()

        assert len(first) == 30
        assert again == first
        assert all(len(rules) == 1 for _, rules in first)

    def test_puts_the_cheapest_first(self, shelf, now):
        shelf(1, all_in_rate_max_bp=600)
        shelf(2, all_in_rate_max_bp=500)

        assert [item.product.code for item in product_published_list(now)] == ["P002", "P001"]

    def test_gives_terms_and_rules_as_plain_values(self, shelf, now):
        shelf(1, rules=[SMALL_ONLY])

        item = product_published_list(now)[0]

        assert item.terms.amount_max_yuan == Decimal(3_000_000)
        assert item.rules[0].value == ("SMALL",)

    def test_answers_the_filter(self, shelf, now):
        shelf(1, rules=[SMALL_ONLY])
        shelf(2)

        found = product_published_list(now, ShelfFilter(size_class="MEDIUM"))

        assert [item.product.code for item in found] == ["P002"]

    def test_leaves_out_drafts(self, cast, now):
        make_draft(institution=cast.institution, code="P009", drafted_by=cast.officer, at=now)

        assert not product_published_list(now)

    def test_follows_the_dates_of_the_version(self, shelf, now):
        shelf(1, effective_until=now + timedelta(days=1))

        assert not product_published_list(now - timedelta(seconds=1))
        assert product_published_list(now)
        assert not product_published_list(now + timedelta(days=1))

    def test_leaves_out_suspended_institutions(self, cast, shelf, now):
        shelf(1)
        cast.institution.state = "SUSPENDED"
        cast.institution.save()

        assert not product_published_list(now)


class TestProductGetPublished:
    def test_finds_a_product_in_two_queries(self, shelf, now, django_assert_max_num_queries):
        product = shelf(1, rules=[SMALL_ONLY])

        with django_assert_max_num_queries(2):
            assert product_get_published(product.public_id, now).product == product

    def test_knows_no_drafts(self, cast, now):
        draft = make_draft(
            institution=cast.institution, code="P009", drafted_by=cast.officer, at=now
        )

        with pytest.raises(NotFound):
            product_get_published(draft.product.public_id, now)


class TestPublishedProduct:
    def test_names_the_classes_its_rules_need_on_a_date(self, shelf, now):
        product = shelf(1)
        ProductRule.objects.create(
            version=product.versions.get(),
            code="TAX",
            feature="tax_paid_12m_yuan",
            operator="GE",
            value="1",
            effective_from=date(2027, 1, 1),
        )

        item = product_get_published(product.public_id, now)

        assert item.data_classes_on(date(2026, 12, 31)) == ()
        assert item.data_classes_on(date(2027, 1, 1)) == ("09",)


class TestProductCompare:
    def test_keeps_the_order_asked_for(self, shelf, now):
        first, second = shelf(1), shelf(2)

        found = product_compare([second.public_id, first.public_id, second.public_id], now)

        assert [item.product for item in found] == [second, first]

    def test_refuses_more_than_four(self, now):
        with pytest.raises(Refused) as refused:
            product_compare([uuid.uuid4() for _ in range(5)], now)

        assert refused.value.code == "COMPARE_TOO_MANY"

    @pytest.mark.django_db
    def test_knows_only_what_is_on_the_shelf(self, now):
        with pytest.raises(NotFound):
            product_compare([uuid.uuid4()], now)


class TestProductCounts:
    def test_counts_what_each_institution_has_on_the_shelf(self, cast, shelf, now):
        shelf(1)
        shelf(2)

        assert product_counts(now) == {cast.institution.pk: 2}


class TestProductList:
    def test_stays_at_two_queries(self, cast, shelf, django_assert_max_num_queries):
        for number in range(10):
            shelf(number)
        reader = again(cast.officer)

        with django_assert_max_num_queries(3):
            told = [
                (
                    product.institution.organisation.name,
                    [str(v.drafted_by) for v in product.versions.all()],
                )
                for product in product_list(reader)
            ]

        assert len(told) == 10

    def test_shows_a_lender_its_own_only(self, cast, shelf):
        shelf(1)
        shelf(2, institution=cast.rival_institution)

        assert [row.code for row in product_list(cast.rival_officer)] == ["P002"]
        assert [row.code for row in product_list(cast.auditor)] == ["P001", "P002"]
        assert not product_list(cast.owner)


class TestProductGet:
    def test_is_not_found_by_a_stranger(self, cast, shelf):
        product = shelf(1)

        assert product_get(cast.officer, product.public_id) == product
        with pytest.raises(NotFound):
            product_get(cast.rival_officer, product.public_id)


class TestVersionGet:
    def test_brings_everything_in_three_queries(self, cast, shelf, django_assert_max_num_queries):
        version = shelf(1, rules=[SMALL_ONLY]).versions.get()
        reader = again(cast.officer)

        with django_assert_max_num_queries(3):
            found = version_get(reader, version.public_id)
            told = [str(found.drafted_by), found.product.institution.organisation.name]
            told += [rule.code for rule in found.rules.all()]

        assert told[-1] == "SIZE"

    def test_is_not_found_by_a_stranger(self, cast, shelf):
        version = shelf(1).versions.get()

        with pytest.raises(NotFound):
            version_get(cast.rival_approver, version.public_id)


class TestVersionEditable:
    def test_says_no_to_the_city_and_to_what_is_published(self, cast, shelf):
        version = shelf(1).versions.get()

        with pytest.raises(NotPermitted):
            version_editable(cast.operator, version.public_id)
        with pytest.raises(TransitionRefused):
            version_editable(cast.officer, version.public_id)


class TestVersionBefore:
    def test_is_the_latest_that_was_published(self, cast, shelf, now):
        product = shelf(1)
        first = product.versions.get()

        assert version_before(first) is None
        first.number = 3
        assert version_before(first).number == 1


class TestRuleCodeFree:
    def test_numbers_the_rules_of_one_feature(self, shelf):
        rules = [SMALL_ONLY | {"code": "SIZE_CLASS"}, SMALL_ONLY | {"code": "SIZE_CLASS_2"}]
        version = shelf(1, rules=rules).versions.get()

        assert rule_code_free(version, "size_class") == "SIZE_CLASS_3"
        assert rule_code_free(version, "grade") == "GRADE"
