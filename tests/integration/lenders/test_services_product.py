from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from lenders.domain.rule import Operator, RuleSpec
from lenders.models import LoanProduct, ProductVersion
from lenders.selectors import rules_of, terms_of
from lenders.services import (
    product_draft,
    product_rule_add,
    product_rule_remove,
    product_version_draft,
    product_version_edit,
)
from marketplace.domain.errors import Conflict, NotPermitted, Refused, TransitionRefused
from marketplace.models import AuditEvent
from tests.factories.lenders import make_draft, make_product, make_terms

AGE = RuleSpec("AGE", "age_months", Operator.GE, Decimal(12), date(2026, 11, 1))
SIZE = RuleSpec("SIZE", "size_class", Operator.IN, ("SMALL", "MICRO"), date(2026, 11, 1))


@pytest.fixture
def draft(cast, now):
    def draft(**changes):
        values = {
            "institution": cast.institution,
            "code": "B001-P01",
            "name": "示例信用贷",
            "terms": make_terms(),
            "rules": [AGE, SIZE],
            "summary": "用于日常周转。",
            "actor": cast.officer,
        }
        return product_draft(**(values | changes), at=now)

    return draft


@pytest.fixture
def version(cast, now):
    return make_draft(
        institution=cast.institution, code="B001-P02", drafted_by=cast.officer, at=now
    )


class TestProductDraft:
    def test_writes_terms_and_rules_as_given(self, draft):
        version = draft()

        stored = ProductVersion.objects.get(pk=version.pk)
        assert (stored.number, stored.state) == (1, "DRAFT")
        assert terms_of(stored) == make_terms()
        assert rules_of(stored) == (AGE, SIZE)

    def test_is_written_into_the_institutions_chain(self, draft):
        draft()

        event = AuditEvent.objects.get(stream="institution:B001")
        assert (event.action, event.payload) == ("lenders.product.draft", {"version": 1})

    @pytest.mark.parametrize("name", ["rival_officer", "operator", "owner", "stranger"])
    def test_demands_staff_of_the_institution(self, cast, draft, name):
        with pytest.raises(NotPermitted):
            draft(actor=getattr(cast, name))

    def test_refuses_terms_at_their_fields(self, draft):
        with pytest.raises(Refused) as refused:
            draft(terms=make_terms(all_in_rate_max_bp=479))

        assert set(refused.value.fields) == {"all_in_rate_max_bp"}
        assert not LoanProduct.objects.exists()

    def test_refuses_a_code_in_use_by_anybody(self, cast, draft):
        draft()

        with pytest.raises(Conflict) as refused:
            draft(institution=cast.rival_institution, actor=cast.rival_officer)

        assert refused.value.code == "PRODUCT_CODE_TAKEN"

    def test_refuses_a_name_twice_in_one_institution(self, draft):
        draft()

        with pytest.raises(Conflict) as refused:
            draft(code="B001-P09")

        assert refused.value.code == "PRODUCT_NAME_TAKEN"

    def test_refuses_two_rules_of_one_code(self, draft):
        with pytest.raises(Refused) as refused:
            draft(rules=[AGE, AGE])

        assert refused.value.code == "RULE_CODE_TAKEN"

    def test_refuses_a_summary_that_is_too_long(self, draft):
        with pytest.raises(Refused) as refused:
            draft(summary="长" * 501)

        assert set(refused.value.fields) == {"summary"}

    def test_refuses_an_institution_that_is_not_admitted(self, cast, draft):
        cast.institution.state = "SUSPENDED"

        with pytest.raises(Conflict):
            draft()


class TestProductVersionDraft:
    def test_writes_the_next_number_beside_the_published_one(self, cast, now):
        product = make_product(
            institution=cast.institution,
            code="B001-P03",
            name="示例税易贷",
            drafted_by=cast.officer,
            published_by=cast.approver,
            at=now,
        )

        version = product_version_draft(
            product=product,
            terms=make_terms(),
            rules=[AGE],
            summary="",
            actor=cast.approver,
            at=now,
        )

        assert (version.number, version.state) == (2, "DRAFT")
        assert product.versions.get(number=1).state == "PUBLISHED"

    def test_refuses_a_second_open_version(self, cast, version, now):
        with pytest.raises(Conflict) as refused:
            product_version_draft(
                product=version.product,
                terms=make_terms(),
                rules=[],
                summary="",
                actor=cast.officer,
                at=now,
            )

        assert refused.value.code == "VERSION_OPEN"


class TestProductVersionEdit:
    def test_changes_terms_and_makes_the_editor_the_drafter(self, cast, version, now):
        product_version_edit(
            version=version,
            terms=make_terms(term_max_months=24),
            summary="改",
            actor=cast.approver,
            at=now,
        )

        version.refresh_from_db()
        assert (version.term_max_months, version.summary) == (24, "改")
        assert version.drafted_by == cast.approver

    def test_refuses_once_submitted(self, cast, version, now):
        version.state = "PENDING_REVIEW"
        version.save()

        with pytest.raises(TransitionRefused) as refused:
            product_version_edit(
                version=version, terms=make_terms(), summary="", actor=cast.officer, at=now
            )

        assert refused.value.code == "VERSION_NOT_DRAFT"

    def test_demands_staff_of_the_institution(self, cast, version, now):
        with pytest.raises(NotPermitted):
            product_version_edit(
                version=version, terms=make_terms(), summary="", actor=cast.operator, at=now
            )


class TestProductRules:
    def test_are_added_and_removed(self, cast, version, now):
        product_rule_add(version=version, rule=AGE, actor=cast.officer, at=now)
        product_rule_add(version=version, rule=SIZE, actor=cast.officer, at=now)
        product_rule_remove(version=version, code="AGE", actor=cast.officer, at=now)

        assert rules_of(version) == (SIZE,)

    def test_make_the_editor_the_drafter(self, cast, version, now):
        changed = product_rule_add(version=version, rule=AGE, actor=cast.second_officer, at=now)

        assert changed.drafted_by == cast.second_officer

    def test_keep_one_code_each(self, cast, version, now):
        product_rule_add(version=version, rule=AGE, actor=cast.officer, at=now)

        with pytest.raises(Refused) as refused:
            product_rule_add(version=version, rule=AGE, actor=cast.officer, at=now)

        assert refused.value.code == "RULE_CODE_TAKEN"

    def test_say_when_the_one_to_remove_is_gone(self, cast, version, now):
        with pytest.raises(Conflict) as refused:
            product_rule_remove(version=version, code="AGE", actor=cast.officer, at=now)

        assert refused.value.code == "RULE_GONE"

    def test_stay_as_they_are_once_submitted(self, cast, version, now):
        version.state = "PENDING_REVIEW"
        version.save()

        with pytest.raises(TransitionRefused):
            product_rule_add(version=version, rule=AGE, actor=cast.officer, at=now)
