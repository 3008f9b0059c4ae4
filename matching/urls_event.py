"""Pages of matchmaking events: a district's board, and what those invited see."""

from __future__ import annotations

from django.urls import URLPattern, path

from matching.views import district_event, district_event_plan, event

# /district/events/: the board
board_urls = [
    path("district/events/", district_event.events, name="event-list"),
    path("district/events/new/", district_event.create, name="event-create"),
    path(
        "district/events/invitations/<uuid:public_id>/sign-in/",
        district_event.sign_in,
        name="event-sign-in",
    ),
]

# /district/events/<id>/: one event on its way
detail_urls = [
    path("district/events/<uuid:public_id>/", district_event.detail, name="event-detail"),
    path("district/events/<uuid:public_id>/invite/", district_event.invite, name="event-invite"),
    path("district/events/<uuid:public_id>/cancel/", district_event.cancel, name="event-cancel"),
    path("district/events/<uuid:public_id>/plan/", district_event_plan.plan, name="event-plan"),
    path(
        "district/events/<uuid:public_id>/assign/", district_event_plan.assign, name="event-assign"
    ),
    path(
        "district/events/<uuid:public_id>/results/",
        district_event_plan.results,
        name="event-results",
    ),
    path("district/events/<uuid:public_id>.xlsx", district_event_plan.sheet, name="event-sheet"),
]

# /district/events/<id>/<step>/: one step of its table
step_urls = [
    path(
        f"district/events/<uuid:public_id>/{code.lower()}/",
        district_event.step_view(code),
        name=f"event-{code.lower()}",
    )
    for code in district_event.STEPS
]

# /events/: those invited
guest_urls = [
    path("events/", event.invitations, name="event-invitations"),
    path("events/<uuid:public_id>/", event.invitation, name="event-invitation"),
    path("events/<uuid:public_id>/sign-up/", event.sign_up, name="event-sign-up"),
    path("events/<uuid:public_id>/decline/", event.decline, name="event-decline"),
    path("events/<uuid:public_id>/arrive/", event.arrive, name="event-arrive"),
    path("events/meetings/<uuid:public_id>/", event.meeting, name="event-meeting"),
    path("events/follow-ups/<uuid:public_id>/", event.follow_up, name="event-follow-up"),
]

urlpatterns: list[URLPattern] = [*board_urls, *detail_urls, *step_urls, *guest_urls]
