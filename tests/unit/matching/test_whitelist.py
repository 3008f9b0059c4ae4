import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.errors import Refused, TransitionRefused
from marketplace.domain.parameters import DatedValue
from marketplace.domain.roles import Role
from marketplace.domain.verdict import Outcome
from matching.domain.parameters import shipped
from matching.domain.reasons import verdict_from_json, verdict_to_json
from matching.domain.whitelist import (
    GATE_CODES,
    MARK_CODES,
    WHITELIST,
    WhitelistCandidate,
    gates,
)

TODAY = date(2025, 6, 10)
HEPING = "120101"
GOOD = WhitelistCandidate(
    uscc="91120101MA0501012L",
    in_register=True,
    registration_status="ACTIVE",
    district_code=HEPING,
    established_date=date(2024, 6, 10),
    size_class="SMALL",
    serious_breach=False,
    dishonest_debtor=False,
    abnormal_listed=False,
    major_tax_violation=False,
    willing=True,
    willing_date=date(2025, 6, 1),
    grade="B",
    tax_arrears_yuan=Decimal(0),
    enforcement_open_count=0,
    serious_penalties_public=0,
)
BREAKS = {
    "registration_status": ("CANCELLED", "WL_STATUS"),
    "district_code": ("120102", "WL_DISTRICT"),
    "established_date": (date(2024, 6, 11), "WL_AGE"),
    "size_class": ("LARGE", "WL_SIZE"),
    "serious_breach": (True, "WL_SERIOUS_BREACH"),
    "dishonest_debtor": (True, "WL_DISHONEST_DEBTOR"),
    "abnormal_listed": (True, "WL_ABNORMAL"),
    "major_tax_violation": (True, "WL_MAJOR_TAX"),
    "willing": (False, "WL_WILLING"),
    "willing_date": (date(2025, 6, 11), "WL_WILLING"),
}
MARKS = {
    "grade": ("D", "WL_MARK_GRADE"),
    "tax_arrears_yuan": (Decimal("0.01"), "WL_MARK_TAX_ARREARS"),
    "enforcement_open_count": (1, "WL_MARK_ENFORCEMENT"),
    "serious_penalties_public": (2, "WL_MARK_PENALTY"),
}


def judge(parameters=None, **changed):
    return gates(replace(GOOD, **changed), HEPING, TODAY, parameters or shipped())


def entered(name, value):
    values = [DatedValue(date(2025, 1, 1), value, "区级通知")]
    return shipped().with_entered({f"whitelist.{name}": values})


class TestGates:
    def test_admit_and_say_why(self):
        found = judge()

        assert (found.admitted, found.refusals, found.marks) == (True, (), ())
        assert [v.rule_code for v in found.passes] == ["WL_IDENTITY", *GATE_CODES]

    @pytest.mark.parametrize("field", BREAKS)
    def test_each_keeps_out_with_its_code(self, field):
        value, code = BREAKS[field]

        found = judge(**{field: value})

        assert (found.admitted, found.codes) == (False, (code,))
        assert found.refusals[0].outcome is Outcome.DOES_NOT_FIT

    @pytest.mark.parametrize("field", BREAKS)
    def test_each_keeps_out_what_it_cannot_tell(self, field):
        found = judge(**{field: None})

        code = BREAKS[field][1] + "_UNKNOWN"
        assert (found.admitted, found.codes) == (False, (code,))
        assert found.refusals[0].outcome is Outcome.CANNOT_TELL

    def test_an_unknown_size_is_not_guessed(self):
        assert judge(size_class="UNKNOWN").codes == ("WL_SIZE_UNKNOWN",)

    def test_an_individual_business_may_be_listed(self):
        assert judge(size_class="INDIVIDUAL").admitted

    def test_name_every_reason_at_once(self):
        found = judge(**{field: value for field, (value, _) in BREAKS.items()})

        assert set(found.codes) == set(GATE_CODES)

    def test_an_invalid_code_is_the_only_thing_said(self):
        found = judge(uscc="91120101MA0501012X", registration_status=None, district_code=None)

        assert found.codes == ("WL_USCC_INVALID",)
        assert "校验位" in found.refusals[0].sentence

    def test_an_unregistered_code_says_nothing_of_the_register(self):
        found = judge(in_register=False, size_class=None, willing=None)

        assert found.codes == ("WL_NOT_IN_REGISTER", "WL_WILLING_UNKNOWN")

    def test_carry_the_evidence(self):
        found = judge(abnormal_listed=True, evidence={"ABNORMAL": ("record-7",)})

        assert found.refusals[0].evidence_ids == ("record-7",)

    def test_refuse_a_date_before_their_parameters(self):
        with pytest.raises(Refused):
            gates(GOOD, HEPING, date(2019, 12, 31), shipped())


