"""API of the floor: who am I, my notices, exceptional grants, who acts for whom."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.api.serializers import StrictSerializer
from marketplace.domain.grant import grant_state
from marketplace.domain.roles import ROLE_LABELS, Role
from marketplace.models import ExceptionalGrant, Membership, Notification
from marketplace.policies import memberships_live, require_role, signed_in
from marketplace.selectors import (
    MemberFilter,
    grant_list,
    member_list,
    member_shown,
    notification_list,
)
from marketplace.services import notification_read


class MembershipOutput(serializers.Serializer[Any]):
    """A role of the caller."""

    organisation = serializers.CharField()
    organisation_id = serializers.UUIDField()
    kind = serializers.CharField()
    role = serializers.CharField()
    role_label = serializers.CharField()


class MeOutput(serializers.Serializer[Any]):
    """The caller and the roles held."""

    id = serializers.UUIDField()
    username = serializers.CharField()
    display_name = serializers.CharField()
    memberships = MembershipOutput(many=True)


class NotificationOutput(serializers.Serializer[Any]):
    """One notice."""

    id = serializers.UUIDField(source="public_id")
    kind = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField()
    path = serializers.CharField()
    at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)


class MeView(APIView):
    """The caller."""

    @extend_schema(operation_id="me", summary="我是谁、有哪些角色", responses=MeOutput)
    def get(self, request: Request) -> Response:
        """Return the caller and live memberships."""
        user = signed_in(request.user)
        rows = [
            {
                "organisation": row.organisation.name,
                "organisation_id": row.organisation.public_id,
                "kind": row.organisation.kind,
                "role": row.role,
                "role_label": ROLE_LABELS[Role(row.role)],
            }
            for row in memberships_live(user)
        ]
        body = {
            "id": user.public_id,
            "username": user.username,
            "display_name": user.display_name,
            "memberships": rows,
        }
        return Response(MeOutput(body).data)


@extend_schema_view(get=extend_schema(operation_id="notification_list", summary="我的消息"))
class NotificationListView(ListAPIView[Notification]):
    """The caller's notices, latest first."""

    serializer_class = NotificationOutput
    queryset = Notification.objects.none()

    def get_queryset(self) -> Any:
        """Return the caller's own notices."""
        return notification_list(signed_in(self.request.user))


class GrantOutput(serializers.Serializer[Any]):
    """One exceptional grant."""

    id = serializers.UUIDField(source="public_id")
    kind = serializers.CharField()
    subject_id = serializers.CharField(help_text="贷款申请的编号，或区划代码。")
    holder_id = serializers.UUIDField(source="holder.public_id")
    holder = serializers.CharField()
    organisation = serializers.CharField(source="organisation.name")
    granted_by = serializers.CharField()
    reason = serializers.CharField()
    granted_at = serializers.DateTimeField()
    valid_until = serializers.DateTimeField(help_text="自此时起不再有效。")
    revoked_at = serializers.DateTimeField(allow_null=True)
    state = serializers.SerializerMethodField()

    def get_state(self, grant: ExceptionalGrant) -> str:
        """Return where it stands at the moment of the answer."""
        return grant_state(grant.valid_until, grant.revoked_at, timezone.now()).value


@extend_schema_view(get=extend_schema(operation_id="grants_list", summary="例外授权"))
class GrantListView(ListAPIView[ExceptionalGrant]):
    """Exceptional grants, live and ended, latest first: all for the auditor, else the caller's own."""

    serializer_class = GrantOutput
    queryset = ExceptionalGrant.objects.none()

    def get_queryset(self) -> Any:
        """Return those held, and those the caller may revoke."""
        return grant_list(signed_in(self.request.user))


class DutyInput(StrictSerializer):
    """Which people; ``text`` is the beginning of a name, an account or an organisation's name."""

    text = serializers.CharField(max_length=64, allow_blank=True, default="")
    role = serializers.ChoiceField(
        choices=[role.value for role in Role], allow_blank=True, default=""
    )
    with_ended = serializers.BooleanField(default=False)
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class DutyOutput(serializers.Serializer[Any]):
    """One duty; of an enterprise's own people no account and no more of the name than the family name."""

    id = serializers.UUIDField(source="user.public_id")
    name = serializers.SerializerMethodField()
    username = serializers.SerializerMethodField()
    organisation = serializers.CharField(source="organisation.name")
    kind = serializers.CharField(source="organisation.kind")
    role = serializers.CharField()
    role_label = serializers.SerializerMethodField()
    granted_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    last_login = serializers.DateTimeField(source="user.last_login", allow_null=True)
    is_active = serializers.BooleanField(source="user.is_active")
    has_second_factor = serializers.BooleanField()

    def get_name(self, membership: Membership) -> str:
        """Return who it is."""
        return member_shown(membership)[0]

    def get_username(self, membership: Membership) -> str:
        """Return the account; empty for an enterprise's own people."""
        return member_shown(membership)[1]

    def get_role_label(self, membership: Membership) -> str:
        """Return the role in Chinese."""
        return ROLE_LABELS[Role(membership.role)]


class MemberListView(ListAPIView[Membership]):
    """Who acts for whom, for the city."""

    serializer_class = DutyOutput
    queryset = Membership.objects.none()

    def get_queryset(self) -> Any:
        """Return the duties asked for."""
        require_role(self.request.user, Role.OPERATOR, Role.AUDITOR)
        query = DutyInput(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        wanted = query.validated_data
        return member_list(MemberFilter(wanted["text"], wanted["role"], wanted["with_ended"]))

    @extend_schema(
        operation_id="members_list",
        summary="用户：谁代表谁、任何角色；企业人员只显示姓氏",
        parameters=[DutyInput],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of duties, latest first; no telephone number and no identity document."""
        return super().get(request, *args, **kwargs)


class NotificationReadView(APIView):
    """Mark a notice as read."""

    @extend_schema(
        operation_id="notification_read",
        summary="标记消息为已读",
        request=None,
        responses=NotificationOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Mark it and return it."""
        notice = notification_read(
            public_id=public_id, actor=signed_in(request.user), at=timezone.now()
        )
        return Response(NotificationOutput(notice).data)
