import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from borrowers.models import Enterprise
from marketplace.domain.errors import Conflict, NotFound, Refused
from matching.models import Whitelist, WhitelistEntry
from matching.services.whitelist import whitelist_revise
from matching.services.whitelist_build import correction_of, whitelist_check, whitelist_upload
from tests.factories.borrowers import make_enterprise
from tests.factories.whitelist import (
    TITLES,
    deliver_lists,
    list_enterprise,
    make_whitelist,
    row_of,
    sheet_of,
)
from tests.workbooks import workbook


@pytest.fixture
def lists(cast):
    deliver_lists()


@pytest.fixture
def second(cast, now):
    return make_enterprise(uscc="91120104MA0501047J", name="天津河西第二示例有限公司", at=now)


def check(source, now, **more):
    return whitelist_check(district="120103", source=source, file_name="名单.csv", at=now, **more)


def codes_of(entry):
    return [reason["rule_code"] for reason in entry.reasons]


@pytest.mark.usefixtures("lists")
class TestWhitelistUpload:
    def test_accounts_for_every_row(self, cast, second, now):
        sheet = sheet_of(
            row_of(cast.enterprise),
            row_of(cast.enterprise),
            row_of(cast.rival_enterprise),
            row_of(second, 统一社会信用代码="120000400012345"),
            row_of(second, 统一社会信用代码="91120105MA0501055U"),
            ["合计", "", "", "", "250", "", "", "", ""],
            ["", "填表人:示例", "", "", "", "", "", "", ""],
        )

        whitelist = make_whitelist(cast, sheet=sheet)

        assert (whitelist.rows_read, whitelist.admitted) == (7, 1)
        assert (whitelist.refused, whitelist.duplicates) == (5, 1)
        assert [codes_of(entry) for entry in whitelist.entries.order_by("row_number")] == [
            [],
            ["WL_DUPLICATE"],
            ["WL_DISTRICT"],
            ["USCC_REGISTRATION_NO"],
            ["WL_NOT_IN_REGISTER"],
            ["WL_TOTAL_ROW"],
            ["USCC_EMPTY"],
        ]

    def test_says_why_in(self, cast):
        entry = make_whitelist(cast).entries.get()

        assert entry.enterprise == cast.enterprise
        assert "WL_SERIOUS_BREACH" in [passed["rule_code"] for passed in entry.passes]
        assert [mark["rule_code"] for mark in entry.marks] == ["WL_MARK_GRADE_UNKNOWN"]

    def test_keeps_contact_and_row_sealed(self, cast):
        entry = make_whitelist(cast).entries.get()
        stored = WhitelistEntry.objects.filter(pk=entry.pk)

        assert entry.contact == "王示例\n13900000000"
        assert not stored.filter(contact__contains="139").exists()
        assert not stored.filter(row__contains="139").exists()

    @pytest.mark.parametrize(
        ("item", "code"),
        [
            ("SERIOUS_BREACH_LIST", "WL_SERIOUS_BREACH"),
            ("DISHONEST_DEBTOR", "WL_DISHONEST_DEBTOR"),
            ("ABNORMAL_LIST", "WL_ABNORMAL"),
        ],
    )
    def test_keeps_out_whoever_stands_on_a_list(self, cast, item, code):
        record = list_enterprise(cast.enterprise, item)

        entry = make_whitelist(cast).entries.get()

        assert codes_of(entry) == [code]
        assert entry.reasons[0]["evidence_ids"] == [str(record.public_id)]

    def test_names_both_lists_of_a_tax_offender(self, cast):
        list_enterprise(cast.enterprise, "TAX_MAJOR_VIOLATION")

        assert codes_of(make_whitelist(cast).entries.get()) == [
            "WL_SERIOUS_BREACH",
            "WL_MAJOR_TAX",
        ]

    def test_marks_a_name_that_is_not_the_registered_one(self, cast):
        sheet = sheet_of(row_of(cast.enterprise, 企业名称="天津别家有限公司"))

        entry = make_whitelist(cast, sheet=sheet).entries.get()

        assert entry.status == "ADMITTED"
        assert entry.name == cast.enterprise.name
        assert "WL_MARK_NAME" in [mark["rule_code"] for mark in entry.marks]

    def test_refuses_a_row_that_says_nothing_of_willingness(self, cast):
        sheet = sheet_of(row_of(cast.enterprise, 是否有融资意愿=""))

        assert codes_of(make_whitelist(cast, sheet=sheet).entries.get()) == ["WL_WILLING_UNKNOWN"]

    def test_replaces_the_draft_of_its_number(self, cast, second):
        first = make_whitelist(cast)

        again = make_whitelist(cast, sheet=sheet_of(row_of(cast.enterprise), row_of(second)))

        assert (again.pk, again.rows_read) == (first.pk, 2)
        assert again.entries.count() == 2

    def test_leaves_a_draft_alone_when_the_new_file_is_no_sheet(self, cast):
        whitelist = make_whitelist(cast)

        with pytest.raises(Refused, match="SHEET_NO_HEADER"):
            make_whitelist(cast, sheet=b"x,y\n1,2\n")

        assert whitelist.entries.count() == 1

    def test_refuses_the_number_of_a_list_under_way(self, cast):
        make_whitelist(cast, "CHECKED")

        with pytest.raises(Conflict, match="WL_ISSUE_TAKEN"):
            make_whitelist(cast)

    def test_takes_the_number_again_after_revision(self, cast):
        whitelist = make_whitelist(cast, "RETURNED")
        whitelist_revise(whitelist=whitelist, actor=cast.district_clerk, at=whitelist.created_at)

        assert make_whitelist(cast).pk == whitelist.pk

    @pytest.mark.parametrize("issue_no", ["", "x" * 17, "<b>", "  "])
    def test_refuses_an_odd_number(self, cast, issue_no):
        with pytest.raises(Refused, match="WL_ISSUE_INVALID"):
            make_whitelist(cast, issue_no=issue_no)

    def test_knows_no_other_districts(self, cast, now):
        with pytest.raises(NotFound):
            whitelist_upload(
                district="120101",
                issue_no="1",
                source=sheet_of(row_of(cast.enterprise)),
                file_name="a.csv",
                actor=cast.district_clerk,
                at=now,
            )

    def test_refuses_a_sheet_without_rows(self, cast):
        with pytest.raises(Refused, match="WL_NO_ROWS"):
            make_whitelist(cast, sheet=sheet_of())

        assert not Whitelist.objects.exists()


