from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from lenders.models import ProductVersion
from lenders.selectors import rules_of
from tests.access.lenders import TERMS_FORM
from tests.factories.lenders import make_draft


@pytest.fixture
def draft(cast, now):
    return make_draft(
        institution=cast.institution, code="B001-P02", drafted_by=cast.officer, at=now
    )


def url(name, thing, *more):
    return reverse(f"lenders:{name}", args=[thing.public_id, *more])


class TestProductList:
    URL = reverse("lenders:product-manage-list")

    def test_shows_the_own_products_with_their_state(self, enter, product, draft):
        page = enter("officer").get(self.URL)

        assert "示例信用贷" in page.text
        assert "已发布" in page.text
        assert "草稿" in page.text

    def test_filters_by_state(self, enter, product, draft):
        page = enter("officer").get(self.URL, {"state": "DRAFT"})

        assert "示例信用贷" not in page.text
        assert "B001-P02" in page.text

    def test_shows_a_rival_nothing(self, enter, product):
        assert "示例信用贷" not in enter("rival_officer").get(self.URL).text

    def test_needs_few_queries(self, enter, product, draft, django_assert_max_num_queries):
        client = enter("officer")

        with django_assert_max_num_queries(8):
            client.get(self.URL)


class TestProductCreate:
    URL = reverse("lenders:product-create")

    def test_saves_a_draft_and_goes_on_to_its_rules(self, enter, cast):
        answer = enter("officer").post(
            self.URL, TERMS_FORM | {"code": "b001-p09", "name": "示例新品"}
        )

        version = ProductVersion.objects.get(product__code="B001-P09")
        assert answer.headers["Location"] == url("version-rules", version)
        assert version.amount_min_yuan == 100_000
        assert version.all_in_rate_max_bp == 500

    def test_says_what_is_wrong_at_the_field(self, enter, cast):
        typed = {"code": "b001-p09", "name": "示例新品", "all_in_rate_max_bp": "4.79"}

        page = enter("officer").post(self.URL, TERMS_FORM | typed)

        assert page.status_code == 422
        assert "综合年化成本上限不能低于年化利率上限" in page.text
        assert "PRODUCT_TERMS_INVALID" in page.text

    @pytest.mark.parametrize("field", ["guarantees", "purposes", "repayments"])
    def test_demands_every_choice(self, enter, cast, field):
        typed = {"code": "b001-p09", "name": "示例新品", field: []}

        page = enter("officer").post(self.URL, TERMS_FORM | typed)

        assert page.status_code == 422


class TestVersionEdit:
    def test_shows_the_terms_in_the_units_people_use(self, enter, draft):
        page = enter("officer").get(url("version-edit", draft))

        assert 'value="300"' in page.text
        assert 'value="4.80"' in page.text

    def test_saves_what_was_changed(self, enter, draft):
        enter("officer").post(url("version-edit", draft), TERMS_FORM | {"term_max_months": "24"})

        draft.refresh_from_db()
        assert draft.term_max_months == 24

    def test_is_refused_for_what_is_published(self, enter, product):
        page = enter("officer").get(url("version-edit", product.versions.get()))

        assert page.status_code == 409
        assert "VERSION_NOT_DRAFT" in page.text


