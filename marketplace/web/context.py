"""What every page shows around its content, worked out only when a template asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from marketplace.domain.roles import ROLES_OF_KIND, OrganisationKind
from marketplace.domain.vocabulary import PRODUCT_NAME
from marketplace.models import User
from marketplace.selectors import notification_unread_count
from marketplace.web.acting import Seat, acting_seat, seats_of
from marketplace.web.display import SCHEMES, SIZES, Display, display_of
from marketplace.web.idle import TimeLeft, time_left
from marketplace.web.language import ENGLISH, NAMES, TAGS
from marketplace.web.navigation import (
    PUBLIC,
    Group,
    Link,
    Place,
    grouped,
    links_for,
    places,
    waiting_link,
)
from marketplace.web.second_step import awaits_code
from marketplace.web.way_back import page_to_return

BORROWER_ROLES = frozenset(ROLES_OF_KIND[OrganisationKind.ENTERPRISE])

FURNITURE_LABELS = {
    "organizer": "主办单位",
    "operator": "承办单位",
    "record_number": "备案编号",
    "contact": "联系方式",
}


class Shell:
    """The header, navigation and footer as one reader sees them on one request.

    Attributes:
        pieces: what stands on the page twice, by the name of its template, once it was rendered (``piece``).
    """

    product_name = PRODUCT_NAME
    schemes = SCHEMES
    sizes = SIZES
    languages = NAMES

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self.pieces: dict[str, SafeString] = {}

    @cached_property
    def reader(self) -> User | None:
        """Return who is logged in; nobody before a code that is still to be given."""
        user = getattr(self._request, "user", None)
        return user if isinstance(user, User) and not self._is_halfway else None

    @cached_property
    def _is_halfway(self) -> bool:
        return awaits_code(self._request)

    @cached_property
    def time_left(self) -> TimeLeft | None:
        """Return how long the reader's log-in lasts, or None when it does not end by itself."""
        return time_left(self._request) if self.reader else None

    @cached_property
    def display(self) -> Display:
        """Return how the reader wants pages to look."""
        return display_of(self._request)

    @cached_property
    def language(self) -> str:
        """Return the language of the page, a key of ``languages``."""
        return get_language() or settings.LANGUAGE_CODE

    @property
    def language_tag(self) -> str:
        """Return the language of the page as HTML names it."""
        return TAGS[self.language]

    @property
    def is_english(self) -> bool:
        """Return whether sentences with effect need a word that they are in Chinese."""
        return self.language == ENGLISH

    @cached_property
    def seats(self) -> list[Seat]:
        """Return the organisations the reader may act for."""
        return seats_of(self._request) if self.reader else []

    @cached_property
    def seat(self) -> Seat | None:
        """Return the organisation the reader acts for now."""
        return acting_seat(self._request) if self.reader else None

    @cached_property
    def navigation(self) -> tuple[Group, ...]:
        """Return the links of the reader's roles; none between password and code."""
        if self._is_halfway:
            return ()
        roles = self.seat.roles if self.seat else ()
        links = links_for(roles, self.reader is not None, self.waiting)
        return grouped(places(links, self._request.path))

    @cached_property
    def waiting(self) -> Link | None:
        """Return where it stands what a reader without a role has asked for. Queries: one for such a reader."""
        return waiting_link(self.reader) if self.reader and not self.seat else None

    @cached_property
    def public_places(self) -> tuple[Place, ...]:
        """Return the links of the footer, open to everybody."""
        return places(PUBLIC, self._request.path)

    @property
    def here(self) -> str:
        """Return the address to which a form that stands on every page leads back."""
        return page_to_return(self._request)

    @property
    def may_borrow(self) -> bool:
        """Return whether the reader may declare a need: an enterprise's people, or a visitor who may become one."""
        if self.reader is None:
            return True
        return self.seat is not None and not BORROWER_ROLES.isdisjoint(self.seat.roles)

    @property
    def has_office(self) -> bool:
        """Return whether the reader is somebody else's contact: of a lender, a district or the city in any seat."""
        return any(not BORROWER_ROLES.issuperset(seat.roles) for seat in self.seats)

    @cached_property
    def unread(self) -> int:
        """Return how many notices the reader has not read. Queries: one when somebody is logged in."""
        return notification_unread_count(self.reader) if self.reader else 0

    @cached_property
    def furniture(self) -> list[tuple[str, str]]:
        """Return what the footer must name: label and value from the settings."""
        given: Mapping[str, Any] = getattr(settings, "SITE_FURNITURE", {})
        return [(FURNITURE_LABELS.get(key, key), str(value)) for key, value in given.items()]

    @property
    def contact(self) -> str:
        """Return how the platform's people are reached, as the footer names it; empty when nothing is set."""
        given: Mapping[str, Any] = getattr(settings, "SITE_FURNITURE", {})
        return str(given.get("contact", ""))

    @property
    def request_id(self) -> str:
        """Return the number of this request, as it stands in the logs."""
        return str(getattr(self._request, "request_id", ""))


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Return the context processor's one name, ``shell``."""
    return {"shell": Shell(request)}
