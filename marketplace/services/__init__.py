"""Writes of the floor: accounts, memberships, notices, dated parameters."""

from marketplace.services.calendar import calendar_day_set, calendar_year_enter
from marketplace.services.membership import (
    membership_end,
    membership_grant,
    phone_change,
    phone_checked,
    user_create,
)
from marketplace.services.notification import notification_read, notify, notify_role
from marketplace.services.organisation import (
    districts_seed,
    organisation_create,
    organisation_rename,
)
from marketplace.services.parameter import parameter_set
from marketplace.services.password import password_change
from marketplace.services.second_factor import (
    authenticator_begin,
    authenticator_confirm,
    authenticator_remove,
    authenticator_reset,
    code_accept,
    recovery_codes_renew,
)

__all__ = [
    "authenticator_begin",
    "authenticator_confirm",
    "authenticator_remove",
    "authenticator_reset",
    "calendar_day_set",
    "calendar_year_enter",
    "code_accept",
    "districts_seed",
    "membership_end",
    "membership_grant",
    "notification_read",
    "notify",
    "notify_role",
    "organisation_create",
    "organisation_rename",
    "parameter_set",
    "password_change",
    "phone_change",
    "phone_checked",
    "recovery_codes_renew",
    "user_create",
]
