from __future__ import annotations

from bs4 import BeautifulSoup
from django.urls import reverse

from lenders.models import Institution

LIST = reverse("lenders:institution-public-list")
APPLY = reverse("lenders:institution-apply")
FORM = {
    "name": "示例村镇银行",
    "uscc": "91120105MA0501055U",
    "code": "B009",
    "kind": "VILLAGE",
    "contact_name": "王示例",
    "contact_phone": "022-00000000",
}


class TestInstitutionList:
    def test_names_the_admitted_with_their_products(self, client, product):
        page = client.get(LIST)

        assert "示例城市银行" in page.text
        assert "城市商业银行" in page.text

    def test_leads_to_the_products_of_each(self, client, product, cast):
        link = BeautifulSoup(client.get(LIST).text, "html.parser").select_one(
            "td a[href*='institution=']"
        )

        assert "示例信用贷" in client.get(link["href"]).text

    def test_leaves_out_who_waits(self, client, cast):
        client.post(APPLY, FORM, follow=True)

        assert "示例村镇银行" not in client.get(LIST).text

    def test_needs_few_queries(self, client, product, django_assert_max_num_queries):
        with django_assert_max_num_queries(4):
            client.get(LIST)


class TestInstitutionApply:
    def test_enters_the_application(self, client, cast):
        answer = client.post(APPLY, FORM, follow=True)

        assert "申请已提交：示例村镇银行" in answer.text
        assert Institution.objects.get(code="B009").state == "PENDING"

    def test_says_what_is_wrong_at_the_field(self, client, cast):
        page = client.post(APPLY, FORM | {"uscc": "91120105MA0501055X"})

        assert page.status_code == 422
        assert "校验位不符" in page.text
        assert "INSTITUTION_INVALID" in page.text

    def test_chooses_no_kind_for_the_applicant(self, client, cast):
        page = client.post(APPLY, FORM | {"kind": ""})

        assert page.status_code == 422
        assert not Institution.objects.filter(code="B009").exists()

    def test_says_when_the_code_is_taken(self, client, cast):
        page = client.post(APPLY, FORM | {"code": "b001"})

        assert page.status_code == 422
        assert "该机构代码已被使用" in page.text
