"""Tables of the floor."""

from marketplace.models.access import AccessRecord
from marketplace.models.appointment import Appointment
from marketplace.models.audit import AuditEvent
from marketplace.models.calendar import CalendarDay
from marketplace.models.grant import DistrictPermission, ExceptionalGrant
from marketplace.models.messages import IdempotencyKey, Notification, OutboxMessage
from marketplace.models.organisation import District, Membership, Organisation
from marketplace.models.parameter import ParameterValue
from marketplace.models.reminder import PasswordRecovery, ReminderAddress
from marketplace.models.second_factor import Authenticator, RecoveryCode
from marketplace.models.token import AccessToken
from marketplace.models.user import User

__all__ = [
    "AccessRecord",
    "AccessToken",
    "Appointment",
    "AuditEvent",
    "Authenticator",
    "CalendarDay",
    "District",
    "DistrictPermission",
    "ExceptionalGrant",
    "IdempotencyKey",
    "Membership",
    "Notification",
    "Organisation",
    "OutboxMessage",
    "ParameterValue",
    "PasswordRecovery",
    "RecoveryCode",
    "ReminderAddress",
    "User",
]
