"""An installation without anybody becomes a market, through its one command for people and its pages alone.

`founds_the_city` gives back what `make_market` makes by the shortest way, so that the same loan can be walked there.
"""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from borrowers.models import IngestBatch
from lenders.models import LoanProduct
from marketplace.config.demo.world import register_row
from marketplace.domain.workdays import local_date
from marketplace.models import User
from tests.cast import NOW
from tests.functional.browser import Page, Person
from tests.functional.market import Market, delivered_rows, newcomer_of_the_register

FIRST_PASSWORD = "first-pass-2026-safe"
OWN_PASSWORD = "demo-pass-2026-ok"
"""What everybody changes the password to that somebody else chose."""
TERMS = {
    "amount_min_yuan": "10",
    "amount_max_yuan": "300",
    "term_min_months": "3",
    "term_max_months": "36",
    "annual_rate_min_bp": "3.45",
    "annual_rate_max_bp": "4.80",
    "fee_rate_bp": "0",
    "all_in_rate_max_bp": "5.00",
    "guarantees": ["CREDIT"],
    "purposes": ["WORKING_CAPITAL", "EQUIPMENT"],
    "repayments": ["EQUAL_INSTALLMENT", "INTEREST_THEN_PRINCIPAL"],
}
BANKS = {
    "B001": ("示例城市银行", "91120102MA0501020X", "示例支行"),
    "B002": ("对照城市银行", "91120104MA0501047J", "对照支行"),
}
PRODUCTS: dict[str, tuple[str, str, list[dict[str, str]]]] = {
    "B001-TAX": (
        "B001",
        "示例税信贷",
        [
            {"feature": "age_months", "operator": "GE", "value": "24"},
            {"feature": "tax_paid_12m_yuan", "operator": "GE", "value": "1"},
            {"feature": "serious_breach", "operator": "IS_FALSE"},
        ],
    ),
    "B001-BIG": (
        "B001",
        "示例集团贷",
        [{"feature": "tax_paid_12m_yuan", "operator": "GE", "value": "90000"}],
    ),
    "B002-INV": (
        "B002",
        "示例发票贷",
        [{"feature": "invoiced_sales_12m_yuan", "operator": "GE", "value": "100"}],
    ),
}
"""Bank, name and rules of each, amounts as typed in 万元."""


def founds_the_city() -> Market:
    """Let the first operator in, then fill the register, the records and the shelf."""
    for username, name in [("operator", "张运营"), ("second", "李运营")]:
        call_command("member_add", username, "OPERATOR", name=name, organisation="示例市平台")
    operator = Person("operator")
    newcomer = newcomer_of_the_register()
    uploads_the_register(operator, register_row(newcomer, local_date(NOW)))
    for (item, unit), rows in delivered_rows([newcomer]).items():
        uploads_records(operator, item, unit, rows)
    is_evaluated(operator, Person("second"))
    for code in BANKS:
        is_admitted(operator, code)
    for code in PRODUCTS:
        is_offered(code)
    people = {
        "operator": "operator", "officer": "B001-officer", "approver": "B001-approver",
        "rival_officer": "B002-officer", "rival_approver": "B002-approver",
    }  # fmt: skip
    users = {name: User.objects.get(username=username) for name, username in people.items()}
    cast: Any = SimpleNamespace(**users)
    fitting, too_large, untold = [LoanProduct.objects.get(code=code) for code in PRODUCTS]
    return Market(cast=cast, newcomer=newcomer, fitting=fitting, too_large=too_large, untold=untold)


def uploads_the_register(operator: Person, row: dict[str, str]) -> None:
    operator.goes("borrowers:enterprise-list").says("没有符合条件的市场主体")
    page = operator.goes("borrowers:enterprise-list").clicks("上传登记表")
    page.submits("上传并逐行检查", file=sheet("登记库-示例.csv", [row]))
    assert IngestBatch.objects.get().accepted == 1


