"""A published evaluation follows a repair, an objection and a correction at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from borrowers.models import CreditRecord
from marketplace.models import AuditEvent, OutboxMessage
from matching.domain.redaction import Audience
from matching.models import CreditEvaluation, EvaluationRescore
from matching.selectors.evaluation import evaluation_reading, grades_current
from matching.services import evaluation_refresh as service
from matching.services.evaluation import evaluation_publish, evaluation_run
from matching.services.evaluation_refresh import evaluation_refresh, evaluation_refresh_batch
from tests.cast import NOW
from tests.factories.deliveries import deliver_penalty, deliver_tax, seed

BEFORE = NOW - timedelta(days=3)
LATER = NOW + timedelta(hours=2)

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(cast):
    seed(BEFORE)
    deliver_penalty(cast.enterprise, BEFORE)
    deliver_tax(cast.enterprise, BEFORE)
    run = evaluation_run(month=NOW.date(), actor=cast.operator, at=NOW)
    evaluation_publish(public_id=run.public_id, actor=cast.second_operator, at=NOW)
    return cast


def repaired(cast, at=LATER):
    CreditRecord.objects.filter(enterprise=cast.enterprise, item__code="PENALTY").update(
        repaired_at=at
    )
    return evaluation_refresh(enterprise_id=cast.enterprise.pk, cause="REPAIR", at=at)


def reading(cast, audience=Audience.BORROWER):
    return evaluation_reading(cast.enterprise, audience)


class TestEvaluationRefresh:
    def test_a_repair_raises_the_points_and_names_its_cause(self, published):
        before = reading(published)

        rescore = repaired(published)

        after = reading(published)
        assert after.points == rescore.score_points > before.points == rescore.before_points
        assert (after.rescore.cause, after.rescore.before_points) == ("信用修复", before.points)
        assert sum(line.points for line in after.lines) == after.points
        assert (after.month, after.model_version) == (before.month, before.model_version)

    def test_the_published_row_stays_as_it_was(self, published):
        kept = list(CreditEvaluation.objects.values())

        repaired(published)

        assert list(CreditEvaluation.objects.values()) == kept

    def test_equals_what_the_run_would_have_said_without_the_record(self, published):
        row = CreditEvaluation.objects.get(enterprise=published.enterprise)
        rival = CreditEvaluation.objects.get(enterprise=published.rival_enterprise)

        rescore = repaired(published)

        assert rescore.reasons != row.reasons
        assert rescore.reasons[:2] == rival.reasons[:2]

    def test_twice_writes_once(self, published):
        repaired(published)

        assert (
            evaluation_refresh(enterprise_id=published.enterprise.pk, cause="REPAIR", at=LATER)
            is None
        )
        assert EvaluationRescore.objects.count() == 1

    def test_of_what_changed_nothing_writes_nothing(self, published):
        enterprise = published.enterprise

        assert evaluation_refresh(enterprise_id=enterprise.pk, cause="REPAIR", at=LATER) is None
        assert not EvaluationRescore.objects.exists()

    def test_without_a_published_run_does_nothing(self, cast):
        enterprise = cast.enterprise

        assert evaluation_refresh(enterprise_id=enterprise.pk, cause="REPAIR", at=LATER) is None

    def test_is_in_the_enterprises_chain(self, published):
        repaired(published)

        event = AuditEvent.objects.get(action="matching.evaluation.rescore")
        assert event.stream == f"enterprise:{published.enterprise.uscc}"
        assert event.payload["cause"] == "REPAIR"

    def test_the_grade_others_use_is_the_latest(self, published, django_assert_num_queries):
        repaired(published)
        EvaluationRescore.objects.update(grade="B")

        with django_assert_num_queries(1):
            grades = grades_current([published.enterprise, published.rival_enterprise])

        assert grades[published.enterprise.pk] == "B"

    def test_who_sees_the_grade_alone_sees_no_history(self, published):
        repaired(published)

        assert reading(published, Audience.DISTRICT).rescore is None
        assert reading(published, Audience.OFFICER).rescore is None


class TestEvaluationRefreshBatch:
    def test_a_correction_is_followed(self, published):
        batch = deliver_penalty(published.enterprise, LATER, number="津示罚〔2026〕2号")

        changed = evaluation_refresh_batch(batch_id=batch.public_id, at=LATER)

        assert changed == 1
        assert reading(published).rescore.cause == "数据更正"

    def test_an_item_that_is_not_read_changes_nobody(self, published):
        batch = deliver_tax(published.enterprise, LATER, paid="99.00", day="2026-09-15")

        assert evaluation_refresh_batch(batch_id=batch.public_id, at=LATER) == 0

    def test_a_large_batch_waits_for_the_month_and_says_so(self, published, monkeypatch):
        monkeypatch.setattr(service, "MOST_ENTERPRISES", 0)
        batch = deliver_penalty(published.enterprise, LATER, number="津示罚〔2026〕2号")

        assert evaluation_refresh_batch(batch_id=batch.public_id, at=LATER) == 0
        assert AuditEvent.objects.filter(action="matching.evaluation.leave").count() == 1
        assert not EvaluationRescore.objects.exists()

    def test_every_delivery_asks_for_it(self, cast):
        seed(BEFORE)
        batch = deliver_penalty(cast.enterprise, BEFORE)

        message = OutboxMessage.objects.get(task="matching.evaluation_refresh_batch")
        assert message.kwargs == {"batch_id": str(batch.public_id), "at": BEFORE.isoformat()}
