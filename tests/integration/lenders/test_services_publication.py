from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from lenders.models import ProductRule, ProductVersion
from lenders.selectors import product_published_list, rules_of
from lenders.services import product_review, product_submit, product_withdraw
from marketplace.domain.errors import Conflict, NotPermitted, TransitionRefused
from marketplace.models import AuditEvent, Notification
from tests.factories.lenders import TERMS, make_draft, make_product


@pytest.fixture
def draft(cast, now):
    return make_draft(
        institution=cast.institution, code="B001-P02", drafted_by=cast.officer, at=now
    )


@pytest.fixture
def pending(cast, draft, now):
    return product_submit(version=draft, actor=cast.officer, at=now)


@pytest.fixture
def product(cast, now):
    return make_product(
        institution=cast.institution,
        code="B001-P01",
        name="示例信用贷",
        drafted_by=cast.officer,
        published_by=cast.approver,
        at=now,
    )


def review(version, actor, at, *, publish=True, reason=""):
    return product_review(version=version, publish=publish, reason=reason, actor=actor, at=at)


class TestProductSubmit:
    def test_hands_the_draft_over(self, pending, now):
        assert (pending.state, pending.submitted_at) == ("PENDING_REVIEW", now)

    def test_tells_the_approvers(self, cast, pending):
        told = Notification.objects.filter(kind="product.submitted")

        assert [notice.user for notice in told] == [cast.approver]

    def test_refuses_what_is_submitted_already(self, cast, pending, now):
        with pytest.raises(TransitionRefused):
            product_submit(version=pending, actor=cast.officer, at=now)

    @pytest.mark.parametrize("name", ["rival_approver", "operator", "owner"])
    def test_demands_staff_of_the_institution(self, cast, draft, now, name):
        with pytest.raises(NotPermitted):
            product_submit(version=draft, actor=getattr(cast, name), at=now)


class TestProductReview:
    def test_publishes_at_once(self, cast, pending, now):
        version = review(pending, cast.approver, now)

        assert (version.state, version.reviewed_by) == ("PUBLISHED", cast.approver)
        assert [item.version for item in product_published_list(now)] == [version]

    def test_supersedes_the_version_before(self, cast, product, now):
        later = now + timedelta(days=30)
        before = product.versions.get()
        version = product.versions.create(
            **TERMS,
            number=2,
            state="PENDING_REVIEW",
            drafted_by=cast.officer,
            drafted_at=now,
        )

        review(version, cast.approver, later)

        before.refresh_from_db()
        assert (before.state, before.effective_until) == ("SUPERSEDED", later)
        assert [item.version.number for item in product_published_list(now)] == [1]
        assert [item.version.number for item in product_published_list(later)] == [2]

    def test_returns_with_a_reason_to_the_drafter(self, cast, pending, now):
        version = review(pending, cast.approver, now, publish=False, reason="利率有误")

        assert (version.state, version.review_reason) == ("REFUSED", "利率有误")
        notice = Notification.objects.get(kind="product.refuse")
        assert (notice.user, notice.body) == (cast.officer, "利率有误")

    def test_demands_a_reason_for_a_return(self, cast, pending, now):
        with pytest.raises(TransitionRefused):
            review(pending, cast.approver, now, publish=False)

    def test_is_never_done_by_the_drafter(self, cast, now):
        own = make_draft(
            institution=cast.institution,
            code="B001-P07",
            drafted_by=cast.approver,
            at=now,
            state="PENDING_REVIEW",
        )

        with pytest.raises(TransitionRefused) as refused:
            review(own, cast.approver, now)

        assert refused.value.code == "GUARD_REFUSED"

    def test_is_open_to_the_operator(self, cast, pending, now):
        assert review(pending, cast.operator, now).state == "PUBLISHED"

    @pytest.mark.parametrize("name", ["second_officer", "rival_approver", "auditor"])
    def test_demands_an_approver_of_the_institution(self, cast, pending, now, name):
        with pytest.raises(NotPermitted):
            review(pending, getattr(cast, name), now)

    @pytest.mark.parametrize("publish", [True, False])
    def test_is_refused_for_a_draft(self, cast, draft, now, publish):
        with pytest.raises(TransitionRefused):
            review(draft, cast.approver, now, publish=publish, reason="示例")

    def test_publishes_nothing_of_a_suspended_institution(self, cast, pending, now):
        cast.institution.state = "SUSPENDED"
        cast.institution.save()

        with pytest.raises(Conflict):
            review(pending, cast.approver, now)

    def test_leaves_a_trace(self, cast, pending, now):
        review(pending, cast.approver, now)

        actions = AuditEvent.objects.filter(stream="institution:B001").values_list(
            "action", flat=True
        )
        assert list(actions) == ["lenders.product.submit", "lenders.product.publish"]


class TestProductWithdraw:
    def test_takes_it_off_the_shelf(self, cast, product, now):
        later = now + timedelta(hours=1)

        version = product_withdraw(product=product, reason="停办", actor=cast.officer, at=later)

        assert (version.state, version.withdrawn_reason) == ("WITHDRAWN", "停办")
        assert not product_published_list(later)
        assert product_published_list(now)

    def test_demands_a_reason(self, cast, product, now):
        with pytest.raises(TransitionRefused):
            product_withdraw(product=product, reason=" ", actor=cast.officer, at=now)

    def test_says_when_nothing_is_published(self, cast, draft, now):
        with pytest.raises(Conflict) as refused:
            product_withdraw(product=draft.product, reason="停办", actor=cast.officer, at=now)

        assert refused.value.code == "PRODUCT_NOT_PUBLISHED"

    @pytest.mark.parametrize("name", ["rival_officer", "auditor", "owner"])
    def test_demands_staff_or_an_operator(self, cast, product, now, name):
        with pytest.raises(NotPermitted):
            product_withdraw(product=product, reason="停办", actor=getattr(cast, name), at=now)


class TestPublicationThatCameToNothing:
    def test_leaves_no_rules_behind(self, cast, pending, now):
        ProductRule.objects.create(
            version=pending,
            code="AGE",
            feature="age_months",
            operator="GE",
            value="12",
            effective_from=now.date(),
        )
        try:
            with transaction.atomic():
                review(pending, cast.approver, now)
                assert [rule.value for rule in rules_of(ProductVersion.objects.get())] == [12]
                raise InterruptedError
        except InterruptedError:
            ProductRule.objects.update(value="24")

        review(ProductVersion.objects.get(), cast.approver, now + timedelta(minutes=1))

        assert [rule.value for rule in rules_of(ProductVersion.objects.get())] == [24]


class TestDatabase:
    def test_holds_one_published_version_of_a_product(self, product):
        copy = product.versions.get()
        copy.pk, copy.public_id, copy.number = None, "11111111-1111-4111-8111-111111111111", 2

        with pytest.raises(IntegrityError), transaction.atomic():
            copy.save(force_insert=True)

    def test_holds_no_version_reviewed_by_its_drafter(self, product):
        version = product.versions.get()
        version.reviewed_by = version.drafted_by

        with pytest.raises(IntegrityError), transaction.atomic():
            version.save()
