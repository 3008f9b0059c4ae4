"""Which page a reader can go back to: addresses of forms often answer no GET.

A refused form is shown again at the address it was sent to; a link or a redirect to that address would lead to nothing.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve

HOME = "/"


def page_before(request: HttpRequest) -> str:
    """Return the path of the page a request came from when it is one of ours, else an empty text."""
    try:
        page = urlsplit(request.headers.get("Referer", ""))
    except ValueError:  # whatever a sender writes there
        return ""
    if page.netloc != request.get_host() or page.path.startswith("//"):
        return ""
    return f"{page.path}?{page.query}" if page.query else page.path


def page_above(path: str) -> str:
    """Return the nearest address above a path at which there is something, the home page at the least."""
    while len(path) > len(HOME):
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return HOME


def page_to_return(request: HttpRequest) -> str:
    """Return where a form that stands on every page leads back to: this page, or the one its form was sent from."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    return page_before(request) or page_above(request.path)
