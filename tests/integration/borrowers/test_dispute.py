from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from borrowers.models import CreditRecord, Enterprise, Objection
from borrowers.selectors import records_as_at, repair_get
from borrowers.services import (
    objection_answer,
    objection_submit,
    objection_withdraw,
    repair_step,
    repair_submit,
    repair_supply,
)
from marketplace.domain.errors import (
    Conflict,
    NotFound,
    NotPermitted,
    Refused,
    TransitionRefused,
)
from marketplace.models import Notification
from tests.factories.borrowers import PENALTY_ROW, USCC, deliver, make_penalty

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
REASON = "处罚金额有误,请核对决定书"


@pytest.fixture
def penalty(cast, now):
    return make_penalty(at=now)


@pytest.fixture
def objection(penalty, cast, now):
    return objection_submit(record_id=penalty.public_id, reason=REASON, actor=cast.agent, at=now)


def answer(objection, cast, at, **changes):
    words = {"outcome": "UPHOLD", "answer": "经核实,记录与决定书一致。", "actor": cast.operator}
    return objection_answer(objection_id=objection.public_id, at=at, **(words | changes))


class TestObjectionSubmit:
    def test_marks_at_once_and_starts_20_days(self, objection, penalty, cast, now):
        penalty.refresh_from_db()
        assert objection.state == "MARKED"
        assert (penalty.disputed_at, penalty.dispute_ended_at) == (now, None)
        assert objection.due_at == datetime(2026, 12, 13, 15, 59, 59, tzinfo=UTC)
        notice = Notification.objects.get(user=cast.operator)
        assert notice.path == reverse("borrowers:objection-detail", args=[objection.public_id])

    def test_one_at_a_time(self, objection, penalty, cast, now):
        with pytest.raises(Conflict, match="OBJECTION_OPEN"):
            objection_submit(record_id=penalty.public_id, reason=REASON, actor=cast.owner, at=now)

    @pytest.mark.parametrize("member", ["rival_owner", "officer", "operator", "stranger"])
    def test_only_by_the_enterprise(self, penalty, cast, now, member):
        with pytest.raises(NotFound):
            objection_submit(
                record_id=penalty.public_id, reason=REASON, actor=getattr(cast, member), at=now
            )

    def test_needs_a_reason(self, penalty, cast, now):
        with pytest.raises(Refused, match="REASON_LENGTH"):
            objection_submit(record_id=penalty.public_id, reason="错", actor=cast.owner, at=now)

    def test_not_to_a_superseded_version(self, penalty, cast, now):
        deliver("PENALTY", [PENALTY_ROW | {"罚款金额(万元)": "2"}], at=now)

        with pytest.raises(Conflict, match="RECORD_SUPERSEDED"):
            objection_submit(record_id=penalty.public_id, reason=REASON, actor=cast.owner, at=now)


class TestObjectionAnswer:
    def test_upheld_takes_the_mark_away_and_tells(self, objection, penalty, cast, now):
        answer(objection, cast, now + DAY)

        penalty.refresh_from_db()
        assert penalty.dispute_ended_at == now + DAY
        told = Notification.objects.get(user=cast.agent, kind="objection.answered")
        assert told.body.startswith("经核实")

    def test_what_cannot_be_confirmed_keeps_its_mark(self, objection, cast, now):
        answer(objection, cast, now + DAY, outcome="LEAVE_OPEN")

        assert records_as_at(cast.enterprise, now + 2 * DAY)[0].disputed

    def test_correction_must_have_happened(self, objection, cast, now):
        with pytest.raises(Refused, match="CORRECTION_MISSING"):
            answer(objection, cast, now, outcome="CORRECT")

        assert Objection.objects.get().state == "MARKED"

    def test_corrected_by_the_unit(self, objection, cast, now):
        deliver("PENALTY", [PENALTY_ROW | {"罚款金额(万元)": "2"}], at=now + DAY)

        answer(objection, cast, now + 2 * DAY, outcome="CORRECT")

        row = records_as_at(cast.enterprise, now + 2 * DAY)[0]
        assert (row.payload["CF_NR_FK"], row.disputed) == ("20000.00", False)

    def test_wrong_as_a_whole_is_withdrawn(self, objection, cast, now):
        answer(objection, cast, now + DAY, outcome="CORRECT", withdraw_record=True)

        assert records_as_at(cast.enterprise, now + DAY) == []
        assert len(records_as_at(cast.enterprise, now)) == 1

    def test_answered_once(self, objection, cast, now):
        answer(objection, cast, now)

        with pytest.raises(TransitionRefused):
            answer(objection, cast, now)

    def test_answer_is_written(self, objection, cast, now):
        with pytest.raises(Refused, match="ANSWER_REQUIRED"):
            answer(objection, cast, now, answer=" ")

    @pytest.mark.parametrize("member", ["auditor", "owner", "officer"])
    def test_is_for_operators(self, objection, cast, now, member):
        with pytest.raises(NotPermitted):
            answer(objection, cast, now, actor=getattr(cast, member))

    def test_withdrawn_by_the_enterprise(self, objection, penalty, cast, now):
        objection_withdraw(objection_id=objection.public_id, actor=cast.owner, at=now + DAY)

        assert not records_as_at(cast.enterprise, now + DAY)[0].disputed


