from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
import time_machine
from django.urls import reverse
from rest_framework.test import APIClient

from marketplace.domain.workdays import BEIJING
from matching.domain.renewal import maturity_date
from matching.models import LoanApplication
from tests.factories.matching import SIGNED_DATE, make_application

pytestmark = pytest.mark.django_db


@pytest.fixture
def loan(cast):
    application = make_application(cast, "DISBURSED")
    return LoanApplication.objects.get(pk=application.pk).loan


def ask(member, name, *keys):
    api = APIClient()
    api.force_login(member)
    return api.get(reverse(f"api:{name}", args=keys))


class TestRenewals:
    def test_are_listed_when_their_end_is_near(self, cast, loan):
        ends = maturity_date(SIGNED_DATE, loan.term_months)
        answers = {}
        for days in (70, 45):
            moment = datetime.combine(ends - timedelta(days=days), time(9), BEIJING)
            with time_machine.travel(moment, tick=False):
                answers[days] = ask(cast.agent, "renewal-list").data

        (found,) = answers[45]
        assert answers[70] == []
        assert (found["loan_id"], found["days_left"]) == (str(loan.public_id), 45)
        assert found["matures_on"] == str(ends)
        assert set(found) == {
            "loan_id",
            "application_id",
            "product",
            "amount_yuan",
            "matures_on",
            "days_left",
        }

    def test_start_a_need_that_can_be_sent_as_it_is(self, cast, loan):
        start = ask(cast.owner, "renewal-start", loan.public_id).data
        api = APIClient()
        api.force_login(cast.owner)

        made = api.post(reverse("api:demand-list"), start, format="json")

        assert made.status_code == 201
        assert made.data["amount_yuan"] == start["amount_yuan"] == str(loan.amount_yuan)

    def test_are_not_there_for_others(self, cast, loan):
        assert ask(cast.rival_owner, "renewal-start", loan.public_id).status_code == 404
        assert ask(cast.officer, "renewal-list").status_code == 403
