"""A service called for a form: its refusals become sentences at the fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from django import forms
from django.http import HttpRequest

from marketplace.domain.errors import Refused
from marketplace.models import User
from marketplace.web.forms import refuse

T = TypeVar("T")


def reader(request: HttpRequest) -> User:
    """Return who is logged in; for views behind ``login_required``."""
    return cast("User", request.user)


def attempted(form: forms.BaseForm, deed: Callable[[], T]) -> T | None:
    """Return what the deed returns; None when the form is not valid or the deed was refused.

    A refusal that no correction of the form can answer (not found, not permitted, wrong state) goes on to the reader
    with its own status.

    Args:
        form: bound or not.
        deed: calls one service with the form's cleaned data.
    """
    if not form.is_valid():
        return None
    try:
        return deed()
    except Refused as refused:
        if refused.status != Refused.status and not refused.fields:
            raise
        refuse(form, refused)
        return None


def form_status(form: forms.BaseForm) -> int:
    """Return the status of a page with this form: 422 when what was sent needs correcting."""
    return 422 if form.errors else 200
