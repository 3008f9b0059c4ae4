from __future__ import annotations

import re

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.urls import reverse

from borrowers.services import consent_revoke
from marketplace.models import AccessRecord, Membership
from matching.models import CreditPortrait, LoanApplication
from matching.views.case import NO_PHONE
from tests.cast import NOW
from tests.factories.matching import make_application, make_demand, make_offer

pytestmark = pytest.mark.django_db
TICKED = {
    "data_classes": ["01", "09"],
    "valid_months": "12",
    "is_agreed": "on",
    "feedback_clause": "on",
}
TAX_RULE = {"code": "TAX", "feature": "tax_paid_12m_yuan", "operator": "GE", "value": "1000"}


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def screen(cast):
    demand, product = make_demand(cast), make_offer(cast, rules=[TAX_RULE])
    return reverse("matching:application-create", args=[demand.public_id, product.public_id])


class TestConsentScreen:
    def test_names_bank_classes_purpose_and_dates_with_every_box_empty(self, client, cast, screen):
        client.force_login(cast.owner)

        answer = client.get(screen)

        text = answer.content.decode()
        assert "示例城市银行" in text
        assert "仅用于贷款申请审查" in text
        assert "2023-11-01 至" in text
        assert "纳税（暂无记录，该产品的准入规则会用到）" in text
        form = answer.context["form"]
        boxes = [form[name] for name in (*TICKED, "feedback_clause")]
        assert not any(box.value() for box in boxes)
        assert 'type="checkbox" name="data_classes" value="09"' in text
        assert text.count('type="radio" name="valid_months"') == 4
        assert "checked" not in text.partition("mk-form")[2].partition("</form>")[0]
        preview = answer.context["preview"]
        assert "至下方所选期限届满之日（" in preview
        assert "至下方所选期限届满时止。" in preview
        assert "2026" not in preview.partition("授权有效期：")[2].partition("起，")[2]

    def test_without_a_period_says_so_beside_the_choices(self, client, cast, screen):
        client.force_login(cast.owner)

        answer = client.post(screen, TICKED | {"valid_months": ""})

        text = answer.content.decode()
        assert answer.status_code == 422
        assert text.count("请选择授权期限。") == 2
        assert 'href="#id_valid_months"' in text
        (group,) = re.findall(r'<fieldset id="id_valid_months"[^>]*>', text)
        (error_id,) = re.findall(r'id="(id_valid_months_error)"', text)
        assert error_id in group

    def test_submits_exactly_what_was_ticked(self, client, cast, screen):
        client.force_login(cast.owner)

        answer = client.post(screen, TICKED)

        application = LoanApplication.objects.get()
        assert answer.url == reverse("matching:application-detail", args=[application.public_id])
        assert application.consent.data_classes == ["01", "09"]
        assert application.consent.feedback_clause is True

    def test_takes_an_unticked_feedback_box_for_no(self, client, cast, screen):
        client.force_login(cast.owner)

        client.post(
            screen, {name: value for name, value in TICKED.items() if name != "feedback_clause"}
        )

        assert LoanApplication.objects.get().consent.feedback_clause is False

    @pytest.mark.parametrize("left_out", ["data_classes", "is_agreed", "valid_months"])
    def test_takes_nothing_for_granted(self, client, cast, screen, left_out):
        client.force_login(cast.owner)

        answer = client.post(
            screen, {name: value for name, value in TICKED.items() if name != left_out}
        )

        assert answer.status_code == 422
        assert left_out in answer.context["form"].errors
        assert not LoanApplication.objects.exists()

    def test_refuses_a_class_that_was_not_offered(self, client, cast, screen):
        client.force_login(cast.owner)

        answer = client.post(screen, TICKED | {"data_classes": ["11"]})

        assert answer.status_code == 422

    def test_asks_once_more_when_a_class_of_the_rules_is_left_out(self, client, cast, screen):
        client.force_login(cast.owner)
        body = TICKED | {"data_classes": ["01"]}

        asked = client.post(screen, body)

        text = asked.content.decode()
        assert asked.status_code == 422
        assert "该产品的准入条件要用到“纳税”，不授权机构将无法判断。" in text
        assert "仍不授权这些类别" in text
        assert not LoanApplication.objects.exists()

        sent = client.post(screen, body | {"goes_without": "on"})

        application = LoanApplication.objects.get()
        assert sent.url == reverse("matching:application-detail", args=[application.public_id])
        assert application.consent.data_classes == ["01"]

    def test_asks_nothing_more_while_nothing_of_the_rules_is_left_out(self, client, cast, screen):
        client.force_login(cast.owner)

        opened = client.get(screen)
        without_period = client.post(screen, TICKED | {"valid_months": ""})

        for answer in (opened, without_period):
            assert "仍不授权这些类别" not in answer.content.decode()

    @pytest.mark.parametrize(
        ("fields", "outcome", "sentence"),
        [
            ({}, "FITS", "准入条件全部符合"),
            ({"term_max_months": 6}, "DOES_NOT_FIT", "有条件不符合，机构可能拒绝"),
            ({"rules": [TAX_RULE]}, "CANNOT_TELL", "有些条件缺少数据"),
        ],
    )
    def test_says_whether_it_fits_before_the_consent(self, client, cast, fields, outcome, sentence):
        demand, product = make_demand(cast), make_offer(cast, "P009", **fields)
        client.force_login(cast.owner)
        keys = [demand.public_id, product.public_id]

        answer = client.get(reverse("matching:application-create", args=keys))

        before = answer.content.decode().partition('id="consent"')[0]
        assert answer.context["fit"].outcome == outcome
        assert sentence in before

    def test_says_so_when_the_application_exists(self, client, cast, screen):
        client.force_login(cast.owner)
        client.post(screen, TICKED)

        answer = client.post(screen, TICKED)

        assert answer.status_code == 409
        assert "已有在办的申请" in answer.content.decode()

    def test_is_not_there_for_others(self, client, cast, screen):
        for member in (cast.rival_owner, cast.officer, cast.operator):
            client.force_login(member)
            assert client.get(screen).status_code == 404
            assert client.post(screen, TICKED).status_code == 404


