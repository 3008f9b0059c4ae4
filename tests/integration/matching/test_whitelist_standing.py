from datetime import timedelta

import pytest

from borrowers.models import CreditRecord
from borrowers.services.objection import objection_answer, objection_submit
from borrowers.services.repair import repair_step, repair_submit
from marketplace.models import AuditEvent, Notification, OutboxMessage
from marketplace.queue import outbox_drain
from matching.models import Whitelist
from matching.services.clock import clocks_sweep
from matching.services.whitelist import whitelist_recall, whitelist_rejudge
from matching.services.whitelist_contact import whitelist_contact
from matching.services.whitelist_standing import enterprise_rejudge, whitelists_recheck_due
from tests.factories.whitelist import (
    deliver_lists,
    list_enterprise,
    make_recommended,
    make_whitelist,
)

MONTH = timedelta(days=30)


@pytest.fixture(autouse=True)
def lists(cast):
    deliver_lists()


def standing(entry):
    entry.refresh_from_db()
    return entry.status


def leave_list(enterprise, at):
    """The unit takes the enterprise off its list again."""
    CreditRecord.objects.filter(enterprise=enterprise).update(superseded_at=at)


class TestMonthlyRecheck:
    def test_moves_out_after_a_month_and_not_before(self, cast, now):
        entry = make_recommended(cast)
        list_enterprise(cast.enterprise, "SERIOUS_BREACH_LIST")

        assert whitelists_recheck_due(at=now + MONTH - timedelta(seconds=1)) == 0
        assert standing(entry) == "ADMITTED"
        assert whitelists_recheck_due(at=now + MONTH) == 1
        assert standing(entry) == "SUSPENDED"

    def test_does_nothing_a_second_time(self, cast, now):
        make_recommended(cast)
        whitelists_recheck_due(at=now + MONTH)

        assert whitelists_recheck_due(at=now + MONTH) == 0
        assert Whitelist.objects.get().checked_at == now + MONTH

    def test_is_part_of_the_sweep(self, cast, now):
        entry = make_recommended(cast)
        list_enterprise(cast.enterprise, "SERIOUS_BREACH_LIST")

        count = clocks_sweep(at=now + MONTH)

        assert (count.lists_rechecked, standing(entry)) == (1, "SUSPENDED")

    def test_leaves_lists_alone_that_are_over(self, cast, now):
        whitelist = make_whitelist(cast, "PUBLISHED")
        whitelist_recall(whitelist=whitelist, reason="示例", actor=cast.district_lead, at=now)

        assert whitelists_recheck_due(at=now + MONTH) == 0

    def test_is_on_the_audit_trail_without_an_actor(self, cast, now):
        make_recommended(cast)

        whitelists_recheck_due(at=now + MONTH)

        event = AuditEvent.objects.get(action="matching.whitelist.rejudge")
        assert (event.actor, event.payload["suspended"], event.payload["restored"]) == (None, 0, 0)


class TestComingBack:
    def test_follows_when_no_gate_stands_in_the_way_any_more(self, cast, now):
        entry = make_recommended(cast)
        whitelist_contact(entry_id=entry.public_id, actor=cast.officer, at=now)
        list_enterprise(cast.enterprise, "ABNORMAL_LIST")
        whitelist_rejudge(whitelist=entry.whitelist, actor=cast.district_clerk, at=now)
        leave_list(cast.enterprise, now)

        later = now + timedelta(days=1)
        found = whitelist_rejudge(whitelist=entry.whitelist, actor=cast.operator, at=later)

        assert [row.pk for row in found.restored] == [entry.pk]
        assert (standing(entry), entry.reasons) == ("ADMITTED", [])
        notice = Notification.objects.get(user=cast.officer, kind="whitelist.restored")
        assert cast.enterprise.name in notice.title

    def test_is_refused_while_the_gate_stands(self, cast, now):
        entry = make_recommended(cast)
        list_enterprise(cast.enterprise, "ABNORMAL_LIST")
        enterprise_rejudge(enterprise_id=cast.enterprise.pk, at=now)

        assert enterprise_rejudge(enterprise_id=cast.enterprise.pk, at=now) == 0
        assert standing(entry) == "SUSPENDED"


class TestOneEnterprise:
    def test_is_judged_without_the_whole_list_counting_as_checked(self, cast, now):
        entry = make_recommended(cast)
        list_enterprise(cast.enterprise, "ABNORMAL_LIST")

        later = now + timedelta(days=1)
        assert enterprise_rejudge(enterprise_id=cast.enterprise.pk, at=later) == 1

        assert standing(entry) == "SUSPENDED"
        assert Whitelist.objects.get().checked_at == now

    def test_that_is_unknown_moves_nothing(self, now):
        assert enterprise_rejudge(enterprise_id=0, at=now) == 0

    def test_is_judged_at_once_after_a_repair(self, cast, now):
        entry = make_recommended(cast)
        record = list_enterprise(cast.enterprise, "PENALTY")
        record.payload = {"severity": "GENERAL", "publicity_until": "2027-01-01"}
        record.event_date = (now - timedelta(days=200)).date()
        record.save()
        repair = repair_submit(
            record_id=record.public_id,
            duty_fulfilled_date=(now - timedelta(days=150)).date(),
            commitment_made=True,
            proof="缴款书示例号",
            statement="",
            actor=cast.owner,
            at=now,
        )
        list_enterprise(cast.enterprise, "ABNORMAL_LIST")
        for event, actor in [
            ("ACCEPT", cast.district_clerk),
            ("PASS_ON", cast.district_clerk),
            ("AGREE", cast.operator),
            ("APPROVE", cast.operator),
        ]:
            repair_step(repair_id=repair.public_id, event=event, reason="同意", actor=actor, at=now)

        message = OutboxMessage.objects.get(task="matching.enterprise_rejudge")
        assert message.kwargs == {"enterprise_id": cast.enterprise.pk}
        outbox_drain()
        assert standing(entry) == "SUSPENDED"

    def test_comes_back_at_once_after_a_correction(self, cast, now):
        entry = make_recommended(cast)
        record = list_enterprise(cast.enterprise, "ABNORMAL_LIST")
        enterprise_rejudge(enterprise_id=cast.enterprise.pk, at=now)
        objection = objection_submit(
            record_id=record.public_id, reason="已移出名录", actor=cast.owner, at=now
        )
        objection_answer(
            objection_id=objection.public_id,
            outcome="CORRECT",
            answer="核实无误,撤下该记录。",
            withdraw_record=True,
            actor=cast.operator,
            at=now,
        )

        outbox_drain()

        assert standing(entry) == "ADMITTED"
