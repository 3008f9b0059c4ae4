"""Where each role can go: links by URL name, so that apps stay ignorant of each other's addresses.

Every link must open without arguments and for everybody who holds the role; a name that does not resolve is a fault
and fails loudly.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from django.urls import reverse

from marketplace.domain.roles import Role
from marketplace.models import User


@dataclass(frozen=True)
class Link:
    """A place in the navigation.

    Attributes:
        name: its URL name.
        label: Chinese.
        beside: pages that belong to it under other addresses.
        group: label of the menu it stands in, empty for what is always in sight.
        details: pages of one thing, told by its public id, that belong to it under other addresses.
    """

    name: str
    label: str
    beside: tuple[str, ...] = ()
    group: str = ""
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """A resolved link."""

    label: str
    url: str
    is_current: bool = False
    group: str = ""


@dataclass(frozen=True)
class Group:
    """Places that stand together; those without a label are always in sight, the others in a menu under it."""

    label: str
    places: tuple[Place, ...]

    @property
    def is_current(self) -> bool:
        """Return whether the reader is at one of them."""
        return any(place.is_current for place in self.places)


_ANY = uuid.UUID(int=0)
_VERSION = ("lenders:version-detail", "matching:version-reach")
_EVENT = ("matching:event-meeting", "matching:event-follow-up")
_TOKENS = ("lenders:interface-token-list",)
_OF_LENDER = ("lenders:institution-branch-create", "lenders:interface-token")
_BORROWER = (
    Link("matching:need-list", "融资需求"),
    Link("lenders:product-list", "找产品"),
    Link("matching:application-list", "我的申请"),
    Link("matching:event-invitations", "对接会"),
    Link("borrowers:consent-list", "授权"),
    Link("matching:portrait-own", "信用画像", beside=("exports:credit-report",)),
    Link("borrowers:record-list", "信用记录"),
    Link("borrowers:dispute-list", "异议与修复"),
    Link("borrowers:access-list", "谁看过我"),
    Link("borrowers:enterprise-own", "本企业"),
    Link("borrowers:team", "团队"),
    Link("exports:document-list", "文件"),
)
_LENDER = (
    Link("matching:pool-list", "抢单池"),
    Link("matching:lead-list", "需求线索"),
    Link("matching:loan-list", "贷款与反馈"),
    Link("matching:recommendation-list", "推荐清单"),
    Link("matching:event-invitations", "对接会"),
    Link("lenders:product-manage-list", "产品", details=_VERSION),
    Link("lenders:team", "网点与人员", _TOKENS, details=_OF_LENDER),
    Link("exports:statistics-institution", "本机构统计"),
    Link("exports:document-list", "文件"),
)
_OFFICER = (Link("matching:queue-list", "工作队列"), *_LENDER)
_APPROVER = (
    Link("matching:approval-list", "待审批", details=("matching:review-detail",)),
    *_LENDER,
)
_DISTRICT = (
    Link("matching:whitelist-list", "白名单"),
    Link("matching:whitelist-generate", "生成名单"),
    Link("matching:whitelist-upload", "上传名单"),
    Link("matching:event-list", "对接会", details=_EVENT),
    Link("matching:whitelist-watch", "清单督办"),
    Link("borrowers:enterprise-list", "企业"),
    Link("borrowers:repair-district-list", "信用修复", details=("borrowers:repair-detail",)),
    Link("exports:statistics-district", "本区统计"),
    Link("exports:district-report", "周报月报"),
    Link("exports:document-list", "文件"),
)
_PARTIES, _DATA, _LISTS, _RULES = "企业与机构", "数据", "名单与对接", "评价与参数"
_CITY = (
    Link("borrowers:account-review-list", "企业核验"),
    Link("borrowers:objection-list", "异议"),
    Link("borrowers:repair-list", "信用修复", details=("borrowers:repair-detail",)),
    Link("exports:statistics", "统计"),
    Link("exports:document-list", "文件"),
    Link("borrowers:enterprise-list", "企业", group=_PARTIES),
    Link(
        "lenders:institution-list",
        "机构",
        group=_PARTIES,
        details=("lenders:branch-edit", "lenders:interface-token"),
    ),
    Link(
        "lenders:product-oversee-list",
        "产品",
        group=_PARTIES,
        details=(*_VERSION, "lenders:product-manage-detail"),
    ),
    Link("marketplace:member-list", "用户", group=_PARTIES),
    Link("borrowers:batch-list", "数据批次", ("borrowers:candidate-list",), _DATA),
    Link("borrowers:unit-board", "数据质量", ("matching:gap-list",), _DATA),
    Link("borrowers:catalogue-list", "目录", group=_DATA),
    Link("borrowers:thematic-list", "专题库", group=_DATA),
    Link("matching:whitelist-list", "白名单", group=_LISTS),
    Link("matching:whitelist-watch", "清单督办", group=_LISTS),
    Link("matching:event-list", "对接会", group=_LISTS, details=_EVENT),
    Link("matching:evaluation-list", "信用评价", ("matching:score-model-list",), _RULES),
    Link("matching:parameter-list", "参数", group=_RULES),
    Link("marketplace:calendar", "工作日历", group=_RULES),
)
_OPERATOR = (
    Link("matching:dispatch-list", "督办", ("matching:correction-list",)),
    Link("matching:lead-watch", "接单督办"),
    Link("matching:assign-list", "需求派单"),
    *_CITY,
)
_AUDITOR = (
    Link("marketplace:audit-search", "审计查询"),
    Link("marketplace:access-list", "查询登记"),
    Link("marketplace:grant-list", "例外授权"),
    *_CITY,
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
"""What a role sees in the navigation; the first link is where it lands after logging in."""

PUBLIC = (
    Link("lenders:product-list", "产品超市"),
    Link("lenders:institution-public-list", "入驻机构"),
    Link("exports:statistics", "平台数据"),
    Link("borrowers:publicity", "双公示查询"),
    Link("exports:verify", "报告核验"),
    Link("marketplace:glossary", "术语与口径"),
    Link("borrowers:account-register", "企业登记"),
)
"""What a visitor who has not logged in sees."""

NO_ROLE = (
    Link("borrowers:account-register", "登记企业"),
    Link("lenders:product-list", "找产品"),
    Link("marketplace:glossary", "术语与口径"),
)
"""What somebody sees who has logged in but belongs to no organisation yet."""

WAITING: list[Callable[[User], Link | None]] = []
"""How apps say that such a person has asked for something and waits for it: the page on which it stands.

