from __future__ import annotations

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command

from tests.cast import NOW
from tests.factories.matching import make_application


def swept(at):
    printed = io.StringIO()
    with time_machine.travel(at, tick=False):
        call_command("clocks_sweep", stdout=printed)
    return printed.getvalue()


@pytest.mark.django_db
class TestClocksSweep:
    def test_reminds_when_a_case_waits_and_once_only(self, cast):
        make_application(cast)
        later = NOW + timedelta(days=2)

        assert "提醒 1" in swept(later)
        assert "提醒 0" in swept(later)

    def test_says_every_kind_of_work(self, cast):
        printed = swept(NOW)

        assert printed.startswith("查看 0、")
        assert printed.rstrip().endswith("待发消息 0。")
