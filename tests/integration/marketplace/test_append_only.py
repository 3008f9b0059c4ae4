"""Traces that the database itself refuses to rewrite."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from marketplace.append_only import tables_held
from marketplace.audit import audit_record, broken_events
from marketplace.models import AccessRecord, AuditEvent
from matching.models import ApplicationEvent, LeadEvent
from tests.cast import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]
HELD = (AccessRecord, AuditEvent, ApplicationEvent, LeadEvent)


@pytest.fixture
def event(cast):
    return audit_record(
        action="matching.application.submit",
        subject_kind="LoanApplication",
        subject_id=7,
        actor=cast.operator,
        at=NOW,
    )


def refused(statement):
    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        statement()


class TestRows:
    def test_are_written_and_never_changed(self, event):
        refused(lambda: AuditEvent.objects.filter(pk=event.pk).update(subject_id="8"))
        refused(lambda: AuditEvent.objects.filter(pk=event.pk).delete())

        assert AuditEvent.objects.get(pk=event.pk).subject_id == "7"
        assert not list(broken_events())

    def test_a_session_that_says_it_replicates_is_refused_too(self, event):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")

        refused(lambda: AuditEvent.objects.filter(pk=event.pk).update(subject_id="8"))


class TestTables:
    def test_of_every_trace_are_held(self):
        assert sorted(tables_held()) == sorted(model._meta.db_table for model in HELD)
