"""Who calls the API, and what was sent in the form in which services take it."""

from __future__ import annotations

from typing import Any, cast

from rest_framework.request import Request

from lenders.domain.product import ProductTerms
from marketplace.models import User


def caller(request: Request) -> User:
    """Return who is logged in; for views that need authentication."""
    return cast("User", request.user)


def terms_from(data: dict[str, Any]) -> ProductTerms:
    """Return validated terms as plain values."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
    }
    return ProductTerms(**values)
