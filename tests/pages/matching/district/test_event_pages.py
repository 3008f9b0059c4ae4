import pytest
import time_machine
from django.urls import reverse

from tests.cast import NOW
from tests.factories.events import desk_of, guest_of, make_event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def world(cast):
    with time_machine.travel(NOW, tick=False):
        yield


def opened(client, user, name, *args):
    client.force_login(user)
    return client.get(reverse(f"matching:{name}", args=args)).content.decode()


class TestQueries:
    @pytest.mark.parametrize(
        ("state", "member", "name", "most"),
        [
            ("SIGN_UP", "district_clerk", "event-detail", 15),
            ("SIGN_UP", "district_clerk", "event-plan", 20),
            ("ARRANGED", "district_clerk", "event-plan", 20),
            ("FOLLOW_UP", "district_clerk", "event-results", 20),
            ("SIGN_UP", "district_clerk", "event-list", 10),
        ],
    )
    def test_of_the_district_are_as_stated(
        self, client, cast, django_assert_max_num_queries, state, member, name, most
    ):
        event = make_event(cast, state)
        args = [] if name == "event-list" else [event.public_id]
        client.force_login(getattr(cast, member))

        with django_assert_max_num_queries(most):
            answer = client.get(reverse(f"matching:{name}", args=args))

        assert answer.status_code == 200

    @pytest.mark.parametrize("state", ["SIGN_UP", "FOLLOW_UP"])
    @pytest.mark.parametrize(("member", "of"), [("owner", guest_of), ("officer", desk_of)])
    def test_of_those_invited_are_as_stated(
        self, client, cast, django_assert_max_num_queries, state, member, of
    ):
        key = of(make_event(cast, state)).public_id
        client.force_login(getattr(cast, member))

        with django_assert_max_num_queries(20):
            answer = client.get(reverse("matching:event-invitation", args=[key]))

        assert answer.status_code == 200


class TestDetail:
    def test_who_has_not_answered_is_named_apart(self, client, cast):
        event = make_event(cast, "PREPARING")

        page = opened(client, cast.district_clerk, "event-detail", event.public_id)

        assert "已邀请、尚未答复 2 家" in page
        assert cast.enterprise.name in page

    def test_the_city_reads_and_is_offered_nothing_to_press(self, client, cast):
        event = make_event(cast, "SIGN_UP")

        page = opened(client, cast.operator, "event-detail", event.public_id)

        assert "取消活动" not in page
        assert reverse("matching:event-invite", args=[event.public_id]) not in page


class TestPlan:
    def test_both_ways_stand_side_by_side_until_the_seats_are_confirmed(self, client, cast):
        event = make_event(cast, "SIGN_UP")

        page = opened(client, cast.district_clerk, "event-plan", event.public_id)

        assert "采用匹配度最优" in page
        assert "采用稳定对接" in page

    def test_confirmed_the_plan_alone_is_left(self, client, cast):
        event = make_event(cast, "ARRANGED")

        page = opened(client, cast.district_clerk, "event-plan", event.public_id)

        assert "两种排法" not in page
        assert "在该企业可对接的机构中排在最前。" in page


class TestInvitation:
    def test_an_enterprise_without_a_need_is_led_to_one(self, client, cast):
        event = make_event(cast, "SIGN_UP")
        guest = guest_of(event)
        guest.enterprise.demands.update(state="WITHDRAWN")

        page = opened(client, cast.owner, "event-invitation", guest.public_id)

        assert "请先发布需求再报名" in page

    def test_an_institution_reads_the_need_without_a_name(self, client, cast):
        event = make_event(cast, "SIGN_UP")

        page = opened(client, cast.officer, "event-invitation", desk_of(event).public_id)

        assert "1 号需求：" in page
        assert cast.enterprise.name not in page
