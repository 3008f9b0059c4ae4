"""The way of one whitelist, page by page: a messy sheet, its correction, a second person, a lender, feedback."""

from __future__ import annotations

import csv
import io
import uuid
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook

from lenders.models import Branch
from marketplace.domain import uscc
from marketplace.models import AccessRecord, District
from matching.models import Whitelist, WhitelistContact
from tests.factories.whitelist import NEED, TITLES
from tests.functional.browser import Page, Person
from tests.functional.market import Market

ISSUE = "2026-11"
CODE, NAME, AMOUNT = map(TITLES.index, ("统一社会信用代码", "企业名称", "融资需求金额(万元)"))
UNKNOWN_NAME = "不在登记库的示例企业"
WHY_OUT = {
    "示例新户": ("USCC_CHECK_DIGIT", "WL_AMOUNT_UNREADABLE"),
    "没有代码的示例企业": ("USCC_EMPTY",),
    UNKNOWN_NAME: ("WL_NOT_IN_REGISTER",),
}


def walks_to_feedback(market: Market, days) -> uuid.UUID:
    """Walk the whole way; return the public id of the published list."""
    cast = market.cast
    clerk, lead = Person(cast.district_clerk), Person(cast.district_lead)
    serves_other_district_only(market)
    draft = uploads(clerk, market)
    days.later(hours=1)
    corrected = sends_corrected(clerk, draft, market)
    is_checked_and_handed_over(clerk, corrected)
    days.later(hours=2)
    is_published(lead, key_of(corrected))
    days.later(hours=1)
    is_taken_on(Person(cast.officer), market)
    is_counted(clerk, key_of(corrected))
    return key_of(corrected)


def serves_other_district_only(market: Market) -> None:
    """The rival bank has no branch for the list's district."""
    branch = Branch.objects.get(institution=market.cast.rival_institution)
    branch.districts.set(District.objects.filter(code="120101"))


def uploads(clerk: Person, market: Market) -> Page:
    """Only checked first, nothing is kept; then a draft in which every row is accounted for."""
    form = clerk.goes("matching:whitelist-list").clicks("上传名单")
    sheet = messy_sheet(market)
    checked = form.submits("只检查，不保存", file=csv_file(sheet))
    checked.says("检查结果（没有保存）", "读取7行：入选1，未入选5，重复1。")
    assert not Whitelist.objects.exists()

    wrong = form.submits("上传为草稿", 422, issue_no="", file=csv_file(sheet))
    assert wrong.fault("issue_no").startswith("该字段是必填项。")
    draft = form.submits("上传为草稿", issue_no=ISSUE, file=csv_file(sheet))
    draft.says("已读取7行：入选1，未入选5，重复1。", "代码校验位不符", "需求金额无法识别")
    assert draft.state == "草稿"
    why_out = WHY_OUT | {market.cast.rival_enterprise.name: ("WL_DISTRICT",)}
    for name, codes in why_out.items():
        assert all(code in draft.row(name)["原因与提示"] for code in codes)
    row = draft.clicks(market.cast.rival_enterprise.name)
    row.says("登记住所所在区").hides("13900000000")
    return clerk.opens(draft.path)


def messy_sheet(market: Market) -> list[list[str]]:
    """A title above the header, a code with a slip, an amount in words, a stranger, a neighbour, a twin, a sum."""
    good = listed(market.cast.enterprise.uscc, market.cast.enterprise.name)
    slip = listed(market.newcomer.uscc[:-1] + other_digit(market.newcomer.uscc), "示例新户")
    slip[AMOUNT] = "若干"
    neighbour = listed(market.cast.rival_enterprise.uscc, market.cast.rival_enterprise.name)
    return [
        ["河西区融资需求企业名单(第十一期)"],
        list(TITLES),
        good,
        slip,
        listed("", "没有代码的示例企业"),
        neighbour,
        listed(market.cast.enterprise.uscc, market.cast.enterprise.name),
        listed(uscc.make("91", "120103", "MA050999"), UNKNOWN_NAME),
        ["合计", "", "", "", "200"],
    ]


def listed(code: str, name: str) -> list[str]:
    return [code, name, *NEED]


