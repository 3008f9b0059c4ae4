"""Tags of what stands around every page; built in, so templates need no ``{% load %}``."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

from marketplace.web.language import said
from marketplace.web.navigation import Place

register = template.Library()
CURRENT = ' aria-current="page"'


@register.filter
def place_links(places: Iterable[Place]) -> SafeString:
    """Return the links of the navigation; written here, since a page has fifty of them."""
    return SafeString(
        "".join(
            f'<a href="{conditional_escape(place.url)}"{CURRENT if place.is_current else ""}>'
            f"{conditional_escape(said(place.label))}</a>"
            for place in places
        )
    )


@register.simple_tag(takes_context=True)
def piece(context: template.Context, name: str) -> SafeString:
    """Return a piece of the frame that stands on the page twice, for wide screens and for phones; rendered once.

    A piece takes nothing but ``shell`` and ``request``, which are the same everywhere on a page.
    """
    pieces: dict[str, SafeString] = context["shell"].pieces
    if name not in pieces:
        pieces[name] = template.Engine.get_default().get_template(name).render(context)
    return pieces[name]
