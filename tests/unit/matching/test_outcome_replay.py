from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest

from marketplace.domain.errors import Refused
from matching.domain.application import APPLICATION, RECTIFYING
from matching.domain.outcome import LoanEvent, OutcomeKind, ledger_place
from matching.domain.outcome_replay import LoanTerms, changed_fields, replay

TODAY = date(2026, 11, 23)
TERMS = LoanTerms(Decimal("500000"), date(2026, 6, 30))


def event(kind, month, turn, principal="0.00", **facts):
    day = date(2026, month, 1)
    return LoanEvent(
        OutcomeKind(kind), day, Decimal(principal), seq=ledger_place(day, turn), **facts
    )


PAID = event("DISBURSE", 1, 1, "500000.00")
BACK = event("REPAY", 2, 2, "500000.00")
SETTLED = event("SETTLE", 3, 3)
LATE = event("OVERDUE", 2, 2, days_overdue=9)


class TestReplay:
    def test_asks_the_day_of_the_contract_of_what_is_put_right_alone(self):
        terms = replace(TERMS, signed_on=PAID.event_date + timedelta(days=1))

        assert replay([PAID, BACK, SETTLED], terms, TODAY).state == "SETTLED"
        with pytest.raises(Refused, match="OUTCOME_DATE"):
            replay([PAID, BACK, SETTLED], terms, TODAY, changed=PAID)

    @pytest.mark.parametrize(
        ("events", "state"),
        [
            ([], "SIGNED"),
            ([PAID], "DISBURSED"),
            ([PAID, BACK], "REPAYING"),
            ([PAID, LATE], "OVERDUE"),
            ([SETTLED, BACK, PAID], "SETTLED"),
            ([PAID, LATE, event("WRITE_OFF", 4, 3)], "WRITTEN_OFF"),
            ([PAID, LATE, event("CURE", 4, 3)], "REPAYING"),
        ],
    )
    def test_leads_where_the_events_lead(self, events, state):
        assert replay(events, TERMS, TODAY).state == state

    def test_names_the_first_event_that_no_longer_fits(self):
        with pytest.raises(Refused) as refused:
            replay([PAID, SETTLED], TERMS, TODAY)

        assert refused.value.code == "OUTCOME_NO_LONGER_FITS"
        assert "2026-03-01 的结清不再成立：尚有未还本金 50 万元" in refused.value.sentence

    def test_gives_the_changed_events_own_refusal_at_its_field(self):
        changed = event("REPAY", 2, 2, "500000.01")

        with pytest.raises(Refused) as refused:
            replay([PAID, changed, SETTLED], TERMS, TODAY, changed=changed)

        assert refused.value.code == "OUTCOME_OVER_REPAID"
        assert refused.value.fields.keys() == {"principal_yuan"}

    def test_asks_the_machine_as_well_as_the_ledger(self):
        late_draw = event("DISBURSE", 7, 1, "1.00")

        with pytest.raises(Refused) as refused:
            replay([late_draw], TERMS, TODAY, changed=late_draw)

        assert refused.value.fields == {"event_date": "授信额度已过有效期。"}

    def test_an_event_moves_past_others_with_its_date(self):
        moved = event("REPAY", 5, 2, "100.00")
        other = event("REPAY", 4, 3, "200.00")

        found = replay([PAID, moved, other], TERMS, TODAY)

        assert found.position.latest_date == date(2026, 5, 1)
        assert found.after[other.seq].repaid_yuan == Decimal("200.00")
        assert found.after[moved.seq] == found.position
        assert found.position.repaid_yuan == Decimal("300.00")


class TestTable:
    """Every loan of up to five events, with one event taken out or moved: the table knows where that leads."""

    AMOUNTS = {"DISBURSE": "100.00", "REPAY": "100.00"}

    @staticmethod
    def told(events):
        try:
            return replay(events, TERMS, TODAY).state
        except Refused:
            return None

    def test_knows_every_way_a_correction_can_move_an_application(self):
        rows = {(row.source, row.event, row.target) for row in APPLICATION.transitions}
        seen = set()

        for length in range(5):
            for kinds in product(OutcomeKind, repeat=length):
                seen |= self.ways(("DISBURSE", *kinds))

        assert seen == {row for row in rows if row[1] in RECTIFYING}

    def ways(self, kinds):
        events = [self.one(kind, turn) for turn, kind in enumerate(kinds, start=1)]
        before, found = self.told(events), set()
        if before is None:
            return found
        for place, taken in enumerate(events):
            rest = events[:place] + events[place + 1 :]
            found.add((before, "VOID", self.told(rest)))
            for days in (-31, 0, 31, 93):
                day = taken.event_date + timedelta(days=days)
                moved = replace(taken, event_date=day, seq=ledger_place(day, place + 1))
                found.add((before, "AMEND", self.told([*rest, moved])))
        return {way for way in found if way[2] is not None}

    def one(self, kind, turn):
        facts = {"days_overdue": 9} if kind == "OVERDUE" else {}
        facts |= {"classification": "NORMAL"} if kind == "CLASS_CHANGE" else {}
        return event(kind, turn, turn, self.AMOUNTS.get(kind, "0.00"), **facts)


class TestChangedFields:
    def test_names_what_differs_and_nothing_else(self):
        after = event("REPAY", 4, 2, "400000.00")

        assert changed_fields(BACK, after) == ("event_date", "principal_yuan")
