"""From which network address a request comes: the one address that failed log-ins and limits are counted by.

Source: RFC 7239 section 7.4 (what clients write about themselves is not to be trusted).
"""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

FORWARDED = "HTTP_X_FORWARDED_FOR"


def sender_of(request: HttpRequest) -> str:
    """Return the address of whoever sent a request, behind ``PROXY_COUNT`` proxies of one's own.

    Every proxy appends the address it was asked from, so the sender's stands as many places from the end as there
    are proxies; what stands before it the sender may have written. Without proxies the header means nothing.
    """
    direct = str(request.META.get("REMOTE_ADDR", ""))
    told = [part.strip() for part in str(request.META.get(FORWARDED, "")).split(",")]
    place = settings.PROXY_COUNT
    if not 0 < place <= len(told):
        return direct
    return told[-place] if _is_address(told[-place]) else direct


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
