import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from matching.models import Whitelist, WhitelistUpload
from matching.services.whitelist_contact import whitelist_contact
from tests.cast import NOW
from tests.factories.matching import make_demand
from tests.factories.whitelist import (
    deliver_lists,
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
def clerk(cast, client):
    client.force_login(cast.district_clerk)
    return client


@pytest.fixture
def upload(clerk, django_capture_on_commit_callbacks):
    """Send a sheet and follow to its own page, once it is judged."""

    def upload(content, **fields):
        body = {
            "district": "120103",
            "issue_no": "2026-11",
            "file": SimpleUploadedFile("名单.csv", content),
        }
        with django_capture_on_commit_callbacks(execute=True):
            answer = clerk.post(reverse("matching:whitelist-upload"), body | fields)
        return clerk.get(answer.url) if answer.status_code == 302 else answer

    return upload


class TestNumberProposed:
    @pytest.mark.parametrize("page", ["whitelist-upload", "whitelist-generate"])
    def test_is_the_first_of_the_month_that_no_list_has(self, cast, clerk, page):
        assert f'value="{NOW:%Y-%m}"' in clerk.get(reverse(f"matching:{page}")).text

        for number in ("", "-2", "-4"):
            make_whitelist(cast, issue_no=f"{NOW:%Y-%m}{number}")

        assert f'value="{NOW:%Y-%m}-3"' in clerk.get(reverse(f"matching:{page}")).text

    def test_gives_way_to_what_was_typed(self, clerk):
        answer = clerk.post(reverse("matching:whitelist-upload"), {"issue_no": "12", "check": "1"})

        assert 'value="12"' in answer.text


class TestUploadPage:
    def test_leads_to_the_draft(self, cast, upload):
        answer = upload(sheet_of(row_of(cast.enterprise)))

        whitelist = Whitelist.objects.get()
        assert answer.url == reverse("matching:whitelist-detail", args=[whitelist.public_id])

    def test_shows_a_check_and_saves_nothing(self, cast, upload):
        answer = upload(sheet_of(row_of(cast.rival_enterprise)), check="1", issue_no="")

        assert answer.status_code == 200
        assert "WL_DISTRICT" in answer.text
        assert "没有保存" in answer.text
        assert not Whitelist.objects.exists()

    @pytest.mark.parametrize("content", [b"", b"\x00\x01", b"%PDF-1.7", b"a,b\n1,2\n"])
    def test_tells_of_a_file_that_is_no_sheet(self, upload, content):
        answer = upload(content)

        assert answer.status_code == 422
        assert not Whitelist.objects.exists()

    def test_tells_of_a_number_in_use_at_its_field(self, cast, upload):
        make_whitelist(cast, "CHECKED")

        answer = upload(sheet_of(row_of(cast.enterprise)))

        assert answer.status_code == 422
        assert "WL_ISSUE_TAKEN" in answer.text

    def test_gives_a_template(self, clerk):
        answer = clerk.get(reverse("matching:whitelist-template"))

        assert answer.content.decode("utf-8-sig").startswith("统一社会信用代码,企业名称")


class TestGeneratePage:
    def test_leads_to_the_draft(self, cast, clerk):
        make_demand(cast)
        body = {"district": "120103", "issue_no": "G1", "sectors": ["C"]}

        answer = clerk.post(reverse("matching:whitelist-generate"), body)

        assert answer.status_code == 302
        assert Whitelist.objects.get().parameters == {"sectors": ["C"]}

    def test_counts_before_anything_is_made(self, cast, clerk):
        make_demand(cast)
        page, piece = reverse("matching:whitelist-generate"), reverse("matching:whitelist-count")
        all_of_them = {"district": "120103"}
        nobody = all_of_them | {"sectors": ["A"]}

        def counted(address, body, **more):
            return [stat.value for stat in clerk.post(address, body | more).context["count"]]

        found = [counted(piece, all_of_them), counted(page, all_of_them, count="1")]
        assert counted(piece, nobody) == [0, 0, 0]
        draft = clerk.post(page, all_of_them | {"issue_no": "G1"})
        made = Whitelist.objects.get()

        assert draft.status_code == 302
        assert found == [[made.rows_read, made.admitted, made.refused]] * 2
        assert made.rows_read == 1

    def test_says_what_is_wrong_with_the_criteria_beside_the_count(self, clerk):
        body = {"district": "120103", "amount_min_yuan": "9", "amount_max_yuan": "1"}

        text = clerk.post(reverse("matching:whitelist-count"), body).text

        assert "需求金额上限不能低于下限。" in text

    def test_tells_when_there_is_nobody(self, clerk):
        body = {"district": "120103", "issue_no": "G1"}

        answer = clerk.post(reverse("matching:whitelist-generate"), body)

        assert answer.status_code == 422
        assert "WL_NO_CANDIDATES" in answer.text


class TestListPage:
    def test_shows_the_own_districts_lists_only(self, cast, client):
        make_whitelist(cast)
        address = reverse("matching:whitelist-list")

        shown = {}
        for member in ("district_lead", "other_district_lead", "operator"):
            client.force_login(getattr(cast, member))
            shown[member] = "河西区融资需求白名单" in client.get(address).text

        assert shown == {"district_lead": True, "other_district_lead": False, "operator": True}


class TestDetailPage:
    def test_says_why_in_and_why_out(self, cast, clerk, django_assert_max_num_queries):
        sheet = sheet_of(row_of(cast.enterprise), row_of(cast.rival_enterprise))
        whitelist = make_whitelist(cast, sheet=sheet)

        with django_assert_max_num_queries(18):
            page = clerk.get(reverse("matching:whitelist-detail", args=[whitelist.public_id]))

        assert "WL_DISTRICT" in page.text
        assert "登记住所在和平区" in page.text
        assert "13900000000" not in page.text

    def test_offers_the_second_person_what_the_maker_may_not(self, cast, client):
        whitelist = make_whitelist(cast, "PENDING_APPROVAL")
        address = reverse("matching:whitelist-detail", args=[whitelist.public_id])
        approve = reverse("matching:whitelist-approve", args=[whitelist.public_id])

        offered = {}
        for member in ("district_clerk", "district_lead"):
            client.force_login(getattr(cast, member))
            offered[member] = approve in client.get(address).text

        assert offered == {"district_clerk": False, "district_lead": True}

    def test_asks_for_a_reason_to_return(self, cast, client):
        whitelist = make_whitelist(cast, "PENDING_APPROVAL")
        client.force_login(cast.district_lead)
        address = reverse("matching:whitelist-return", args=[whitelist.public_id])

        assert client.post(address, {"reason": ""}).status_code == 422
        assert client.post(address, {"reason": "请补充"}).status_code == 302

    def test_of_an_entry_opens_contact_on_request(self, cast, clerk):
        entry = make_whitelist(cast).entries.get()
        address = reverse("matching:whitelist-entry", args=[entry.public_id])

        page = clerk.get(address).text
        shown = clerk.post(reverse("matching:whitelist-entry-contact", args=[entry.public_id])).text

        assert "139****0000" in page
        assert "13900000000" not in page
        assert "13900000000" in shown

    def test_shows_what_changed(self, cast, clerk):
        whitelist = make_whitelist(cast)
        address = reverse("matching:whitelist-diff", args=[whitelist.public_id])

        assert cast.enterprise.name in clerk.get(address).text
        assert clerk.get(f"{address}?part=nope").status_code == 404

    def test_gives_the_correction_file(self, cast, clerk):
        whitelist = make_whitelist(cast, sheet=sheet_of(row_of(cast.rival_enterprise)))

        answer = clerk.get(reverse("matching:whitelist-correction", args=[whitelist.public_id]))

        assert answer.content.startswith(b"PK")


class TestReceipts:
    def test_institutions_without_any_action_are_folded(self, cast, clerk):
        entry = make_recommended(cast)
        address = reverse("matching:whitelist-detail", args=[entry.whitelist.public_id])

        before = BeautifulSoup(clerk.get(address).content, "html.parser")
        whitelist_contact(entry_id=entry.public_id, actor=cast.officer, at=NOW)
        after = BeautifulSoup(clerk.get(address).content, "html.parser")

        folds = [page.select_one("#contacts ~ details") for page in (before, after)]
        assert "家机构均尚未对接" in folds[0].summary.get_text()
        assert "另有 1 家尚未对接" in folds[1].summary.get_text()
        assert "示例城市银行" in folds[0].get_text()
        assert "示例城市银行" not in folds[1].get_text()
        assert "示例城市银行" in after.select_one("#contacts").parent.get_text()


class TestDiscarding:
    def test_takes_a_draft_off_the_list(self, cast, clerk):
        whitelist = make_whitelist(cast)
        page = clerk.get(reverse("matching:whitelist-detail", args=[whitelist.public_id]))
        address = reverse("matching:whitelist-discard", args=[whitelist.public_id])
        assert address in page.text

        answer = clerk.post(address, follow=True)

        assert "草稿已作废" in answer.text
        assert whitelist.title not in answer.text

    def test_is_offered_for_drafts_alone(self, cast, clerk):
        whitelist = make_whitelist(cast, "CHECKED")

        page = clerk.get(reverse("matching:whitelist-detail", args=[whitelist.public_id]))

        assert "作废草稿" not in page.text

    def test_is_told_where_the_sheet_came_from(self, cast, upload, clerk):
        upload(sheet_of(row_of(cast.enterprise)))
        Whitelist.objects.all().delete()
        sheet = WhitelistUpload.objects.get()

        page = clerk.get(reverse("matching:whitelist-upload-detail", args=[sheet.public_id]))

        assert "由这份表格形成的草稿已经作废" in page.text


class TestMarks:
    """What is odd about an admitted row can be found and read, and is never called a refusal."""

    @pytest.fixture
    def odd(self, cast):
        amount = {"融资需求金额(万元)": "300000"}
        return make_whitelist(cast, sheet=sheet_of(row_of(cast.enterprise, **amount)))

    def test_an_amount_typed_in_yuan_is_admitted_with_a_mark(self, odd):
        entry = odd.entries.get()

        assert entry.status == "ADMITTED"
        assert "WL_MARK_AMOUNT" in [mark["rule_code"] for mark in entry.marks]

    def test_rows_with_a_mark_can_be_looked_for(self, clerk, odd):
        address = reverse("matching:whitelist-detail", args=[odd.public_id])

        found = BeautifulSoup(clerk.get(address, {"code": "WL_MARK_AMOUNT"}).content, "html.parser")
        others = clerk.get(address, {"code": "WL_MARK_NAME"}).text

        chosen = found.select_one("select[name=code] optgroup option[selected]")
        assert chosen.get_text() == "金额是否误以元填写"
        assert "提示（不影响入选）：" in found.get_text()
        assert "没有这样的行" in others

    def test_a_mark_of_a_row_is_no_refusal(self, clerk, odd):
        address = reverse("matching:whitelist-entry", args=[odd.entries.get().public_id])

        page = BeautifulSoup(clerk.get(address).content, "html.parser")

        marks = page.select_one("section[aria-labelledby=marks]").get_text()
        assert "是否误以元填写" in marks
        assert "不符合" not in marks

    def test_stays_when_the_draft_is_judged_again(self, cast, clerk, odd):
        clerk.post(reverse("matching:whitelist-check", args=[odd.public_id]))

        assert "WL_MARK_AMOUNT" in [mark["rule_code"] for mark in odd.entries.get().marks]


class TestHandingOver:
    def test_checks_a_draft_and_hands_it_to_the_second_person(self, cast, clerk):
        whitelist = make_whitelist(cast)

        answer = clerk.post(
            reverse("matching:whitelist-check", args=[whitelist.public_id]), {"submit": "1"}
        )

        whitelist.refresh_from_db()
        assert answer.status_code == 302
        assert whitelist.state == "PENDING_APPROVAL"

    def test_leaves_a_draft_alone_when_nobody_on_it_is_admitted(self, cast, clerk):
        whitelist = make_whitelist(cast, sheet=sheet_of(row_of(cast.rival_enterprise)))
        address = reverse("matching:whitelist-check", args=[whitelist.public_id])

        answer = clerk.post(address, {"submit": "1"})

        whitelist.refresh_from_db()
        assert answer.status_code == 409
        assert whitelist.state == "DRAFT"
        assert "核验并提交复核" not in clerk.get(address.removesuffix("check/")).text


class TestCorrection:
    def test_goes_up_where_the_faults_are_shown(self, cast, clerk, upload):
        rows = (row_of(cast.enterprise), row_of(cast.rival_enterprise))
        whitelist = make_whitelist(cast, sheet=sheet_of(*rows))
        address = reverse("matching:whitelist-detail", args=[whitelist.public_id])
        assert "上传更正表" in clerk.get(address).text

        answer = upload(sheet_of(row_of(cast.enterprise)), title=whitelist.title)

        assert Whitelist.objects.count() == 1
        assert "上传更正表" not in clerk.get(answer.url).text