def uploads_records(operator: Person, item: str, unit: str, rows: list[dict[str, str]]) -> None:
    """Hand in one file of one item, as a unit without a connection of its own sends it."""
    page = operator.goes("borrowers:batch-list").clicks("上传文件")
    file = sheet(f"{item}.csv", rows) if rows else blank_sheet(operator, item)
    page.submits("上传并逐行检查", item=item, unit=unit, file=file)
    batch = IngestBatch.objects.order_by("-pk")[0]
    assert batch.item is not None
    assert (batch.item.code, batch.accepted, batch.rejected) == (item, len(rows), 0), batch.reasons


def blank_sheet(operator: Person, item: str) -> SimpleUploadedFile:
    """Return the item's sheet as the catalogue hands it out; sent back as it is, it says that there is nothing."""
    page = operator.goes("borrowers:catalogue-detail", item).clicks("下载报送模板（csv）")
    return SimpleUploadedFile(f"{item}.csv", page.content)


def sheet(name: str, rows: list[dict[str, str]]) -> SimpleUploadedFile:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(dict.fromkeys(title for row in rows for title in row)))
    writer.writeheader()
    writer.writerows(rows)
    return SimpleUploadedFile(name, text.getvalue().encode())


def is_evaluated(operator: Person, second: Person) -> None:
    """One starts the month's evaluation, another publishes it."""
    operator.goes("matching:evaluation-list").says("还没有评价批次").submits("发起")
    waiting = operator.goes("matching:evaluation-list").clicks("2026-11")
    assert not waiting.says("须由另一位运营人员发布").offers("发布")
    done = second.goes("matching:evaluation-list").clicks("2026-11").submits("发布")
    done.says("已发布")


def is_admitted(operator: Person, code: str) -> None:
    """A bank applies; the operator admits it and opens its first branch and its two first accounts."""
    name, uscc, branch = BANKS[code]
    form = Person().goes("lenders:institution-public-list").clicks("申请入驻")
    form.submits(
        "提交申请", name=name, uscc=uscc, code=code, kind="CITY",
        contact_name="王联系", contact_phone="022-00000000",
    ).says(f"申请已提交：{name}")  # fmt: skip

    page = operator.goes("lenders:institution-list").clicks(name).says("待准入")
    page = page.submits("准入").says("已入驻", "还不能办理业务", "还没有网点")
    page = page.clicks("添加网点").submits("保存", name=branch, is_default=True)
    page = has_staff(page, f"{code}-officer", "OFFICER").says("还不能办理业务")
    has_staff(page, f"{code}-approver", "APPROVER").hides("还不能办理业务")


def has_staff(page: Page, username: str, role: str) -> Page:
    """Open an account; its owner chooses a password of their own before anything else."""
    done = page.clicks("添加人员").submits(
        "保存", username=username, display_name=username, password=FIRST_PASSWORD, role=role
    )
    fresh = Person(username, FIRST_PASSWORD).goes("lenders:team")
    own = {"new_password": OWN_PASSWORD, "again": OWN_PASSWORD}
    fresh.submits("修改密码", old_password=FIRST_PASSWORD, **own).says("密码已修改。")
    return done


def is_offered(code: str) -> None:
    """One drafts a product with its rules, another publishes it; then anybody finds it in the shop."""
    bank, name, rules = PRODUCTS[code]
    officer, approver = Person(f"{bank}-officer"), Person(f"{bank}-approver")
    form = officer.goes("lenders:product-manage-list").clicks("新建产品")
    page = form.submits("保存并填写准入规则", code=code, name=name, **TERMS)
    for rule in rules:
        step = page.submits("选定指标", feature=rule["feature"])
        page = step.submits("添加这条规则", **rule)
    page = page.clicks("完成，预览整个版本").submits("提交复核").says("待复核")
    waiting = approver.goes("lenders:product-manage-list").clicks(name)
    waiting.clicks("第1版").submits("发布").says("已发布")
    Person().goes("lenders:product-list").says(name)
