"""Records of many enterprises at a moment, as the evaluation of all reads them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from borrowers.models import CatalogueItem, CreditRecord
from borrowers.selectors import records_as_at
from borrowers.selectors.record_batch import (
    disputing_between,
    inputs_manifest,
    public_item_ids,
    records_between,
)
from borrowers.services import objection_submit
from tests.factories.borrowers import USCC, deliver, make_penalty

pytestmark = pytest.mark.django_db
RATING = {"统一社会信用代码": USCC, "评价年度": "2025", "纳税信用等级": "A"}
DAY = timedelta(days=1)


def read(enterprise, at):
    items = list(CatalogueItem.objects.values_list("pk", flat=True))
    return list(records_between(enterprise.pk, enterprise.pk, at, items))


class TestRecordsBetween:
    @pytest.mark.parametrize("days", [-1, 0, 1, 2, 3])
    def test_gives_what_the_reading_of_one_gives(self, cast, now, days):
        deliver("TAX_RATING", [RATING], at=now)
        deliver("TAX_RATING", [RATING | {"纳税信用等级": "B"}], at=now + 2 * DAY)
        make_penalty(at=now)
        CreditRecord.objects.filter(item__code="PENALTY").update(repaired_at=now + DAY)
        at = now + days * DAY

        expected = [row for row in records_as_at(cast.enterprise, at) if not row.repaired]

        assert sorted(str(row.payload) for row in read(cast.enterprise, at)) == sorted(
            str(row.payload) for row in expected
        )

    def test_reads_only_the_items_asked_for_in_one_query(
        self, cast, now, django_assert_num_queries
    ):
        deliver("TAX_RATING", [RATING], at=now)
        make_penalty(at=now)
        items = public_item_ids(["TAX_RATING", "PENALTY"])

        assert list(items.values()) == ["PENALTY"]
        with django_assert_num_queries(1):
            found = list(records_between(cast.enterprise.pk, cast.enterprise.pk, now, items))
        assert [items[row.item_id] for row in found] == ["PENALTY"]

    def test_leaves_out_enterprises_outside_the_stretch(self, cast, now):
        make_penalty(at=now)
        items = public_item_ids(["PENALTY"])

        outside = cast.enterprise.pk + 1
        assert list(records_between(outside, outside + 10**6, now, items)) == []


class TestDisputing:
    def test_names_who_objected_from_that_moment(self, cast, now):
        record = make_penalty(at=now)
        objection_submit(
            record_id=record.public_id, reason="处罚金额有误", actor=cast.owner, at=now + DAY
        )
        pk = cast.enterprise.pk

        assert disputing_between(pk, pk, now) == set()
        assert disputing_between(pk, pk, now + DAY) == {pk}


class TestInputsManifest:
    def test_changes_with_every_file_and_never_for_the_past(self, cast, now):
        deliver("TAX_RATING", [RATING], at=now)
        before = inputs_manifest(now)
        deliver("TAX_RATING", [RATING | {"纳税信用等级": "B"}], at=now + DAY)

        assert inputs_manifest(now) == before
        later = inputs_manifest(now + DAY)
        assert (later.batches, later.records) == (before.batches + 1, before.records + 1)
        assert later.sha256 != before.sha256
