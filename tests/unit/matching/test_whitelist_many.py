from dataclasses import replace
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from marketplace.domain.parameters import DatedValue
from matching.domain.parameters import shipped
from matching.domain.reasons import verdict_to_json
from matching.domain.whitelist import GATE_CODES, MARK_CODES, WhitelistCandidate, gates
from matching.domain.whitelist_parts import PARTS, part_decide, parts_joined

TODAY = date(2025, 6, 10)
CODES = ["91120101MA0501012L", "91120103MA05010399", "91120101MA05010120", ""]
FLAG = st.sampled_from([True, False, None])
DAYS = st.one_of(st.none(), st.dates(date(2023, 1, 1), date(2025, 12, 31)))
CANDIDATES = st.builds(
    WhitelistCandidate,
    uscc=st.sampled_from(CODES),
    in_register=st.booleans(),
    registration_status=st.sampled_from(["ACTIVE", "REVOKED", "CANCELLED", "", None]),
    district_code=st.sampled_from(["120101", "120102", "", None]),
    established_date=DAYS,
    size_class=st.sampled_from(["LARGE", "SMALL", "UNKNOWN", "INDIVIDUAL", None]),
    serious_breach=FLAG,
    dishonest_debtor=FLAG,
    abnormal_listed=FLAG,
    major_tax_violation=FLAG,
    willing=FLAG,
    willing_date=DAYS,
    grade=st.sampled_from(["A", "D", "", None]),
    tax_arrears_yuan=st.sampled_from(
        [None, Decimal(0), Decimal("0.00"), Decimal("1.5"), Decimal("1.50")]
    ),
    enforcement_open_count=st.sampled_from([None, 0, 1, 2]),
    serious_penalties_public=st.sampled_from([None, 0, 1]),
    evidence=st.dictionaries(
        st.sampled_from(["ABNORMAL", "MAJOR_TAX", "MARK_PENALTY"]),
        st.tuples(st.sampled_from(["a", "b"])),
    ),
)


def as_kept(found):
    parts = (found.refusals, found.marks, found.passes)
    return [[verdict_to_json(verdict) for verdict in part] for part in parts]


class TestGatesOfAWholeList:
    @given(st.lists(CANDIDATES, max_size=40))
    def test_say_of_each_candidate_what_they_say_of_it_alone(self, candidates):
        seen = {}
        together = [gates(c, "120101", TODAY, shipped(), seen=seen) for c in candidates]

        alone = [gates(c, "120101", TODAY, shipped()) for c in candidates]

        assert [found.admitted for found in together] == [found.admitted for found in alone]
        assert list(map(as_kept, together)) == list(map(as_kept, alone))


NOT_JUDGED_WITHOUT_CODE = {"lists", "size", "age", "grade"}
SOFT = st.sets(st.sampled_from([code.removeprefix("WL_") for code in GATE_CODES]))


def with_soft_gates(names):
    entered = DatedValue(date(2025, 1, 1), {"*": (), "120101": tuple(sorted(names))}, "示例")
    return shipped().with_entered({"whitelist.soft_gates": [entered]})


def by_parts(candidate, parameters, *, is_known):
    """What each part says of its own facts and of nothing else, put together."""
    seen = {}
    answers = {
        part.name: part_decide(
            part,
            {name: getattr(candidate, name) for name in part.reads},
            "120101",
            TODAY,
            parameters,
            seen=seen,
        )
        for part in PARTS
        if is_known or part.name not in NOT_JUDGED_WITHOUT_CODE
    }
    return parts_joined(answers)


class TestGatesInParts:
    @given(CANDIDATES, SOFT)
    def test_say_together_what_the_gates_say(self, candidate, soft):
        candidate, parameters = replace(candidate, in_register=True), with_soft_gates(soft)
        whole = gates(candidate, "120101", TODAY, parameters)
        is_known = not {"WL_USCC_INVALID"} & set(whole.codes)

        found = by_parts(candidate, parameters, is_known=is_known)

        assert found.admitted == whole.admitted
        assert as_kept(found) == as_kept(whole)

    def test_leave_no_gate_and_no_mark_out(self):
        asked = frozenset().union(*(part.codes for part in PARTS))

        assert asked >= {*GATE_CODES, *MARK_CODES}
        assert sum(len(part.codes) for part in PARTS) == len(asked)
