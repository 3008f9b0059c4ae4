"""Every text the English catalogue must hold, with the files it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from marketplace.config.messages import chrome, templates
from marketplace.config.messages.chrome import APPS, CHINESE_ONLY
from marketplace.config.messages.templates import CHINESE

STYLEGUIDE = "marketplace/templates/marketplace/styleguide.html"


def template_paths() -> list[Path]:
    """Return the templates, the style guide left out: its texts are samples."""
    found = [
        path for app in APPS for path in (settings.BASE_DIR / app).rglob("templates/**/*.html")
    ]
    return sorted(path for path in found if place_of(path) != STYLEGUIDE)


def room_paths() -> list[Path]:
    """Return the modules whose texts are shown, without those that stay Chinese."""
    return [path for path in chrome.rooms() if place_of(path) not in CHINESE_ONLY]


def place_of(path: Path) -> str:
    """Return how a file is named in the catalogue."""
    return path.relative_to(settings.BASE_DIR).as_posix()


def wanted() -> dict[str, list[str]]:
    """Return each text with its files, in the order of the files."""
    found: dict[str, list[str]] = {}
    for text, place in _all():
        places = found.setdefault(text, [])
        if place not in places:
            places.append(place)
    return found


def _all() -> Iterator[tuple[str, str]]:
    for path in template_paths():
        for text in templates.texts_of(path.read_text(encoding="utf-8")).said:
            yield text, place_of(path)
    for path in room_paths():
        for text in chrome.texts_of(path.read_text(encoding="utf-8"))[0]:
            yield text, place_of(path)
    declared = (*chrome.label_texts(), *chrome.declared_texts())
    yield from (found for found in declared if CHINESE.search(found[0]))
