"""Change of a person's own password, and how long passwords are."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from marketplace.audit import audit_record
from marketplace.domain.errors import Refused
from marketplace.models import PasswordRecovery, ReminderAddress, User


class PasswordLength:
    """The validator of a password's length; the upper bound keeps hashing cheap.

    Source: trust note G1 (12 characters at least), ASVS 6.2 (64 have to be permitted).
    """

    def __init__(self, shortest: int = 12, longest: int = 128) -> None:
        self.shortest, self.longest = shortest, longest

    def validate(self, password: str, user: User | None = None) -> None:
        """Refuse what is too short or too long.

        Raises:
            ValidationError: ``PASSWORD_LENGTH``.
        """
        if not self.shortest <= len(password) <= self.longest:
            raise ValidationError(self.get_help_text(), code="PASSWORD_LENGTH")

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return f"密码长度应为 {self.shortest} 至 {self.longest} 位。"


@transaction.atomic
def password_change(*, old_password: str, new_password: str, actor: User, at: datetime) -> User:
    """Replace the actor's password after checking the present one; other sessions end by it.

    Args:
        old_password: the present password.
        new_password: checked against the configured validators.
        actor: whose password it is.
        at: when, aware.

    Raises:
        Refused: ``PASSWORD_WRONG``, ``PASSWORD_SAME`` or ``PASSWORD_WEAK`` with the field's sentence.

    Writes: ``User.password``, that it is the person's own and since when, audit ``marketplace.user.password_change``;
        locks the row.
    """
    user = User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if not user.check_password(old_password):
        sentence = "当前密码不正确。"
        raise Refused("PASSWORD_WRONG", sentence, {"old_password": sentence})
    if new_password == old_password:
        sentence = "新密码不能与当前密码相同。"
        raise Refused("PASSWORD_SAME", sentence, {"new_password": sentence})
    password_set(user, new_password, at)
    audit_record(
        action="marketplace.user.password_change",
        subject_kind="User",
        subject_id=user.public_id,
        actor=user,
        at=at,
    )
    return user


def recovery_shut(user: User) -> None:
    """Let no code give the person a new password: their address has to be opened for it anew.

    Writes: ``ReminderAddress``, ``PasswordRecovery`` away.
    """
    PasswordRecovery.objects.filter(address__user=user).delete()
    ReminderAddress.objects.filter(user=user).update(recovers_since=None)


def password_set(user: User, new_password: str, at: datetime) -> None:
    """Give a person the password they chose; the caller has locked the row and made sure who it is.

    Raises:
        Refused: ``PASSWORD_WEAK`` with the field's sentence.

    Writes: ``User.password``, that it is the person's own and since when; codes on their way are good no more.
    """
    try:
        validate_password(new_password, user)
    except ValidationError as weak:
        sentence = " ".join(weak.messages)
        raise Refused("PASSWORD_WEAK", sentence, {"new_password": sentence}) from weak
    user.set_password(new_password)
    user.must_change_password, user.password_since = False, at
    user.save(update_fields=["password", "must_change_password", "password_since"])
    PasswordRecovery.objects.filter(address__user=user).delete()
