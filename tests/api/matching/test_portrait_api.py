"""Portraits, evaluations and parameters through the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from borrowers.services import consent_revoke
from marketplace.models import AccessRecord, ParameterValue
from matching.models import EvaluationRun
from matching.services.evaluation import evaluation_publish, evaluation_run
from tests.cast import NOW
from tests.factories.deliveries import deliver_penalty, deliver_tax, seed
from tests.factories.matching import make_application

BEFORE = NOW - timedelta(days=3)
MONTH = NOW.date().replace(day=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def standing_clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def delivered(cast):
    seed(BEFORE)
    deliver_penalty(cast.enterprise, BEFORE)
    deliver_tax(cast.enterprise, BEFORE)
    return cast


def ask(user, path, body=None):
    browser = Client()
    browser.force_login(user)
    if body is None:
        return browser.get(f"/api/v1/{path}")
    return browser.post(f"/api/v1/{path}", body, content_type="application/json")


class TestOwnPortrait:
    def test_gives_every_point(self, delivered):
        body = ask(delivered.owner, "portrait/").json()

        score = body["portrait"]["score"]
        assert sum(line["points"] for line in score["contributions"]) == score["points"]
        assert (body["audience"], body["content_hash"]) == ("BORROWER", "")
        assert body["disclaimer"] == "供参考，不构成征信报告"
        assert AccessRecord.objects.get().channel == "API"


class TestApplicationPortrait:
    @pytest.fixture
    def path(self, delivered):
        run = evaluation_run(month=MONTH, actor=delivered.operator, at=NOW)
        evaluation_publish(public_id=run.public_id, actor=delivered.second_operator, at=NOW)
        self.application = make_application(delivered, "ACCEPTED")
        return f"applications/{self.application.public_id}/portrait/"

    def test_the_officer_gets_no_points_by_indicator(self, path, cast):
        body = ask(cast.officer, path).json()

        assert body["portrait"]["score"]["contributions"] == []
        assert body["evaluation"]["lines"] == []
        assert body["content_hash"] == self.application.portrait.content_hash

    def test_the_approver_gets_them_all(self, path, cast):
        body = ask(cast.approver, path).json()

        assert body["audience"] == "APPROVER"
        for score, lines in (
            (body["portrait"]["score"]["points"], body["portrait"]["score"]["contributions"]),
            (body["evaluation"]["points"], body["evaluation"]["lines"]),
        ):
            assert sum(line["points"] for line in lines) == score

    def test_without_consent_it_is_refused_and_not_logged(self, path, cast):
        consent = self.application.consent
        consent_revoke(consent_id=consent.public_id, reason="不再需要", actor=cast.owner, at=NOW)

        answer = ask(cast.officer, path)

        assert answer.status_code == 403
        assert answer.json()["code"] in {"CONSENT_ENDED", "PORTRAIT_NOT_OPEN"}
        assert not AccessRecord.objects.exists()


class TestEvaluations:
    def test_start_read_and_publish(self, delivered, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            started = ask(delivered.operator, "operator/evaluations/", {"month": "2026-11-01"})
        path = f"operator/evaluations/{started.json()['id']}/"

        detail = ask(delivered.auditor, path).json()
        published = ask(delivered.second_operator, f"{path}publish/", {})

        assert started.status_code == 201
        assert sum(detail["grades"].values()) == detail["evaluated"] == 2
        assert published.json()["state"] == "PUBLISHED"

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"month": "2030-01-01"}, "EVALUATION_MONTH"),
            ({"month": "soon"}, "FIELDS_INVALID"),
            ({"month": "2026-11-01", "force": True}, "FIELDS_INVALID"),
        ],
    )
    def test_bad_input_is_refused(self, cast, body, code):
        answer = ask(cast.operator, "operator/evaluations/", body)

        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert not EvaluationRun.objects.exists()


class TestParameters:
    PATH = "operator/parameters/demand.validity_days/"

    def test_lists_every_value_with_its_source(self, cast):
        found = {row["code"]: row for row in ask(cast.operator, "operator/parameters/").json()}

        assert found["demand.validity_days"]["values"] == [
            {"effective_from": "2020-01-01", "value": 90, "source": "平台约定"}
        ]
        assert "repair.publicity" in found

    def test_takes_a_coming_value(self, cast):
        body = {"effective_from": "2027-01-01", "value": "60", "source": "示例决定"}

        answer = ask(cast.operator, self.PATH, body)

        assert (answer.status_code, answer.json()["values"][-1]["value"]) == (201, 60)
        assert ParameterValue.objects.get().entered_by == cast.operator

    @pytest.mark.parametrize("value", ["1.5", "[60]", "x"])
    def test_refuses_a_value_rules_could_not_read(self, cast, value):
        body = {"effective_from": "2027-01-01", "value": value, "source": "示例决定"}

        answer = ask(cast.operator, self.PATH, body)

        assert (answer.status_code, answer.json()["code"]) == (400, "PARAMETER_VALUE")
        assert "value" in answer.json()["fields"]