class TestApplicationDetail:
    @pytest.mark.parametrize(
        "state",
        ["PENDING_ACCEPT", "SUPPLEMENT", "APPROVED", "SIGNED", "REPAYING", "SETTLED", "REJECTED"],
    )
    def test_says_where_it_stands(self, client, cast, state):
        application = make_application(cast, state)
        client.force_login(cast.owner)

        answer = client.get(reverse("matching:application-detail", args=[application.public_id]))

        current = [step.label for step in answer.context["steps"] if step.state == "current"]
        expected = {
            "PENDING_ACCEPT": ["机构受理"],
            "SUPPLEMENT": ["尽职调查"],
            "APPROVED": ["签约"],
            "SIGNED": ["放款"],
            "REPAYING": ["还款结清"],
            "SETTLED": [],
            "REJECTED": [],
        }
        assert answer.status_code == 200
        assert current == expected[state]

    def test_shows_the_clock_and_whom_to_call(self, client, cast):
        cast.officer.phone = "13800000000"
        cast.officer.save()
        application = make_application(cast, "ACCEPTED")
        client.force_login(cast.owner)

        answer = client.get(reverse("matching:application-detail", args=[application.public_id]))

        text = answer.content.decode()
        assert "联系时限" in text
        assert "13800000000" in text

    def test_names_no_officer_before_acceptance(self, client, cast):
        application = make_application(cast)
        client.force_login(cast.owner)

        answer = client.get(reverse("matching:application-detail", args=[application.public_id]))

        assert "客户经理" not in [pair.label for pair in answer.context["call"]]

    def test_names_the_institution_once_the_officer_left_it(self, client, cast):
        application = make_application(cast, "IN_CONTACT")
        Membership.objects.filter(user=cast.officer).update(ended_at=NOW)
        client.force_login(cast.owner)

        answer = client.get(reverse("matching:application-detail", args=[application.public_id]))

        call = {pair.label: pair.value for pair in answer.context["call"]}
        assert call["联系人"] == cast.institution.contact_name
        assert call["电话"] == (cast.institution.contact_phone or NO_PHONE)
        assert str(cast.officer) not in [
            step.call.who for step in answer.context["steps"] if step.call
        ]

    def test_shows_the_reason_of_a_refusal(self, client, cast):
        application = make_application(cast, "REJECTED")
        client.force_login(cast.owner)

        answer = client.get(reverse("matching:application-detail", args=[application.public_id]))

        assert "现金流不足" in answer.content.decode()
        refused = [step.label for step in answer.context["steps"] if step.state == "refused"]
        assert refused == ["机构受理"]

    def test_does_not_call_ones_own_withdrawal_a_refusal(self, client, cast):
        application = make_application(cast, "WITHDRAWN")
        client.force_login(cast.owner)

        answer = client.get(reverse("matching:application-detail", args=[application.public_id]))

        ended = {step.state: step.note for step in answer.context["steps"] if step.note}
        assert ended == {"ended": "已撤回"}

    def test_shows_what_was_consented_to_and_the_portrait_it_is_judged_by(self, client, cast):
        application = make_application(cast, "ACCEPTED")
        client.force_login(cast.owner)

        detail = client.get(reverse("matching:application-detail", args=[application.public_id]))
        address = reverse("matching:application-portrait", args=[application.public_id])
        page = client.get(address)

        consent = {pair.label: pair for pair in detail.context["consent"]}
        assert consent["有效期至"].value == application.consent.valid_until
        assert address in detail.text
        assert page.context["screen"].content_hash == application.portrait.content_hash
        assert page.context["screen"].portrait.as_of == application.portrait.as_of
        read = AccessRecord.objects.get(content="提交申请时的信用画像")
        assert (read.user, read.application_ref) == (cast.owner, application.public_id)

    def test_keeps_the_portrait_for_the_enterprise_after_the_consent_ended(self, client, cast):
        application = make_application(cast, "ACCEPTED")
        consent_revoke(
            consent_id=application.consent.public_id, reason="", actor=cast.owner, at=NOW
        )
        client.force_login(cast.owner)

        detail = client.get(reverse("matching:application-detail", args=[application.public_id]))
        page = client.get(reverse("matching:application-portrait", args=[application.public_id]))

        assert page.status_code == 200
        assert "已撤回" in {pair.note for pair in detail.context["consent"]}

    def test_stops_at_a_portrait_that_was_altered(self, client, cast):
        application = make_application(cast, "ACCEPTED")
        CreditPortrait.objects.update(content_hash="0" * 64)
        client.force_login(cast.owner)

        page = client.get(reverse("matching:application-portrait", args=[application.public_id]))

        assert page.status_code == 409

    def test_shows_none_of_the_lenders_opinions(self, client, cast):
        application = make_application(cast, "IN_APPROVAL")
        client.force_login(cast.owner)

        answer = client.get(reverse("matching:application-detail", args=[application.public_id]))

        text = answer.content.decode()
        assert "同意。" not in text
        assert "电话联系" not in text

    def test_is_not_there_for_others(self, client, cast):
        application = make_application(cast)
        address = reverse("matching:application-detail", args=[application.public_id])

        for member in (cast.rival_owner, cast.officer, cast.operator, cast.district_clerk):
            client.force_login(member)
            assert client.get(address).status_code == 404

    def test_asks_the_database_a_known_number_of_times(
        self, client, cast, django_assert_max_num_queries
    ):
        application = make_application(cast, "REPAYING")
        client.force_login(cast.owner)

        with django_assert_max_num_queries(12):
            client.get(reverse("matching:application-detail", args=[application.public_id]))


