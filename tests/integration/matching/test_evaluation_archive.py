"""A city's run reads the archive, and finds what a small register's run finds in the database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from borrowers.models import ArchiveSegment, CreditRecord
from borrowers.services.archive import archive_sync
from matching.models import CreditEvaluation, EvaluationRun
from matching.selectors import evaluation_batch
from matching.services import evaluation as service
from matching.services.evaluation import evaluation_run
from tests.cast import NOW
from tests.factories.borrowers import make_enterprise, make_penalty
from tests.factories.deliveries import deliver_penalty, deliver_tax, seed

MONTH = date(2026, 11, 1)
BEFORE = NOW - timedelta(days=3)
USCCS = ("91120105MA0501055U", "91120106MA05010635", "91120104MA0501047J")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive_folder")]


@pytest.fixture
def delivered(cast):
    seed(BEFORE)
    deliver_penalty(cast.enterprise, BEFORE)
    deliver_tax(cast.enterprise, BEFORE)
    make_penalty(at=BEFORE, 行政处罚决定书文号="津示罚〔2026〕8号")
    make_penalty(at=BEFORE + timedelta(days=1), 处罚内容="罚款二万元")
    for number, uscc in enumerate(USCCS, start=1):
        make_enterprise(uscc=uscc, name=f"天津示例{number}号有限公司", at=BEFORE)
    return cast


def results(cast):
    run = evaluation_run(month=MONTH, actor=cast.operator, at=NOW)
    rows = CreditEvaluation.objects.filter(run=run).order_by("enterprise_id")
    found = list(
        rows.values_list("enterprise_id", "score_points", "grade", "reasons", "input_hash")
    )
    EvaluationRun.objects.all()
    CreditEvaluation.objects.filter(run=run).delete()
    EvaluationRun.objects.filter(pk=run.pk).delete()
    return found


@pytest.mark.parametrize("chunk", [2, 100])
def test_archive_gives_what_the_database_gives(delivered, monkeypatch, chunk):
    CreditRecord.objects.filter(natural_key__contains="8号").update(repaired_at=BEFORE)
    from_database = results(delivered)
    assert not ArchiveSegment.objects.exists()
    monkeypatch.setattr(evaluation_batch, "FILED_FROM", 0)
    monkeypatch.setattr(service, "FILED_CHUNK", chunk)

    from_archive = results(delivered)

    assert ArchiveSegment.objects.exists()
    assert len({grade for _, _, grade, _, _ in from_archive}) > 0
    assert from_archive == from_database


def test_unfiled_batch_sends_the_run_to_the_database(delivered, monkeypatch):
    monkeypatch.setattr(evaluation_batch, "FILED_FROM", 0)
    monkeypatch.setattr(service, "archive_sync", lambda **_: None)
    archive_sync(at=BEFORE)
    make_penalty(at=BEFORE + timedelta(days=2), 行政处罚决定书文号="津示罚〔2026〕9号")

    with_late = results(delivered)
    archive_sync(at=NOW)

    assert results(delivered) == with_late
