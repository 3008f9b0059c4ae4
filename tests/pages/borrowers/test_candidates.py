"""The operator's pages and the API on rows whose subject a person has to confirm."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.urls import reverse

from borrowers.models import CreditRecord, Enterprise, SubjectCandidate
from borrowers.services import records_ingest
from marketplace.domain.text import name_key
from marketplace.domain.uscc import make
from tests.factories.borrowers import make_enterprise
from tests.factories.reference import enter_reference

pytestmark = pytest.mark.django_db
OLD, OLD_NO, NAME = make("91", "120103", "MA069902"), "120103000012345", "天津待核对示例有限公司"
HEAD = "统一社会信用代码,企业名称,征收项目,税款所属期起,税款所属期止,入库日期,实缴金额\n"
SECRET = "778899.55"


@pytest.fixture
def batch(tmp_path, now, cast):
    before = settings.ARCHIVE_DIR
    settings.ARCHIVE_DIR = tmp_path / "archive"
    enter_reference(at=now)
    make_enterprise(
        uscc=OLD, name=NAME, at=now, registration_no=OLD_NO, name_normalized=name_key(NAME)
    )
    row = f"{OLD_NO},{NAME},增值税,2025-01-01,2025-01-31,2025-02-10,{SECRET}\n"
    yield records_ingest(
        item_code="TAX_PAYMENT", unit_code="TAX", source=(HEAD + row).encode(),
        file_name="税款.csv", actor=None, at=now,
    )  # fmt: skip
    settings.ARCHIVE_DIR = before


def text_of(answer):
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser").get_text(" ", strip=True)


def address(space, step, batch):
    return reverse(f"{space}:candidate-{step}", args=[batch.candidates.get().public_id])


class TestPages:
    def test_lead_from_the_batch_to_the_row(self, client, cast, batch):
        client.force_login(cast.operator)

        shown = text_of(client.get(reverse("borrowers:batch-detail", args=[batch.public_id])))
        assert "等待人工核对" in shown
        assert "税款.csv 第 2 行" in text_of(client.get(reverse("borrowers:candidate-list")))

    def test_list_what_each_row_says_and_whom_it_may_mean(self, client, cast, batch):
        client.force_login(cast.operator)

        shown = text_of(client.get(reverse("borrowers:candidate-list")))

        (row,) = (line for line in shown.splitlines() if NAME in line)
        assert shown.count(NAME) == 2  # as written, and as registered
        assert "15位注册号一致、名称一致" in shown
        assert "2345" in row
        assert OLD_NO not in shown
        assert "778899" not in shown

    def test_list_says_so_where_nobody_agrees_any_more(self, client, cast, batch):
        client.force_login(cast.operator)
        Enterprise.objects.filter(uscc=OLD).update(registration_no="", name_normalized="别的名称")

        shown = text_of(client.get(reverse("borrowers:candidate-list")))

        assert "现在没有相符的企业" in shown

    def test_list_names_whom_a_row_was_found_to_mean(self, client, cast, batch):
        client.force_login(cast.operator)
        client.post(address("borrowers", "decide", batch), {"decision": OLD})

        shown = text_of(client.get(reverse("borrowers:candidate-list"), {"state": "ACCEPTED"}))

        assert "查看核对结果" in shown
        assert OLD in shown

    def test_list_takes_as_many_queries_for_many_rows(
        self, client, cast, batch, django_assert_max_num_queries
    ):
        client.force_login(cast.operator)
        rows = "".join(
            f"{OLD_NO},{NAME},增值税,2025-0{m}-01,2025-0{m}-28,2025-10-10,1\n" for m in range(2, 9)
        )
        records_ingest(
            item_code="TAX_PAYMENT", unit_code="TAX", source=(HEAD + rows).encode(),
            file_name="更多.csv", actor=None, at=batch.received_at,
        )  # fmt: skip

        with django_assert_max_num_queries(12):
            shown = text_of(client.get(reverse("borrowers:candidate-list")))

        assert shown.count("15位注册号一致") == 8

    def test_show_what_speaks_for_the_subject_and_nothing_else(self, client, cast, batch):
        client.force_login(cast.operator)

        shown = text_of(client.get(address("borrowers", "detail", batch)))

        assert "15位注册号一致" in shown
        assert "名称一致" in shown
        assert OLD in shown
        assert OLD_NO not in shown
        assert "778899" not in shown

    def test_leave_out_what_is_not_decided_yet(self, client, cast, batch):
        client.force_login(cast.operator)

        shown = text_of(client.get(address("borrowers", "detail", batch)))

        assert "核对人" not in shown.partition("核对结论")[0]
        assert "退回的原因" not in shown.partition("核对结论")[0]

    def test_take_the_row_in(self, client, cast, batch):
        client.force_login(cast.operator)

        answer = client.post(address("borrowers", "decide", batch), {"decision": OLD})

        assert answer.status_code == 302
        listed = text_of(client.get(answer.url))
        assert f"税款.csv 第 2 行已确认是{NAME}" in listed
        assert "没有待核对的行" in listed
        assert CreditRecord.objects.get().enterprise.uscc == OLD
        shown = text_of(client.get(address("borrowers", "detail", batch)))
        assert "已确认主体" in shown
        assert "提交结论" not in shown

    def test_refusing_needs_a_reason(self, client, cast, batch):
        client.force_login(cast.operator)
        path = address("borrowers", "decide", batch)

        answer = client.post(path, {"decision": "refuse", "reason": ""})
        assert answer.status_code == 422
        assert "请填写退回的原因" in answer.content.decode()
        assert client.post(path, {"decision": "refuse", "reason": "无法核实"}).status_code == 302
        assert SubjectCandidate.objects.get().state == "REFUSED"
        assert not CreditRecord.objects.exists()

    def test_nobody_else_can_be_named(self, client, cast, batch):
        client.force_login(cast.operator)
        path = address("borrowers", "decide", batch)

        assert client.post(path, {"decision": cast.enterprise.uscc}).status_code == 422

    def test_the_auditor_reads_and_does_not_decide(self, client, cast, batch):
        client.force_login(cast.auditor)

        assert "提交结论" not in text_of(client.get(address("borrowers", "detail", batch)))


class TestApi:
    def test_gives_the_row_with_whom_it_may_mean(self, client, cast, batch):
        client.force_login(cast.operator)

        body = client.get(address("api", "detail", batch)).json()

        assert body["clues"] == {
            "code": "***********2345",
            "numbers": ["***********2345"],
            "name": NAME,
        }
        assert body["proposals"] == [
            {"uscc": OLD, "name": NAME, "status": "ACTIVE", "bases": ["REGISTRATION_NO", "NAME"]}
        ]
        assert (body["state"], body["row_number"], body["kept_batch_id"]) == ("WAITING", 2, None)

    def test_says_how_many_wait(self, client, cast, batch):
        client.force_login(cast.operator)

        found = client.get(reverse("api:batch-detail", args=[batch.public_id])).json()

        assert (found["read"], found["rejected"], found["waiting"]) == (1, 1, 1)
        listed = client.get(reverse("api:candidate-list"), {"state": "WAITING"}).json()["results"]
        assert [row["file_name"] for row in listed] == ["税款.csv"]

    def test_accepts_once(self, client, cast, batch):
        client.force_login(cast.operator)
        path = address("api", "accept", batch)

        answer = client.post(path, {"uscc": OLD}, content_type="application/json")
        assert (answer.status_code, answer.json()["state"]) == (200, "ACCEPTED")
        assert answer.json()["uscc"] == OLD
        again = client.post(path, {"uscc": OLD}, content_type="application/json")
        assert again.status_code == 409

    def test_refuses(self, client, cast, batch):
        client.force_login(cast.operator)

        answer = client.post(
            address("api", "refuse", batch), {"reason": "无法核实"}, content_type="application/json"
        )

        assert (answer.status_code, answer.json()["reason"]) == (200, "无法核实")
