"""Writes of the floor: accounts, memberships, notices, dated parameters."""

from marketplace.services.account import (
    account_reopen,
    account_suspend,
    accounts_idle_suspend,
    duty_end,
    password_reset,
)
from marketplace.services.appointment import (
    appointment_ask,
    appointment_confirm,
    appointment_decline,
    district_member_add,
)
from marketplace.services.calendar import calendar_day_set, calendar_year_enter
from marketplace.services.membership import (
    membership_end,
    membership_grant,
    phone_change,
    phone_checked,
    user_create,
)
from marketplace.services.notification import (
    notification_read,
    notifications_read,
    notify,
    notify_role,
)
from marketplace.services.organisation import (
    districts_seed,
    office_ensure,
    organisation_create,
    organisation_rename,
)
from marketplace.services.parameter import parameter_set, parameter_unset
from marketplace.services.password import password_change
from marketplace.services.password_recovery import (
    password_recover,
    recovery_ask,
    recovery_close,
    recovery_code_send,
    recovery_open,
)
from marketplace.services.reminder import (
    address_confirm,
    address_enter,
    address_remove,
    reminders_send,
)
from marketplace.services.second_factor import (
    authenticator_begin,
    authenticator_confirm,
    authenticator_remove,
    authenticator_reset,
    code_accept,
    recovery_codes_renew,
)

__all__ = [
    "account_reopen",
    "account_suspend",
    "accounts_idle_suspend",
    "address_confirm",
    "address_enter",
    "address_remove",
    "appointment_ask",
    "appointment_confirm",
    "appointment_decline",
    "authenticator_begin",
    "authenticator_confirm",
    "authenticator_remove",
    "authenticator_reset",
    "calendar_day_set",
    "calendar_year_enter",
    "code_accept",
    "district_member_add",
    "districts_seed",
    "duty_end",
    "membership_end",
    "membership_grant",
    "notification_read",
    "notifications_read",
    "notify",
    "notify_role",
    "office_ensure",
    "organisation_create",
    "organisation_rename",
    "parameter_set",
    "parameter_unset",
    "password_change",
    "password_recover",
    "password_reset",
    "phone_change",
    "phone_checked",
    "recovery_ask",
    "recovery_close",
    "recovery_code_send",
    "recovery_codes_renew",
    "recovery_open",
    "reminders_send",
    "user_create",
]
