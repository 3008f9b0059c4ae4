"""The catalogue that tests begin with is the one the service enters, row for row."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from borrowers.models import SourceUnit
from borrowers.services import reference_ensure
from marketplace.models import AuditEvent
from tests.factories.reference import CATALOGUE, ENTERED, enter_reference
from tests.kept import Kept, keys_of

pytestmark = pytest.mark.django_db


def rows():
    return {model: list(model._default_manager.order_by("pk").values()) for model in CATALOGUE}


@pytest.fixture
def entered(now):
    """What the service enters, and the same kept; none of it is there any more."""
    with transaction.atomic():
        reference_ensure(at=now)
        found = rows(), Kept(keys_of(CATALOGUE)), audited()
        transaction.set_rollback(True)
    return found


def audited():
    return list(AuditEvent.objects.order_by("pk").values("action", "payload", "at"))


class TestKept:
    def test_is_put_back_as_it_was(self, entered):
        before, kept, _ = entered
        assert not any(rows().values())

        kept.put()

        assert all(before.values())
        assert rows() == before

    def test_is_counted_on_from(self, entered):
        before, kept, _ = entered

        kept.put()

        assert SourceUnit.objects.create(code="NEXT").pk > max(
            row["id"] for row in before[SourceUnit]
        )

    def test_is_refused_where_a_row_is_taken(self, entered):
        _, kept, _ = entered
        kept.put()

        with pytest.raises(IntegrityError):
            kept.put()


class TestEnterReference:
    def test_leaves_what_the_service_leaves(self, entered, now):
        before, kept, events = entered
        ENTERED[now] = kept

        enter_reference(at=now)

        assert rows() == before
        assert audited() == events
