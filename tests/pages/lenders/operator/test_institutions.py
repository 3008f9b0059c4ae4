from __future__ import annotations

import pytest
from django.urls import reverse

from tests.access.lenders import STAFF_BODY
from tests.factories.lenders import make_institution

LIST = reverse("lenders:institution-list")


@pytest.fixture
def applicant(cast, now):
    return make_institution(
        code="B008",
        name="示例申请村镇银行",
        uscc="91120106MA05010635",
        at=now,
        state="PENDING",
        admitted_at=None,
        contact_name="王示例",
        contact_phone="022-00000000",
    )


def url(name, institution):
    return reverse(f"lenders:institution-{name}", args=[institution.public_id])


class TestInstitutionList:
    def test_shows_everybody_with_the_state(self, enter, applicant):
        page = enter("operator").get(LIST)

        assert "示例申请村镇银行" in page.text
        assert "待准入" in page.text

    def test_filters_by_state(self, enter, applicant):
        page = enter("auditor").get(LIST, {"state": "ADMITTED"})

        assert "示例申请村镇银行" not in page.text
        assert "示例城市银行" in page.text

    @pytest.mark.parametrize("text", ["申请村镇", "b008", "91120106MA05010635"])
    def test_finds_by_name_and_codes(self, enter, applicant, text):
        page = enter("operator").get(LIST, {"text": text})

        assert "示例申请村镇银行" in page.text
        assert "示例城市银行" not in page.text

    def test_refuses_an_unknown_state(self, enter, cast):
        assert enter("operator").get(LIST, {"state": "GONE"}).status_code == 422

    def test_needs_few_queries(self, enter, applicant, django_assert_max_num_queries):
        client = enter("operator")

        with django_assert_max_num_queries(8):
            client.get(LIST)


class TestInstitutionDetail:
    def test_shows_contact_and_decisions(self, enter, applicant):
        page = enter("operator").get(url("detail", applicant))

        assert "022-00000000" in page.text
        assert "不予准入" in page.text

    def test_offers_the_auditor_no_decision(self, enter, applicant):
        assert "不予准入" not in enter("auditor").get(url("detail", applicant)).text

    def test_needs_few_queries(self, enter, cast, product, django_assert_max_num_queries):
        client = enter("operator")

        with django_assert_max_num_queries(12):
            client.get(url("detail", cast.institution))


class TestWhatIsLacking:
    @pytest.fixture(autouse=True)
    def _no_branch(self, applicant):
        applicant.branches.all().delete()

    def test_is_not_said_before_admission(self, enter, applicant):
        assert "还没有网点" not in enter("operator").get(url("detail", applicant)).text

    def test_is_said_after_admission(self, enter, applicant):
        client = enter("operator")

        page = client.post(url("review", applicant), {"decision": "approve"}, follow=True)

        assert "还没有网点。请先添加网点" in page.text

    def test_is_not_said_of_a_complete_team(self, enter, cast):
        assert "还不能办理业务" not in enter("operator").get(url("detail", cast.institution)).text

    def test_offers_the_first_branch_as_the_one_for_all_other_districts(self, enter, applicant):
        client = enter("operator")
        client.post(url("review", applicant), {"decision": "approve"})

        page = client.get(url("branch-create", applicant))

        assert page.context["form"]["is_default"].value() is True


class TestDecisions:
    def test_admit(self, enter, applicant):
        enter("operator").post(url("review", applicant), {"decision": "approve"})

        applicant.refresh_from_db()
        assert applicant.state == "ADMITTED"

    def test_refuse_with_a_reason(self, enter, applicant):
        client = enter("operator")

        page = client.post(url("review", applicant), {"decision": "refuse", "reason": ""})
        client.post(url("review", applicant), {"decision": "refuse", "reason": "材料不全"})

        applicant.refresh_from_db()
        assert page.status_code == 422
        assert (applicant.state, applicant.review_reason) == ("REFUSED", "材料不全")

    def test_are_refused_in_another_state(self, enter, cast):
        page = enter("operator").post(url("review", cast.institution), {"decision": "approve"})

        assert page.status_code == 409

    def test_suspend_and_restore(self, enter, cast):
        client = enter("operator")

        client.post(url("suspend", cast.institution), {"reason": "整改"})
        cast.institution.refresh_from_db()
        assert cast.institution.state == "SUSPENDED"

        client.post(url("restore", cast.institution))
        cast.institution.refresh_from_db()
        assert cast.institution.state == "ADMITTED"


class TestFirstStaff:
    def test_are_posted_by_the_operator(self, enter, applicant):
        client = enter("operator")
        client.post(url("review", applicant), {"decision": "approve"})
        branch = applicant.branches.get()

        answer = client.post(
            url("staff-create", applicant),
            STAFF_BODY | {"role": "APPROVER", "branch": branch.public_id},
        )

        assert answer.headers["Location"] == url("detail", applicant)

    def test_wait_for_admission(self, enter, applicant):
        branch = applicant.branches.get()

        page = enter("operator").post(
            url("staff-create", applicant), STAFF_BODY | {"branch": branch.public_id}
        )

        assert page.status_code == 409


class TestProductList:
    URL = reverse("lenders:product-oversee-list")

    def test_shows_the_products_of_all_institutions(self, enter, product):
        page = enter("operator").get(self.URL)

        assert "示例信用贷" in page.text
        assert "示例城市银行" in page.text

    def test_needs_few_queries(self, enter, product, django_assert_max_num_queries):
        client = enter("operator")

        with django_assert_max_num_queries(8):
            client.get(self.URL)
