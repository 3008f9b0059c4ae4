"""Moments read from PostgreSQL: what the driver's own loader reads, whatever the server writes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import DataError, connection
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.datetime import TimestamptzLoader

from marketplace.postgres import MomentLoader

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]


class DriverLoader(TimestamptzLoader):
    timezone = UTC


def read(text: str) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        found: datetime = cursor.fetchone()[0]
        return found


class TestMomentLoader:
    def test_is_the_loader_of_every_connection(self):
        connection.ensure_connection()

        assert issubclass(connection.connection.adapters.get_loader(1184, 0), MomentLoader)

    @settings(max_examples=200, deadline=None)
    @given(st.datetimes(timezones=st.just(UTC)))
    def test_reads_back_what_was_written(self, moment):
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::timestamptz", [moment])
            found = cursor.fetchone()[0]

        assert (found, found.tzinfo) == (moment, UTC)

    @pytest.mark.parametrize("text", ["2026-05-12 09:00:00+00", "2026-05-12 17:00:00.25+08"])
    def test_reads_as_the_driver_does(self, text):
        found = read(text)
        with connection.cursor() as cursor:
            cursor.cursor.adapters.register_loader("timestamptz", DriverLoader)
            cursor.execute("SELECT %s::timestamptz", [text])
            assert found == cursor.fetchone()[0]

    def test_reads_a_session_of_another_time_zone(self):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL TIME ZONE 'Asia/Shanghai'")
            cursor.execute("SELECT '2026-05-12 09:00:00+00'::timestamptz")
            by_loader = cursor.fetchone()[0]
            cursor.cursor.adapters.register_loader("timestamptz", DriverLoader)
            cursor.execute("SELECT '2026-05-12 09:00:00+00'::timestamptz")
            by_driver = cursor.fetchone()[0]
            cursor.execute("SET LOCAL TIME ZONE 'UTC'")

        assert by_loader == by_driver

    @pytest.mark.parametrize("text", ["infinity", "20000-01-01 00:00:00+00"])
    def test_refuses_what_no_datetime_holds(self, text):
        with pytest.raises(DataError):
            read(text)