@pytest.mark.usefixtures("lists")
class TestUglySheets:
    def test_reads_a_workbook_with_title_two_headers_and_other_order(self, cast, now):
        name, code = cast.enterprise.name, cast.enterprise.uscc
        wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
        sheet = workbook(
            [
                ["河西区小微企业融资需求推荐清单", "", "", "", "", ""],
                ["", "", "", "", "", ""],
                ["序号", "企业信息", "", "融资需求", "", ""],
                ["", "单位名称", "信用代码", "金额(万元)", "有无融资需求", "走访日期"],
                ["1", name, wide, "５０", "有", "2026年11月20日"],
                ["", "", "", "", "", ""],
                ["合  计", "1户", "", "50", "", ""],
            ]
        )

        found = check(sheet, now)

        assert (found.tally.read, found.tally.admitted, found.tally.refused) == (2, 1, 1)
        assert dict(found.tally.reasons) == {"WL_TOTAL_ROW": 1}

    def test_reads_gb18030(self, cast, now):
        found = check(sheet_of(row_of(cast.enterprise), encoding="gb18030"), now)

        assert found.tally.admitted == 1

    def test_refuses_a_row_wider_than_its_header(self, cast, now):
        found = check(sheet_of([*row_of(cast.enterprise), "多出"]), now)

        assert dict(found.tally.reasons) == {"ROW_TOO_WIDE": 1}

    def test_calls_an_old_number_in_a_number_cell_by_its_name(self, cast, now):
        sheet = workbook([list(TITLES), [120103400012345, "天津示例", *[""] * 7]])

        assert "USCC_REGISTRATION_NO" in check(sheet, now).tally.reasons

    @pytest.mark.parametrize(
        "content", [b"", b"\x00\x01", b"%PDF-1.7", b"PK\x03\x04broken", b"a,b\n", b"<html></html>"]
    )
    def test_refuses_what_is_no_sheet(self, cast, now, content):
        with pytest.raises(Refused, match="SHEET_"):
            check(content, now)


