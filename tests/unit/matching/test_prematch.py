from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenders.domain.feature import FEATURES, FeatureKind
from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import DataClass
from matching.domain.fit import UNKNOWN, Audience, Fact, decide, fit
from matching.scoring.fact_columns import NoColumn, code_of, columns_of
from matching.scoring.offer_tables import compile_offers
from matching.scoring.prematch import (
    BLOCK,
    match_all,
    match_one,
    product_counts,
    reasons_of,
)
from tests.factories.fits import (
    EXAMPLES,
    MISSING_FACTS,
    NEED,
    OFTEN,
    TERMS,
    TODAY,
    own_values,
    rule,
    rule_specs,
    terms,
)


def storable(feature):
    """A fact that a column can hold: one code where the feature has one."""
    known = own_values(feature)
    if feature.kind is FeatureKind.CHOICE:
        known = known.filter(lambda value: isinstance(value, str)) | st.just("不详")
    elif feature.is_numeric:
        known = known | st.sampled_from(["12.5", "不详", 7, True])
    return known.map(Fact.of) | st.sampled_from(MISSING_FACTS)


STORABLE = {code: storable(feature) for code, feature in FEATURES.items()}
OFFERS = st.lists(
    st.tuples(terms() | st.none(), st.lists(rule_specs(), max_size=6)), min_size=1, max_size=9
)


@st.composite
def enterprises(draw):
    others = draw(st.sets(st.sampled_from(sorted(FEATURES)), max_size=4))
    return {code: draw(STORABLE[code]) for code in sorted({*OFTEN, *others})}


def judged(offer, found):
    """The scalar reference, also for a product judged by its rules alone."""
    offered, rules = offer
    if offered is not None:
        return fit(offered, rules, found, TODAY).outcome
    outcomes = {
        decide(spec, found.get(spec.feature, UNKNOWN)) for spec in rules if spec.in_force(TODAY)
    }
    for worst in (Outcome.DOES_NOT_FIT, Outcome.CANNOT_TELL):
        if worst in outcomes:
            return worst
    return Outcome.FITS


class TestSameAsScalar:
    @settings(max_examples=EXAMPLES)
    @given(OFFERS, st.lists(enterprises(), min_size=1, max_size=4))
    def test_every_pair_in_a_batch(self, offers, everyone):
        compiled = compile_offers(offers, TODAY)
        columns = columns_of(everyone, compiled.features)

        found = match_all(compiled, columns, len(everyone))

        for row, one in enumerate(everyone):
            expected = [judged(offer, one) for offer in offers]
            assert found.outcomes(row) == expected
            assert [found.outcome(row, product) for product in range(len(offers))] == expected

    @given(OFFERS, enterprises())
    def test_one_need_with_all_products(self, offers, one):
        found = match_one(compile_offers(offers, TODAY), one)

        assert found.outcomes(0) == [judged(offer, one) for offer in offers]

    @given(
        st.lists(st.tuples(terms(), st.lists(rule_specs(), max_size=6)), min_size=1, max_size=5),
        enterprises(),
        st.sampled_from(Audience),
    )
    def test_every_reason_word_for_word(self, offers, one, audience):
        found = reasons_of(compile_offers(offers, TODAY), one, audience=audience)

        for reasons, (offered, rules) in zip(found, offers, strict=True):
            verdicts = fit(offered, rules, one, TODAY, audience=audience).verdicts
            assert [(r.rule_code, r.outcome, r.sentence) for r in reasons] == [
                (v.rule_code, v.outcome, v.sentence) for v in verdicts
            ]

    @given(OFFERS, st.lists(enterprises(), min_size=1, max_size=4))
    def test_counts_are_sums_over_pairs(self, offers, everyone):
        compiled = compile_offers(offers, TODAY)
        columns = columns_of(everyone, compiled.features)

        found = product_counts(compiled, columns, len(everyone))

        for product, offer in enumerate(offers):
            outcomes = [judged(offer, one) for one in everyone]
            for outcome in Outcome:
                assert found[outcome][product] == outcomes.count(outcome)


class TestManyRows:
    def test_blocks_join_without_a_seam(self):
        rules = [rule("age_months", "GE", 12)]
        compiled = compile_offers([(None, rules)] * 70, TODAY)
        rows = 2 * BLOCK + 5
        ages = np.arange(rows, dtype=np.int64) % 24 * 100

        found = match_all(compiled, {"age_months": ages}, rows)

        assert (found.fits == (ages >= 1200)[:, None]).all()
        assert (found.possible == found.fits).all()
        assert found.fits.shape == (rows, 70)

    def test_a_column_that_is_not_there_is_unknown_for_all(self):
        compiled = compile_offers([(None, [rule("age_months", "GE", 12)]), (None, [])], TODAY)

        found = match_all(compiled, {}, 3)

        assert found.outcomes(2) == [Outcome.CANNOT_TELL, Outcome.FITS]


class TestCodeOf:
    @pytest.mark.parametrize(
        ("feature", "value"),
        [
            ("amount_yuan", Decimal("0.001")),
            ("purpose", {"TRADE", "PROJECT"}),
            ("industry_division", "\uff11\uff13"),
        ],
    )
    def test_refuses_what_no_column_holds(self, feature, value):
        with pytest.raises(NoColumn):
            code_of(FEATURES[feature], Fact.of(value))

    def test_what_may_not_be_read_is_unknown(self):
        facts = [NEED | {"tax_rating": Fact.not_authorized(DataClass.TAX)}]

        assert columns_of(facts, ["tax_rating"])["tax_rating"].tolist() == [0]


class TestReasonsOf:
    def test_only_of_the_products_asked_about(self):
        compiled = compile_offers([(TERMS, []), (TERMS, [rule("age_months", "GE", 12)])], TODAY)

        (reasons,) = reasons_of(compiled, NEED, products=[1])

        assert [reason.rule_code for reason in reasons][-1] == "RULE"
        assert reasons[-1].outcome is Outcome.CANNOT_TELL
