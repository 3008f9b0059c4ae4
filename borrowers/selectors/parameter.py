"""The app's dated parameters as they are in force: shipped files with what operators entered laid over."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from marketplace.domain.parameters import ParameterSet, load_parameters
from marketplace.selectors import parameters_in_force

_FOLDER = Path(__file__).resolve().parent.parent / "parameters"


def consent_parameters() -> ParameterSet:
    """Return the limits of fair consents. Queries: one."""
    return parameters_in_force(_shipped("consent"))


def repair_parameters() -> ParameterSet:
    """Return the periods of publicity and the clocks of objection and repair. Queries: one."""
    return parameters_in_force(_shipped("repair"))


def token_parameters() -> ParameterSet:
    """Return how long tokens of source units may last. Queries: one."""
    return parameters_in_force(_shipped("unit_token"))


@cache
def _shipped(stem: str) -> ParameterSet:
    return load_parameters(_FOLDER / f"{stem}.toml")
