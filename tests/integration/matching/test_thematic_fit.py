"""Thematic lists as rules of products and as a filter of generated whitelists."""

from __future__ import annotations

from datetime import date

import pytest

from borrowers.models import Enterprise
from borrowers.services.thematic import thematic_run_all, thematic_seed
from lenders.domain.rule import Operator, RuleSpec
from marketplace.domain.errors import Refused
from marketplace.domain.verdict import Outcome
from matching.domain.fit import decide
from matching.domain.fit_facts import facts_for_fit
from matching.domain.portrait import canonical_json, from_json
from matching.domain.subject import ConsentFacts, DeclaredFacts
from matching.selectors.portrait import portrait_build
from matching.services.whitelist_generate import GenerationParameters, whitelist_generate
from tests.factories.matching import make_demand
from tests.factories.whitelist import deliver_lists


def rule(operator: Operator, *codes: str) -> RuleSpec:
    return RuleSpec("CHAIN", "industry_chains", operator, codes, date(2024, 1, 1))


def portrait(cast, at):
    return portrait_build(
        cast.enterprise, consent=ConsentFacts.own(), declared=DeclaredFacts(), at=at
    )


def outcome(cast, at, asked):
    return decide(asked, facts_for_fit(portrait(cast, at))[asked.feature])


@pytest.fixture
def listed(cast, now):
    Enterprise.objects.filter(pk=cast.enterprise.pk).update(industry_code="1431")
    cast.enterprise.refresh_from_db()
    return cast


class TestProductRules:
    def test_cannot_tell_before_the_lists_are_filled(self, listed, now):
        thematic_seed(actor=None, at=now)

        assert outcome(listed, now, rule(Operator.IN, "GREEN_FOOD")) is Outcome.CANNOT_TELL

    def test_ask_for_one_of_some_chains(self, listed, now):
        thematic_run_all(actor=None, at=now)

        asked = rule(Operator.IN, "GREEN_FOOD", "AEROSPACE")
        assert outcome(listed, now, asked) is Outcome.FITS
        assert outcome(listed, now, rule(Operator.IN, "AEROSPACE")) is Outcome.DOES_NOT_FIT
        assert outcome(listed, now, rule(Operator.NOT_IN, "AEROSPACE")) is Outcome.FITS


class TestFrozenText:
    def test_is_that_of_older_portraits_while_no_list_is_known(self, listed, now):
        text = canonical_json(portrait(listed, now))

        assert "industry_chains" not in text
        assert from_json(text).enterprise.industry_chains is None

    def test_keeps_known_lists(self, listed, now):
        thematic_run_all(actor=None, at=now)

        text = canonical_json(portrait(listed, now))

        assert from_json(text).enterprise.industry_chains == ("GREEN_FOOD",)
        assert canonical_json(from_json(text)) == text


class TestWhitelist:
    def generate(self, cast, now, **asked):
        return whitelist_generate(
            district="120103",
            issue_no="2026-11",
            parameters=GenerationParameters(**asked),
            actor=cast.district_clerk,
            at=now,
        )

    def test_takes_enterprises_of_the_lists_asked_for(self, listed, now):
        deliver_lists(now)
        make_demand(listed, now)
        thematic_run_all(actor=None, at=now)

        made = self.generate(listed, now, lists=("GREEN_FOOD",))

        assert made.rows_read == 1
        assert made.parameters["lists"] == ["GREEN_FOOD"]
        with pytest.raises(Refused, match="WL_NO_CANDIDATES"):
            self.generate(listed, now, lists=("AEROSPACE",))

    def test_refuses_an_unknown_list(self, listed, now):
        with pytest.raises(Refused, match="WL_PARAMETER_INVALID"):
            self.generate(listed, now, lists=("NOWHERE",))
