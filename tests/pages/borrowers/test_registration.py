"""What an applicant sees between the application and the decision, and after a refusal."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse

from borrowers.models import Enterprise, EnterpriseAccount
from tests.factories.borrowers import make_enterprise

pytestmark = pytest.mark.django_db
NEW = "91120103MA06010137"
STATUS = reverse("borrowers:account-status")
CONTACT = {"contact_name": "周示例", "contact_phone": "13800000000"}


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def account(cast, now):
    enterprise = make_enterprise(uscc=NEW, name="天津新办示例有限公司", at=now)
    kind = type(cast.enterprise.account.organisation)
    return EnterpriseAccount.objects.create(
        enterprise=enterprise,
        organisation=kind.objects.create(kind="ENTERPRISE", name=enterprise.name, uscc=NEW),
        applied_by=cast.stranger,
        applied_at=now,
        **CONTACT,
    )


@pytest.fixture
def refused(account):
    account.state, account.refusal_reason = "REFUSED", "联系人与营业执照不符"
    account.save()
    return account


@pytest.fixture
def applicant(cast):
    return client_of(cast.stranger)


class TestWayToTheStatus:
    """Of somebody who belongs to no organisation."""

    @pytest.mark.parametrize("state", ["PENDING", "REFUSED"])
    def test_is_where_the_applicant_lands(self, applicant, account, state):
        EnterpriseAccount.objects.filter(pk=account.pk).update(state=state)

        assert applicant.get("/me/").url == STATUS

    def test_stands_in_the_menu_and_on_the_home_page(self, applicant, account):
        page = BeautifulSoup(applicant.get("/").content, "html.parser")

        links = page.find_all("a", href=STATUS)
        assert {link.get_text(strip=True) for link in links} == {"登记进度"}
        assert len(links) >= 2
        assert not page.select(f'main a[href="{reverse("borrowers:account-register")}"]')

    def test_is_not_offered_to_somebody_who_registered_nothing(self, applicant):
        page = applicant.get("/me/")

        assert page.status_code == 200
        assert STATUS not in page.content.decode()

    def test_is_not_offered_once_there_is_a_seat(self, cast, account):
        page = client_of(cast.owner).get("/").content.decode()

        assert STATUS not in page


class TestStatus:
    def test_says_how_long_it_takes_and_whom_to_ask(self, applicant, account, settings):
        settings.SITE_FURNITURE = {"contact": "022-00000000"}

        text = applicant.get(STATUS).content.decode()

        assert "没有规定统一的办理时限" in text
        assert "有疑问请联系平台的运营人员：022-00000000。" in text

    def test_of_a_verified_account_says_neither(self, cast):
        text = client_of(cast.owner).get(STATUS).content.decode()

        assert "有疑问请联系" not in text


class TestAnswerToARefusal:
    def test_reaches_whoever_verifies(self, applicant, refused, cast):
        data = {**CONTACT, "note": "已更正联系人，执照见附"}
        answer = applicant.post(reverse("borrowers:account-again"), data)

        detail = reverse("borrowers:account-review-detail", args=[refused.public_id])
        text = client_of(cast.operator).get(detail).content.decode()
        assert answer.url == STATUS
        assert "申请人的说明" in text
        assert "已更正联系人，执照见附" in text

    def test_is_no_longer_than_its_place(self, applicant, refused):
        data = {**CONTACT, "note": "长" * 201}
        answer = applicant.post(reverse("borrowers:account-again"), data)

        assert answer.status_code == 422
        refused.refresh_from_db()
        assert refused.state == "REFUSED"

    def test_may_be_left_out_by_the_interface(self, applicant, refused):
        address = reverse("api:account-again", args=[refused.public_id])
        answer = applicant.post(address, CONTACT, content_type="application/json")

        assert answer.json()["state"] == "PENDING"


class TestOperatorsReview:
    @pytest.mark.parametrize(
        ("registered", "words"),
        [("周示例", "负责人）一致"), ("吴示例", "不一致"), ("", "不能比对")],
    )
    def test_compares_the_contact_with_the_person_registered(
        self, cast, account, registered, words
    ):
        Enterprise.objects.filter(pk=account.enterprise_id).update(legal_representative=registered)
        address = reverse("borrowers:account-review-detail", args=[account.public_id])

        assert words in client_of(cast.operator).get(address).text
