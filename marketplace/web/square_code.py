"""A square code (QR) as a drawing inside the page: nothing is fetched for it, and it scales without scripts."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString
from reportlab.graphics.barcode.qr import QrCodeWidget

QUIET_ZONE = 4
"""Light modules around the code (ISO/IEC 18004)."""


LEAST_PX = 240


def square_code(text: str, label: str) -> SafeString:
    """Return the SVG element of a text's square code, dark on light in every colour scheme.

    Every module takes the same whole number of CSS pixels, as many as make the code `LEAST_PX` wide or a little wider:
    some readers give up where neighbors differ in width.

    Args:
        text: what readers of the code get.
        label: what it is, for who does not see it.
    """
    code = QrCodeWidget(text, barLevel="M").qr
    code.make()
    count = code.getModuleCount()
    dark = "".join(
        f"M{place + QUIET_ZONE} {row + QUIET_ZONE}h1v1h-1z"
        for row in range(count)
        for place in range(count)
        if code.isDark(row, place)
    )
    side = count + 2 * QUIET_ZONE
    size_px = side * -(-LEAST_PX // side)
    return format_html(
        '<svg class="mk-square" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{}" width="{}" height="{}" '
        'viewBox="0 0 {} {}" shape-rendering="crispEdges">'
        '<path fill="#fff" d="M0 0h{}v{}H0z"/><path fill="#000" d="{}"/></svg>',
        *(label, size_px, size_px, side, side, side, side, dark),
    )