class TestRules:
    PERIOD = {"effective_from": "2026-11-01", "effective_until": ""}

    def test_are_added_in_two_plain_steps(self, enter, draft):
        client, address = enter("officer"), url("version-rules", draft)

        step = client.get(address, {"feature": "score_points"})
        client.post(
            address, {"feature": "score_points", "operator": "GE", "value": "60", **self.PERIOD}
        )

        assert 'name="value_high"' in step.text
        assert "公共信用综合评分不低于 60 分" in client.get(address).text

    @pytest.mark.parametrize(
        ("typed", "value"),
        [
            ({"feature": "tax_paid_12m_yuan", "operator": "GE", "value": "5"}, 50_000),
            (
                {"feature": "size_class", "operator": "IN", "value": ["MICRO", "SMALL"]},
                ("SMALL", "MICRO"),
            ),
            ({"feature": "serious_breach", "operator": "IS_FALSE"}, False),
            (
                {"feature": "industry_division", "operator": "NOT_IN", "value": "43、52"},
                ("43", "52"),
            ),
            (
                {"feature": "age_months", "operator": "BETWEEN", "value": "12", "value_high": "60"},
                (12, 60),
            ),
        ],
    )
    def test_take_the_value_their_feature_has(self, enter, draft, typed, value):
        answer = enter("officer").post(url("version-rules", draft), typed | self.PERIOD)

        assert answer.status_code == 302
        assert rules_of(draft)[0].value == value

    @pytest.mark.parametrize(
        "typed",
        [
            {"feature": "luck", "operator": "GE", "value": "1"},
            {"feature": "age_months", "operator": "IN", "value": "1"},
            {"feature": "age_months", "operator": "GE", "value": "很久"},
            {"feature": "age_months", "operator": "GE", "value": "1.5"},
            {"feature": "age_months", "operator": "BETWEEN", "value": "12"},
            {"feature": "age_months", "operator": "BETWEEN", "value": "12", "value_high": "6"},
            {"feature": "size_class", "operator": "IN"},
            {"feature": "industry_division", "operator": "IN", "value": "制造业"},
            {"feature": "age_months", "operator": "GE", "value": "1", "effective_from": "昨天"},
            {
                "feature": "age_months",
                "operator": "GE",
                "value": "1",
                "effective_until": "2026-10-01",
            },
            {},
        ],
    )
    def test_are_refused_with_a_sentence(self, enter, draft, typed):
        page = enter("officer").post(url("version-rules", draft), self.PERIOD | typed)

        assert page.status_code == 422
        assert "mk-field-error" in page.text
        assert not rules_of(draft)

    @pytest.mark.parametrize(
        ("feature", "operator", "value", "shown"),
        [
            ("age_months", "GE", 12, {"value": "12"}),
            ("age_months", "BETWEEN", [12, 60], {"value": "12", "value_high": "60"}),
            ("tax_paid_12m_yuan", "GE", "250000.00", {"value": "25"}),
            ("industry_division", "IN", ["43", "52"], {"value": "43、52"}),
        ],
    )
    def test_are_changed_beginning_with_what_they_say(
        self, enter, draft, now, feature, operator, value, shown
    ):
        draft.rules.create(
            code="OWN", feature=feature, operator=operator, value=value, effective_from=now.date()
        )
        before = rules_of(draft)
        client = enter("officer")
        page = BeautifulSoup(
            client.get(url("version-rules", draft) + "?change=OWN").text, "html.parser"
        )
        form = page.select_one("#add ~ form")
        given = {field["name"]: field.get("value", "") for field in form.select("input")}
        given["operator"] = form.select_one("select[name=operator] option[selected]")["value"]

        answer = client.post(url("version-rules", draft), given)

        assert {name: given[name] for name in shown} == shown
        assert (answer.status_code, rules_of(draft)) == (302, before)

    def test_are_changed_in_their_place(self, enter, draft, now):
        for code, months in (("AGE", 12), ("AGE_2", 24)):
            draft.rules.create(
                code=code,
                feature="age_months",
                operator="GE",
                value=months,
                effective_from=now.date(),
            )
        typed = {"change": "AGE", "feature": "age_months", "operator": "GE", "value": "18"}

        answer = enter("officer").post(url("version-rules", draft), typed | self.PERIOD)

        assert answer.status_code == 302
        assert [(rule.code, rule.value) for rule in rules_of(draft)] == [("AGE", 18), ("AGE_2", 24)]

    def test_say_when_the_one_to_change_is_gone(self, enter, draft):
        assert enter("officer").get(url("version-rules", draft) + "?change=GONE").status_code == 404

    def test_repeat_nothing_the_terms_say(self, enter, draft):
        page = BeautifulSoup(enter("officer").get(url("version-rules", draft)).text, "html.parser")
        offered = {option["value"] for option in page.select("select[name=feature] option")}

        assert "age_months" in offered
        assert offered.isdisjoint({"amount_yuan", "term_months", "district_code"})

    def test_are_removed(self, enter, draft, now):
        draft.rules.create(
            code="AGE", feature="age_months", operator="GE", value="12", effective_from=now.date()
        )

        enter("officer").post(url("rule-remove", draft, "AGE"))

        assert not draft.rules.exists()

    def test_say_when_the_one_to_remove_is_gone(self, enter, draft):
        assert enter("officer").post(url("rule-remove", draft, "GONE")).status_code == 409


