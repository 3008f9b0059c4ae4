"""The definition (口径) of every figure the marketplace shows: one list for pages, sheets and the public interface.

A figure is the sum of events up to a day. 户 counts enterprises once each by 统一社会信用代码, 笔 counts loans, and
a year is the calendar year in Beijing time. A ratio whose denominator is zero is not shown, rather than shown as zero.

Source: domain note 0.9 and 1.5.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Statistic(StrEnum):
    """Codes of the figures."""

    ENTERPRISES = "ENTERPRISES"
    INSTITUTIONS = "INSTITUTIONS"
    PRODUCTS = "PRODUCTS"
    NEEDS = "NEEDS"
    NEEDS_AMOUNT = "NEEDS_AMOUNT"
    ACCEPTANCE_RATE = "ACCEPTANCE_RATE"
    APPLICATIONS = "APPLICATIONS"
    ACCEPTANCES = "ACCEPTANCES"
    CONTACTS = "CONTACTS"
    CONTACT_RATE = "CONTACT_RATE"
    SIGNINGS = "SIGNINGS"
    OBTAINED_RATE = "OBTAINED_RATE"
    APPROVED_ENTERPRISES = "APPROVED_ENTERPRISES"
    APPROVALS = "APPROVALS"
    APPROVED_AMOUNT = "APPROVED_AMOUNT"
    FUNDED_ENTERPRISES_YEAR = "FUNDED_ENTERPRISES_YEAR"
    LOANS_YEAR = "LOANS_YEAR"
    FUNDED_AMOUNT_YEAR = "FUNDED_AMOUNT_YEAR"
    FUNDED_ENTERPRISES = "FUNDED_ENTERPRISES"
    LOANS = "LOANS"
    FUNDED_AMOUNT = "FUNDED_AMOUNT"
    FUNDED_AMOUNT_GROWTH = "FUNDED_AMOUNT_GROWTH"
    CREDIT_LOAN_SHARE = "CREDIT_LOAN_SHARE"
    FIRST_TIME_BORROWERS = "FIRST_TIME_BORROWERS"
    AVERAGE_RATE = "AVERAGE_RATE"
    AVERAGE_DAYS = "AVERAGE_DAYS"
    OVERDUE_LOANS = "OVERDUE_LOANS"
    OVERDUE_AMOUNT = "OVERDUE_AMOUNT"
    OVERDUE_RATE = "OVERDUE_RATE"


class Unit(StrEnum):
    """What the value of a figure is, before it is displayed.

    YUAN is Decimal yuan, SHARE a fraction (0.125 is 12.5%), BASIS_POINTS an annual rate; the rest are plain numbers.
    """

    ENTERPRISES = "户"
    INSTITUTIONS = "家"
    PRODUCTS = "个"
    LOANS = "笔"
    YUAN = "元"
    SHARE = "比例"
    BASIS_POINTS = "年化利率"
    DAYS = "天"


@dataclass(frozen=True)
class Definition:
    """What a figure counts.

    Attributes:
        name: Chinese name, as headings say it.
        formula: how it is formed, in words.
        note: limits and exclusions; may be empty.
    """

    code: Statistic
    name: str
    unit: Unit
    formula: str
    note: str = ""

    @property
    def sentence(self) -> str:
        """Return the definition in one line, as it stands at the foot of sheets and pages."""
        return f"{self.name}：{self.formula}{self.note}"


_LOANS = "同一合同分次放款计一笔。"
_BY_USCC = "按统一社会信用代码去重，一家企业多笔只计一户。"
_LOAN_DAY = "放款以机构反馈的放款日期为准；企业未同意反馈贷款结果的，不在内。"

_ALL = (
    Definition(
        Statistic.ENTERPRISES,
        "注册企业数",
        Unit.ENTERPRISES,
        "截至统计日在平台注册并通过核验的企业和个体工商户户数。",
        "仅在登记库中、未注册的不计；已注销账户不计。",
    ),
    Definition(
        Statistic.INSTITUTIONS,
        "入驻机构数",
        Unit.INSTITUTIONS,
        "截至统计日经准入且未退出的金融机构家数。",
        "按法人计，分支机构不单独计；暂停服务的不计。",
    ),
    Definition(
        Statistic.PRODUCTS,
        "上线产品数",
        Unit.PRODUCTS,
        "截至统计日处于发布状态的信贷产品个数。",
        "同一产品的多个规则版本计一个；已下架的不计。",
    ),
    Definition(
        Statistic.NEEDS,
        "发布需求笔数",
        Unit.LOANS,
        "截至统计日企业发布的有效融资需求笔数。",
        "草稿不计，发布前撤回的不计。",
    ),
    Definition(
        Statistic.NEEDS_AMOUNT,
        "发布需求金额",
        Unit.YUAN,
        "发布需求笔数所对应的申请金额之和。",
        "以发布时申报的金额为准。",
    ),
    Definition(
        Statistic.ACCEPTANCE_RATE,
        "接单率",
        Unit.SHARE,
        "至少有一家机构接单的需求笔数 ÷ 发布需求笔数。",
        "接单指受理申请，或抢单、接受派单、接受定向后未退回；一笔需求被多家机构接单只计一次。",
    ),
    Definition(
        Statistic.APPLICATIONS,
        "推送申请笔数",
        Unit.LOANS,
        "截至统计日企业提交并已推送到机构的申请笔数。",
        "一笔需求向多家机构申请的，每家计一笔。",
    ),
    Definition(
        Statistic.ACCEPTANCES,
        "受理申请笔数",
        Unit.LOANS,
        "推送申请笔数中，机构已受理的笔数。",
    ),
    Definition(
        Statistic.CONTACTS,
        "联系申请笔数",
        Unit.LOANS,
        "推送申请笔数中，机构已登记与企业联系的笔数。",
    ),
    Definition(
        Statistic.CONTACT_RATE,
        "对接率",
        Unit.SHARE,
        "机构已与企业联系的申请笔数 ÷ 推送到机构的申请笔数。",
        "联系以机构登记的首次联系记录为准。",
    ),
    Definition(
        Statistic.OBTAINED_RATE,
        "获得率",
        Unit.SHARE,
        "至少获得一笔授信的企业户数 ÷ 至少有一笔申请被受理的企业户数。",
        _BY_USCC,
    ),
    Definition(
        Statistic.APPROVED_ENTERPRISES,
        "授信户数",
        Unit.ENTERPRISES,
        "截至统计日至少获得一笔授信的企业户数。",
        _BY_USCC,
    ),
    Definition(
        Statistic.APPROVALS,
        "授信笔数",
        Unit.LOANS,
        "截至统计日机构审批通过的申请笔数。",
        "审批通过即计，后来未提款的也计。",
    ),
    Definition(
        Statistic.APPROVED_AMOUNT,
        "授信金额",
        Unit.YUAN,
        "授信笔数所对应的审批金额之和。",
        "授信不等于放款。",
    ),
    Definition(
        Statistic.SIGNINGS,
        "签约笔数",
        Unit.LOANS,
        "截至统计日已登记签约的申请笔数。",
        "签约不等于放款。",
    ),
    Definition(
        Statistic.FUNDED_ENTERPRISES_YEAR,
        "当年放款户数",
        Unit.ENTERPRISES,
        "统计年度 1 月 1 日至统计日至少有一次放款的企业户数。",
        _BY_USCC,
    ),
    Definition(
        Statistic.LOANS_YEAR,
        "当年放款笔数",
        Unit.LOANS,
        "统计年度 1 月 1 日至统计日有放款的贷款笔数。",
        _LOANS,
    ),
    Definition(
        Statistic.FUNDED_AMOUNT_YEAR,
        "当年放款金额",
        Unit.YUAN,
        "统计年度 1 月 1 日至统计日的放款金额之和。",
        _LOAN_DAY,
    ),
    Definition(
        Statistic.FUNDED_ENTERPRISES,
        "累计放款户数",
        Unit.ENTERPRISES,
        "平台上线至统计日至少有一次放款的企业户数。",
        _BY_USCC,
    ),
    Definition(
        Statistic.LOANS,
        "累计放款笔数",
        Unit.LOANS,
        "平台上线至统计日有放款的贷款笔数。",
        _LOANS,
    ),
    Definition(
        Statistic.FUNDED_AMOUNT,
        "累计放款金额",
        Unit.YUAN,
        "平台上线至统计日的放款金额之和。",
        f"含信用贷款和其他担保方式的贷款；是发生额，不是余额。{_LOAN_DAY}",
    ),
    Definition(
        Statistic.FUNDED_AMOUNT_GROWTH,
        "放款金额同比",
        Unit.SHARE,
        "（当年放款金额 − 上年同期放款金额） ÷ 上年同期放款金额。",
        "上年同期为上年 1 月 1 日至上年同日；上年同期为零时不计算。",
    ),
    Definition(
        Statistic.CREDIT_LOAN_SHARE,
        "信用贷款占比",
        Unit.SHARE,
        "担保方式为信用的累计放款金额 ÷ 累计放款金额。",
        "有政府性融资担保的贷款属于保证，不属于信用。",
    ),
    Definition(
        Statistic.FIRST_TIME_BORROWERS,
        "首贷户数",
        Unit.ENTERPRISES,
        "累计放款户数中，首次从银行业金融机构获得经营性贷款的企业户数。",
        "以放款机构申报为准，并与平台历史放款核对；平台上已有更早的银行放款的不计。",
    ),
    Definition(
        Statistic.AVERAGE_RATE,
        "平均利率",
        Unit.BASIS_POINTS,
        "累计放款各笔合同年化利率按放款金额的加权平均。",
        "以机构审批登记的年化利率为准，不含机构未登记的费用。",
    ),
    Definition(
        Statistic.AVERAGE_DAYS,
        "平均办理时长",
        Unit.DAYS,
        "已放款贷款从提交申请到首次放款的自然日数的简单平均。",
        "含企业补充资料的时间。",
    ),
    Definition(
        Statistic.OVERDUE_LOANS,
        "逾期笔数",
        Unit.LOANS,
        "统计日处于逾期状态的贷款笔数。",
        "以机构最近一次反馈为准；已结清、已核销的不计。",
    ),
    Definition(
        Statistic.OVERDUE_AMOUNT,
        "逾期金额",
        Unit.YUAN,
        "统计日处于逾期状态的贷款的未还本金之和。",
        "按整笔贷款的未还本金计，不只是已到期未还的部分。",
    ),
    Definition(
        Statistic.OVERDUE_RATE,
        "逾期率",
        Unit.SHARE,
        "逾期笔数 ÷ 统计日已放款未结清的贷款笔数。",
        "按笔计，不是不良贷款率。",
    ),
)

DEFINITIONS: dict[Statistic, Definition] = {entry.code: entry for entry in _ALL}

GENERAL_NOTES = (
    "各项数字均由平台事件汇总，截至统计日，按北京时间划分年度和日期。",
    "金额以元记录，以万元或亿元显示；显示位数以外四舍五入。",
)


def definition(code: Statistic | str) -> Definition:
    """Return the definition of a figure.

    Raises:
        ValueError: there is no such figure.
    """
    return DEFINITIONS[Statistic(code)]


def notes_for(codes: Iterable[Statistic | str]) -> tuple[str, ...]:
    """Return the definitions of the figures, each once, in the order of the list, then the general notes."""
    wanted = {Statistic(code) for code in codes}
    return (*(entry.sentence for entry in _ALL if entry.code in wanted), *GENERAL_NOTES)
