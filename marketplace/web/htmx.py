"""Partial pages: the same view answers a browser with a page and htmx with the piece it asked for."""

from __future__ import annotations

from django.http import HttpRequest


def is_partial(request: HttpRequest) -> bool:
    """Return whether a script asked for a piece of a page rather than the page."""
    return request.headers.get("HX-Request") == "true"


def wants_address(request: HttpRequest) -> bool:
    """Return whether a script asked and must be told where to go rather than be sent there."""
    return is_partial(request) or "X-Upload" in request.headers
