"""API of matchmaking events for their district: the same verbs as the pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.policies import require_role, signed_in
from matching.api.event_serializers import (
    EventAssignInput,
    EventCancelInput,
    EventCreateInput,
    EventDetailOutput,
    EventFiguresOutput,
    EventInviteInput,
    EventPlanOutput,
    EventResultsOutput,
    InvitationOutput,
    MatchmakingEventOutput,
)
from matching.api.whitelist import valid
from matching.domain.assignment import WHY_SENTENCES, Method, Why
from matching.domain.event import EventPlan, InviteSource
from matching.models import MatchmakingEvent
from matching.policies.whitelist import CITY_ROLES, DISTRICT_ROLES
from matching.selectors.event import (
    event_figures,
    event_get,
    event_list,
    follow_ups_of,
    invitation_staffed,
    invitations_of,
    meetings_of,
)
from matching.selectors.event_plan import EventWays, event_ways
from matching.services.event import (
    event_cancel,
    event_complete,
    event_create,
    event_finish,
    event_hold,
    event_invite,
    event_publish,
)
from matching.services.event_assign import event_assign, event_confirm, event_rearrange
from matching.services.event_follow_up import event_track
from matching.services.event_invitation import invitation_sign_in


class EventListView(ListAPIView[MatchmakingEvent]):
    """The events the caller may see the making of."""

    serializer_class = MatchmakingEventOutput
    queryset = MatchmakingEvent.objects.none()

    def get_queryset(self) -> Any:
        """Return the events of the caller's districts; all for the city."""
        user = signed_in(self.request.user)
        require_role(user, *DISTRICT_ROLES, *CITY_ROLES)
        return event_list(user)

    @extend_schema(operation_id="events_list", summary="对接会列表")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of events, latest first."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="event_create",
        summary="筹备对接会",
        request=EventCreateInput,
        responses={201: EventDetailOutput},
    )
    def post(self, request: Request) -> Response:
        """Prepare an event and return it."""
        user = signed_in(request.user)
        require_role(user, *DISTRICT_ROLES)
        data = valid(EventCreateInput, request)
        district = data.pop("district")
        event = event_create(
            district=district, plan=EventPlan(**data), actor=user, at=timezone.now()
        )
        return Response(_detail(event), status=201)


class EventView(APIView):
    """One event."""

    @extend_schema(operation_id="event_get", summary="对接会", responses=EventDetailOutput)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the event with what it has come to."""
        return Response(_detail(event_get(signed_in(request.user), public_id)))


class EventInviteView(APIView):
    """Everybody of one source invited."""

    @extend_schema(
        operation_id="event_invite",
        summary="邀请",
        request=EventInviteInput,
        responses=EventDetailOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Invite those not invited yet and return the event."""
        user = signed_in(request.user)
        event = event_get(user, public_id)
        data = valid(EventInviteInput, request)
        event_invite(
            event=event,
            source=InviteSource(data["whom"]),
            whitelist_id=data["whitelist"],
            actor=user,
            at=timezone.now(),
        )
        return Response(_detail(event_get(user, public_id)))


class EventAssignView(APIView):
    """Seats assigned."""

    @extend_schema(
        operation_id="event_assign",
        summary="排座",
        request=EventAssignInput,
        responses=EventPlanOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Seat everybody who signed up and return the plan."""
        user = signed_in(request.user)
        event = event_get(user, public_id)
        method = Method(valid(EventAssignInput, request)["method"])
        event = event_assign(event=event, method=method, actor=user, at=timezone.now())
        return Response(_plan(event, None))


class EventPlanView(APIView):
    """The seats."""

    @extend_schema(operation_id="event_plan", summary="排座结果", responses=EventPlanOutput)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return the seats, and both ways while they may still change."""
        event = event_get(signed_in(request.user), public_id)
        ways = event_ways(event, timezone.now()) if event.state == "SIGN_UP" else None
        return Response(_plan(event, ways))


class EventResultsView(APIView):
    """What came of it."""

    @extend_schema(
        operation_id="event_results", summary="面谈结果与跟踪", responses=EventResultsOutput
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        """Return outcomes and follow-ups."""
        event = event_get(signed_in(request.user), public_id)
        rows = meetings_of(event)
        found = {
            "figures": event_figures(event),
            "meetings": rows,
            "follow_ups": follow_ups_of(rows),
        }
        return Response(EventResultsOutput(found).data)


class EventCancelView(APIView):
    """An event cancelled."""

    @extend_schema(
        operation_id="event_cancel",
        summary="取消对接会",
        request=EventCancelInput,
        responses=EventDetailOutput,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Cancel it with a reason."""
        user = signed_in(request.user)
        event = event_get(user, public_id)
        reason = valid(EventCancelInput, request)["reason"]
        return Response(
            _detail(event_cancel(event=event, reason=reason, actor=user, at=timezone.now()))
        )


class EventSignInView(APIView):
    """A guest signed in at the door."""

    @extend_schema(
        operation_id="event_sign_in", summary="现场签到", request=None, responses=InvitationOutput
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """Sign the guest in."""
        user = signed_in(request.user)
        row = invitation_staffed(user, public_id)
        invitation_sign_in(invitation_id=row.public_id, actor=user, at=timezone.now())
        return Response(InvitationOutput(invitation_staffed(user, public_id)).data)


STEPS: dict[str, tuple[Callable[..., MatchmakingEvent], str]] = {
    "publish": (event_publish, "发布报名"),
    "confirm": (event_confirm, "确认排座"),
    "rearrange": (event_rearrange, "重新排座"),
    "hold": (event_hold, "开始举行"),
    "finish": (event_finish, "结束面谈"),
    "track": (event_track, "转入跟踪"),
    "complete": (event_complete, "办结"),
}


def step_view(verb: str) -> type[APIView]:
    """Return the view of one step of an event's table."""
    service, label = STEPS[verb]

    class StepView(APIView):
        """One step of an event's way."""

        @extend_schema(
            operation_id=f"event_{verb}", summary=label, request=None, responses=EventDetailOutput
        )
        def post(self, request: Request, public_id: uuid.UUID) -> Response:
            """Take the step and return the event."""
            user = signed_in(request.user)
            event = event_get(user, public_id)
            return Response(_detail(service(event=event, actor=user, at=timezone.now())))

    return StepView


def _detail(event: MatchmakingEvent) -> Any:
    return MatchmakingEventOutput(event).data | {
        "figures": EventFiguresOutput(event_figures(event)).data
    }


def _plan(event: MatchmakingEvent, ways: EventWays | None) -> Any:
    why: dict[str, str] = event.figures.get("unmet", {})
    unmet = [
        {
            "invitation_id": row.public_id,
            "enterprise": row.enterprise.name,
            "why": why[str(row.public_id)],
            "why_sentence": WHY_SENTENCES[Why(why[str(row.public_id)])],
        }
        for row in (invitations_of(event) if why else ())
        if row.enterprise and str(row.public_id) in why
    ]
    found = {
        "method": event.method,
        "ways": [ways.optimal, ways.stable] if ways else [],
        "stability_cost_bp": ways.cost_bp if ways else None,
        "seats": meetings_of(event),
        "unmet": unmet,
    }
    return EventPlanOutput(found).data
