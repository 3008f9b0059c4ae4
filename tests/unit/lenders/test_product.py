from dataclasses import replace
from decimal import Decimal

import pytest

from lenders.domain.product import (
    PRODUCT_VERSION,
    ProductTerms,
    check_terms,
    highest_all_in,
    rules_of_terms,
)
from lenders.domain.rule import sentence_of
from marketplace.domain.errors import NotPermitted, Refused, TransitionRefused
from marketplace.domain.roles import SYSTEM, Role

TERMS = ProductTerms(
    amount_min_yuan=Decimal(100_000),
    amount_max_yuan=Decimal(5_000_000),
    term_min_months=6,
    term_max_months=36,
    annual_rate_min_bp=365,
    annual_rate_max_bp=480,
    all_in_rate_max_bp=480,
    guarantees=("CREDIT",),
    purposes=("WORKING_CAPITAL", "EQUIPMENT"),
    repayments=("EQUAL_INSTALLMENT", "BULLET"),
)


class TestCheckTerms:
    def test_gives_back_what_may_be_offered(self):
        assert check_terms(TERMS) is TERMS

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"amount_min_yuan": Decimal(0)}, "amount_min_yuan"),
            ({"amount_min_yuan": Decimal("NaN")}, "amount_min_yuan"),
            ({"amount_max_yuan": Decimal(99_999)}, "amount_max_yuan"),
            ({"amount_max_yuan": Decimal(10) ** 13}, "amount_max_yuan"),
            ({"term_min_months": 0}, "term_min_months"),
            ({"term_max_months": 5}, "term_max_months"),
            ({"term_max_months": 481}, "term_max_months"),
            ({"annual_rate_min_bp": -1}, "annual_rate_min_bp"),
            ({"annual_rate_max_bp": 300}, "annual_rate_max_bp"),
            ({"annual_rate_max_bp": 10_001}, "annual_rate_max_bp"),
            ({"all_in_rate_max_bp": None}, "all_in_rate_max_bp"),
            ({"all_in_rate_max_bp": 479}, "all_in_rate_max_bp"),
            ({"fee_rate_bp": -1}, "fee_rate_bp"),
            ({"guarantees": ()}, "guarantees"),
            ({"guarantees": ("FAITH",)}, "guarantees"),
            ({"purposes": ()}, "purposes"),
            ({"repayments": ("NEVER",)}, "repayments"),
            ({"district_codes": ("110101",)}, "district_codes"),
            ({"decision_days": 0}, "decision_days"),
        ],
    )
    def test_refuses_at_the_field(self, wrong, field):
        with pytest.raises(Refused) as refused:
            check_terms(replace(TERMS, **wrong))

        assert refused.value.code == "PRODUCT_TERMS_INVALID"
        assert field in refused.value.fields

    def test_refuses_an_all_in_rate_that_leaves_fees_out(self):
        with pytest.raises(Refused) as refused:
            check_terms(replace(TERMS, fee_rate_bp=100))

        assert "8.2" in refused.value.fields["all_in_rate_max_bp"]

    def test_accepts_the_all_in_rate_it_computes(self):
        dear = replace(TERMS, fee_rate_bp=100)

        assert check_terms(replace(dear, all_in_rate_max_bp=highest_all_in(dear).simple_bp))


class TestRulesOfTerms:
    def test_say_what_the_product_offers(self):
        assert [sentence_of(rule) for rule in rules_of_terms(TERMS)] == [
            "融资金额在 10 万元至 500 万元之间",
            "融资期限在 6 个月至 36 个月之间",
            "贷款用途属于流动资金、固定资产/设备",
            "担保方式属于信用",
        ]

    def test_name_districts_only_when_the_city_is_not_served_whole(self):
        rules = rules_of_terms(replace(TERMS, district_codes=("120101",)))

        assert sentence_of(rules[-1]) == "所在区属于和平区"


class TestProductVersion:
    def test_is_published_by_a_second_person(self):
        with pytest.raises(TransitionRefused) as refused:
            PRODUCT_VERSION.advance(
                "PENDING_REVIEW", "PUBLISH", [Role.APPROVER], {"actor_id": 1, "drafted_by_id": 1}
            )

        assert refused.value.sentence == "复核人不能与起草人为同一人。"

    def test_is_published_by_another(self):
        row = PRODUCT_VERSION.advance(
            "PENDING_REVIEW", "PUBLISH", [Role.OPERATOR], {"actor_id": 2, "drafted_by_id": 1}
        )

        assert row.target == "PUBLISHED"

    def test_an_officer_does_not_publish(self):
        with pytest.raises(NotPermitted):
            PRODUCT_VERSION.advance(
                "PENDING_REVIEW", "PUBLISH", [Role.OFFICER], {"actor_id": 2, "drafted_by_id": 1}
            )

    @pytest.mark.parametrize(
        ("state", "event", "roles", "facts"),
        [
            ("DRAFT", "SUBMIT", [Role.OFFICER], {}),
            ("PENDING_REVIEW", "REFUSE", [Role.APPROVER], {"actor_id": 2, "drafted_by_id": 1}),
            ("PENDING_REVIEW", "PUBLISH", [Role.APPROVER], {}),
            ("PUBLISHED", "WITHDRAW", [Role.APPROVER], {"reason": " "}),
        ],
    )
    def test_refuses_without_its_condition(self, state, event, roles, facts):
        with pytest.raises(TransitionRefused) as refused:
            PRODUCT_VERSION.advance(state, event, roles, facts)

        assert refused.value.code == "GUARD_REFUSED"

    def test_only_the_marketplace_supersedes(self):
        row = PRODUCT_VERSION.advance("PUBLISHED", "SUPERSEDE", [SYSTEM], {})

        assert row.target == "SUPERSEDED"
