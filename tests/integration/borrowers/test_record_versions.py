"""Of the versions of a record's key one stands at most, and a lookup by key finds every one of them by an index."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from borrowers.models import CreditRecord
from tests.cast import NOW, make_cast
from tests.factories.borrowers import make_penalty


@pytest.fixture
def penalty(db):
    make_cast()
    return make_penalty(at=NOW)


def like(record: CreditRecord, **values) -> CreditRecord:
    known = {
        "enterprise": record.enterprise, "item": record.item, "natural_key": record.natural_key, "payload": {},
        "content_digest": "0" * 32, "received_at": NOW, "batch": record.batch, "row_number": 7,
    }  # fmt: skip
    return CreditRecord.objects.create(**known | values)


def test_two_versions_of_a_key_cannot_both_stand(penalty):
    with pytest.raises(IntegrityError), transaction.atomic():
        like(penalty)

    like(penalty, natural_key="另一键")


def test_versions_that_ended_are_as_many_as_there_were_even_of_one_moment(penalty):
    CreditRecord.objects.filter(pk=penalty.pk).update(superseded_at=NOW)
    like(penalty, superseded_at=NOW)
    like(penalty)

    with pytest.raises(IntegrityError), transaction.atomic():
        CreditRecord.objects.filter(pk=penalty.pk).update(superseded_at=None)

    assert CreditRecord.objects.filter(natural_key=penalty.natural_key).count() == 3


@pytest.mark.parametrize(
    "known", [["enterprise"], ["enterprise", "item"], ["enterprise", "item", "natural_key"]]
)
def test_what_an_enterprise_has_is_found_by_one_index(penalty, known):
    asked = {name: getattr(penalty, name) for name in known}
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")

    plan = CreditRecord.objects.filter(**asked).explain()

    assert "credit_record_version_unique" in plan
    assert all(f"{name}_id" in plan for name in known if name != "natural_key")
