from __future__ import annotations

import pytest

from marketplace.domain.errors import Conflict, NotFound, Refused, TransitionRefused
from matching.models import ApplicationEvent, LoanApplication
from matching.selectors.timeline import Side, timeline
from matching.services.application import ConsentChoice
from matching.services.application_move import application_move
from tests.cast import NOW
from tests.factories.leads import make_offers
from tests.factories.matching import SUPPLEMENT, make_application, make_steps

pytestmark = pytest.mark.django_db
CHOICE = ConsentChoice(data_classes=("01",), valid_months=3, feedback_clause=False)
SUPPLY = ("SUPPLY", "owner", {"supplied_note": "流水已交网点。"})


def fresh(row):
    return LoanApplication.objects.get(pk=row.pk)


def move(cast, application, product=None, **more):
    wanted = {
        "application_id": application.public_id,
        "product_id": (product or make_offers(cast)[1]).public_id,
        "consent": CHOICE,
        "actor": cast.owner,
        "at": NOW,
    }
    return application_move(**(wanted | more))


class TestMove:
    def test_withdraws_here_and_submits_there_under_a_new_consent(self, cast):
        old = make_application(cast, "DUE_DILIGENCE")

        moved = move(cast, old)

        assert (fresh(old).state, moved.state) == ("WITHDRAWN", "SUBMITTED")
        assert (moved.moved_from, moved.demand_id) == (old, old.demand_id)
        assert moved.consent.lender == cast.rival_institution.organisation
        assert fresh(old).consent.revoked_at is not None
        assert moved.consent.revoked_at is None
        assert moved.portrait_id != old.portrait_id

    def test_takes_along_the_papers_supplied_and_nothing_else(self, cast):
        old = make_application(cast, "DUE_DILIGENCE")
        make_steps(cast, old, (SUPPLEMENT, SUPPLY))
        asked = ("REQUEST_SUPPLEMENT", "officer", {"document_list": ["纳税申报表"], "note": "急"})
        make_steps(cast, old, (asked,))

        moved = move(cast, old)

        (carried,) = ApplicationEvent.objects.filter(application=moved, event="CARRY")
        assert carried.payload == {"carried": ["近三月流水", "流水已交网点。"]}
        shown = timeline([carried], Side.LENDER)[0]
        assert (shown.label, shown.lines) == (
            "随附已备资料",
            (("已备资料", "近三月流水、流水已交网点。"),),
        )

    def test_moved_once_more_the_papers_go_on(self, cast):
        old = make_application(cast, "DUE_DILIGENCE")
        make_steps(cast, old, (SUPPLEMENT, SUPPLY))
        second = move(cast, old)

        third = move(cast, second, make_offers(cast)[0])

        assert third.events.get(event="CARRY").payload["carried"][0] == "近三月流水"

    def test_neither_lender_reads_of_the_other(self, cast):
        old = make_application(cast, "DUE_DILIGENCE")

        moved = move(cast, old)

        for case, other in ((old, cast.rival_institution), (moved, cast.institution)):
            texts = repr(
                [event.payload for event in ApplicationEvent.objects.filter(application=case)]
            )
            assert other.organisation.name not in texts
            assert other.code not in texts

    @pytest.mark.parametrize("state", ["REJECTED", "WITHDRAWN", "EXPIRED"])
    def test_of_an_ended_application_starts_anew(self, cast, state):
        old = make_application(cast, state)

        assert move(cast, old).state == "SUBMITTED"
        assert fresh(old).state == state

    @pytest.mark.parametrize("state", ["APPROVED", "SIGNED", "DISBURSED", "LAPSED"])
    def test_is_refused_from_approval_on(self, cast, state):
        old = make_application(cast, state)

        with pytest.raises(TransitionRefused):
            move(cast, old)
        assert LoanApplication.objects.count() == 1

    def test_stays_with_one_lender_is_refused(self, cast):
        old = make_application(cast)

        with pytest.raises(Refused) as refused:
            move(cast, old, old.product)

        assert refused.value.code == "SAME_LENDER"
        assert fresh(old).state == "PENDING_ACCEPT"

    def test_happens_once(self, cast):
        old = make_application(cast, "REJECTED")
        move(cast, old)

        with pytest.raises(Conflict) as refused:
            move(cast, old)

        assert refused.value.code == "ALREADY_MOVED"

    @pytest.mark.parametrize("member", ["rival_owner", "officer", "operator"])
    def test_is_the_enterprises_own(self, cast, member):
        old = make_application(cast)

        with pytest.raises(NotFound):
            move(cast, old, actor=getattr(cast, member))

    def test_refused_consent_leaves_everything_as_it_was(self, cast):
        old = make_application(cast)

        with pytest.raises(Refused):
            move(cast, old, consent=ConsentChoice(("01",), 5, False))
        assert fresh(old).state == "PENDING_ACCEPT"
        assert fresh(old).consent.revoked_at is None
