"""The monthly public credit evaluation."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from borrowers.models import CreditRecord, Enterprise, IngestBatch
from borrowers.selectors.record_batch import inputs_manifest
from borrowers.services.objection import objection_submit
from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.roles import Role
from marketplace.models import AuditEvent, OutboxMessage
from marketplace.policies import has_role
from matching.domain.evaluation import reasons_of
from matching.domain.redaction import Audience
from matching.domain.subject import ConsentFacts, DeclaredFacts
from matching.models import CreditEvaluation, EvaluationRun
from matching.selectors.drift import run_drift
from matching.selectors.evaluation import (
    evaluation_current,
    evaluation_reading,
    grade_counts,
    grades_current,
    reasons_read,
    run_list,
)
from matching.selectors.portrait import portrait_build
from matching.services import evaluation as service
from matching.services.evaluation import (
    evaluation_continue,
    evaluation_publish,
    evaluation_resume,
    evaluation_run,
    evaluation_start,
)
from tests.cast import NOW
from tests.factories.borrowers import make_enterprise
from tests.factories.deliveries import deliver_penalty, deliver_tax, seed

MONTH = date(2026, 11, 1)
BEFORE = NOW - timedelta(days=3)
LATER = NOW + timedelta(hours=2)
USCCS = ("91120105MA0501055U", "91120106MA05010635", "91120104MA0501047J")

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivered(cast):
    seed(BEFORE)
    deliver_penalty(cast.enterprise, BEFORE)
    deliver_tax(cast.enterprise, BEFORE)
    for number, uscc in enumerate(USCCS, start=1):
        make_enterprise(uscc=uscc, name=f"天津示例{number}号有限公司", at=BEFORE)
    return cast


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(service, "CHUNK_ENTERPRISES", 2)


def rows_of(run):
    return CreditEvaluation.objects.filter(run=run).select_related("run")


def portrait_of(enterprise):
    public = ConsentFacts.public_only()
    return portrait_build(enterprise, consent=public, declared=DeclaredFacts(), at=NOW)


def without_evidence(lines):
    return [{**line, "evidence_ids": []} for line in lines]


def run_of(cast, at=NOW, **more):
    return evaluation_run(month=MONTH, actor=cast.operator, at=at, **more)


def results(run):
    columns = ("enterprise__uscc", "score_points", "grade", "reasons", "input_hash")
    return list(CreditEvaluation.objects.filter(run=run).order_by("pk").values(*columns))


class Killed(Exception):
    pass


def kill_after(count):
    def progress(done):
        if done >= count:
            raise Killed

    return progress


class TestEvaluationRun:
    def test_evaluates_every_enterprise_once(self, delivered, small_chunks):
        run = run_of(delivered)

        assert (run.state, run.evaluated) == ("COMPLETED", 5)
        assert CreditEvaluation.objects.filter(run=run).count() == Enterprise.objects.count() == 5

    def test_reasons_add_up_to_the_score(self, delivered):
        for row in rows_of(run_of(delivered)):
            assert sum(line["points"] for line in reasons_read(row)) == row.score_points

    def test_scores_as_the_portrait_on_public_records_does(self, delivered):
        run = run_of(delivered)

        for enterprise in Enterprise.objects.all():
            portrait = portrait_of(enterprise)
            row = CreditEvaluation.objects.get(run=run, enterprise=enterprise)
            expected = reasons_of(portrait.score)
            assert (row.score_points, row.grade) == (portrait.score.points, portrait.score.grade)
            assert without_evidence(reasons_read(row)) == without_evidence(expected)

    def test_a_fine_costs_points_and_says_so(self, delivered):
        run = run_of(delivered)

        row = CreditEvaluation.objects.get(run=run, enterprise=delivered.enterprise)
        line = next(line for line in reasons_read(row) if line["indicator"] == "penalties_12m")
        assert line["points"] < 0
        assert "2026-06-02" in line["sentence"]

    def test_reads_no_record_that_needs_consent(self, delivered):
        before = results(run_of(delivered))
        EvaluationRun.objects.all().delete()
        deliver_tax(delivered.enterprise, BEFORE, day="2026-09-15")

        assert results(run_of(delivered)) == before

    def test_a_record_under_objection_is_named_as_the_portrait_names_it(self, delivered):
        record = CreditRecord.objects.get(item__code="PENALTY")
        objection_submit(
            record_id=record.public_id, reason="处罚金额有误", actor=delivered.owner, at=BEFORE
        )

        row = rows_of(run_of(delivered)).get(enterprise=delivered.enterprise)

        portrait = portrait_of(delivered.enterprise)
        lines = reasons_read(row)
        assert any("异议处理中" in line["sentence"] for line in lines)
        assert without_evidence(lines) == without_evidence(reasons_of(portrait.score))

    def test_keeps_what_it_was_made_of(self, delivered):
        run = run_of(delivered)

        assert run.snapshot["batches"] == IngestBatch.objects.filter(kind="RECORDS").count() > 0
        assert run.snapshot["manifest"] == inputs_manifest(NOW).sha256
        assert run.snapshot["manifest"] != inputs_manifest(BEFORE - timedelta(days=1)).sha256

    def test_keeps_a_few_bytes_per_indicator(self, delivered):
        for row in results(run_of(delivered)):
            assert len(json.dumps(row["reasons"])) < 600

    def test_gives_the_same_bytes_when_it_is_run_again(self, delivered):
        before = results(run_of(delivered))
        EvaluationRun.objects.all().delete()
        deliver_penalty(delivered.enterprise, LATER, number="津示罚〔2026〕77号")

        assert results(run_of(delivered)) == before

    def test_a_row_from_before_keeps_its_sentences(self, delivered):
        run = run_of(delivered)
        kept = [{"kind": "BASE", "points": 700}]
        CreditEvaluation.objects.update(reasons=kept)

        assert reasons_read(rows_of(run).first()) == kept

    def test_an_individual_is_counted_and_not_scored(self, delivered):
        Enterprise.objects.filter(uscc=USCCS[0]).update(entity_type="INDIVIDUAL")

        run = run_of(delivered)

        row = CreditEvaluation.objects.get(run=run, enterprise__uscc=USCCS[0])
        assert (row.score_points, row.grade, row.reasons) == (None, "", [])
        assert grade_counts(run)[""] == 1

    def test_goes_on_where_it_was_killed(self, delivered, small_chunks):
        whole = results(run_of(delivered))
        EvaluationRun.objects.all().delete()
        with pytest.raises(Killed):
            run_of(delivered, progress=kill_after(2))
        assert EvaluationRun.objects.get().state == "RUNNING"
        kept = list(CreditEvaluation.objects.values_list("pk", flat=True))
        assert len(kept) == 2

        run = run_of(delivered, at=LATER)

        assert (run.state, run.evaluated, run.as_of) == ("COMPLETED", 5, NOW)
        assert set(kept) <= set(CreditEvaluation.objects.values_list("pk", flat=True))
        assert results(run) == whole

    def test_records_received_after_it_began_do_not_count(self, delivered, small_chunks):
        with pytest.raises(Killed):
            run_of(delivered, progress=kill_after(2))
        last = Enterprise.objects.order_by("pk").last()
        deliver_penalty(last, NOW + timedelta(hours=1), number="津示罚〔2026〕9号")
        make_enterprise(
            uscc="91120102MA0501020X", name="天津后来示例有限公司", at=NOW + timedelta(hours=1)
        )

        run = run_of(delivered, at=LATER)

        row = CreditEvaluation.objects.get(run=run, enterprise=last)
        line = next(line for line in reasons_read(row) if line["indicator"] == "penalties_12m")
        assert (run.evaluated, line["points"] >= 0) == (5, True)

    def test_a_month_is_evaluated_once(self, delivered):
        run_of(delivered)

        with pytest.raises(Conflict) as refusal:
            run_of(delivered)

        assert refusal.value.code == "EVALUATION_DONE"

    @pytest.mark.parametrize("month", [date(2026, 12, 1), date(2026, 9, 1), date(1, 1, 1)])
    def test_only_this_month_and_the_one_before(self, delivered, month):
        with pytest.raises(Refused) as refusal:
            evaluation_run(month=month, actor=delivered.operator, at=NOW)

        assert refusal.value.code == "EVALUATION_MONTH"
        assert not EvaluationRun.objects.exists()

    @pytest.mark.parametrize("member", ["auditor", "officer", "owner", "district_lead"])
    def test_only_an_operator_runs_it(self, delivered, member):
        with pytest.raises(NotPermitted):
            evaluation_run(month=MONTH, actor=getattr(delivered, member), at=NOW)

    def test_asks_as_much_for_five_enterprises_as_for_two(self, delivered):
        has_role(delivered.operator, Role.OPERATOR)
        with CaptureQueriesContext(connection) as five:
            run_of(delivered)
        EvaluationRun.objects.all().delete()
        Enterprise.objects.filter(uscc__in=USCCS).delete()
        with CaptureQueriesContext(connection) as two:
            run_of(delivered)

        assert len(five) == len(two) <= 34


class TestDrift:
    @pytest.fixture
    def two_months(self, delivered, small_chunks):
        evaluation_run(month=date(2026, 10, 1), actor=delivered.operator, at=NOW)
        for number in range(4):
            deliver_penalty(
                delivered.rival_enterprise,
                NOW + timedelta(hours=1),
                number=f"津示罚〔2026〕{number}号",
            )
        return run_of(delivered, at=LATER)

    def test_names_the_grades_that_moved_and_why(self, two_months, delivered):
        drift = run_drift(two_months)

        before, now = (
            CreditEvaluation.objects.get(run=run, enterprise=delivered.rival_enterprise).grade
            for run in (drift.before, two_months)
        )
        assert before != now
        assert drift.moves == ((before, now, 1),)
        assert drift.psi > 0
        changed = {one.label for one in drift.indicators if one.changed}
        assert "近 12 个月行政处罚" in changed
        assert drift.indicators[0].psi >= drift.indicators[-1].psi

    def test_there_is_none_for_the_first_month(self, delivered):
        assert run_drift(run_of(delivered)) is None

    def test_counts_every_enterprise_once_whatever_the_chunks(self, two_months):
        kept = CreditEvaluation.objects.filter(run=two_months)

        counted = grade_counts(two_months)

        assert sum(counted.values()) == two_months.evaluated == 5
        assert counted == Counter(kept.values_list("grade", flat=True))


class TestEvaluationInTheBackground:
    def test_starting_leaves_the_work_to_the_outbox(self, delivered):
        run = evaluation_start(month=MONTH, actor=delivered.operator, at=NOW)

        message = OutboxMessage.objects.get(task="matching.evaluation_continue")
        assert message.kwargs == {"run_id": str(run.public_id)}
        assert (run.state, run.evaluated) == ("RUNNING", 0)

    def test_each_stretch_asks_for_the_next(self, delivered, monkeypatch):
        monkeypatch.setattr(service, "CHUNK_ENTERPRISES", 1)
        monkeypatch.setattr(service, "STRETCHES", 3)
        run = evaluation_start(month=MONTH, actor=delivered.operator, at=NOW)

        states = []
        while run.state == "RUNNING":
            run = evaluation_continue(public_id=run.public_id, at=LATER)
            states.append((run.evaluated, run.state))

        assert states == [(2, "RUNNING"), (4, "RUNNING"), (5, "COMPLETED")]
        assert OutboxMessage.objects.filter(task=service.TASK).count() == 3

    def test_a_finished_run_is_left_alone(self, delivered):
        run = run_of(delivered)

        again = evaluation_continue(public_id=run.public_id, at=LATER)

        assert (again.state, again.finished_at) == ("COMPLETED", NOW)

    def test_runs_to_the_end_in_this_process(self, delivered, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            evaluation_start(month=MONTH, actor=delivered.operator, at=NOW)

        assert EvaluationRun.objects.get().state == "COMPLETED"

    def test_one_that_stands_still_is_woken(self, delivered):
        run = evaluation_start(month=MONTH, actor=delivered.operator, at=NOW)

        evaluation_resume(public_id=run.public_id, actor=delivered.second_operator, at=LATER)

        assert OutboxMessage.objects.filter(task=service.TASK).count() == 2
        assert AuditEvent.objects.filter(action="matching.evaluation.resume").exists()


class TestEvaluationPublish:
    def test_a_second_person_publishes(self, delivered):
        run = run_of(delivered)

        run = evaluation_publish(public_id=run.public_id, actor=delivered.second_operator, at=LATER)

        assert (run.state, run.published_by) == ("PUBLISHED", delivered.second_operator)
        assert run.published_at == LATER
        assert evaluation_current(delivered.enterprise).run == run

    def test_the_one_who_started_it_may_not(self, delivered):
        run = run_of(delivered)

        with pytest.raises(Refused) as refusal:
            evaluation_publish(public_id=run.public_id, actor=delivered.operator, at=LATER)

        assert refusal.value.code == "SECOND_PERSON"
        assert evaluation_current(delivered.enterprise) is None

    def test_not_before_it_is_finished_and_not_twice(self, delivered, small_chunks):
        with pytest.raises(Killed):
            run_of(delivered, progress=kill_after(2))
        run = EvaluationRun.objects.get()
        by = {"public_id": run.public_id, "actor": delivered.second_operator, "at": LATER}

        for _ in range(2):
            with pytest.raises(Conflict) as refusal:
                evaluation_publish(**by)
            assert refusal.value.code == "EVALUATION_STATE"
            if run.state == "RUNNING":
                run = run_of(delivered, at=LATER)
                evaluation_publish(**by)

    @pytest.mark.parametrize(
        ("member", "refusal"), [("auditor", NotPermitted), ("officer", NotFound)]
    )
    def test_nobody_else_publishes(self, delivered, member, refusal):
        run = run_of(delivered)

        with pytest.raises(refusal):
            evaluation_publish(public_id=run.public_id, actor=getattr(delivered, member), at=LATER)


class TestWhoSeesWhat:
    @pytest.fixture
    def published(self, delivered):
        run = run_of(delivered)
        evaluation_publish(public_id=run.public_id, actor=delivered.second_operator, at=LATER)
        return delivered

    @pytest.mark.parametrize("audience", [Audience.BORROWER, Audience.APPROVER])
    def test_the_enterprise_and_the_approver_see_every_point(self, published, audience):
        found = evaluation_reading(published.enterprise, audience)

        assert sum(line.points for line in found.lines) == found.points

    def test_the_officer_sees_grade_and_points_alone(self, published):
        found = evaluation_reading(published.enterprise, Audience.OFFICER)

        assert found.grade
        assert found.points is not None
        assert found.lines == ()

    def test_district_staff_see_the_grade(self, published):
        found = evaluation_reading(published.enterprise, Audience.DISTRICT)

        assert (found.grade != "", found.points, found.lines) == (True, None, ())

    @pytest.mark.parametrize("audience", [Audience.OTHER_LENDER, Audience.PUBLIC])
    def test_nobody_else_sees_anything(self, published, audience):
        assert evaluation_reading(published.enterprise, audience) is None

    def test_unpublished_ones_are_seen_by_nobody(self, delivered):
        run_of(delivered)

        assert evaluation_reading(delivered.enterprise, Audience.BORROWER) is None
        assert grades_current([delivered.enterprise]) == {}

    def test_grades_of_many_in_one_query(self, published, django_assert_num_queries):
        enterprises = list(Enterprise.objects.all())

        with django_assert_num_queries(1):
            grades = grades_current(enterprises)

        assert set(grades) == {enterprise.pk for enterprise in enterprises}

    def test_runs_are_the_citys(self, published):
        assert run_list(published.auditor).count() == 1
        assert not run_list(published.officer).exists()
