from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from lenders.domain.feature import FEATURES
from lenders.domain.rule import validate_rule
from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import DataClass
from matching.domain.fit import Missing, evaluate_rule
from matching.domain.fit_facts import facts_for_fit
from matching.domain.portrait import assemble
from matching.domain.subject import ConsentFacts, DeclaredFacts
from tests.factories.records import DELIVERED, NOW, TODAY, make_inputs

PORTRAIT = assemble(make_inputs(), NOW)


class TestFactsForFit:
    def test_gives_a_fact_for_every_feature(self):
        assert set(facts_for_fit(PORTRAIT)) == set(FEATURES)

    def test_takes_declared_registered_scored_and_recorded_things(self):
        facts = facts_for_fit(PORTRAIT)

        assert facts["amount_yuan"].value == Decimal("500000.00")
        assert facts["guarantee"].value == ("CREDIT",)
        assert facts["industry_division"].value == "34"
        assert facts["grade"].value == PORTRAIT.score.grade
        assert facts["tax_paid_12m_yuan"].value == Decimal("2000.50")
        assert facts["tax_paid_12m_yuan"].evidence_ids == ("TAX_PAYMENT-3", "TAX_PAYMENT-2")
        assert facts["dishonest_debtor"].value is False

    def test_names_the_class_that_is_not_authorized(self):
        portrait = assemble(make_inputs(consent=ConsentFacts.public_only()), NOW)

        fact = facts_for_fit(portrait)["social_insured_count"]

        assert fact.missing is Missing.NOT_AUTHORIZED
        assert fact.data_class is DataClass.SOCIAL_INSURANCE

    def test_an_unknown_size_and_a_missing_score_are_no_facts(self):
        enterprise = replace(PORTRAIT.enterprise, size_class="UNKNOWN", entity_type="INDIVIDUAL")

        facts = facts_for_fit(assemble(make_inputs(enterprise=enterprise), NOW))

        assert facts["size_class"].missing is Missing.NO_RECORD
        assert facts["grade"].missing is Missing.NO_RECORD

    def test_data_too_old_to_judge_by_is_stale(self):
        fed = {**DELIVERED, "PENALTY": datetime(2025, 9, 1, tzinfo=UTC)}

        fact = facts_for_fit(assemble(make_inputs([], fed_items=fed), NOW))["penalties_24m"]

        assert (fact.missing, fact.as_of) == (Missing.STALE, date(2025, 9, 1))

    def test_another_need_can_be_tried_on_the_same_data(self):
        facts = facts_for_fit(PORTRAIT, DeclaredFacts(amount_yuan=Decimal(1), term_months=6))

        assert facts["amount_yuan"].value == Decimal(1)
        assert facts["purpose"].missing is Missing.NO_RECORD
        assert facts["tax_rating"].value == "A"

    def test_rules_can_decide_on_every_known_fact(self):
        facts = facts_for_fit(PORTRAIT)
        for code, feature in FEATURES.items():
            if not facts[code].is_known:
                continue
            operator = "GE" if feature.is_numeric else "IN" if feature.is_coded else "IS_FALSE"
            value = list(feature.choices) or ["34"] if feature.is_coded else "0"
            rule = validate_rule(
                code="RULE",
                feature=code,
                operator=operator,
                value=value,
                effective_from="2025-01-01",
            )

            assert evaluate_rule(rule, facts, TODAY).outcome is not Outcome.CANNOT_TELL
