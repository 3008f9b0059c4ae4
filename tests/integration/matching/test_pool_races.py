"""Many officers reach for one need at the same moment, on a database that lets them.

The long form, 1,000 rounds of 50 takers, is ``make torture`` (``tests.performance.pool_race``).
"""

from __future__ import annotations

import threading

import pytest
from django.db import connection, connections

from marketplace.domain.errors import Refused
from marketplace.models import User
from matching.models import DemandLead, LeadEvent
from matching.services.demand import demand_withdraw
from matching.services.demand_mode import demand_dispatch
from matching.services.lead_answer import lead_decline, lead_return, pool_take
from tests.cast import NOW, make_cast
from tests.factories.leads import (
    REASON,
    make_bank,
    make_pooled,
    make_taken,
    make_waiting,
)

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
ROUNDS, TAKERS, SLOTS = 10, 12, 3


def at_once(*deeds):
    """Run every deed in a thread of its own, all let go at one moment; return results and refusals."""
    barrier = threading.Barrier(len(deeds))
    results: list[object] = []

    def run(deed):
        try:
            barrier.wait(timeout=20)
            results.append(deed())
        except Refused as refused:
            results.append(refused)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(results) == len(deeds)
    refusals = [found for found in results if isinstance(found, Refused)]
    return [found for found in results if not isinstance(found, Refused)], refusals


def taking(need, officer_pk):
    return lambda: take(need, officer_pk)


def take(need, officer_pk):
    return pool_take(demand_id=need.public_id, actor=User.objects.get(pk=officer_pk), at=NOW)


@pytest.fixture
def people():
    assert connection.vendor == "postgresql"
    return make_cast()


class TestCrowdAtOneNeed:
    def test_exactly_as_many_win_as_there_are_slots_every_round(self, people):
        officers = [make_bank(number)[1].pk for number in range(TAKERS)]

        for _ in range(ROUNDS):
            need = make_pooled(people)

            won, lost = at_once(*(taking(need, pk) for pk in officers))

            assert len(won) == SLOTS
            assert {refused.sentence for refused in lost} == {"该需求已抢完。"}
            assert DemandLead.objects.filter(demand=need, state="INVITED").count() == SLOTS
            assert DemandLead.objects.filter(demand=need).count() == SLOTS
            assert LeadEvent.objects.filter(lead__demand=need, event="TAKE").count() == SLOTS


class TestTwoOfOneInstitution:
    def test_take_once(self, people):
        need = make_pooled(people)

        won, lost = at_once(taking(need, people.officer.pk), taking(need, people.second_officer.pk))

        assert (len(won), [refused.code for refused in lost]) == (1, ["LEAD_EXISTS"])


class TestTakeAgainstWithdraw:
    def test_leaves_no_open_lead_on_an_ended_need(self, people):
        need = make_pooled(people)

        at_once(
            taking(need, people.officer.pk),
            lambda: demand_withdraw(demand=need, actor=people.owner, at=NOW),
        )

        need.refresh_from_db()
        assert need.state == "WITHDRAWN"
        assert not DemandLead.objects.filter(demand=need, state__in=["OFFERED", "INVITED"]).exists()


class TestReturnAgainstDecline:
    def test_one_of_both_happens(self, people):
        lead = make_taken(people)

        won, lost = at_once(
            lambda: lead_return(lead_id=lead.public_id, **REASON, actor=people.officer, at=NOW),
            lambda: lead_decline(lead_id=lead.public_id, actor=people.owner, at=NOW),
        )

        assert (len(won), len(lost)) == (1, 1)


class TestTwoOperators:
    def test_dispatch_to_one_lender(self, people):
        need = make_waiting(people)

        def dispatch(code, operator):
            return demand_dispatch(
                demand_id=need.public_id, institution_code=code, actor=operator, at=NOW
            )

        won, lost = at_once(
            lambda: dispatch("B001", people.operator),
            lambda: dispatch("B002", people.second_operator),
        )

        assert (len(won), len(lost)) == (1, 1)
        assert DemandLead.objects.filter(demand=need).count() == 1
