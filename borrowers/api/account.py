"""API of registration, verification and the team."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from borrowers.api.serializers import (
    AccountInput,
    AccountOutput,
    AgentInput,
    ApplyAgainInput,
    MemberOutput,
    PrefillOutput,
    ReviewInput,
)
from borrowers.models import EnterpriseAccount
from borrowers.policies import ENTERPRISE_ROLES
from borrowers.selectors import (
    account_get,
    account_list,
    enterprise_for_owner,
    enterprise_prefill,
    team_list,
)
from borrowers.services import (
    account_apply,
    account_apply_again,
    account_review,
    agent_add,
    agent_end,
)
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.policies import require_role, signed_in


class RegisterLookupView(APIView):
    """The register's facts under a credit code, open to everybody."""

    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="register_lookup", summary="按信用代码查登记信息", responses=PrefillOutput
    )
    def get(self, request: Request, uscc: str) -> Response:
        """Return what registration is prefilled with."""
        return Response(PrefillOutput(enterprise_prefill(uscc)).data)


class AccountListView(ListAPIView[EnterpriseAccount]):
    """Accounts of enterprises."""

    serializer_class = AccountOutput
    queryset = EnterpriseAccount.objects.none()

    def get_permissions(self) -> Any:
        """Let everybody apply; listing needs a login."""
        return [AllowAny()] if self.request.method == "POST" else super().get_permissions()

    def get_queryset(self) -> Any:
        """Return the accounts the caller may see."""
        return account_list(self.request.user, self.request.query_params.get("state", ""))

    @extend_schema(operation_id="accounts_list", summary="企业账户列表")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of accounts."""
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="account_apply",
        summary="登记企业",
        request=AccountInput,
        responses={201: AccountOutput},
    )
    def post(self, request: Request) -> Response:
        """Apply and return the account."""
        body = AccountInput(data=request.data)
        body.is_valid(raise_exception=True)
        actor = request.user if isinstance(request.user, User) else None
        account = account_apply(**body.validated_data, actor=actor, at=timezone.now())
        return Response(AccountOutput(account).data, status=201)


class AccountView(APIView):
    """One account."""

    @extend_schema(operation_id="account_get", summary="企业账户", responses=AccountOutput)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return it."""
        return Response(AccountOutput(account_get(request.user, public_id)).data)


class AccountReviewView(APIView):
    """The decision on an account."""

    @extend_schema(
        operation_id="account_review",
        summary="核验企业账户",
        request=ReviewInput,
        responses=AccountOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Verify or refuse, and return the account."""
        account = account_get(request.user, public_id)
        body = ReviewInput(data=request.data)
        body.is_valid(raise_exception=True)
        done = account_review(
            account=account,
            **body.validated_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        )
        return Response(AccountOutput(done).data)


class AccountAgainView(APIView):
    """Applying once more."""

    @extend_schema(
        operation_id="account_apply_again",
        summary="重新提交登记",
        request=ApplyAgainInput,
        responses=AccountOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Apply again and return the account."""
        account = account_get(request.user, public_id)
        body = ApplyAgainInput(data=request.data)
        body.is_valid(raise_exception=True)
        done = account_apply_again(
            account=account,
            **body.validated_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        )
        return Response(AccountOutput(done).data)


class TeamView(APIView):
    """Who acts for the caller's enterprise."""

    @extend_schema(
        operation_id="team_list", summary="本企业团队", responses=MemberOutput(many=True)
    )
    def get(self, request: Request) -> Response:
        """Return the members."""
        require_role(request.user, *ENTERPRISE_ROLES)
        members = team_list(enterprise_for_owner(request.user))
        return Response(MemberOutput(members, many=True).data)

    @extend_schema(
        operation_id="agent_add",
        summary="添加经办人",
        request=AgentInput,
        responses={201: MemberOutput},
    )
    def post(self, request: Request) -> Response:
        """Add an agent and return the member."""
        require_role(request.user, Role.OWNER)
        body = AgentInput(data=request.data)
        body.is_valid(raise_exception=True)
        member = agent_add(
            enterprise=enterprise_for_owner(request.user),
            **body.validated_data,
            actor=signed_in(request.user),
            at=timezone.now(),
        )
        return Response(MemberOutput(member).data, status=201)


class TeamMemberView(APIView):
    """One agent."""

    @extend_schema(operation_id="agent_end", summary="停用经办人", responses={204: None})
    def delete(self, request: Request, public_id: uuid.UUID) -> Response:
        """Relieve the agent."""
        agent_end(
            enterprise=enterprise_for_owner(request.user),
            user_id=public_id,
            actor=signed_in(request.user),
            at=timezone.now(),
        )
        return Response(status=204)
