"""What a portrait reads of the catalogue: declarations as they stand, each item's latest delivery up to a moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from borrowers.models import CatalogueItem, IngestBatch
from borrowers.selectors import catalogue_delivered, catalogue_specs, items_fed, records_as_at
from tests.factories.borrowers import USCC, deliver, make_penalty

pytestmark = pytest.mark.django_db
RATING = {"统一社会信用代码": USCC, "评价年度": "2025", "纳税信用等级": "A"}
DAY = timedelta(days=1)


def name_of(code, at):
    return {spec.code: spec.name for spec in catalogue_delivered(at)[0]}.get(code)


def renamed(code, name):
    item = CatalogueItem.objects.get(code=code)
    item.spec |= {"name": name}
    item.save()


class TestDeclarations:
    def test_are_those_of_the_catalogue_in_its_order(self, cast, now):
        make_penalty(at=now)

        assert catalogue_delivered(now)[0] == catalogue_specs()

    def test_a_changed_one_is_seen_at_once(self, cast, now):
        make_penalty(at=now)
        assert name_of("PENALTY", now) == "行政处罚"

        renamed("PENALTY", "行政处罚(新)")

        assert name_of("PENALTY", now) == "行政处罚(新)"

    def test_one_that_was_rolled_back_is_not_remembered(self, cast, now):
        make_penalty(at=now)
        with transaction.atomic():
            renamed("PENALTY", "行政处罚(未生效)")
            assert name_of("PENALTY", now) == "行政处罚(未生效)"
            transaction.set_rollback(True)

        assert name_of("PENALTY", now) == "行政处罚"

    def test_one_out_of_force_is_left_out(self, cast, now):
        make_penalty(at=now)
        CatalogueItem.objects.filter(code="PENALTY").update(is_active=False)

        specs, fed = catalogue_delivered(now)

        assert "PENALTY" not in {spec.code for spec in specs}
        assert "PENALTY" in fed

    def test_a_new_void_value_counts_for_records_at_once(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)
        assert not records_as_at(cast.enterprise, now)[0].voided
        item = CatalogueItem.objects.get(code="TAX_RATING")
        item.spec |= {"void_field": "grade", "void_values": ["A"]}
        item.save()

        assert records_as_at(cast.enterprise, now)[0].voided

    def test_costs_one_query_once_they_were_read(self, cast, now, django_assert_num_queries):
        make_penalty(at=now)
        catalogue_delivered(now)

        with django_assert_num_queries(1):
            catalogue_delivered(now)


class TestDeliveries:
    def test_the_latest_finished_one_up_to_the_moment_counts(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)
        deliver("TAX_RATING", [RATING | {"评价年度": "2024"}], at=now + 2 * DAY)
        late = deliver("TAX_RATING", [RATING | {"评价年度": "2023"}], at=now + 3 * DAY)
        IngestBatch.objects.filter(pk=late.pk).update(finished_at=None)

        for at in (now - DAY, now, now + DAY, now + 2 * DAY, now + 4 * DAY):
            assert catalogue_delivered(at)[1] == items_fed(at)
        assert catalogue_delivered(now + 4 * DAY)[1]["TAX_RATING"] == now + 2 * DAY
