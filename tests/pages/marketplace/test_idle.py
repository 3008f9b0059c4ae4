from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse

from tests.cast import NOW, PASSWORD

LOGIN = reverse("marketplace:login")
NOTICES = reverse("marketplace:notification-list")
SESSION = reverse("marketplace:session")
STEP = timedelta(minutes=10)


@pytest.fixture
def clock():
    with time_machine.travel(NOW, tick=False) as travelled:
        yield travelled


def logged_in(user) -> Client:
    client = Client()
    answer = client.post(LOGIN, {"username": user.username, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def asked(client: Client) -> dict[str, object]:
    """Ask as a page's script does, with nobody at the keyboard."""
    return client.get(SESSION, headers={"X-Quiet": "yes"}).json()


def is_let_in(client: Client, name: str) -> bool:
    return client.get(reverse(name)).status_code == 200


class TestIdle:
    """GB/T 22239-2019 8.1.4.1 b: whoever does nothing is logged out."""

    @pytest.mark.parametrize(
        ("member", "page", "minutes"),
        [
            ("officer", "matching:queue-list", 15),
            ("district_clerk", "matching:whitelist-list", 15),
            ("operator", "marketplace:member-list", 15),
            ("owner", "matching:need-list", 30),
        ],
    )
    def test_ends_a_session_after_its_minutes(self, cast, clock, member, page, minutes):
        in_time, late = logged_in(getattr(cast, member)), logged_in(getattr(cast, member))

        clock.shift(timedelta(minutes=minutes))
        assert is_let_in(in_time, page)
        clock.shift(timedelta(seconds=1))
        answer = late.get(reverse(page))

        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(LOGIN)
        said = late.get(answer.headers["Location"]).content.decode()
        assert f"已有 {minutes} 分钟没有操作，为保护数据已自动退出" in said

    def test_counts_from_the_last_request(self, cast, clock):
        client = logged_in(cast.officer)

        for _ in range(5):
            clock.shift(STEP)
            assert is_let_in(client, "matching:queue-list")

    def test_ends_every_session_after_half_a_day(self, cast, clock):
        client = logged_in(cast.officer)

        for _ in range(72):
            clock.shift(STEP)
            assert is_let_in(client, "matching:queue-list")
        clock.shift(timedelta(minutes=1))

        assert not is_let_in(client, "matching:queue-list")

    def test_keeps_a_form_from_being_taken(self, cast, clock):
        client = logged_in(cast.operator)
        clock.shift(timedelta(minutes=16))

        answer = client.post(reverse("marketplace:password-change"), {})

        assert answer.headers["Location"].startswith(LOGIN)

    def test_closes_the_interface_too(self, cast, clock):
        client = logged_in(cast.officer)
        address = reverse("api:application-list")
        assert client.get(address).status_code == 200

        clock.shift(timedelta(minutes=16))

        assert client.get(address).status_code in {401, 403}

    def test_writes_a_session_once_a_minute_at_most(self, cast, clock, django_assert_num_queries):
        client = logged_in(cast.officer)
        client.get(LOGIN)
        clock.shift(timedelta(seconds=59))

        with django_assert_num_queries(2):
            client.get(LOGIN)


class TestTimeLeft:
    """What a page and its script know of the end (WCAG 2.2.1)."""

    @pytest.mark.parametrize(("member", "minutes"), [("officer", 15), ("owner", 30)])
    def test_stands_on_every_page(self, cast, clock, member, minutes):
        page = logged_in(getattr(cast, member)).get(NOTICES).content.decode()

        assert f'data-left="{minutes * 60}" data-warn="120" data-prolong="yes"' in page
        assert "/marketplace/idle.js" in page

    def test_stands_on_no_page_of_a_visitor(self, client, db):
        assert "data-left" not in client.get(LOGIN).content.decode()

    def test_follows_the_limit_of_the_installation(self, cast, clock, settings):
        settings.SESSION_IDLE_STAFF_MINUTES = 3

        assert asked(logged_in(cast.officer)) == {
            "left_seconds": 180,
            "warn_seconds": 60,
            "can_prolong": True,
        }

    def test_is_told_without_prolonging(self, cast, clock, django_assert_num_queries):
        client = logged_in(cast.officer)

        clock.shift(timedelta(minutes=14))
        with django_assert_num_queries(2):
            assert asked(client)["left_seconds"] == 60
        clock.shift(timedelta(seconds=50))
        assert asked(client)["left_seconds"] == 10
        clock.shift(timedelta(seconds=11))

        assert asked(client)["left_seconds"] == 0
        assert not is_let_in(client, "matching:queue-list")

    def test_is_prolonged_by_the_wish_to_go_on(self, cast, clock):
        client = logged_in(cast.officer)
        clock.shift(timedelta(minutes=14))

        answer = client.post(SESSION)

        assert answer.json()["left_seconds"] == 15 * 60
        clock.shift(timedelta(minutes=14))
        assert is_let_in(client, "matching:queue-list")

    def test_is_prolonged_by_another_tab(self, cast, clock):
        client = logged_in(cast.officer)
        clock.shift(timedelta(minutes=14))
        client.get(NOTICES)

        assert asked(client)["left_seconds"] == 15 * 60

    def test_cannot_be_prolonged_beyond_half_a_day(self, cast, clock):
        client = logged_in(cast.officer)
        for _ in range(71):
            clock.shift(STEP)
            client.get(NOTICES)
        clock.shift(timedelta(minutes=9))

        assert client.post(SESSION).json() == {
            "left_seconds": 60,
            "warn_seconds": 120,
            "can_prolong": False,
        }

    def test_is_over_for_whoever_comes_too_late_to_go_on(self, cast, clock):
        client = logged_in(cast.officer)
        clock.shift(timedelta(minutes=16))

        assert client.post(SESSION).json()["left_seconds"] == 0
        assert client.get(SESSION).json()["left_seconds"] == 0

    def test_is_not_prolonged_by_a_progress_that_asks_by_itself(self, cast, clock):
        block = render_to_string(
            "marketplace/components/progress.html", {"label": "核验", "poll_url": "/x/"}
        )
        client = logged_in(cast.officer)

        clock.shift(timedelta(minutes=14))
        client.get(NOTICES, headers={"X-Quiet": "yes"})

        assert """hx-headers='{"X-Quiet": "yes"}'""" in block
        assert asked(client)["left_seconds"] == 60
