"""How the reader wants pages to look: size of type and colours, kept in one cookie, no account needed."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

COOKIE = "display"
COOKIE_AGE_SECONDS = 365 * 24 * 3600

SCHEMES = {"auto": "跟随系统", "light": "浅色", "dark": "深色", "contrast": "高对比"}
SIZES = {"standard": "标准", "large": "大字", "huge": "特大字"}


@dataclass(frozen=True)
class Display:
    """A scheme of ``SCHEMES`` and a size of ``SIZES``."""

    scheme: str = "auto"
    size: str = "standard"

    @property
    def dark_media(self) -> str:
        """Return the media query under which the dark palette holds; empty for never."""
        return {"auto": "screen and (prefers-color-scheme: dark)", "dark": "screen"}.get(
            self.scheme, ""
        )

    @property
    def contrast_media(self) -> str:
        """Return the media query under which the high-contrast palette holds; empty for never."""
        return {"auto": "screen and (prefers-contrast: more)", "contrast": "screen"}.get(
            self.scheme, ""
        )


def display_of(request: HttpRequest) -> Display:
    """Return the reader's choice; anything the cookie holds that we do not know is ignored."""
    scheme, _, size = request.COOKIES.get(COOKIE, "").partition(".")
    return display_from(scheme, size)


def display_from(scheme: str, size: str) -> Display:
    """Return the choice, with the default in place of unknown words."""
    return Display(
        scheme if scheme in SCHEMES else Display.scheme, size if size in SIZES else Display.size
    )


def display_keep(response: HttpResponseBase, display: Display) -> None:
    """Write the choice into the cookie of the answer."""
    response.set_cookie(
        COOKIE,
        f"{display.scheme}.{display.size}",
        max_age=COOKIE_AGE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
