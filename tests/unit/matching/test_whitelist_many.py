from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from matching.domain.parameters import shipped
from matching.domain.reasons import verdict_to_json
from matching.domain.whitelist import WhitelistCandidate, gates

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