def other_digit(code: str) -> str:
    return "0" if code[-1] != "0" else "1"


def csv_file(rows: list[list[str]]) -> SimpleUploadedFile:
    """A file as office software of the district saves it."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return SimpleUploadedFile("名单.csv", text.getvalue().encode("gb18030"), "text/csv")


def sends_corrected(clerk: Person, draft: Page, market: Market) -> Page:
    """The sheet comes back with every error in place; corrected, it replaces the draft of the same number."""
    sheet = draft.clicks("下载更正表")
    book = load_workbook(io.BytesIO(sheet.content))
    rows = book.worksheets[0]
    marked = {str(row[NAME].value): str(row[-1].value or "") for row in rows.iter_rows(min_row=2)}
    assert "校验" in marked["示例新户"]
    assert "金额" in marked["示例新户"]
    for row in rows.iter_rows(min_row=2):
        if row[NAME].value == "示例新户":
            row[CODE].value, row[NAME].value = market.newcomer.uscc, market.newcomer.name
            row[AMOUNT].value = "80"
    again = io.BytesIO()
    book.save(again)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    file = SimpleUploadedFile("更正.xlsx", again.getvalue(), kind)

    form = clerk.goes("matching:whitelist-list").clicks("上传名单")
    corrected = form.submits("上传为草稿", issue_no=ISSUE, file=file)
    corrected.says("已读取7行：入选2，未入选4，重复1。", market.newcomer.name)
    assert Whitelist.objects.count() == 1
    return corrected


def is_checked_and_handed_over(clerk: Person, draft: Page) -> None:
    """Who made the list cannot publish it."""
    checked = draft.submits("核验").says("已按当前数据重新核验。")
    waiting = checked.submits("提交复核").says("已提交，须由另一位复核人发布。")
    waiting.says("须由另一位复核人发布或退回")
    assert not waiting.offers("发布")
    assert clerk.tries(f"{waiting.path}approve/") in {403, 409}
    assert Whitelist.objects.get().state == "PENDING_APPROVAL"


def is_published(lead: Person, key: uuid.UUID) -> None:
    """A second person returns it with a reason, or publishes it; here the latter."""
    page = lead.goes("matching:whitelist-detail", key)
    assert page.submits("退回", 422, reason="").fault("reason")
    done = page.submits("发布").says("已发布，服务本区的机构即时可见。")
    assert done.state == "已发布"


def is_taken_on(officer: Person, market: Market) -> None:
    """The officer reads need and name; the person to call only after taking the enterprise on, and logged."""
    queue = officer.goes("matching:recommendation-list")
    queue.says(market.cast.enterprise.name, market.newcomer.name, "80万元")
    queue.hides(market.cast.rival_enterprise.name, "13900000000")

    page = queue.clicks(market.newcomer.name).hides("13900000000", "王示例", "WL_")
    assert page.state == "未对接"
    taken = page.submits("由本机构对接").says("已登记由本机构对接", "139****0000")
    taken.hides("13900000000", "王示例")
    before = AccessRecord.objects.filter(subject_uscc=market.newcomer.uscc).count()
    taken.submits("查看完整内容").says("13900000000", "王示例")
    assert AccessRecord.objects.filter(subject_uscc=market.newcomer.uscc).count() == before + 1

    slip = taken.submits("反馈结果", 422, result="OTHER", note="")
    assert slip.fault("note").startswith("选择“其他”时请写明情况。")
    done = taken.submits("反馈结果", result="WILL_APPLY", note="下周来平台申请")
    assert done.says("对接结果已反馈。").state == "有意向，已引导在平台申请"
    contact = WhitelistContact.objects.get()
    assert (contact.officer, contact.result) == (market.cast.officer, "WILL_APPLY")


def is_counted(clerk: Person, key: uuid.UUID) -> None:
    """The district sees which lender took how many on and what came of it."""
    page = clerk.goes("matching:whitelist-detail", key)
    line = page.row("示例城市银行")
    assert (line["已对接"], line["已反馈"], line["有意向"]) == ("1", "1", "1")


def key_of(page: Page) -> uuid.UUID:
    return uuid.UUID(urlsplit(page.path).path.rstrip("/").rsplit("/", 1)[-1])
