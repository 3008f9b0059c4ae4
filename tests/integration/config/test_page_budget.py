"""Pages of the demonstration city, for each of its people: how many statements they take, what walls hide."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from unittest import mock

import pytest
import time_machine
from django.core.management import call_command

from marketplace.web import middleware
from tests.cast import NOW
from tests.walk import READERS, Stop, client_of, walk

ENTERPRISES = 60
MOST_QUERIES = 15
WALLED = ("visitor", "owner", "officer", "approver", "clerk")
"""Whom the second wall is raised around; the others of their side read the same pages."""
CHANCE = re.compile(
    r'X-CSRFToken": "\w+|csrfmiddlewaretoken" value="\w+|\b[0-9a-f]{32}\b|[0-9a-f-]{36}'
)
"""What differs between two answers to one request."""


@pytest.fixture(scope="module")
def stops(django_db_setup, django_db_blocker) -> Iterator[list[Stop]]:
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=True):
        call_command("demo", enterprises=ENTERPRISES, stdout=io.StringIO(), stderr=io.StringIO())
        try:
            yield list(walk())
        finally:
            call_command("flush", interactive=False, verbosity=0)


@pytest.mark.django_db
class TestPages:
    def test_take_few_statements(self, stops):
        many = {
            f"{stop.reader} {stop.path}": stop.queries
            for stop in stops
            if stop.is_page and stop.queries > MOST_QUERIES
        }

        assert many == {}

    def test_are_met_by_everybody(self, stops):
        assert {stop.reader for stop in stops} == set(READERS)
        assert len({stop.name for stop in stops if stop.is_page}) > 60

    @pytest.mark.postgresql
    def test_lack_nothing_behind_the_second_wall(self, stops):
        """The policies alone would show the same; what needs the whole market has its door."""
        opened = {(stop.reader, stop.name): stop for stop in reversed(stops) if stop.is_page}
        lacking = []

        def said(stop: Stop) -> str:
            answer = clients[stop.reader].get(stop.path)
            assert answer.status_code == 200, stop.path
            return CHANCE.sub("", answer.content.decode())

        with time_machine.travel(NOW, tick=False):
            clients = {reader: client_of(reader) for reader in WALLED}
            for stop in opened.values():
                if stop.reader in WALLED:
                    within = said(stop)
                    with mock.patch.object(middleware, "organisations_asking", return_value=None):
                        lacking += [f"{stop.reader} {stop.path}"] if said(stop) != within else []

        assert lacking == []
        assert len(opened) > 100
