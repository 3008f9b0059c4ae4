"""Branches of an institution and the people posted to them; its approvers and the operator arrange both."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from lenders.models import Branch, BranchPosting, Institution
from lenders.policies import LENDER_ROLES, can_manage_team, require
from lenders.services.institution import institution_locked, institution_record, require_admitted
from marketplace.domain.errors import Conflict, Refused
from marketplace.domain.roles import Role
from marketplace.domain.text import clean
from marketplace.models import District, Membership, User
from marketplace.queue import enqueue
from marketplace.services import membership_end, membership_grant, phone_checked, user_create


@transaction.atomic
def branch_create(
    *,
    institution: Institution,
    name: str,
    district_codes: Iterable[str],
    is_default: bool,
    actor: User,
    at: datetime,
) -> Branch:
    """Open a branch that takes the applications of its districts.

    Args:
        institution: admitted.
        name: unique within the institution.
        district_codes: districts served; may be empty for a branch that is only the default one.
        is_default: takes what no other branch serves; takes this over from the branch that had it.
        actor: approver of the institution, or operator.
        at: when, aware.

    Raises:
        NotPermitted: the actor may not.
        Refused: ``BRANCH_INVALID`` with ``fields``.
        Conflict: ``BRANCH_EXISTS``, ``INSTITUTION_NOT_ADMITTED``.

    Writes: ``Branch``, audit ``lenders.institution.branch_create``; locks the institution.
    """
    row = _manageable(institution, actor)
    name, districts = _checked(row, name, district_codes, is_default=is_default)
    if is_default:
        _default_taken_over(row)
    branch = Branch.objects.create(institution=row, name=name, is_default=is_default)
    branch.districts.set(districts)
    institution_record("branch_create", row, actor, at, branch=branch.public_id)
    return branch


@transaction.atomic
def branch_edit(
    *,
    branch: Branch,
    name: str,
    district_codes: Iterable[str],
    is_default: bool,
    actor: User,
    at: datetime,
) -> Branch:
    """Change what a branch is called and which districts it serves; applications it has stay with it.

    Raises:
        NotPermitted: the actor may not.
        Refused: ``BRANCH_INVALID`` with ``fields``; ``BRANCH_DEFAULT_NEEDED`` when there would be no default one.
        Conflict: ``BRANCH_EXISTS``, ``INSTITUTION_NOT_ADMITTED``.

    Writes: ``Branch``, audit ``lenders.institution.branch_edit``; locks the institution.
    """
    row = _manageable(branch.institution, actor)
    name, districts = _checked(row, name, district_codes, is_default=is_default, but=branch)
    if branch.is_default and not is_default:
        sentence = "请先把另一网点设为兜底网点，再取消本网点。"
        raise Refused("BRANCH_DEFAULT_NEEDED", sentence, {"is_default": sentence})
    if is_default and not branch.is_default:
        _default_taken_over(row)
    branch.name, branch.is_default = name, is_default
    branch.save(update_fields=["name", "is_default"])
    branch.districts.set(districts)
    institution_record("branch_edit", row, actor, at, branch=branch.public_id)
    return branch


@transaction.atomic
def staff_post(
    *,
    user: User,
    institution: Institution,
    role: Role,
    branch: Branch,
    actor: User,
    at: datetime,
) -> BranchPosting:
    """Give a person a role in the institution and a branch to work at.

    Raises:
        NotPermitted: the actor may not.
        Refused: ``ROLE_NOT_OF_KIND``, ``BRANCH_OF_OTHER``.
        Conflict: ``STAFF_ELSEWHERE`` when the person works for another institution, ``ROLE_HELD``,
            ``INSTITUTION_NOT_ADMITTED``.

    Writes: ``Membership``, ``BranchPosting``, audit ``marketplace.membership.grant`` and
    ``lenders.institution.staff_post``; locks the institution and the person.
    """
    row = _manageable(institution, actor)
    if role not in LENDER_ROLES:
        raise Refused("ROLE_NOT_OF_KIND", "该类组织没有这一角色。", {"role": "请从列表中选择。"})
    _require_own(branch, row)
    elsewhere = Membership.objects.filter(user=user, ended_at=None, role__in=LENDER_ROLES).exclude(
        organisation=row.organisation_id
    )
    if elsewhere.exists():
        raise Conflict("STAFF_ELSEWHERE", "该用户已在其他金融机构任职，不能同时任职于本机构。")
    membership = membership_grant(
        user=user, organisation=row.organisation, role=role, actor=actor, at=at
    )
    posting = BranchPosting.objects.create(membership=membership, branch=branch)
    institution_record("staff_post", row, actor, at, posting=posting.public_id, role=role)
    return posting


@transaction.atomic
def staff_add(
    *,
    institution: Institution,
    branch: Branch,
    role: Role,
    username: str,
    password: str,
    display_name: str,
    actor: User,
    at: datetime,
    phone: str = "",
) -> BranchPosting:
    """Create an account for a new colleague and post it, both or neither.

    Args:
        institution, branch, role: where the colleague works, and as what.
        username, password, display_name: of the account.
        actor: approver of the institution, or operator.
        at: when, aware.
        phone: at which borrowers reach an officer; may be empty.

    Raises:
        NotPermitted: the actor may not.
        Refused: ``PHONE_INVALID``; as of ``user_create`` (``USERNAME_INVALID``, ``PASSWORD_WEAK``) and `staff_post`.
        Conflict: ``USERNAME_TAKEN``, ``INSTITUTION_NOT_ADMITTED``.

    Writes: ``User`` and what `staff_post` writes.
    """
    _manageable(institution, actor)
    number = phone_checked(phone)
    user = user_create(
        username=username,
        password=password,
        display_name=display_name,
        actor=actor,
        at=at,
        phone=number,
    )
    return staff_post(
        user=user, institution=institution, role=role, branch=branch, actor=actor, at=at
    )


@transaction.atomic
def staff_move(
    *, posting: BranchPosting, branch: Branch, actor: User, at: datetime
) -> BranchPosting:
    """Let a colleague work at another branch of the institution.

    Raises:
        NotPermitted: the actor may not.
        Refused: ``BRANCH_OF_OTHER``.
        Conflict: ``INSTITUTION_NOT_ADMITTED``.

    Writes: ``BranchPosting``, audit ``lenders.institution.staff_move``; locks the institution.
    """
    row = _manageable(posting.branch.institution, actor)
    _require_own(branch, row)
    posting.branch = branch
    posting.save(update_fields=["branch"])
    institution_record(
        "staff_move", row, actor, at, posting=posting.public_id, branch=branch.public_id
    )
    return posting


@transaction.atomic
def staff_end(*, posting: BranchPosting, actor: User, at: datetime) -> None:
    """Relieve a colleague of a role at once; what they did stays.

    Raises:
        NotPermitted: the actor may not.
        Refused: ``STAFF_SELF``, nobody relieves themselves.
        Conflict: ``ROLE_ENDED``.

    Writes: ``Membership.ended_at``, audit ``marketplace.membership.end`` and ``lenders.institution.staff_end``, for an
    officer the task that tells of the cases left; locks the institution and the membership.
    """
    row = institution_locked(posting.branch.institution)
    require(can_manage_team(actor, row))
    if posting.membership.user_id == actor.pk:
        raise Refused("STAFF_SELF", "不能终止自己的任职，请由其他审批人或平台运营人员办理。")
    membership_end(membership=posting.membership, actor=actor, at=at)
    if posting.membership.role == Role.OFFICER:
        enqueue("matching.officer_left", membership_id=posting.membership_id)
    institution_record("staff_end", row, actor, at, posting=posting.public_id)


def _manageable(institution: Institution, actor: User) -> Institution:
    row = institution_locked(institution)
    require(can_manage_team(actor, row))
    require_admitted(row)
    return row


def _checked(
    institution: Institution,
    name: str,
    district_codes: Iterable[str],
    *,
    is_default: bool,
    but: Branch | None = None,
) -> tuple[str, list[District]]:
    name, codes = clean(name), sorted(set(district_codes))
    districts = list(District.objects.filter(code__in=codes))
    fields: dict[str, str] = {}
    if not 2 <= len(name) <= 100:
        fields["name"] = "网点名称应为 2 至 100 个字。"
    if len(districts) != len(codes):
        unknown = sorted(set(codes) - {district.code for district in districts})
        fields["district_codes"] = f"没有以下区划代码：{'、'.join(unknown)[:80]}。"
    elif not codes and not is_default:
        fields["district_codes"] = "请至少选择一个服务区域，或设为兜底网点。"
    if fields:
        raise Refused("BRANCH_INVALID", "网点信息填写有误，请按提示修改。", fields)
    same = Branch.objects.filter(institution=institution, name=name)
    if (same.exclude(pk=but.pk) if but else same).exists():
        sentence = "本机构已有同名网点。"
        raise Conflict("BRANCH_EXISTS", sentence, {"name": sentence})
    return name, districts


def _default_taken_over(institution: Institution) -> None:
    Branch.objects.filter(institution=institution, is_default=True).update(is_default=False)


def _require_own(branch: Branch, institution: Institution) -> None:
    if branch.institution_id != institution.pk:
        sentence = "请选择本机构的网点。"
        raise Refused("BRANCH_OF_OTHER", sentence, {"branch": sentence})
