from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from borrowers.models import Enterprise
from lenders.models import ProductVersion
from lenders.selectors import version_get
from marketplace.domain.period import whole_months
from marketplace.domain.verdict import Outcome
from marketplace.domain.workdays import local_date
from matching.selectors.reach import version_reach
from tests.cast import NOW
from tests.factories.borrowers import make_enterprise
from tests.factories.matching import make_offer

pytestmark = pytest.mark.django_db
AGE = {"code": "AGE", "feature": "age_months", "operator": "GE", "value": "24"}
GRADE = {"code": "GRADE", "feature": "grade", "operator": "IN", "value": ["A", "B"]}
TAX = {"code": "TAX", "feature": "tax_paid_12m_yuan", "operator": "GE", "value": "1000"}
DAYS = [date(2010, 1, 31), date(2024, 11, 23), date(2024, 11, 24), date(2026, 5, 1), None]


@pytest.fixture
def register(cast):
    """Fifty enterprises beside those of the cast, of all ages."""
    for number in range(50):
        make_enterprise(
            uscc=f"9112010{number:03d}TESTSHOW"[:18],
            name=f"示例企业{number}",
            at=NOW,
            established_date=DAYS[number % len(DAYS)],
            district_id="120101" if number % 2 else "120103",
        )
    return cast


def reach(cast, **terms):
    product = make_offer(cast, **terms)
    version = ProductVersion.objects.get(product=product)
    return version_reach(version_get(cast.officer, version.public_id), NOW)


class TestVersionReach:
    def test_counts_as_the_rule_says_of_each(self, register):
        ages = [
            None
            if row.established_date is None
            else whole_months(row.established_date, local_date(NOW))
            for row in Enterprise.objects.filter(status="ACTIVE")
        ]

        found = reach(register, rules=[AGE])

        assert found.counts == {
            Outcome.FITS: sum(age is not None and age >= 24 for age in ages),
            Outcome.CANNOT_TELL: ages.count(None),
            Outcome.DOES_NOT_FIT: sum(age is not None and age < 24 for age in ages),
        }
        assert found.looked_at == ("成立时间",)

    def test_what_needs_consent_stays_open(self, register):
        found = reach(register, rules=[TAX])

        assert found.counts[Outcome.FITS] == 0
        assert found.left_open == ("近 12 个月纳税额",)

    def test_an_enterprise_without_grade_cannot_be_told(self, register):
        found = reach(register, rules=[GRADE])

        assert found.counts[Outcome.FITS] == 0
        assert found.counts[Outcome.DOES_NOT_FIT] == 0

    def test_asks_the_database_twice(self, register, django_assert_num_queries):
        version = ProductVersion.objects.get(product=make_offer(register, rules=[AGE]))
        loaded = version_get(register.officer, version.public_id)

        with django_assert_num_queries(2):
            version_reach(loaded, NOW)


class TestPage:
    def test_shows_counts_and_keeps_small_ones_back(self, register, client):
        product = make_offer(register, rules=[AGE], district_codes=["120101"])
        version = ProductVersion.objects.get(product=product)
        client.force_login(register.officer)

        answer = client.get(reverse("matching:version-reach", args=[version.public_id]))

        text = answer.content.decode()
        assert answer.status_code == 200
        assert "不单独显示" in text
        assert "成立时间" in text

    def test_says_possible_where_something_is_left_open(self, register, client):
        version = ProductVersion.objects.get(product=make_offer(register, rules=[TAX]))
        client.force_login(register.officer)

        answer = client.get(reverse("matching:version-reach", args=[version.public_id]))

        assert [pair.label for pair in answer.context["pairs"]] == ["可能符合", "不符合"]

    def test_says_fitting_where_nothing_is_left_open(self, register, client):
        version = ProductVersion.objects.get(product=make_offer(register, rules=[AGE]))
        client.force_login(register.officer)

        answer = client.get(reverse("matching:version-reach", args=[version.public_id]))

        assert answer.context["pairs"][0].label == "符合"

    def test_is_linked_from_the_version(self, register, client):
        version = ProductVersion.objects.get(product=make_offer(register))
        client.force_login(register.officer)

        page = client.get(reverse("lenders:version-detail", args=[version.public_id]))

        assert reverse("matching:version-reach", args=[version.public_id]) in page.content.decode()
