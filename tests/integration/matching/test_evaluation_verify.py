"""A past run made again gives the same bytes, whatever happened since."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from borrowers.models import CreditRecord
from borrowers.services.objection import objection_submit
from marketplace.domain.errors import Refused
from matching.models import CreditEvaluation, EvaluationRun
from matching.selectors import evaluation_verify as selector
from matching.selectors.evaluation_verify import evaluation_verified
from matching.services.evaluation import evaluation_run
from tests.cast import NOW
from tests.factories.borrowers import make_enterprise
from tests.factories.deliveries import deliver_penalty, deliver_tax, seed
from tests.factories.score_models import make_approved

BEFORE = NOW - timedelta(days=3)
LATER = NOW + timedelta(days=2)

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(cast):
    seed(BEFORE)
    deliver_penalty(cast.enterprise, BEFORE)
    deliver_tax(cast.enterprise, BEFORE)
    make_enterprise(uscc="91120105MA0501055U", name="天津示例一号有限公司", at=BEFORE)
    record = CreditRecord.objects.get(item__code="PENALTY")
    objection_submit(
        record_id=record.public_id, reason="示例异议的理由", actor=cast.owner, at=BEFORE
    )
    return evaluation_run(month=NOW.date(), actor=cast.operator, at=NOW)


def told(run):
    printed = io.StringIO()
    call_command("evaluation_verify", str(run.public_id), stdout=printed, stderr=io.StringIO())
    return printed.getvalue()


class TestEvaluationVerified:
    def test_gives_the_same_bytes(self, run, monkeypatch):
        monkeypatch.setattr(selector, "CHUNK_ENTERPRISES", 2)

        found = evaluation_verified(run)

        assert found.is_same
        assert found.same_inputs
        assert found.enterprises == CreditEvaluation.objects.filter(run=run).count() > 2

    def test_gives_them_after_repair_correction_and_a_new_model(self, run, cast):
        CreditRecord.objects.update(repaired_at=LATER)
        deliver_penalty(cast.enterprise, LATER, number="津示罚〔2026〕2号")
        make_approved(cast, LATER)

        assert evaluation_verified(run).is_same

    def test_writes_nothing(self, run):
        kept = list(CreditEvaluation.objects.values())

        evaluation_verified(run)

        assert list(CreditEvaluation.objects.values()) == kept
        assert EvaluationRun.objects.count() == 1

    def test_names_the_enterprise_whose_row_was_touched(self, run, cast):
        CreditEvaluation.objects.filter(enterprise=cast.enterprise).update(score_points=1)

        found = evaluation_verified(run)

        assert not found.is_same
        assert found.differing == (cast.enterprise.uscc,)

    def test_a_run_that_is_not_finished_is_refused(self, run):
        run.state = "RUNNING"

        with pytest.raises(Refused, match="EVALUATION_STATE"):
            evaluation_verified(run)


class TestCommand:
    def test_says_that_every_byte_is_the_same(self, run):
        assert "逐字节相同" in told(run)

    def test_fails_when_one_is_not(self, run, cast):
        CreditEvaluation.objects.filter(enterprise=cast.enterprise).update(grade="D")

        with pytest.raises(CommandError, match=cast.enterprise.uscc):
            told(run)
