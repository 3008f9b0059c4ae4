import pytest
import time_machine
from django.urls import reverse

from tests.cast import NOW
from tests.factories.events import desk_of, guest_of, make_event, meeting_of

EVENT_KEYS = {
    "id",
    "district",
    "title",
    "venue",
    "state",
    "state_label",
    "starts_at",
    "sign_up_until",
    "slots",
    "slot_minutes",
    "most_meetings",
}
SEAT_KEYS = {
    "institution",
    "slot",
    "starts_at",
    "table",
    "utility",
    "fit",
    "why",
    "why_sentence",
}
MEETING_KEYS = SEAT_KEYS | {"id", "enterprise", "uscc", "outcome", "amount_yuan"}
INVITATION_KEYS = {
    "id",
    "event",
    "state",
    "state_label",
    "demand_id",
    "tables",
    "wishes",
    "signed_in_at",
    "schedule",
}


@pytest.fixture(autouse=True)
def world(cast):
    with time_machine.travel(NOW, tick=False):
        yield


def asks(client, user, name, *args):
    client.force_login(user)
    return client.get(reverse(f"api:{name}", args=args))


class TestInvitation:
    def test_an_enterprise_sees_its_seats_and_nothing_the_institution_recorded(self, client, cast):
        event = make_event(cast, "INTENTION")

        body = asks(client, cast.owner, "event-invitation", guest_of(event).public_id).json()

        assert set(body) == INVITATION_KEYS
        assert set(body["event"]) == EVENT_KEYS
        assert [set(seat) for seat in body["schedule"]] == [SEAT_KEYS] * 2

    def test_an_institution_sees_its_own_meetings_once_confirmed(self, client, cast):
        event = make_event(cast, "ARRANGED")

        body = asks(client, cast.officer, "event-invitation", desk_of(event).public_id).json()

        assert [set(seat) for seat in body["schedule"]] == [MEETING_KEYS]

    def test_nobody_sees_a_name_before_the_seats_are_confirmed(self, client, cast):
        event = make_event(cast, "SIGN_UP")

        answer = asks(client, cast.officer, "event-invitation", desk_of(event).public_id)

        assert answer.json()["schedule"] == []
        assert cast.enterprise.name not in answer.content.decode()


class TestPlan:
    def test_shows_both_ways_while_they_may_change(self, client, cast):
        event = make_event(cast, "SIGN_UP")

        body = asks(client, cast.district_clerk, "event-plan", event.public_id).json()

        assert [way["method"] for way in body["ways"]] == ["OPTIMAL", "STABLE"]
        assert body["seats"] == []

    def test_shows_the_seats_with_their_reasons(self, client, cast):
        event = make_event(cast, "ARRANGED")

        body = asks(client, cast.auditor, "event-plan", event.public_id).json()

        assert body["ways"] == []
        assert {seat["why"] for seat in body["seats"]} == {"FIRST_OF_ALL", "FURTHER"}
        assert set(body["seats"][0]) == MEETING_KEYS


class TestRefusals:
    def test_a_step_out_of_turn_is_a_conflict(self, client, cast):
        event = make_event(cast, "PREPARING")
        client.force_login(cast.district_lead)

        answer = client.post(reverse("api:event-confirm", args=[event.public_id]))

        assert answer.status_code == 409

    def test_an_outcome_without_its_amount_names_the_field(self, client, cast):
        event = make_event(cast, "HELD")
        client.force_login(cast.officer)

        answer = client.post(
            reverse("api:event-meeting", args=[meeting_of(event).public_id]),
            {"outcome": "INTENDED"},
            content_type="application/json",
        )

        assert answer.status_code == 400
        assert set(answer.json()["fields"]) == {"amount_yuan"}
