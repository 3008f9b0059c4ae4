"""What the API of matchmaking events takes and gives: one input per verb, one output per audience."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lenders.api.serializers import AmountField
from marketplace.api.serializers import StrictSerializer
from matching.domain.assignment import WHY_SENTENCES, Method, Why
from matching.domain.event import (
    FOLLOW_UP_LABELS,
    MAX_NOTE_LENGTH,
    OUTCOME_LABELS,
    SEATED_STATES,
    InviteSource,
    slot_start,
)
from matching.models import EventInvitation, EventMeeting
from matching.selectors.event import meetings_own

# --- Inputs --------------------------------------------------------------------------------------


class EventCreateInput(StrictSerializer):
    """What an event is to be; its sizes are checked by the service."""

    district = serializers.CharField(max_length=6)
    title = serializers.CharField(max_length=100)
    venue = serializers.CharField(max_length=200)
    starts_at = serializers.DateTimeField()
    sign_up_until = serializers.DateTimeField()
    slots = serializers.IntegerField()
    slot_minutes = serializers.IntegerField()
    most_meetings = serializers.IntegerField()


class EventInviteInput(StrictSerializer):
    """Whom to invite in one go."""

    whom = serializers.ChoiceField(choices=[code.value for code in InviteSource])
    whitelist = serializers.UUIDField(required=False, allow_null=True, default=None)


class EventAssignInput(StrictSerializer):
    """By which of the two ways."""

    method = serializers.ChoiceField(
        choices=[code.value for code in Method], default=Method.OPTIMAL.value
    )


class EventCancelInput(StrictSerializer):
    """Why an event is cancelled."""

    reason = serializers.CharField(max_length=200)


class EventSignUpInput(StrictSerializer):
    """A need or tables, and ids of the other side's invitations, the dearest first."""

    demand = serializers.UUIDField(required=False, allow_null=True, default=None)
    tables = serializers.IntegerField(required=False, allow_null=True, default=None)
    wishes = serializers.ListField(
        child=serializers.UUIDField(), required=False, default=list, max_length=10
    )


class EventOutcomeInput(StrictSerializer):
    """What came of a meeting."""

    outcome = serializers.ChoiceField(choices=[code.value for code in OUTCOME_LABELS])
    amount_yuan = AmountField(required=False, allow_null=True, default=None)
    note = serializers.CharField(
        max_length=MAX_NOTE_LENGTH, required=False, allow_blank=True, default=""
    )


class EventFollowUpInput(StrictSerializer):
    """How far an intention has come."""

    status = serializers.ChoiceField(choices=[code.value for code in FOLLOW_UP_LABELS])
    note = serializers.CharField(
        max_length=MAX_NOTE_LENGTH, required=False, allow_blank=True, default=""
    )


# --- Outputs -------------------------------------------------------------------------------------


class MatchmakingEventOutput(serializers.Serializer[Any]):
    """An event as everybody who knows of it sees it."""

    id = serializers.UUIDField(source="public_id")
    district = serializers.CharField(source="district_id")
    title = serializers.CharField()
    venue = serializers.CharField()
    state = serializers.CharField()
    state_label = serializers.CharField(source="get_state_display")
    starts_at = serializers.DateTimeField()
    sign_up_until = serializers.DateTimeField()
    slots = serializers.IntegerField()
    slot_minutes = serializers.IntegerField()
    most_meetings = serializers.IntegerField()


class EventFiguresOutput(serializers.Serializer[Any]):
    """What an event has come to."""

    enterprises = serializers.IntegerField()
    institutions = serializers.IntegerField()
    needs = serializers.IntegerField()
    tables = serializers.IntegerField()
    signed_in = serializers.IntegerField()
    meetings = serializers.IntegerField()
    unrecorded = serializers.IntegerField()
    intended = serializers.IntegerField()
    intended_yuan = AmountField()
    open_follow_ups = serializers.IntegerField()
    disbursed = serializers.IntegerField()


class EventDetailOutput(MatchmakingEventOutput):
    """An event as its district sees it."""

    figures = EventFiguresOutput()


class EventWayOutput(serializers.Serializer[Any]):
    """One way to seat an event as it would come out now."""

    method = serializers.CharField()
    covered = serializers.IntegerField()
    utility = serializers.IntegerField()
    envy = serializers.IntegerField()
    blocking = serializers.IntegerField()