@pytest.fixture
def submit(penalty, cast, now):
    def submit(**changes):
        documents = {
            "record_id": penalty.public_id,
            "duty_fulfilled_date": date(2026, 6, 1),
            "commitment_made": True,
            "proof": "缴款书 示例0001",
            "statement": "",
            "actor": cast.owner,
            "at": now,
        }
        return repair_submit(**(documents | changes))

    return submit


@pytest.fixture
def step(cast, now):
    def step(repair, event, member, reason="", **options):
        return repair_step(
            repair_id=repair.public_id,
            event=event,
            reason=reason,
            actor=getattr(cast, member),
            at=options.pop("at", now),
            **options,
        )

    return step


class TestRepair:
    def test_goes_from_district_to_city_and_ends_use(self, submit, step, penalty, cast, now):
        repair = submit()
        step(repair, "ACCEPT", "district_clerk")
        step(repair, "PASS_ON", "district_lead")
        step(repair, "AGREE", "operator")

        done = step(repair, "APPROVE", "operator", at=now + DAY)

        penalty.refresh_from_db()
        assert (done.state, done.reviewed_by) == ("REPAIRED", cast.operator)
        assert penalty.repaired_at == now + DAY
        assert [row.repaired for row in records_as_at(cast.enterprise, now + DAY)] == [True]
        assert [row.repaired for row in records_as_at(cast.enterprise, now)] == [False]

    def test_supplement_is_asked_for_once(self, submit, step, cast, now):
        repair = submit()
        step(repair, "ACCEPT", "district_clerk")
        step(repair, "ASK_SUPPLEMENT", "district_clerk", "请补充缴款凭证")
        supplied = repair_supply(
            repair_id=repair.public_id, proof="凭证 2", statement="", actor=cast.agent, at=now
        )

        assert (supplied.state, supplied.proof) == ("DISTRICT_CHECK", "凭证 2")
        with pytest.raises(TransitionRefused):
            step(repair, "ASK_SUPPLEMENT", "district_clerk", "再补")

    def test_refusal_needs_a_reason(self, submit, step):
        repair = submit()

        with pytest.raises(TransitionRefused):
            step(repair, "REFUSE", "district_clerk")
        assert step(repair, "REFUSE", "district_clerk", "证明不符").state == "REFUSED"

    def test_false_material_bars_new_applications(self, submit, step):
        step(submit(), "REFUSE", "district_lead", "材料虚假", false_material=True)

        with pytest.raises(Refused, match="REPAIR_BARRED"):
            submit()

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"commitment_made": False}, "REPAIR_NO_COMMITMENT"),
            ({"duty_fulfilled_date": date(2027, 1, 1)}, "REPAIR_DUTIES_OPEN"),
            ({"duty_fulfilled_date": date(2026, 5, 1)}, "REPAIR_DUTIES_DATE"),
            ({"at": datetime(2026, 7, 1, tzinfo=UTC)}, "REPAIR_TOO_EARLY"),
            ({"proof": " "}, "PROOF_REQUIRED"),
        ],
    )
    def test_refuses_what_the_rule_refuses(self, submit, changes, code):
        with pytest.raises(Refused, match=code):
            submit(**changes)

    def test_one_application_at_a_time(self, submit):
        submit()

        with pytest.raises(Conflict, match="REPAIR_OPEN"):
            submit()

    def test_only_penalties(self, submit, cast, now):
        rating = {"统一社会信用代码": USCC, "评价年度": "2025", "纳税信用等级": "D"}
        deliver("TAX_RATING", [rating], at=now)
        record = CreditRecord.objects.get(item__code="TAX_RATING")

        with pytest.raises(Refused, match="REPAIR_ITEM"):
            submit(record_id=record.public_id)

    def test_other_district_does_not_see_it(self, submit, step, cast):
        repair = submit()

        assert repair_get(cast.district_clerk, repair.public_id) == repair
        with pytest.raises(NotFound):
            step(repair, "ACCEPT", "other_district_clerk")

    @pytest.mark.parametrize("member", ["operator", "owner"])
    def test_district_check_is_the_districts(self, submit, step, member):
        with pytest.raises(NotPermitted):
            step(submit(), "ACCEPT", member)

    def test_city_stands_in_where_the_district_is_unknown(self, submit, step):
        repair = submit()
        Enterprise.objects.filter(uscc=USCC).update(district=None)

        assert step(repair, "ACCEPT", "operator").state == "DISTRICT_CHECK"

    def test_withdrawn_by_the_enterprise(self, submit, step):
        assert step(submit(), "WITHDRAW", "agent").state == "WITHDRAWN"