class TestVersionDetail:
    def test_shows_the_drafter_what_to_do(self, enter, draft):
        page = enter("officer").get(url("version-detail", draft))

        assert "提交复核" in page.text
        assert "退回起草人" not in page.text

    def test_tells_the_drafter_that_another_must_publish(self, enter, draft):
        client = enter("officer")

        page = client.post(url("version-submit", draft), follow=True)

        assert "须由另一位审批人复核发布" in page.text

    def test_shows_what_changed_since_the_published_version(self, enter, product, now, cast):
        client = enter("officer")
        client.post(url("version-create", product))
        version = product.versions.get(number=2)
        client.post(url("version-edit", version), TERMS_FORM | {"term_max_months": "24"})
        client.post(url("rule-remove", version, "AGE"))

        page = client.get(url("version-detail", version))

        assert "与第 1 版相比" in page.text
        assert "3 至 24 个月" in page.text
        changed = {change.label: change for change in page.context["changes"]}
        assert changed["条件：成立时间"].before == "成立满 24 个月"
        assert not changed["条件：成立时间"].after

    def test_shows_a_rule_put_in_the_place_of_another_as_one_change(self, enter, product):
        client = enter("officer")
        client.post(url("version-create", product))
        version = product.versions.get(number=2)
        client.post(url("rule-remove", version, "AGE"))
        client.post(
            url("version-rules", version),
            {
                "feature": "age_months",
                "operator": "GE",
                "value": "36",
                "effective_from": "2026-11-01",
            },
        )

        page = client.get(url("version-detail", version))

        (change,) = page.context["changes"]
        assert (change.before, change.after) == ("成立满 24 个月", "成立满 36 个月")

    def test_needs_few_queries(self, enter, product, django_assert_max_num_queries):
        client = enter("officer")

        with django_assert_max_num_queries(9):
            client.get(url("version-detail", product.versions.get()))


class TestVersionReview:
    @pytest.fixture
    def pending(self, draft):
        draft.state = "PENDING_REVIEW"
        draft.save()
        return draft

    def test_publishes(self, enter, pending):
        answer = enter("approver").post(url("version-review", pending), {"decision": "publish"})

        pending.refresh_from_db()
        assert (answer.status_code, pending.state) == (302, "PUBLISHED")

    def test_returns_with_a_reason(self, enter, pending):
        enter("approver").post(
            url("version-review", pending), {"decision": "refuse", "reason": "利率有误"}
        )

        pending.refresh_from_db()
        assert (pending.state, pending.review_reason) == ("REFUSED", "利率有误")

    def test_leads_the_drafter_of_a_returned_one_to_the_next(self, enter, pending):
        enter("approver").post(
            url("version-review", pending), {"decision": "refuse", "reason": "利率有误"}
        )
        client = enter("officer")

        page = client.get(url("version-detail", pending))
        client.post(url("version-create", pending.product))
        then = client.get(url("version-detail", pending))

        assert "以此为底稿重新起草" in page.text
        assert pending.product.versions.filter(number=2, state="DRAFT").exists()
        assert "以此为底稿重新起草" not in then.text

    def test_demands_a_reason_for_a_return(self, enter, pending):
        page = enter("approver").post(
            url("version-review", pending), {"decision": "refuse", "reason": ""}
        )

        pending.refresh_from_db()
        assert (page.status_code, pending.state) == (422, "PENDING_REVIEW")
        assert "mk-error-summary" in page.text

    def test_demands_a_decision(self, enter, pending):
        page = enter("approver").post(url("version-review", pending), {"decision": "maybe"})

        assert page.status_code == 400

    def test_is_refused_to_the_drafter(self, enter, cast, pending):
        pending.drafted_by = cast.approver
        pending.save()

        page = enter("approver").post(url("version-review", pending), {"decision": "publish"})

        assert page.status_code == 409
        assert "复核人不能与起草人为同一人" in page.text

    def test_is_refused_for_what_is_decided(self, enter, product):
        version = product.versions.get()

        page = enter("approver").post(url("version-review", version), {"decision": "publish"})

        assert page.status_code == 409


class TestProductDetail:
    def test_offers_the_next_version_and_withdrawal(self, enter, product):
        page = enter("officer").get(url("product-manage-detail", product))

        assert "起草新版本" in page.text
        assert "下架" in page.text

    def test_starts_the_next_version_as_a_copy(self, enter, product):
        enter("officer").post(url("version-create", product))

        version = product.versions.get(number=2)
        assert rules_of(version) == rules_of(product.versions.get(number=1))

    def test_says_when_a_version_is_open_already(self, enter, product):
        client = enter("officer")
        client.post(url("version-create", product))

        page = client.post(url("version-create", product))

        assert page.status_code == 409
        assert "VERSION_OPEN" in page.text

    def test_withdraws_with_a_reason(self, enter, product):
        client = enter("officer")

        refused = client.post(url("product-withdraw", product), {"reason": " "})
        done = client.post(url("product-withdraw", product), {"reason": "停办"})

        assert (refused.status_code, done.status_code) == (422, 302)
        assert product.versions.get().state == "WITHDRAWN"

    def test_says_when_nothing_is_published(self, enter, draft):
        page = enter("officer").post(url("product-withdraw", draft.product), {"reason": "停办"})

        assert page.status_code == 409
