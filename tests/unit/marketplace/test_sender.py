"""The address a request is counted by: what clients write about themselves changes nothing."""

from __future__ import annotations

import pytest
from axes.helpers import get_client_ip_address
from django.test import RequestFactory

from marketplace.web.sender import sender_of

PROXY = "10.0.0.9"


def request(forwarded: str | None = None):
    told = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return RequestFactory().get("/", headers=told, REMOTE_ADDR=PROXY)


class TestSenderOf:
    @pytest.mark.parametrize(
        ("proxies", "forwarded", "sender"),
        [
            (0, None, PROXY),
            (0, "203.0.113.7", PROXY),
            (1, "203.0.113.7", "203.0.113.7"),
            (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
            (2, "198.51.100.1, 203.0.113.7, 10.0.0.8", "203.0.113.7"),
            (1, "2001:db8::7", "2001:db8::7"),
            (1, None, PROXY),
            (1, "", PROXY),
            (1, "unknown", PROXY),
            (2, "203.0.113.7", PROXY),
        ],
    )
    def test_counts_the_proxies_from_the_end(self, settings, proxies, forwarded, sender):
        settings.PROXY_COUNT = proxies

        assert sender_of(request(forwarded)) == sender

    def test_is_what_failed_log_ins_are_counted_by(self, settings):
        settings.PROXY_COUNT = 1

        assert get_client_ip_address(request("203.0.113.7")) == "203.0.113.7"
