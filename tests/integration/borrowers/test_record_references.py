"""What a credit record refers to is there, and stays there as long as the record does."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, connections, transaction

from borrowers.models import CreditRecord, Enterprise, IngestBatch
from tests.cast import NOW, make_cast
from tests.factories.borrowers import USCC, deliver, make_penalty

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
RATING = {"统一社会信用代码": USCC, "评价年度": "2025", "纳税信用等级": "A"}


@pytest.fixture
def penalty():
    make_cast()
    return make_penalty(at=NOW)


@pytest.mark.parametrize("column", ["enterprise_id", "batch_id", "superseded_by_id"])
@pytest.mark.parametrize("rows", [1, 3])
def test_record_of_nothing_is_refused(penalty, column, rows):
    records = [
        CreditRecord(
            enterprise=penalty.enterprise, item=penalty.item, natural_key=f"K{number}", payload={},
            content_digest="0" * 32, received_at=NOW, batch=penalty.batch, row_number=number,
        )
        for number in range(rows)
    ]  # fmt: skip
    setattr(records[-1], column, 10**9)

    with pytest.raises(IntegrityError):
        CreditRecord.objects.bulk_create(records)

    assert CreditRecord.objects.count() == 1


@pytest.mark.parametrize("column", ["enterprise_id", "batch_id", "superseded_by_id"])
def test_record_cannot_be_turned_to_nothing(penalty, column):
    with pytest.raises(IntegrityError):
        CreditRecord.objects.filter(pk=penalty.pk).update(**{column: 10**9})


def test_record_is_superseded_by_a_version_of_itself_only(penalty):
    deliver("TAX_RATING", [RATING], at=NOW)
    rating = CreditRecord.objects.get(item__code="TAX_RATING")

    with pytest.raises(IntegrityError):
        CreditRecord.objects.filter(pk=penalty.pk).update(superseded_by=rating)


@pytest.mark.parametrize("model", [Enterprise, IngestBatch])
def test_what_a_record_refers_to_cannot_be_deleted(penalty, model):
    pk = penalty.enterprise_id if model is Enterprise else penalty.batch_id

    with pytest.raises(IntegrityError), transaction.atomic():
        execute(f"DELETE FROM {model._meta.db_table} WHERE id = {pk}")

    assert model.objects.filter(pk=pk).exists()


def test_correction_cannot_be_deleted_before_what_it_corrects(penalty):
    deliver("TAX_RATING", [RATING], at=NOW)
    deliver("TAX_RATING", [RATING | {"纳税信用等级": "B"}], at=NOW)
    old, new = CreditRecord.objects.filter(item__code="TAX_RATING").order_by("pk")

    with pytest.raises(IntegrityError), transaction.atomic():
        execute(f"DELETE FROM borrowers_creditrecord WHERE id = {new.pk}")
    with transaction.atomic():  # both in one transaction, in either order
        execute(f"DELETE FROM borrowers_creditrecord WHERE id = {new.pk}")
        execute(f"DELETE FROM borrowers_creditrecord WHERE id = {old.pk}")

    assert CreditRecord.objects.get() == penalty


def test_enterprise_of_a_record_that_is_being_written_waits_to_be_deleted(penalty):
    lone = Enterprise.objects.create(
        uscc="91120103MA06010137", name="天津后来示例有限公司", name_normalized="x",
        entity_type="ENTERPRISE", status="ACTIVE", created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    other = connections.create_connection("default")
    try:
        with transaction.atomic():
            deliver("TAX_RATING", [RATING | {"统一社会信用代码": lone.uscc}], at=NOW)
            with other.cursor() as cursor:
                cursor.execute("SET lock_timeout = '200ms'")
            with other.cursor() as cursor, pytest.raises(OperationalError, match="lock timeout"):
                cursor.execute("DELETE FROM borrowers_enterprise WHERE id = %s", [lone.pk])
        with pytest.raises(IntegrityError), other.cursor() as cursor:
            cursor.execute("DELETE FROM borrowers_enterprise WHERE id = %s", [lone.pk])
    finally:
        other.close()


def test_the_way_back_restores_the_foreign_keys(penalty):
    try:
        call_command("migrate", "borrowers", "0008", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_constraint WHERE contype = 'f' "
                "AND conrelid = 'borrowers_creditrecord'::regclass"
            )
            assert cursor.fetchone() == (3,)
    finally:
        call_command("migrate", "borrowers", verbosity=0)


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
