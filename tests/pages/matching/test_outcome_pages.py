from __future__ import annotations

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from borrowers.services import feedback_revoke
from marketplace.sheets import open_sheet
from matching.models import LoanApplication, OutcomeEvent
from matching.services.outcome_rectify import outcome_void
from tests.cast import NOW
from tests.factories.matching import NO_FEEDBACK, make_application

pytestmark = pytest.mark.django_db
PAID = {
    "kind": "DISBURSE",
    "event_date": "2026-11-23",
    "principal_yuan": "500000",
    "reference": "T1",
}
HEADER = "合同编号,事件,发生日期,本金(元),机构流水号"


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


def page_of(application):
    return reverse("matching:outcome-list", args=[application.public_id])


def sheet(*lines):
    content = "\n".join([HEADER, *lines]).encode("gb18030")
    return SimpleUploadedFile("结果.csv", content)


class TestOutcomes:
    def test_reports_an_event(self, client, cast):
        application = make_application(cast, "SIGNED")
        client.force_login(cast.officer)

        answer = client.post(page_of(application), PAID)

        assert answer.status_code == 302
        assert "已登记放款：本金 50 万元" in client.get(answer.url).text
        assert LoanApplication.objects.get().state == "DISBURSED"

    def test_offers_only_what_the_state_allows(self, client, cast):
        application = make_application(cast, "SIGNED")
        client.force_login(cast.officer)

        answer = client.get(page_of(application))

        assert [code for code, _ in answer.context["form"].fields["kind"].choices] == ["DISBURSE"]

    def test_starts_the_first_payment_from_the_contract(self, client, cast):
        application = make_application(cast, "SIGNED")
        client.force_login(cast.officer)

        before = client.get(page_of(application)).context["form"]
        client.post(page_of(application), PAID | {"principal_yuan": "100000"})
        after = client.get(page_of(application)).context["form"]

        assert before["principal_yuan"].value() == application.loan.amount_yuan
        assert after["principal_yuan"].value() is None

    def test_shows_the_refusal_at_its_field(self, client, cast):
        application = make_application(cast, "SIGNED")
        client.force_login(cast.officer)

        answer = client.post(page_of(application), PAID | {"principal_yuan": "500000.01"})

        assert answer.status_code == 422
        assert "OUTCOME_OVER_LIMIT" in answer.content.decode()

    def test_has_no_form_without_the_clause(self, client, cast):
        application = make_application(cast, "SIGNED", consent=NO_FEEDBACK)
        client.force_login(cast.officer)

        answer = client.get(page_of(application))

        assert answer.context["form"] is None
        assert "未同意反馈贷款结果" in answer.content.decode()

    def test_says_when_the_clause_was_taken_back(self, client, cast):
        application = make_application(cast, "REPAYING")
        feedback_revoke(
            consent_id=application.consent.public_id, reason="", actor=cast.owner, at=NOW
        )
        client.force_login(cast.officer)

        answer = client.get(page_of(application))

        assert answer.context["form"] is None
        assert "企业已于 2026-11-23 撤回反馈条款" in answer.text

    def test_is_not_there_before_signing_nor_for_others(self, client, cast):
        application = make_application(cast, "APPROVED")
        client.force_login(cast.officer)
        assert client.get(page_of(application)).status_code == 404

    @pytest.mark.parametrize("member", ["rival_officer", "owner", "operator"])
    def test_is_not_there_for_others(self, client, cast, member):
        application = make_application(cast, "SIGNED")
        client.force_login(getattr(cast, member))

        assert client.get(page_of(application)).status_code == 404
        assert client.post(page_of(application), PAID).status_code == 404