class TestParametersPerDistrict:
    def test_a_district_may_ask_for_less_age(self):
        parameters = entered("min_age_months", {"*": 12, HEPING: 6})

        assert judge(parameters, established_date=date(2024, 12, 10)).admitted
        assert not judge(parameters, established_date=date(2024, 12, 11)).admitted

    @pytest.mark.parametrize("value", [True, None])
    def test_a_soft_gate_only_marks(self, value):
        found = judge(
            entered("soft_gates", {"*": (), HEPING: ("ABNORMAL",)}), abnormal_listed=value
        )

        assert found.admitted
        assert [v.rule_code.removesuffix("_UNKNOWN") for v in found.marks] == ["WL_ABNORMAL"]

    def test_a_soft_gate_of_another_district_stays_hard(self):
        parameters = entered("soft_gates", {"*": (), "120102": ("ABNORMAL",)})

        assert not judge(parameters, abnormal_listed=True).admitted


class TestMarks:
    @pytest.mark.parametrize("field", MARKS)
    def test_warn_and_keep_nobody_out(self, field):
        value, code = MARKS[field]

        found = judge(**{field: value})

        assert (found.admitted, [v.rule_code for v in found.marks]) == (True, [code])

    @pytest.mark.parametrize("field", MARKS)
    def test_say_when_they_cannot_tell(self, field):
        found = judge(**{field: None})

        assert found.admitted
        assert [(v.rule_code, v.outcome) for v in found.marks] == [
            (MARKS[field][1] + "_UNKNOWN", Outcome.CANNOT_TELL)
        ]

    def test_have_codes_apart_from_the_gates(self):
        assert not set(MARK_CODES) & set(GATE_CODES)


class TestProperties:
    @given(st.sets(st.sampled_from(sorted(BREAKS))), st.sets(st.sampled_from(sorted(BREAKS))))
    def test_losing_data_never_admits(self, broken, lost):
        changes = {field: BREAKS[field][0] for field in broken}
        before = judge(**changes)

        after = judge(**(changes | dict.fromkeys(lost)))

        assert before.admitted or not after.admitted
        assert after.admitted == (not after.refusals)

    @given(st.sets(st.sampled_from(sorted(BREAKS))), st.sets(st.sampled_from(sorted(MARKS))))
    def test_reasons_survive_json(self, broken, marked):
        changes = {f: BREAKS[f][0] for f in broken} | {f: MARKS[f][0] for f in marked}

        for verdict in (*judge(**changes).refusals, *judge(**changes).marks):
            data = json.loads(json.dumps(verdict_to_json(verdict)))
            assert verdict_to_json(verdict_from_json(data)) == data
            assert verdict.sentence.endswith("。")


class TestWhitelist:
    def test_is_published_by_a_second_person(self):
        facts = {"actor_id": 1, "created_by_id": 1}

        with pytest.raises(TransitionRefused):
            WHITELIST.advance("PENDING_APPROVAL", "PUBLISH", [Role.DISTRICT_LEAD], facts)

    def test_way_to_publication(self):
        facts = {"rows_read": 3, "admitted": 2, "actor_id": 2, "created_by_id": 1, "reason": "有误"}
        state = WHITELIST.initial

        for event, role in [
            ("CHECK", Role.DISTRICT_CLERK),
            ("SUBMIT", Role.DISTRICT_CLERK),
            ("RETURN", Role.DISTRICT_LEAD),
            ("REVISE", Role.DISTRICT_CLERK),
            ("CHECK", Role.DISTRICT_CLERK),
            ("SUBMIT", Role.DISTRICT_CLERK),
            ("PUBLISH", Role.DISTRICT_LEAD),
            ("RECALL", Role.OPERATOR),
        ]:
            state = WHITELIST.advance(state, event, [role], facts).target

        assert state == "RECALLED"

    def test_an_empty_list_is_not_submitted(self):
        with pytest.raises(TransitionRefused):
            WHITELIST.advance("CHECKED", "SUBMIT", [Role.DISTRICT_CLERK], {"admitted": 0})
