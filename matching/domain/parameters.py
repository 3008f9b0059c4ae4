"""The dated parameters shipped with matching: clocks, needs, events, grants, loans' floors, whitelist gates.

An operator's later values are laid over these with ``ParameterSet.with_entered``; rules are handed the result.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from marketplace.domain.parameters import ParameterSet, load_parameters

FOLDER = Path(__file__).resolve().parent.parent / "parameters"
FILES = ("clocks", "demand", "events", "grant", "outcome", "whitelist")


@cache
def shipped() -> ParameterSet:
    """Return the parameters as shipped; codes are ``<file>.<name>``, e.g. ``whitelist.min_age_months``."""
    return load_parameters(*(FOLDER / f"{name}.toml" for name in FILES))