class TestUpload:
    def test_counts_rows_and_gives_a_correction(self, client, cast):
        make_application(cast, "SIGNED")
        client.force_login(cast.officer)
        good = "HT-2026-0001,放款,2026-11-23,500000,T1"
        bad = "HT-2026-0001,赠送,2026-11-23,1,T2"

        answer = client.post(reverse("matching:outcome-upload"), {"file": sheet(good, bad)})

        text = answer.content.decode()
        assert answer.status_code == 200
        assert "data:text/csv" in answer.context["correction"]
        assert "OUTCOME_KIND" in text
        assert OutcomeEvent.objects.count() == 1

    def test_says_of_a_voided_row_when_and_why(self, client, cast):
        application = make_application(cast, "DISBURSED")
        loan = LoanApplication.objects.get(pk=application.pk).loan
        outcome_void(loan_id=loan.public_id, seq=1, reason="没有放款", actor=cast.approver, at=NOW)
        paid = OutcomeEvent.objects.get()
        client.force_login(cast.officer)
        row = f"HT-2026-0001,放款,{paid.event_date},{paid.principal_yuan},{paid.reference}"

        answer = client.post(reverse("matching:outcome-upload"), {"file": sheet(row)})

        assert "已于 2026-11-23 作废，原因：没有放款。" in answer.text
        assert "OUTCOME_VOIDED" in answer.text

    def test_refuses_what_is_no_sheet(self, client, cast):
        client.force_login(cast.officer)
        picture = SimpleUploadedFile("a.csv", b"\x89PNG\r\n\x1a\n")

        answer = client.post(reverse("matching:outcome-upload"), {"file": picture})

        assert answer.status_code in (400, 422)
        assert "SHEET_KIND_UNKNOWN" in answer.content.decode()

    def test_wants_a_file(self, client, cast):
        client.force_login(cast.officer)

        answer = client.post(reverse("matching:outcome-upload"), {"file": ""})

        assert answer.status_code == 422

    def test_gives_a_sheet_of_the_open_loans(self, client, cast, django_assert_max_num_queries):
        make_application(cast, "SIGNED")
        client.force_login(cast.officer)

        with django_assert_max_num_queries(10):
            answer = client.get(reverse("matching:outcome-template"))

        found = list(open_sheet(answer.content, "模板.xlsx", known=frozenset()))
        assert [row["合同编号"] for _, row in found] == ["HT-2026-0001"]

    def test_says_how_many_rows_were_left_empty(self, client, cast):
        make_application(cast, "SIGNED")
        client.force_login(cast.officer)

        upload = sheet("HT-2026-0001,,,,")
        page = client.post(reverse("matching:outcome-upload"), {"file": upload}).text

        assert "没有填写，已略过" in page

    def test_is_the_officers(self, client, cast):
        for member in (cast.approver, cast.owner, cast.operator):
            client.force_login(member)
            assert client.get(reverse("matching:outcome-upload")).status_code == 403


class TestLoans:
    def test_lists_positions_as_sums(self, client, cast, django_assert_max_num_queries):
        make_application(cast, "REPAYING")
        client.force_login(cast.approver)

        with django_assert_max_num_queries(10):
            answer = client.get(reverse("matching:loan-list"))

        row = answer.context["table"].rows[0]
        assert row[3] == 400_000

    def test_finds_by_enterprise_contract_and_state(self, client, cast):
        make_application(cast, "REPAYING")
        client.force_login(cast.officer)

        def found(**query):
            answer = client.get(reverse("matching:loan-list"), query)
            assert answer.status_code == 200
            return len(answer.context["table"].rows)

        assert found(q="津禾") == found(q=cast.enterprise.uscc) == 1
        assert found(q="ht-2026-0001") == found(q=" HT-2026-0001", state="REPAYING") == 1
        assert found(q="HT-2026-0002") == found(state="SETTLED") == found(q="没有") == 0

    def test_finds_no_contract_of_another_lender(self, client, cast):
        make_application(cast, "REPAYING")
        client.force_login(cast.rival_officer)

        answer = client.get(reverse("matching:loan-list"), {"q": "HT-2026-0001"})

        assert answer.context["table"].rows == []

    def test_shows_another_lender_nothing(self, client, cast):
        make_application(cast, "REPAYING")
        client.force_login(cast.rival_officer)

        assert client.get(reverse("matching:loan-list")).context["table"].rows == []
