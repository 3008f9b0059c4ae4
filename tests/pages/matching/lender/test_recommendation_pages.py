import pytest
import time_machine
from django.urls import reverse

from lenders.models import Branch
from matching.models import LoanApplication
from tests.cast import NOW
from tests.factories.matching import make_application
from tests.factories.whitelist import (
    deliver_lists,
    list_enterprise,
    make_recommended,
    make_whitelist,
    row_of,
    sheet_of,
)


@pytest.fixture(autouse=True)
def world(cast):
    deliver_lists()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def officer(cast, client):
    client.force_login(cast.officer)
    return client


def address(name, entry):
    return reverse(f"matching:recommendation-{name}", args=[entry.public_id])


class TestRecommendationPages:
    def test_show_need_and_nothing_else(self, cast, officer, django_assert_max_num_queries):
        list_enterprise(cast.enterprise, "ENFORCEMENT")
        entry = make_recommended(cast)

        with django_assert_max_num_queries(14):
            page = officer.get(reverse("matching:recommendation-list")).text
        detail = officer.get(address("detail", entry)).text

        for text in (page, detail):
            assert cast.enterprise.name in text
            assert "50 万元" in text
            assert "被执行" not in text
            assert "139" not in text

    def test_hold_no_enterprise_kept_out(self, cast, officer):
        sheet = sheet_of(row_of(cast.enterprise), row_of(cast.rival_enterprise))
        make_whitelist(cast, "PUBLISHED", sheet=sheet)

        page = officer.get(reverse("matching:recommendation-list")).text

        assert cast.rival_enterprise.name not in page

    def test_lead_from_contact_to_result(self, cast, officer):
        entry = make_recommended(cast)

        assert officer.post(address("contact", entry)).status_code == 302
        assert "139****0000" in officer.get(address("detail", entry)).text
        assert "13900000000" in officer.post(address("contact-data", entry)).text
        assert officer.post(address("result", entry), {"result": "OTHER"}).status_code == 422
        assert officer.post(address("result", entry), {"result": "NO_NEED"}).status_code == 302
        assert "企业暂无融资需求" in officer.get(reverse("matching:recommendation-list")).text

    @pytest.mark.parametrize(
        "query",
        [
            "sector=C",
            "amount_min_yuan=50",
            "taken=0",
            "sector=",
            "q=津禾",
            "q=91120103ma05010399",
            "issue_no=2026-11",
        ],
    )
    def test_can_be_filtered(self, cast, officer, query):
        make_recommended(cast)

        page = officer.get(f"{reverse('matching:recommendation-list')}?{query}").text

        assert cast.enterprise.name in page

    @pytest.mark.parametrize("query", ["q=没有", "issue_no=2026-12"])
    def test_can_be_searched_in_vain(self, cast, officer, query):
        make_recommended(cast)

        page = officer.get(f"{reverse('matching:recommendation-list')}?{query}").text

        assert cast.enterprise.name not in page

    def test_say_that_the_enterprise_already_applied(
        self, cast, officer, django_assert_max_num_queries
    ):
        entry = make_recommended(cast)
        application = make_application(cast, "IN_CONTACT")
        review = reverse("matching:review-detail", args=[application.public_id])

        with django_assert_max_num_queries(14):
            answer = officer.get(reverse("matching:recommendation-list"))

        standing = answer.context["table"].rows[0][-1]
        assert (standing.value, standing.note) == ("本机构已有申请", "对接中")
        assert standing.url == review
        assert review in officer.get(address("detail", entry)).text

    def test_lead_nobody_to_another_branchs_application(self, cast, officer):
        make_recommended(cast)
        elsewhere = Branch.objects.create(institution=cast.institution, name="别处支行")
        application = make_application(cast, "IN_CONTACT")
        LoanApplication.objects.filter(pk=application.pk).update(
            branch=elsewhere, officer=cast.second_officer
        )

        answer = officer.get(reverse("matching:recommendation-list"))

        standing = answer.context["table"].rows[0][-1]
        assert (standing.value, standing.url) == ("本机构已有申请", "")

    def test_say_nothing_of_an_application_to_another_lender(self, cast, client):
        make_recommended(cast)
        make_application(cast, "IN_CONTACT")
        client.force_login(cast.rival_officer)

        answer = client.get(reverse("matching:recommendation-list"))

        assert [row[-1].value for row in answer.context["table"].rows] == ["未对接"]

    @pytest.mark.parametrize("query", ["amount_min_yuan=x", "cursor=%00", "taken=9", "sector=ZZ"])
    def test_answer_nonsense_with_4xx(self, officer, query):
        answer = officer.get(f"{reverse('matching:recommendation-list')}?{query}")

        assert 400 <= answer.status_code < 500
