"""Versions of the score model: drafted, tried, approved by a second person, never changed after."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from marketplace.domain.errors import Conflict, NotFound, NotPermitted, Refused
from marketplace.domain.workdays import local_date
from marketplace.models import AuditEvent
from matching.domain.records import AsOf
from matching.domain.scorecard import model_on
from matching.domain.subject import ConsentFacts, DeclaredFacts
from matching.models import CreditEvaluation, ScoreModelVersion
from matching.selectors.evaluation import reasons_read
from matching.selectors.portrait import portrait_build
from matching.selectors.score_model import score_model_differences, score_model_on
from matching.selectors.score_trial import score_model_trial
from matching.services.evaluation import evaluation_run
from matching.services.score_model import (
    score_model_approve,
    score_model_draft,
    score_model_revise,
    score_model_try,
    score_model_withdraw,
)
from tests.cast import NOW
from tests.factories.deliveries import deliver_penalty, seed
from tests.factories.score_models import (
    SOURCE,
    harsher,
    make_approved,
    make_draft,
    make_tried,
    model_value,
)

TODAY = local_date(NOW)
TOMORROW = TODAY + timedelta(days=1)
BEFORE = NOW - timedelta(days=3)

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivered(cast):
    seed(BEFORE)
    deliver_penalty(cast.enterprise, BEFORE)
    return cast


def approve(row, actor, day=TOMORROW):
    return score_model_approve(public_id=row.public_id, effective_from=day, actor=actor, at=NOW)


class TestDraft:
    def test_is_kept_beside_the_model_it_started_from(self, cast):
        row = make_draft(cast, NOW)

        assert (row.state, row.based_on) == ("DRAFT", model_on(TODAY).version)
        assert AuditEvent.objects.filter(action="matching.score_model.draft").count() == 1

    def test_is_not_in_force(self, cast):
        make_tried(cast, NOW)

        assert score_model_on(TOMORROW) == model_on(TOMORROW)

    def test_that_contradicts_itself_is_refused(self, cast):
        with pytest.raises(Refused, match="SCORE_MODEL_INVALID"):
            make_draft(cast, NOW, model_value(NOW, grades=[]))

        assert not ScoreModelVersion.objects.exists()

    def test_needs_a_source(self, cast):
        with pytest.raises(Refused, match="SCORE_MODEL_SOURCE"):
            score_model_draft(value=harsher(NOW), source=" ", actor=cast.operator, at=NOW)

    @pytest.mark.parametrize("who", ["auditor", "owner", "officer", "district_clerk"])
    def test_is_an_operators_business(self, cast, who):
        with pytest.raises(NotPermitted):
            score_model_draft(value=harsher(NOW), source=SOURCE, actor=getattr(cast, who), at=NOW)

    def test_revised_has_another_drafter_and_no_trial(self, cast):
        row = make_tried(cast, NOW)

        row = score_model_revise(
            public_id=row.public_id,
            value=model_value(NOW),
            source=SOURCE,
            actor=cast.second_operator,
            at=NOW,
        )

        assert (row.trial, row.drafted_by) == ({}, cast.second_operator)
        with pytest.raises(Refused, match="SECOND_PERSON"):
            approve(row, cast.second_operator)


class TestTrial:
    def test_counts_how_grades_would_move_and_stores_no_evaluation(self, delivered):
        row = make_tried(delivered, NOW)

        assert row.trial["sampled"] > 0
        assert sum(row.trial["before"].values()) == row.trial["sampled"]
        assert sum(row.trial["after"].values()) == row.trial["sampled"]
        assert row.trial["moves"]
        assert not CreditEvaluation.objects.exists()

    def test_of_the_same_model_moves_nobody(self, delivered):
        trial = score_model_trial(model_on(TODAY), AsOf.from_moment(NOW))

        assert trial.moves == {}
        assert trial.before == trial.after


class TestApproval:
    def test_by_a_second_person_puts_it_in_force_from_its_day(self, cast):
        row = make_approved(cast, NOW)

        assert score_model_on(TODAY) == model_on(TODAY)
        assert score_model_on(TOMORROW).version == f"public_credit@{TOMORROW}"
        assert score_model_on(TOMORROW).grades[0] == ("A", 900)
        assert row.approved_by == cast.second_operator

    def test_by_its_drafter_is_refused(self, cast):
        with pytest.raises(Refused, match="SECOND_PERSON"):
            approve(make_tried(cast, NOW), cast.operator)

    def test_by_its_drafter_is_refused_by_the_database_too(self, cast):
        row = make_approved(cast, NOW)

        with pytest.raises(IntegrityError), transaction.atomic():
            ScoreModelVersion.objects.filter(pk=row.pk).update(approved_by=row.drafted_by)

    def test_without_a_trial_is_refused(self, cast):
        with pytest.raises(Refused, match="SCORE_MODEL_UNTRIED"):
            approve(make_draft(cast, NOW), cast.second_operator)

    @pytest.mark.parametrize("day", [TODAY, date(2020, 1, 1)])
    def test_for_a_day_that_was_evaluated_is_refused(self, cast, day):
        with pytest.raises(Refused, match="SCORE_MODEL_PAST"):
            approve(make_tried(cast, NOW), cast.second_operator, day)

    def test_of_two_for_one_day_is_refused(self, cast):
        make_approved(cast, NOW)

        with pytest.raises(Conflict, match="SCORE_MODEL_DATED"):
            approve(make_tried(cast, NOW), cast.second_operator)

    @pytest.mark.parametrize("deed", ["revise", "try", "approve", "withdraw"])
    def test_cannot_be_undone_or_changed(self, cast, deed):
        row = make_approved(cast, NOW)
        common = {"public_id": row.public_id, "actor": cast.operator, "at": NOW}
        deeds = {
            "revise": lambda: score_model_revise(value=model_value(NOW), source=SOURCE, **common),
            "try": lambda: score_model_try(**common),
            "approve": lambda: approve(row, cast.second_operator, TOMORROW),
            "withdraw": lambda: score_model_withdraw(**common),
        }

        with pytest.raises(Conflict, match="SCORE_MODEL_STATE"):
            deeds[deed]()

    def test_of_a_version_nobody_may_see_is_not_found(self, cast):
        with pytest.raises(NotFound):
            approve(make_tried(cast, NOW), cast.officer)


class TestWhatWasMadeBefore:
    def test_a_run_keeps_its_model_and_reads_the_same_afterwards(self, delivered):
        run = evaluation_run(month=NOW.date(), actor=delivered.operator, at=NOW)
        rows = list(CreditEvaluation.objects.filter(run=run).select_related("run"))
        before = [reasons_read(row) for row in rows]

        make_approved(delivered, NOW)

        assert [reasons_read(row) for row in rows] == before

    def test_a_later_run_and_portrait_use_the_approved_one_and_read_back(self, delivered):
        make_approved(delivered, NOW)
        later = NOW + timedelta(days=2)

        run = evaluation_run(month=later.date(), actor=delivered.operator, at=later)

        portrait = portrait_build(
            delivered.enterprise,
            consent=ConsentFacts.public_only(),
            declared=DeclaredFacts(),
            at=later,
        )
        row = CreditEvaluation.objects.select_related("run").get(
            run=run, enterprise=delivered.enterprise
        )
        assert run.model_version == portrait.score.model_version == f"public_credit@{TOMORROW}"
        assert (row.score_points, row.grade) == (portrait.score.points, portrait.score.grade)
        assert sum(line["points"] for line in reasons_read(row)) == row.score_points


class TestDifferences:
    def test_of_an_approved_version_are_to_the_one_it_replaced(self, cast):
        row = make_approved(cast, NOW)

        parts = {one.part for one in score_model_differences(row, TODAY)}

        assert parts == {"等级 A", "等级 B", "等级 C"}
