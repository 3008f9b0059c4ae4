"""Where somebody goes who has registered an enterprise and belongs to no organisation yet."""

from __future__ import annotations

from borrowers.policies import VERIFIED
from borrowers.selectors import account_of
from marketplace.models import User
from marketplace.web.navigation import Link

REGISTRATION = Link("borrowers:account-status", "登记进度", beside=("borrowers:account-again",))


def registration_link(user: User) -> Link | None:
    """Return the page on which the user's registration stands until it is verified. Queries: one."""
    account = account_of(user)
    return REGISTRATION if account is not None and account.state != VERIFIED else None