@pytest.mark.usefixtures("lists")
class TestWhitelistCheck:
    def test_writes_nothing(self, cast, now, django_assert_max_num_queries):
        with django_assert_max_num_queries(12) as asked:
            check(sheet_of(row_of(cast.enterprise)), now)

        assert all(query["sql"].startswith("SELECT") for query in asked.captured_queries)

    def test_asks_no_more_for_more_rows(self, cast, now, django_assert_max_num_queries):
        rows = [
            row_of(Enterprise(uscc=f"9112010{n}MA05010{n}", name=f"天津示例{n}有限公司"))
            for n in range(40)
        ]

        with django_assert_max_num_queries(12):
            check(sheet_of(row_of(cast.enterprise), *rows), now)

    def test_cannot_tell_of_a_list_nobody_delivers(self, cast, now):
        sheet = sheet_of(row_of(cast.enterprise))

        found = check(sheet, now - timedelta(days=2))

        assert "WL_DISHONEST_DEBTOR_UNKNOWN" in found.tally.reasons

    def test_refuses_an_unknown_district(self, cast, now):
        with pytest.raises(Refused, match="DISTRICT_UNKNOWN"):
            whitelist_check(district="110101", source=b"x", file_name="x", at=now)

    def test_takes_the_platforms_word_where_the_sheet_is_silent(self, cast, now):
        from tests.factories.matching import make_demand

        make_demand(cast)
        sheet = sheet_of(row_of(cast.enterprise, 是否有融资意愿="", 意愿日期=""))

        assert check(sheet, now).tally.admitted == 1


@pytest.mark.usefixtures("lists")
class TestCorrection:
    ROWS = "融资需求金额(万元)"

    def sheet(self, cast):
        return sheet_of(
            row_of(cast.enterprise),
            row_of(cast.rival_enterprise, **{self.ROWS: "很多"}),
            row_of(cast.rival_enterprise),
        )

    def test_marks_errors_in_place(self, cast, now):
        stream = io.BytesIO()

        check(self.sheet(cast), now, correction=stream)

        written = load_workbook(stream).worksheets[0]
        assert [cell.value for cell in written[1]] == [*TITLES, "错误说明"]
        assert written.max_row == 4
        assert written["J2"].value in (None, "")
        assert "WL_AMOUNT_UNREADABLE" in written["J3"].value
        assert "WL_AMOUNT_UNREADABLE" in written["E3"].comment.text
        assert "WL_DISTRICT" in written["J4"].value

    def test_of_a_kept_list_is_the_same(self, cast, now):
        checked, kept = io.BytesIO(), io.BytesIO()
        check(self.sheet(cast), now, correction=checked)
        whitelist = make_whitelist(cast, sheet=self.sheet(cast))

        assert correction_of(whitelist, kept) == 2

        rows = [
            [[cell.value for cell in row] for row in load_workbook(stream).worksheets[0]]
            for stream in (checked, kept)
        ]
        assert rows[0] == rows[1]

    def test_can_be_sent_again(self, cast, now):
        stream = io.BytesIO()
        check(self.sheet(cast), now, correction=stream)

        again = check(stream.getvalue(), now)

        assert (again.tally.read, again.tally.admitted) == (3, 1)

    def test_says_the_same_again_of_what_office_software_counted(self, cast, now):
        """A day as a number is a date when it comes back; a code that lost its end is still known as that."""
        rows = [row_of(cast.enterprise), row_of(cast.enterprise)]
        day_at = TITLES.index("意愿日期")
        rows[0][day_at], rows[1][0] = 46346, 911201030000012000
        stream = io.BytesIO()

        first = check(workbook([list(TITLES), *rows]), now, correction=stream)
        written = load_workbook(stream).worksheets[0]
        again = check(stream.getvalue(), now)

        assert written.cell(2, day_at + 1).value == "2026-11-20"
        assert "USCC_NUMBER_CELL" in written["J3"].value
        assert first.tally.reasons == again.tally.reasons == {"USCC_NUMBER_CELL": 1}
        assert "文本格式" in again.problems[0].reasons[0]["sentence"]
