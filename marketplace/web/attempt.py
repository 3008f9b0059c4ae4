"""A service called for a form: its refusals become sentences at the fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django import forms

from marketplace.domain.errors import NotFound, NotPermitted, Refused
from marketplace.web.forms import refuse

T = TypeVar("T")


def attempted(form: forms.BaseForm, deed: Callable[[], T]) -> T | None:
    """Return what the deed returns; None when the form is not valid or the deed was refused.

    A reader who may not know or do it at all gets the refusal itself, not a form to correct.

    Args:
        form: bound or not.
        deed: calls one service with the form's cleaned data.
    """
    if not form.is_valid():
        return None
    try:
        return deed()
    except (NotFound, NotPermitted):
        raise
    except Refused as refused:
        refuse(form, refused)
        return None


def form_status(form: forms.BaseForm) -> int:
    """Return the status of a page with this form: 422 when what was sent needs correcting."""
    return 422 if form.errors else 200
