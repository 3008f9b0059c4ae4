"""One step for several applications: done or refused one by one."""

from __future__ import annotations

import uuid

import pytest

from marketplace.domain.errors import NotFound, Refused
from matching.models import ApplicationEvent
from matching.services.application_batch import MOST_AT_ONCE, applications_step
from tests.cast import NOW
from tests.factories.matching import make_application, make_demand, make_offer

pytestmark = pytest.mark.django_db
ASKED = {"document_list": ["近三个月流水"], "note": ""}


def step(cast, event, applications, payload=None, actor=None):
    return applications_step(
        application_ids=[row.public_id for row in applications],
        event=event,
        payload=payload or {},
        actor=actor or cast.officer,
        at=NOW,
    )


@pytest.fixture
def cases(cast):
    """One that waits, one taken on and one in due diligence, of the same officer."""
    demand = make_demand(cast)
    states = ("PENDING_ACCEPT", "ACCEPTED", "DUE_DILIGENCE")
    return [
        make_application(cast, state, demand=demand, product=make_offer(cast, f"L{number}"))
        for number, state in enumerate(states)
    ]


class TestApplicationsStep:
    def test_does_each_that_can_be_done_and_says_why_the_others_were_not(self, cast, cases):
        waiting, accepted = cases[:2]

        lines = step(cast, "REQUEST_SUPPLEMENT", cases, ASKED)

        assert [bool(line.refusal) for line in lines] == [True, True, False]
        assert all(line.refusal.endswith("。") for line in lines[:2])
        for row in cases:
            row.refresh_from_db()
        assert [row.state for row in cases] == ["PENDING_ACCEPT", "ACCEPTED", "SUPPLEMENT"]
        assert not ApplicationEvent.objects.filter(
            application__in=[waiting, accepted], event="REQUEST_SUPPLEMENT"
        ).exists()

    def test_takes_an_application_named_twice_once(self, cast, cases):
        waiting = cases[0]

        lines = step(cast, "ACCEPT", [waiting, waiting])

        assert [line.refusal for line in lines] == [""]
        waiting.refresh_from_db()
        assert (waiting.state, waiting.officer) == ("ACCEPTED", cast.officer)

    def test_writes_the_same_note_beside_each(self, cast, cases):
        lines = step(cast, "NOTE", cases, {"text": "周三统一走访。"})

        notes = ApplicationEvent.objects.filter(event="NOTE").values_list("application_id")
        assert [line.refusal for line in lines] == ["", "", ""]
        assert {key for (key,) in notes} == {row.pk for row in cases}

    def test_tells_a_stranger_nothing_of_them(self, cast, cases):
        lines = step(cast, "ACCEPT", cases, actor=cast.rival_officer)

        assert {line.refusal for line in lines} == {NotFound().sentence}

    @pytest.mark.parametrize("event", ["APPROVE", "REJECT", "SUBMIT_FOR_APPROVAL", "CONTACT"])
    def test_leaves_what_is_each_case_s_own_to_be_done_one_by_one(self, cast, cases, event):
        with pytest.raises(Refused) as caught:
            step(cast, event, cases)

        assert caught.value.code == "BATCH_EVENT"

    @pytest.mark.parametrize(
        ("count", "code"), [(0, "BATCH_EMPTY"), (MOST_AT_ONCE + 1, "BATCH_SIZE")]
    )
    def test_takes_some_but_not_too_many(self, cast, count, code):
        with pytest.raises(Refused) as caught:
            applications_step(
                application_ids=[uuid.uuid4() for _ in range(count)],
                event="ACCEPT",
                payload={},
                actor=cast.officer,
                at=NOW,
            )

        assert caught.value.code == code
