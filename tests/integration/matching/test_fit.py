from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from lenders.selectors import product_get_published
from marketplace.domain.verdict import Outcome
from marketplace.domain.vocabulary import DataClass
from matching.domain.fit import fit_from_json
from matching.domain.subject import ConsentFacts
from matching.models import LoanApplication
from matching.selectors.fit import demand_fit, in_words, product_fit
from matching.services.review import fit_changes
from tests.cast import NOW
from tests.factories.matching import make_application, make_demand, make_offer

pytestmark = pytest.mark.django_db
TAX_RULE = {"code": "TAX", "feature": "tax_paid_12m_yuan", "operator": "GE", "value": "1000"}


def outcomes(found):
    return [entry.result.outcome for entry in found]


class TestDemandFit:
    def test_sorts_fits_then_unknown_then_not(self, cast):
        demand = make_demand(cast)
        make_offer(cast, "A1", guarantees=["MORTGAGE"])
        make_offer(cast, "A2", rules=[TAX_RULE])
        make_offer(cast, "A3")

        found = demand_fit(cast.owner, demand, NOW)

        assert outcomes(found) == [Outcome.FITS, Outcome.CANNOT_TELL, Outcome.DOES_NOT_FIT]

    def test_puts_the_cheaper_first_within_a_group(self, cast):
        demand = make_demand(cast)
        make_offer(cast, "A1", all_in_rate_max_bp=520)
        make_offer(cast, "A2", all_in_rate_max_bp=490)

        found = demand_fit(cast.owner, demand, NOW)

        assert [entry.product.product.code for entry in found] == ["A2", "A1"]

    def test_says_own_value_against_the_limit(self, cast):
        demand = make_demand(cast, amount_yuan=Decimal("5000000"))
        make_offer(cast)

        found = demand_fit(cast.owner, demand, NOW)

        (reason,) = found[0].result.of(Outcome.DOES_NOT_FIT)
        assert "500 万元" in reason.sentence
        assert "300 万元" in reason.sentence
        assert reason.parameter_version == "v1"

    def test_shows_nobody_elses_need(self, cast):
        demand = make_demand(cast)
        make_offer(cast)

        assert demand_fit(cast.rival_owner, demand, NOW) == []
        assert demand_fit(cast.officer, demand, NOW) == []

    def test_asks_the_database_the_same_for_many_products(
        self, cast, django_assert_max_num_queries
    ):
        demand = make_demand(cast)
        for number in range(15):
            make_offer(cast, f"Q{number:02d}")

        with django_assert_max_num_queries(10):
            found = demand_fit(cast.owner, demand, NOW)

        assert len(found) == 15


class TestProductFit:
    def test_tells_what_is_not_authorized_by_class(self, cast):
        demand, product = make_demand(cast), make_offer(cast, rules=[TAX_RULE])
        offer = product_get_published(product.public_id, NOW)
        consent = ConsentFacts(data_classes=("01",))

        found = product_fit(demand, offer, NOW, consent)

        assert found.outcome is Outcome.CANNOT_TELL
        assert found.missing_classes == (DataClass.TAX,)
        assert "未授权查询“纳税”信息" in found.of(Outcome.CANNOT_TELL)[0].sentence


class TestFrozenFit:
    def test_survives_its_journey_through_the_database(self, cast):
        application = LoanApplication.objects.get(pk=make_application(cast).pk)

        found = fit_from_json(application.frozen_fit)

        assert found.outcome is Outcome.FITS
        assert found.fits == len(found.verdicts)

    def test_does_not_change_with_the_product(self, cast):
        application = make_application(cast)
        version = application.product_version
        version.term_max_months = 3
        version.save(update_fields=["term_max_months"])

        application = LoanApplication.objects.get(pk=application.pk)

        assert fit_from_json(application.frozen_fit).outcome is Outcome.FITS


class TestFitChanges:
    def test_are_empty_while_nothing_changed(self, cast):
        application = LoanApplication.objects.get(pk=make_application(cast).pk)
        frozen = in_words(fit_from_json(application.frozen_fit))

        assert fit_changes(frozen, frozen) == ()
        assert fit_changes(frozen, None) == ()

    def test_are_empty_when_only_the_punctuation_of_a_reason_changed(self, cast):
        application = LoanApplication.objects.get(pk=make_application(cast).pk)
        today = in_words(fit_from_json(application.frozen_fit))
        first, *others = today.verdicts
        earlier = replace(first, sentence=first.sentence.replace("：", ":").replace("，", ","))

        assert earlier.sentence != first.sentence
        assert fit_changes(replace(today, verdicts=(earlier, *others)), today) == ()
