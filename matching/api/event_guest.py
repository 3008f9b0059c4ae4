"""API of matchmaking events for those invited: answers, outcomes, follow-ups."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.policies import require_role, signed_in
from matching.api.event_serializers import (
    EventFollowUpInput,
    EventFollowUpOutput,
    EventMeetingOutput,
    EventOutcomeInput,
    EventSignUpInput,
    InvitationDetailOutput,
    InvitationOutput,
)
from matching.api.whitelist import valid
from matching.models import EventInvitation
from matching.policies.application import BORROWER_ROLES, LENDER_ROLES
from matching.selectors.event import (
    follow_up_get,
    invitation_get,
    invitation_list,
    meeting_get,
)
from matching.services.event_follow_up import follow_up_report
from matching.services.event_invitation import (
    invitation_decline,
    invitation_sign_in,
    invitation_sign_up,
)
from matching.services.event_meeting import meeting_record


class InvitationListView(ListAPIView[EventInvitation]):
    """The caller's invitations."""

    serializer_class = InvitationOutput
    queryset = EventInvitation.objects.none()

    def get_queryset(self) -> Any:
        """Return those of the caller's enterprise or institution."""
        user = signed_in(self.request.user)
        require_role(user, *BORROWER_ROLES, *LENDER_ROLES)
        return invitation_list(user)

    @extend_schema(operation_id="event_invitations_list", summary="对接会邀请列表")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of invitations, latest first."""
        return super().get(request, *args, **kwargs)


class InvitationView(APIView):
    """One invitation."""

    @extend_schema(
        operation_id="event_invitation_get",
        summary="对接会邀请",
        responses=InvitationDetailOutput,
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return it with the own schedule once the seats are confirmed."""
        return _answered(request, public_id)


class SignUpView(APIView):
    """Signed up."""

    @extend_schema(
        operation_id="event_sign_up",
        summary="报名",
        request=EventSignUpInput,
        responses=InvitationDetailOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Sign up with a need or with tables."""
        user = signed_in(request.user)
        invitation_get(user, public_id)
        data = valid(EventSignUpInput, request)
        invitation_sign_up(
            invitation_id=public_id,
            demand_id=data["demand"],
            tables=data["tables"],
            wishes=[str(wish) for wish in data["wishes"]],
            actor=user,
            at=timezone.now(),
        )
        return _answered(request, public_id)


class DeclineView(APIView):
    """Declined."""

    @extend_schema(
        operation_id="event_decline",
        summary="不参加",
        request=None,
        responses=InvitationDetailOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Decline, or take the sign-up back."""
        user = signed_in(request.user)
        invitation_decline(invitation_id=public_id, actor=user, at=timezone.now())
        return _answered(request, public_id)


class ArriveView(APIView):
    """Signed in."""

    @extend_schema(
        operation_id="event_arrive",
        summary="自行签到",
        request=None,
        responses=InvitationDetailOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Sign in on the day."""
        user = signed_in(request.user)
        row = invitation_get(user, public_id)
        invitation_sign_in(invitation_id=row.public_id, actor=user, at=timezone.now())
        return _answered(request, public_id)


class MeetingView(APIView):
    """One meeting."""

    @extend_schema(operation_id="event_meeting_get", summary="面谈", responses=EventMeetingOutput)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return it as the institution and the district see it."""
        return _met(request, public_id)

    @extend_schema(
        operation_id="event_meeting_record",
        summary="登记面谈结果",
        request=EventOutcomeInput,
        responses=EventMeetingOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Record what came of it."""
        user = signed_in(request.user)
        meeting_get(user, public_id)
        data = valid(EventOutcomeInput, request)
        meeting_record(meeting_id=public_id, **data, actor=user, at=timezone.now())
        return _met(request, public_id)


class FollowUpView(APIView):
    """One look at an intention."""

    @extend_schema(
        operation_id="event_follow_up_get", summary="意向跟踪", responses=EventFollowUpOutput
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return it."""
        return _followed(request, public_id)

    @extend_schema(
        operation_id="event_follow_up_report",
        summary="反馈落实情况",
        request=EventFollowUpInput,
        responses=EventFollowUpOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Report how far the intention has come."""
        user = signed_in(request.user)
        follow_up_get(user, public_id)
        data = valid(EventFollowUpInput, request)
        follow_up_report(follow_up_id=public_id, **data, actor=user, at=timezone.now())
        return _followed(request, public_id)


def _answered(request: Request, public_id: uuid.UUID) -> Response:
    row = invitation_get(signed_in(request.user), public_id)
    return Response(InvitationDetailOutput(row).data)


def _met(request: Request, public_id: uuid.UUID) -> Response:
    return Response(EventMeetingOutput(meeting_get(signed_in(request.user), public_id)).data)


def _followed(request: Request, public_id: uuid.UUID) -> Response:
    return Response(EventFollowUpOutput(follow_up_get(signed_in(request.user), public_id)).data)
