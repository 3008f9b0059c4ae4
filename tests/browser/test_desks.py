"""Each desk's top tasks end to end in a real browser: wide and on a phone, without scripts, by keyboard alone.

What a task costs is counted and printed (``pytest -rP``): fields from the log-in to a published need, clicks for a
decision on a ready file, clicks from a district's sheet to the published list.
"""

from __future__ import annotations

import csv
import random
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import pytest
from openpyxl import load_workbook

from borrowers.models import EnterpriseAccount
from borrowers.services import account_review
from marketplace.domain import uscc
from marketplace.domain.workdays import local_date
from matching.models import LoanApplication, Whitelist, WhitelistUpload
from tests.browser.person import MANNERS, Manner, Person
from tests.cast import NOW, make_cast
from tests.factories.borrowers import make_enterprise
from tests.factories.matching import make_application, make_offer
from tests.factories.whitelist import NEED, TITLES, deliver_lists
from tests.functional.conftest import days, market
from tests.functional.steps import CLASSES

__all__ = ["days", "market"]

SECRET = "own-pass-2026-safe"
ROWS, FAULTS = 500, 20
MOST_FIELDS_OF_A_NEED = 12
MOST_SECONDS_OF_A_NEED = 90
MOST_CLICKS_OF_A_DECISION = 6
MOST_CLICKS_OF_A_LIST = 10


@pytest.fixture(params=MANNERS, ids=lambda manner: manner.name)
def manner(request: pytest.FixtureRequest) -> Manner:
    return request.param


@pytest.fixture
def cast(days, transactional_db):
    return make_cast()


# --- The enterprise ---------------------------------------------------------------------------------


def test_owner_registers_asks_consents_and_follows(engine, site, manner, market):
    owner = Person(engine, site, manner)
    registers(owner, market)
    account = EnterpriseAccount.objects.get(enterprise__uscc=market.newcomer.uscc)
    operator = market.cast.operator
    account_review(account=account, approve=True, reason="", actor=operator, at=NOW)

    began = perf_counter()
    typed = asks_for_money(owner)
    took = perf_counter() - began
    applies(owner)

    owner.sees("办理进度", "联系谁", "示例城市银行").is_content()
    assert LoanApplication.objects.get().state == "PENDING_ACCEPT"
    print(f"{manner.name}:从登录到发布需求填写 {typed} 项，用时 {took:.0f} 秒")
    assert typed <= MOST_FIELDS_OF_A_NEED
    assert took <= MOST_SECONDS_OF_A_NEED


def registers(owner: Person, market) -> None:
    owner.goes("borrowers:account-register").types(uscc=market.newcomer.uscc).presses("下一步")
    owner.sees(market.newcomer.name).presses("信息无误，下一步")
    owner.types(
        contact_name="李联系",
        contact_phone="13900000088",
        username="newcomer",
        password=SECRET,
        password_again=SECRET,
    )
    owner.ticks("agreed").presses("提交登记").sees("登记已提交。", "待核验")


def asks_for_money(owner: Person) -> int:
    """Publish a need and return how many fields it took."""
    owner.goes("matching:need-list").starts_counting().follows("填写融资需求")
    owner.types(amount_yuan="50", term_months="12", purpose="WORKING_CAPITAL", guarantee="CREDIT")
    owner.presses("发布并查看匹配").sees("以下是逐条比对的结果。")
    return owner.fields


def applies(owner: Person) -> None:
    owner.unfolds("示例税信贷").follows("查看全部理由并申请")
    owner.sees("授权示例城市银行查询本企业信息")
    for code in CLASSES:
        owner.ticks("data_classes", code)
    owner.ticks("valid_months", "1")  # the first of the choices: none is made beforehand
    owner.ticks("is_agreed").presses("同意授权并提交申请").sees("申请已提交至示例城市银行")


# --- The lender -------------------------------------------------------------------------------------


def test_officer_takes_reviews_and_approver_decides(engine, site, manner, cast):
    application = make_application(cast, at=NOW)
    officer = Person(engine, site, manner, cast.officer)

    officer.goes("matching:queue-list").follows(cast.enterprise.name)
    officer.unfolds("受理").presses("受理").sees("当前状态：已受理。", "数据新鲜度")
    officer.unfolds("登记联系").types(contact_note="电话联系，约定周三上门。").presses("登记联系")
    officer.sees("当前状态：对接中").unfolds("开始尽调").presses("开始尽调").sees("尽调中")
    officer.unfolds("提交审批").types(opinion="经营稳定，建议批准。")
    officer.ticks("file_complete").presses("提交审批").sees("当前状态：审批中")
    officer.is_content()

    approver = Person(engine, site, manner, cast.approver).goes("matching:approval-list")
    approver.follows(cast.enterprise.name).sees("经营稳定，建议批准。")
    until = (local_date(NOW) + timedelta(days=180)).isoformat()
    approver.unfolds("批准授信").types(annual_rate_bp="3.98", valid_until=until)
    approver.presses("批准授信").sees("已授信").is_content()

    application.refresh_from_db()
    assert application.state == "APPROVED"
    print(f"{manner.name}:审批人作出决定点击 {approver.clicks} 次")
    assert approver.clicks <= MOST_CLICKS_OF_A_DECISION


