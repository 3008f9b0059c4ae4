"""The printed accounts of the demonstration city: one of every role, and what each should open first."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.models import Membership

FIRST_STEPS = {
    "owner": ("企业负责人", "“融资需求”里有一笔已发布的需求：看匹配结果和理由"),
    "agent": ("企业经办人", "“我的申请”里有一笔等待补充资料"),
    "officer": ("客户经理", "“工作队列”受理申请、看信用画像、提交审批；“抢单池”"),
    "approver": (
        "审批人",
        "“待审批”做决定；“产品”里有一个新版本等待发布；“贷款与反馈”里有一笔更正过的放款",
    ),
    "clerk": ("区级经办", "“白名单”里有一份草稿：看入选与未入选的原因"),
    "lead": ("区级复核", "“白名单”里有一期等待复核发布"),
    "operator": ("市级运营", "“督办”看超时的申请和贷款结果更正；“需求派单”；企业核验、异议、统计"),
    "operator2": ("市级运营（第二人）", "“信用修复”作市级决定"),
    "auditor": ("审计监督", "“审计查询”查审计链，“查询登记”看谁查了谁"),
}
"""Account to role and what to click first, in the order in which a visitor would try them."""


@dataclass(frozen=True)
class Login:
    """An account that is printed."""

    username: str
    role: str
    organisation: str
    first: str


def logins() -> list[Login]:
    """Return the accounts to print, as they stand in the database. Queries: one."""
    held = Membership.objects.filter(user__username__in=FIRST_STEPS, ended_at=None)
    names = dict(held.values_list("user__username", "organisation__name"))
    return [
        Login(username, role, names[username], first)
        for username, (role, first) in FIRST_STEPS.items()
        if username in names
    ]
