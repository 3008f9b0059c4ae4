"""How many statements the pages of the demonstration city take, for each of its people."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
import time_machine
from django.core.management import call_command

from tests.cast import NOW
from tests.walk import READERS, Stop, walk

ENTERPRISES = 60
MOST_QUERIES = 15


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