def test_officer_takes_a_case_with_the_keys_of_the_queue(engine, site, cast):
    """j and k move, o opens, t takes; nothing of it outside the list."""
    first = make_application(cast, at=NOW)
    offer = make_offer(cast, "P002")
    second = make_application(cast, demand=first.demand, product=offer, at=NOW)
    queue = "[data-keys]"
    officer = Person(engine, site, MANNERS[0], cast.officer).goes("matching:queue-list")

    officer.hits("j", "o").sees("工作队列").focuses(queue).hits("j", "j", "k", "o")
    officer.sees("受理后可查看信用画像")
    assert str(first.public_id) in officer.address
    officer.goes("matching:queue-list").focuses(queue).hits("j", "j", "t").sees("已受理")
    assert str(second.public_id) in officer.address
    officer.is_content()

    second.refresh_from_db()
    assert (second.state, second.officer) == ("ACCEPTED", cast.officer)


# --- The district -----------------------------------------------------------------------------------


def test_clerk_corrects_a_sheet_of_500_rows_and_lead_publishes(
    engine, site, manner, cast, tmp_path
):
    rows = sheet_rows(cast)
    clerk = Person(engine, site, manner, cast.district_clerk).goes("matching:whitelist-list")

    clerk.follows("上传名单").types(issue_no="2026-11")
    clerk.brings("file", sheet(tmp_path / "名单.csv", rows)).presses("上传为草稿")
    clerk.sees(f"入选 {ROWS - FAULTS}", f"未入选 {FAULTS}", "代码校验位不符")
    marked = clerk.keeps("下载更正表", tmp_path)
    clerk.brings("file", corrected(marked, rows)).presses("上传更正表")
    clerk.sees(f"入选 {ROWS}", "未入选 0").presses("核验并提交复核").sees("须由另一位复核人")
    clerk.is_content()

    lead = Person(engine, site, manner, cast.district_lead).goes("matching:whitelist-list")
    lead.follows("2026-11").unfolds("发布").presses("发布").sees("已发布").is_content()

    assert Whitelist.objects.get().state == "PUBLISHED"
    clicks = clerk.clicks + lead.clicks
    print(f"{manner.name}:{ROWS} 行、{FAULTS} 处错误的名单到发布共点击 {clicks} 次")
    assert clicks <= MOST_CLICKS_OF_A_LIST


def test_clerk_only_checks_a_sheet_and_nothing_is_kept(engine, site, manner, cast, tmp_path):
    file = sheet(tmp_path / "名单.csv", [(cast.enterprise.uscc, cast.enterprise.name)] * 2)
    clerk = Person(engine, site, manner, cast.district_clerk).goes("matching:whitelist-upload")

    clerk.types(issue_no="").brings("file", file).presses("只检查，不保存")
    clerk.sees("检查结果（没有保存）").is_content()

    assert WhitelistUpload.objects.get().only_check
    assert not Whitelist.objects.exists()


def sheet_rows(cast) -> list[tuple[str, str]]:
    """Code and name of enterprises of the district that fit every gate."""
    deliver_lists(NOW)
    found = []
    for number in range(ROWS):
        code = uscc.make("91", "120103", f"7{number:07d}")
        enterprise = make_enterprise(uscc=code, name=f"天津示例名单{number:03d}号有限公司", at=NOW)
        found.append((enterprise.uscc, enterprise.name))
    return found


def sheet(path: Path, rows: list[tuple[str, str]]) -> Path:
    """A sheet with a slip in the code of 20 rows, as office software of the district saves it."""
    slips = set(random.Random(7).sample(range(ROWS), FAULTS))
    with path.open("w", encoding="gb18030", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(TITLES)
        for number, (code, name) in enumerate(rows):
            slip = code[:-1] + ("0" if code[-1] != "0" else "1")
            writer.writerow([slip if number in slips else code, name, *NEED])
    return path


def corrected(marked: Path, rows: list[tuple[str, str]]) -> Path:
    """Put the right code into every row that is marked."""
    codes = {name: code for code, name in rows}
    book = load_workbook(marked)
    page = book.worksheets[0]
    titles = [str(cell.value) for cell in page[1]]
    code_at, name_at = titles.index(TITLES[0]), titles.index(TITLES[1])
    for row in page.iter_rows(min_row=2):
        row[code_at].value = codes[str(row[name_at].value)]
    book.save(marked)
    return marked