class TestBorrowersSteps:
    def test_withdraws(self, client, cast):
        application = make_application(cast, "DUE_DILIGENCE")
        client.force_login(cast.agent)

        client.post(reverse("matching:application-withdraw", args=[application.public_id]))

        application.refresh_from_db()
        assert application.state == "WITHDRAWN"

    def test_cannot_withdraw_what_was_approved(self, client, cast):
        application = make_application(cast, "APPROVED")
        client.force_login(cast.owner)

        answer = client.post(reverse("matching:application-withdraw", args=[application.public_id]))

        assert answer.status_code == 409

    def test_says_that_papers_are_there(self, client, cast):
        application = make_application(cast, "SUPPLEMENT")
        client.force_login(cast.owner)
        address = reverse("matching:application-supply", args=[application.public_id])

        empty = client.post(address, {"supplied_note": " "})
        client.post(address, {"supplied_note": "已交。"})

        application.refresh_from_db()
        assert empty.status_code == 422
        assert application.state == "DUE_DILIGENCE"

    def test_says_beside_the_form_which_papers_are_wanted(self, client, cast):
        application = make_application(cast, "SUPPLEMENT")
        client.force_login(cast.owner)

        address = reverse("matching:application-detail", args=[application.public_id])
        panel = BeautifulSoup(client.get(address).content, "html.parser").select_one(
            "section[aria-labelledby=supply]"
        )

        assert panel.select_one("dt").get_text() == "需补充"
        assert panel.select_one("dd").get_text() == "近三月流水"

    def test_consents_again_and_resumes(self, client, cast):
        application = make_application(cast, "SUSPENDED")
        client.force_login(cast.owner)
        address = reverse("matching:application-consent", args=[application.public_id])

        shown = client.get(address)
        done = client.post(address, TICKED | {"data_classes": ["01"]})

        application.refresh_from_db()
        assert shown.status_code == 200
        assert done.status_code == 302
        assert application.state == "PENDING_ACCEPT"


class TestApplicationList:
    def test_is_for_enterprises(self, client, cast):
        client.force_login(cast.officer)

        assert client.get(reverse("matching:application-list")).status_code == 403

    def test_asks_the_database_the_same_for_many(self, client, cast, django_assert_max_num_queries):
        demand = make_demand(cast)
        for number in range(4):
            make_application(cast, demand=demand, product=make_offer(cast, f"L{number}"))
        client.force_login(cast.owner)

        with django_assert_max_num_queries(10):
            answer = client.get(reverse("matching:application-list"))

        assert len(answer.context["table"].rows) == 4
