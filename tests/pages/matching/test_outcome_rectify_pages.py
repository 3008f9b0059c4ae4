from __future__ import annotations

import pytest
import time_machine
from django.urls import reverse

from marketplace.web.components import Cell
from matching.models import LoanApplication, OutcomeEvent
from tests.cast import NOW
from tests.factories.matching import SIGNED_DATE, make_application

pytestmark = pytest.mark.django_db
AMENDED = {
    "amend-event_date": str(SIGNED_DATE),
    "amend-principal_yuan": "10000",
    "amend-interest_yuan": "1500",
    "amend-classification": "",
    "amend-reference": "C1",
    "amend-reason": "多录了一个零",
}


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


def page_of(application, seq, name="outcome-rectify"):
    return reverse(f"matching:{name}", args=[application.public_id, seq])


def list_of(application):
    return reverse("matching:outcome-list", args=[application.public_id])


class TestAmend:
    def test_starts_from_what_was_reported_and_asks_only_what_the_kind_has(self, client, cast):
        application = make_application(cast, "REPAYING")
        client.force_login(cast.approver)

        form = client.get(page_of(application, 2)).context["form"]

        assert form["principal_yuan"].value() == 100_000
        assert "days_overdue" not in form.fields

    def test_amends_and_says_where_the_loan_stands(self, client, cast):
        application = make_application(cast, "REPAYING")
        client.force_login(cast.approver)

        answer = client.post(page_of(application, 2), AMENDED)

        text = client.get(answer.url).text
        assert "已更正还款。未还本金 49 万元，状态：还款中" in text
        assert "<del>10 万元</del>" in text
        assert "多录了一个零" in text

    def test_keeps_what_the_form_does_not_show(self, client, cast):
        application = make_application(cast, "OVERDUE")
        OutcomeEvent.objects.filter(seq=2).update(interest_yuan=7)
        client.force_login(cast.approver)
        sent = AMENDED | {"amend-days_overdue": "3", "amend-interest_yuan": "7"}

        client.post(page_of(application, 2), sent)

        written = OutcomeEvent.objects.get(seq=3)
        assert (written.days_overdue, written.interest_yuan, written.principal_yuan) == (3, 7, 0)

    def test_shows_refusals_at_the_field_or_above_the_form(self, client, cast):
        application = make_application(cast, "SETTLED")
        client.force_login(cast.approver)

        late = client.post(page_of(application, 2), AMENDED)
        used = client.post(page_of(application, 2), AMENDED | {"amend-reference": "R0001"})

        assert (late.status_code, used.status_code) == (422, 422)
        assert "的结清不再成立" in late.text
        assert "已用于另一笔报送" in used.text

    def test_a_corrected_row_has_no_form(self, client, cast):
        application = make_application(cast, "REPAYING")
        client.force_login(cast.approver)
        client.post(page_of(application, 2), AMENDED)

        answer = client.get(page_of(application, 2))

        assert answer.context["can_act"] is False
        assert "多录了一个零" in answer.text

    def test_who_reported_it_is_told_that_another_must(self, client, cast):
        application = make_application(cast, "REPAYING")
        OutcomeEvent.objects.update(first_reported_by=cast.approver)
        client.force_login(cast.approver)

        answer = client.get(page_of(application, 2))

        assert answer.context["can_act"] is False
        assert "须由另一位审批人" in answer.text

    def test_who_corrected_it_is_told_that_another_must_go_on(self, client, cast):
        application = make_application(cast, "REPAYING")
        client.force_login(cast.approver)
        client.post(page_of(application, 2), AMENDED)

        answer = client.get(page_of(application, 3))

        assert answer.context["can_act"] is False
        assert "这一笔是您上次更正的" in answer.text


class TestVoid:
    def test_takes_it_out(self, client, cast):
        application = make_application(cast, "SETTLED")
        client.force_login(cast.approver)

        answer = client.post(page_of(application, 3, "outcome-void"), {"void-reason": "没有结清"})

        assert "已作废结清。未还本金" in client.get(answer.url).text
        assert LoanApplication.objects.get().state == "REPAYING"

    def test_says_what_stands_in_the_way(self, client, cast):
        application = make_application(cast, "SETTLED")
        client.force_login(cast.approver)

        answer = client.post(page_of(application, 2, "outcome-void"), {"void-reason": "没有还"})

        assert answer.status_code == 422
        assert "的结清不再成立" in answer.text
        assert OutcomeEvent.objects.standing().count() == 3


class TestWhereItShows:
    def test_the_approver_is_led_there_and_the_officer_not(self, client, cast):
        application = make_application(cast, "REPAYING")

        client.force_login(cast.approver)
        assert page_of(application, 2) in client.get(list_of(application)).text
        client.force_login(cast.officer)
        assert page_of(application, 2) not in client.get(list_of(application)).text

    def test_the_enterprise_sees_the_step_struck_out(self, client, cast):
        application = make_application(cast, "REPAYING")
        client.force_login(cast.approver)
        client.post(page_of(application, 2), AMENDED)
        client.force_login(cast.owner)

        text = client.get(reverse("matching:application-detail", args=[application.public_id])).text

        assert "<del>登记还款</del>" in text
        assert "已更正：多录了一个零" in text

    def test_the_operator_lists_it_without_amounts_or_reasons(self, client, cast):
        application = make_application(cast, "REPAYING")
        client.force_login(cast.approver)
        client.get(client.post(page_of(application, 2), AMENDED).url)
        client.force_login(cast.operator)

        answer = client.get(reverse("matching:correction-list"))

        row = answer.context["table"].rows[0]
        assert row[2:4] == ["还款", Cell("已更正", note="本金")]
        assert "多录了一个零" not in answer.text
        assert "万元" not in answer.text