class EventSeatOutput(serializers.Serializer[Any]):
    """A meeting as its enterprise sees it."""

    institution = serializers.CharField(source="desk.invitation.institution.organisation.name")
    slot = serializers.SerializerMethodField()
    starts_at = serializers.SerializerMethodField()
    table = serializers.SerializerMethodField()
    utility = serializers.IntegerField()
    fit = serializers.CharField()
    why = serializers.CharField()
    why_sentence = serializers.SerializerMethodField()

    def get_slot(self, row: EventMeeting) -> int:
        """Return the slot counted from 1."""
        return row.slot + 1

    def get_table(self, row: EventMeeting) -> int:
        """Return the table counted from 1."""
        return row.table + 1

    @extend_schema_field(serializers.DateTimeField())
    def get_starts_at(self, row: EventMeeting) -> str:
        """Return when the slot begins."""
        event = row.guest.event
        return slot_start(event.starts_at, event.slot_minutes, row.slot).isoformat()

    def get_why_sentence(self, row: EventMeeting) -> str:
        """Return the reason in Chinese."""
        return WHY_SENTENCES[Why(row.why)]


class EventMeetingOutput(EventSeatOutput):
    """A meeting as the district and its institution see it."""

    id = serializers.UUIDField(source="public_id")
    enterprise = serializers.CharField(source="guest.enterprise.name")
    uscc = serializers.CharField(source="guest.enterprise.uscc")
    outcome = serializers.CharField()
    amount_yuan = AmountField(source="intention.amount_yuan", default=None, allow_null=True)


class EventUnmetOutput(serializers.Serializer[Any]):
    """An enterprise without a meeting, and why."""

    invitation_id = serializers.UUIDField()
    enterprise = serializers.CharField()
    why = serializers.CharField()
    why_sentence = serializers.CharField()


class EventPlanOutput(serializers.Serializer[Any]):
    """The seats of an event; both ways while they may still change."""

    method = serializers.CharField(allow_blank=True)
    ways = EventWayOutput(many=True)
    stability_cost_bp = serializers.IntegerField(allow_null=True)
    seats = EventMeetingOutput(many=True)
    unmet = EventUnmetOutput(many=True)


class EventFollowUpOutput(serializers.Serializer[Any]):
    """One look at an intention."""

    id = serializers.UUIDField(source="public_id")
    meeting_id = serializers.UUIDField(source="intention.meeting.public_id")
    enterprise = serializers.CharField(source="intention.meeting.guest.enterprise.name")
    after_days = serializers.IntegerField()
    due_at = serializers.DateTimeField()
    is_provisional = serializers.BooleanField()
    status = serializers.CharField(allow_blank=True)
    note = serializers.CharField(allow_blank=True)
    reported_at = serializers.DateTimeField(allow_null=True)


class EventResultsOutput(serializers.Serializer[Any]):
    """What came of an event."""

    figures = EventFiguresOutput()
    meetings = EventMeetingOutput(many=True)
    follow_ups = EventFollowUpOutput(many=True)


class InvitationOutput(serializers.Serializer[Any]):
    """An invitation as its guest sees it."""

    id = serializers.UUIDField(source="public_id")
    event = MatchmakingEventOutput()
    state = serializers.CharField()
    state_label = serializers.CharField(source="get_state_display")
    demand_id = serializers.UUIDField(source="demand.public_id", default=None, allow_null=True)
    tables = serializers.IntegerField(source="desk.tables", default=None, allow_null=True)
    wishes = serializers.ListField(child=serializers.CharField())
    signed_in_at = serializers.DateTimeField(allow_null=True)


class InvitationDetailOutput(InvitationOutput):
    """An invitation with the own schedule once the seats are confirmed."""

    schedule = serializers.SerializerMethodField()

    @extend_schema_field(EventMeetingOutput(many=True))
    def get_schedule(self, row: EventInvitation) -> Any:
        """Return whom the guest meets and when; an institution also what it recorded."""
        if row.event.state not in SEATED_STATES:
            return []
        output = EventMeetingOutput if row.institution_id else EventSeatOutput
        return output(meetings_own(row), many=True).data
