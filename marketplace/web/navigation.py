"""Where each role can go: links by URL name, so that apps stay ignorant of each other's addresses.

A name that does not resolve is left out without a word: pages appear in the navigation when they exist.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from marketplace.domain.roles import Role


@dataclass(frozen=True)
class Link:
    """A place in the navigation: its URL name and its Chinese label."""

    name: str
    label: str


@dataclass(frozen=True)
class Place:
    """A resolved link."""

    label: str
    url: str
    is_current: bool = False


_BORROWER = (
    Link("matching:need-list", "融资需求"),
    Link("lenders:product-list", "找产品"),
    Link("matching:application-list", "我的申请"),
    Link("borrowers:consent-list", "授权"),
    Link("borrowers:record-list", "信用记录"),
    Link("matching:portrait-own", "信用画像"),
    Link("borrowers:access-list", "谁看过我"),
)
_LENDER = (
    Link("matching:loan-list", "贷款与反馈"),
    Link("lenders:product-manage-list", "产品"),
    Link("matching:recommendation-list", "推荐清单"),
    Link("lenders:team", "网点与人员"),
    Link("exports:statistics-institution", "本机构统计"),
)
_OFFICER = (
    Link("matching:queue-list", "工作队列"),
    Link("matching:pool-list", "待接需求"),
    *_LENDER,
)
_APPROVER = (Link("matching:approval-list", "待审批"), *_LENDER)
_DISTRICT = (
    Link("matching:whitelist-list", "白名单"),
    Link("matching:whitelist-upload", "上传名单"),
    Link("matching:event-list", "对接活动"),
    Link("exports:statistics-district", "本区统计"),
)
_OPERATOR = (
    Link("borrowers:account-review-list", "企业核验"),
    Link("lenders:institution-list", "机构"),
    Link("lenders:product-oversee-list", "产品"),
    Link("borrowers:catalogue-list", "目录与单位"),
    Link("borrowers:batch-list", "数据批次"),
    Link("matching:dispatch-list", "办理与督办"),
    Link("borrowers:objection-list", "异议与修复"),
    Link("matching:evaluation-list", "信用评价"),
    Link("matching:parameter-list", "参数"),
    Link("exports:statistics", "统计"),
)
_AUDITOR = (
    Link("marketplace:audit-search", "审计查询"),
    Link("marketplace:access-list", "查询登记"),
    Link("matching:evaluation-list", "信用评价"),
    Link("matching:parameter-list", "参数"),
    Link("exports:statistics", "统计"),
)

NAVIGATION: dict[Role, tuple[Link, ...]] = {
    Role.OWNER: _BORROWER,
    Role.AGENT: _BORROWER,
    Role.OFFICER: _OFFICER,
    Role.APPROVER: _APPROVER,
    Role.DISTRICT_CLERK: _DISTRICT,
    Role.DISTRICT_LEAD: _DISTRICT,
    Role.OPERATOR: _OPERATOR,
    Role.AUDITOR: _AUDITOR,
}
"""What a role sees in the navigation; the first link that resolves is where it lands after logging in."""

PUBLIC = (
    Link("lenders:product-list", "产品超市"),
    Link("lenders:institution-public-list", "入驻机构"),
    Link("borrowers:publicity-search", "双公示查询"),
    Link("exports:verify", "报告核验"),
    Link("exports:statistics", "平台数据"),
    Link("marketplace:glossary", "术语与口径"),
)
"""What a visitor who has not logged in sees."""

NO_ROLE = (
    Link("borrowers:account-register", "登记企业"),
    Link("lenders:product-list", "找产品"),
    Link("marketplace:glossary", "术语与口径"),
)
"""What somebody sees who has logged in but belongs to no organisation yet."""


def links_for(roles: Collection[Role], is_logged_in: bool) -> tuple[Link, ...]:
    """Return the links of all the roles, each once, in the order of the table."""
    if not is_logged_in:
        return PUBLIC
    found = (link for role in NAVIGATION if role in roles for link in NAVIGATION[role])
    return tuple(dict.fromkeys(found)) or NO_ROLE


def places(links: Iterable[Link], path: str = "") -> tuple[Place, ...]:
    """Return the links that resolve, the one under which ``path`` lies marked as current."""
    resolved = [(link.label, url) for link in links if (url := address_of(link.name))]
    over = [url for _, url in resolved if path.startswith(url)]
    current = max(over, key=len, default=None)
    return tuple(Place(label, url, url == current) for label, url in resolved)


def landing_for(roles: Collection[Role]) -> str:
    """Return the address of the first page of the roles that exists, empty when none does."""
    found = places(links_for(roles, is_logged_in=True)) if roles else ()
    return found[0].url if found else ""


def address_of(name: str) -> str:
    """Return the address of a URL name without arguments, empty when it does not resolve."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
