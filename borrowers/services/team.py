"""Who acts for an enterprise beside its owner: agents added, relieved at once, taken back.

Source: trust note 1.1 G4.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from borrowers.models import Enterprise, EnterpriseAccount
from borrowers.policies import can_own, former_agents, require
from marketplace.domain.errors import Conflict, NotFound
from marketplace.domain.roles import Role
from marketplace.models import Membership, User
from marketplace.policies import is_staff_member
from marketplace.services import membership_end, membership_grant, notify, user_create


@transaction.atomic
def agent_add(
    *,
    enterprise: Enterprise,
    username: str,
    password: str,
    display_name: str,
    actor: User,
    at: datetime,
) -> Membership:
    """Create an account for a colleague and make them the enterprise's agent.

    Args:
        enterprise: verified.
        username, password, display_name: of the colleague, who changes the password after logging in.
        actor: an owner of the enterprise.
        at: when, aware.

    Raises:
        NotPermitted: the actor is no owner.
        Conflict: ``AGENT_FORMER``, the name is that of a former agent of the enterprise.
        Refused: what ``user_create`` refuses.

    Writes: ``User``, ``Membership``, audit.
    """
    account = _team_of(enterprise, actor)
    if former_agents(account).filter(username__iexact=username.strip()).exists():
        sentence = "该账号是本企业停用过的经办人，请在“团队”页恢复，不必新建。"
        raise Conflict("AGENT_FORMER", sentence, {"username": sentence})
    user = user_create(
        username=username, password=password, display_name=display_name, actor=actor, at=at
    )
    return membership_grant(
        user=user, organisation=account.organisation, role=Role.AGENT, actor=actor, at=at
    )


@transaction.atomic
def agent_end(*, enterprise: Enterprise, user_id: UUID, actor: User, at: datetime) -> None:
    """Relieve an agent at once.

    Args:
        enterprise: verified.
        user_id: public id of the agent.
        actor: an owner of the enterprise.
        at: when, aware.

    Raises:
        NotPermitted: the actor is no owner.
        NotFound: nobody of that id is an agent of the enterprise.

    Writes: the membership's end, audit.
    """
    account = _team_of(enterprise, actor)
    membership = Membership.objects.filter(
        organisation=account.organisation,
        role=Role.AGENT,
        ended_at=None,
        user__public_id=user_id,
    ).first()
    if membership is None:
        raise NotFound
    membership_end(membership=membership, actor=actor, at=at)


@transaction.atomic
def agent_return(*, enterprise: Enterprise, user_id: UUID, actor: User, at: datetime) -> Membership:
    """Make a former agent of the enterprise its agent again, with the account and the password there are.

    Args:
        enterprise: verified.
        user_id: public id of the former agent.
        actor: an owner of the enterprise.
        at: when, aware.

    Raises:
        NotPermitted: the actor is no owner.
        NotFound: nobody of that id was an agent of the enterprise, or the person is of the team now.
        Conflict: ``AGENT_SUSPENDED``, only the platform's operators open the account again; ``AGENT_ELSEWHERE``, the
            person works for a lender, a district or the city now.

    Writes: ``Membership``, audit, a notice to the person; the ended membership stays as history.
    """
    account = _team_of(enterprise, actor)
    user = former_agents(account).filter(public_id=user_id).first()
    if user is None:
        raise NotFound
    if not user.is_active:
        sentence = "该账号已被暂停使用，请联系平台的运营人员启用后再恢复。"
        raise Conflict("AGENT_SUSPENDED", sentence)
    if is_staff_member(user):
        sentence = "该账号现由金融机构或政府部门的人员使用，不能恢复为经办人。"
        raise Conflict("AGENT_ELSEWHERE", sentence)
    notify(
        users=[user],
        kind="user.agent_return",
        title=f"您已恢复为{account.organisation.name}的经办人"[:120],
        body=f"办理人：{actor}。不再办理的，请告知企业负责人。",
        at=at,
    )
    return membership_grant(
        user=user, organisation=account.organisation, role=Role.AGENT, actor=actor, at=at
    )


def _team_of(enterprise: Enterprise, actor: User) -> EnterpriseAccount:
    account = EnterpriseAccount.objects.filter(enterprise=enterprise).first()
    if account is None:
        raise NotFound
    require(can_own(actor, account))
    return account
