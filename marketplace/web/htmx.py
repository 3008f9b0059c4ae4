"""Partial pages: the same view answers a browser with a page and htmx with the piece it asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def is_partial(request: HttpRequest) -> bool:
    """Return whether a script asked for a piece of a page rather than the page."""
    return request.headers.get("HX-Request") == "true"


def wants_address(request: HttpRequest) -> bool:
    """Return whether a script asked and must be told where to go rather than be sent there."""
    return is_partial(request) or "X-Upload" in request.headers


def page_or_piece(
    request: HttpRequest,
    page: str,
    piece: str,
    context: Mapping[str, Any],
    status: int = 200,
) -> HttpResponse:
    """Return the page, or its piece for htmx; both are rendered from the same context.

    Args:
        request: the request.
        page: template of the page, which includes the piece.
        piece: template of the part that changes.
        context: what both need.
        status: HTTP status; 422 for a form with errors.
    """
    template = piece if is_partial(request) else page
    answer = render(request, template, dict(context), status=status)
    patch_vary_headers(answer, ["HX-Request"])
    return answer
