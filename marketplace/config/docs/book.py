"""The documents with their generated parts: which parts there are, and putting them into their places."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from django.conf import settings

from marketplace.config.docs.environment import environment_section
from marketplace.config.docs.inventory import commands_section, tables_section
from marketplace.config.docs.machines import main_machine_section, other_machines_section
from marketplace.config.docs.parameters import own_decisions_section, parameters_section
from marketplace.config.docs.rules import (
    catalogue_section,
    features_section,
    gates_section,
    refusals_section,
    score_model_section,
    size_class_section,
    units_section,
)
from marketplace.config.docs.words import figures_section, terms_section

SECTIONS: Mapping[str, Callable[[], str]] = {
    "machine-application": main_machine_section,
    "machines": other_machines_section,
    "commands": commands_section,
    "tables": tables_section,
    "parameters": parameters_section,
    "own-decisions": own_decisions_section,
    "score-model": score_model_section,
    "size-class": size_class_section,
    "features": features_section,
    "gates": gates_section,
    "refusals": refusals_section,
    "catalogue": catalogue_section,
    "units": units_section,
    "environment": environment_section,
    "terms": terms_section,
    "figures": figures_section,
}
"""Name of a place in a document to what is written there."""

PLACE = re.compile(
    r"(?P<head><!-- generated: (?P<name>[a-z0-9_-]+) -->)\n.*?(?P<tail><!-- end generated -->)",
    re.DOTALL,
)


def documents() -> list[Path]:
    """Return every document of the project, the README first."""
    root = Path(settings.BASE_DIR)
    return [*sorted(root.glob("*.md"), reverse=True), *sorted(root.glob("docs/**/*.md"))]


def filled(text: str) -> str:
    """Return a document with every generated part made anew.

    Raises:
        KeyError: a place names a part that does not exist.
    """
    return PLACE.sub(
        lambda place: f"{place['head']}\n\n{SECTIONS[place['name']]()}\n\n{place['tail']}", text
    )


def places(text: str) -> list[str]:
    """Return the names of a document's places, in their order."""
    return [place["name"] for place in PLACE.finditer(text)]


def stale_documents() -> dict[Path, str]:
    """Return the documents whose generated parts say something else than the code, each as it should be."""
    found = {}
    for path in documents():
        text = path.read_text(encoding="utf-8")
        wanted = filled(text)
        if wanted != text:
            found[path] = wanted
    return found
