"""API of matchmaking events."""

from __future__ import annotations

from django.urls import URLPattern, path

from matching.api import event, event_guest

# /api/v1/events/: those invited
guest_urls = [
    path("events/invitations/", event_guest.InvitationListView.as_view(), name="event-invitations"),
    path(
        "events/invitations/<uuid:public_id>/",
        event_guest.InvitationView.as_view(),
        name="event-invitation",
    ),
    path(
        "events/invitations/<uuid:public_id>/sign-up/",
        event_guest.SignUpView.as_view(),
        name="event-sign-up",
    ),
    path(
        "events/invitations/<uuid:public_id>/decline/",
        event_guest.DeclineView.as_view(),
        name="event-decline",
    ),
    path(
        "events/invitations/<uuid:public_id>/arrive/",
        event_guest.ArriveView.as_view(),
        name="event-arrive",
    ),
    path(
        "events/invitations/<uuid:public_id>/sign-in/",
        event.EventSignInView.as_view(),
        name="event-sign-in",
    ),
    path(
        "events/meetings/<uuid:public_id>/",
        event_guest.MeetingView.as_view(),
        name="event-meeting",
    ),
    path(
        "events/follow-ups/<uuid:public_id>/",
        event_guest.FollowUpView.as_view(),
        name="event-follow-up",
    ),
]

# /api/v1/events/: a district's board, and one event on its way
detail_urls = [
    path("events/", event.EventListView.as_view(), name="event-list"),
    path("events/<uuid:public_id>/", event.EventView.as_view(), name="event-detail"),
    path("events/<uuid:public_id>/invite/", event.EventInviteView.as_view(), name="event-invite"),
    path("events/<uuid:public_id>/plan/", event.EventPlanView.as_view(), name="event-plan"),
    path("events/<uuid:public_id>/assign/", event.EventAssignView.as_view(), name="event-assign"),
    path(
        "events/<uuid:public_id>/results/", event.EventResultsView.as_view(), name="event-results"
    ),
    path("events/<uuid:public_id>/cancel/", event.EventCancelView.as_view(), name="event-cancel"),
]

step_urls = [
    path(
        f"events/<uuid:public_id>/{verb}/",
        event.step_view(verb).as_view(),
        name=f"event-{verb}",
    )
    for verb in event.STEPS
]

urlpatterns: list[URLPattern] = [*guest_urls, *detail_urls, *step_urls]
