"""Reads of the tokens of lenders' systems, their limits and their use."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID

from django.db.models import QuerySet

from lenders.models import Institution, InterfaceToken, InterfaceUse
from lenders.policies import visible_interface_tokens
from marketplace.domain.errors import NotFound
from marketplace.domain.parameters import ParameterSet, load_parameters
from marketplace.policies import Reader
from marketplace.selectors import parameters_in_force

USE_DAYS = 31
_FILE = Path(__file__).resolve().parent.parent / "parameters" / "interface.toml"


def interface_parameters() -> ParameterSet:
    """Return how long tokens of lenders' systems last, and how often they may call. Queries: one."""
    return parameters_in_force(_shipped())


def interface_last_day(first_day: date) -> date:
    """Return the last day that a token may have which counts from a day on. Queries: one."""
    life_days = int(interface_parameters().value_on("interface.life_days", first_day))
    return first_day + timedelta(days=life_days - 1)


def interface_most_calls(day: date) -> int:
    """Return how many calls a day of each interface a token may have at most. Queries: one."""
    return int(interface_parameters().value_on("interface.daily_calls", day))


def interface_token_list(user: Reader, institution: Institution) -> QuerySet[InterfaceToken]:
    """Return a lender's tokens, the latest first; for keyset pages by id."""
    return visible_interface_tokens(user).filter(institution=institution).select_related("holder")


def interface_token_get(user: Reader, public_id: UUID) -> InterfaceToken:
    """Return one token with its lender, who answers for it, who issued and revoked it.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    found = visible_interface_tokens(user).select_related(
        "institution__organisation", "holder", "issued_by", "revoked_by"
    )
    token = found.filter(public_id=public_id).first()
    if token is None:
        raise NotFound
    return token


def interface_token_by_digest(digest: str) -> InterfaceToken | None:
    """Return the token a system showed, by what is kept of it, with its lender and holder. Queries: one."""
    found = InterfaceToken.objects.select_related("institution__organisation", "holder")
    return found.filter(digest=digest).first()


def interface_uses(token: InterfaceToken, today: date) -> QuerySet[InterfaceUse]:
    """Return how often a token was used in the last ``USE_DAYS`` days, the latest first; the caller may see it."""
    since = today - timedelta(days=USE_DAYS - 1)
    return token.uses.filter(day__gte=since).order_by("-day", "interface")


@cache
def _shipped() -> ParameterSet:
    return load_parameters(_FILE)