An app adds its own when it is ready; its link stands in the place of the first of ``NO_ROLE``, which asks to begin.
"""


def links_for(
    roles: Collection[Role], is_logged_in: bool, waiting: Link | None = None
) -> tuple[Link, ...]:
    """Return the links of all the roles, each once, in the order of the table.

    Args:
        roles: what the reader may do in the chosen organisation.
        is_logged_in: whether there is a reader.
        waiting: what ``waiting_link`` says of a reader without a role.
    """
    if not is_logged_in:
        return PUBLIC
    found = (link for role in NAVIGATION if role in roles for link in NAVIGATION[role])
    of_nobody = (waiting, *NO_ROLE[1:]) if waiting else NO_ROLE
    return tuple(dict.fromkeys(found)) or of_nobody


def waiting_link(user: User) -> Link | None:
    """Return where it stands what somebody without a role has asked for, or None. Queries: one of each app."""
    return next((link for waits in WAITING if (link := waits(user))), None)


def places(links: Iterable[Link], path: str = "") -> tuple[Place, ...]:
    """Return the links with their addresses, the one under which ``path`` lies marked as current.

    Raises:
        NoReverseMatch: a link names no page, or one that cannot be opened without arguments.
    """
    found = [(link, reverse(link.name)) for link in links]
    over = [
        (len(under), link.name)
        for link, url in found
        for under in (url, *map(reverse, link.beside), *map(_before_id, link.details))
        if path.startswith(under)
    ]
    current = max(over, default=(0, ""))[1]
    return tuple(Place(link.label, url, link.name == current, link.group) for link, url in found)


def _before_id(name: str) -> str:
    """Return the part of an address that every page of the name has before the public id."""
    return reverse(name, args=[_ANY]).partition(str(_ANY))[0]


def grouped(found: Iterable[Place]) -> tuple[Group, ...]:
    """Return places as they stand together, in the order in which each group's first one came."""
    groups: dict[tuple[str, str], list[Place]] = {}
    for place in found:
        groups.setdefault((place.group, "" if place.group else place.url), []).append(place)
    return tuple(Group(label, tuple(stood)) for (label, _), stood in groups.items())


def landing_for(roles: Collection[Role]) -> str:
    """Return the address of the first page of the roles, empty for somebody without a role."""
    found = places(links_for(roles, is_logged_in=True)) if roles else ()
    return found[0].url if found else ""
