"""Reads of the tokens of source units' systems."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from django.db.models import Case, QuerySet, Value, When

from borrowers.models import CatalogueItem, IngestBatch, SourceUnit, UnitToken
from borrowers.policies import visible_batches, visible_tokens
from borrowers.selectors.parameter import token_parameters
from marketplace.domain.errors import NotFound
from marketplace.policies import Reader


def token_list(user: Reader, unit: SourceUnit) -> QuerySet[UnitToken]:
    """Return a unit's tokens, the latest first; for keyset pages by id."""
    return visible_tokens(user).filter(unit=unit)


def token_get(user: Reader, public_id: UUID) -> UnitToken:
    """Return one token with its unit and who issued and revoked it.

    Raises:
        NotFound: there is none for this reader.

    Queries: one.
    """
    found = visible_tokens(user).select_related("unit", "issued_by", "revoked_by")
    token = found.filter(public_id=public_id).first()
    if token is None:
        raise NotFound
    return token


def token_batches(user: Reader, token: UnitToken) -> QuerySet[IngestBatch]:
    """Return what was delivered with a token, the latest first; for keyset pages by id."""
    return visible_batches(user).filter(unit_token=token).select_related("item", "unit")


def token_by_digest(digest: str) -> UnitToken | None:
    """Return the token a system showed, by what is kept of it, with its unit. Queries: one."""
    return UnitToken.objects.select_related("unit").filter(digest=digest).first()


def token_last_day(first_day: date) -> date:
    """Return the last day that a token may have which counts from a day on. Queries: one."""
    life_days = int(token_parameters().value_on("unit_token.life_days", first_day))
    return first_day + timedelta(days=life_days - 1)


def unit_example_item(unit: SourceUnit) -> CatalogueItem | None:
    """Return an item the unit delivers, rather one it answers for; None where it delivers none. Queries: one."""
    own = Case(When(source_unit=unit, then=Value(0)), default=Value(1))
    return unit.items.filter(is_active=True).order_by(own, "code").first()
