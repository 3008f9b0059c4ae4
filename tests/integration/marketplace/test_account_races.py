"""Operators who do the same to each other at the same moment: nobody waits for ever, and somebody is left."""

from __future__ import annotations

import pytest

from marketplace.domain.account import DutyEnd, SuspensionReason
from marketplace.domain.second_factor import IdentityCheck
from marketplace.models import Membership, User
from marketplace.services import account_suspend, duty_end, password_reset
from tests.cast import make_user
from tests.factories.second_factor import make_authenticator
from tests.integration.matching.test_application_races import at_once

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def operators(cast, now):
    """Four of them, each with an authenticator."""
    city = Membership.objects.get(user=cast.operator).organisation
    found = [cast.operator, cast.second_operator]
    for name in ("third-operator", "fourth-operator"):
        user = make_user(name)
        Membership.objects.create(user=user, organisation=city, role="OPERATOR", granted_at=now)
        found.append(user)
    for user in found:
        make_authenticator(user, at=now)
    return [User.objects.get(pk=user.pk) for user in found]


def pairs(operators):
    return [(operators[0], operators[1]), (operators[1], operators[0])]


def test_passwords_are_reset_side_by_side(operators, now):
    done, refused = at_once(
        *(
            lambda actor=actor, user=user: password_reset(
                user_id=user.public_id, checked=IdentityCheck.MET, actor=actor, at=now
            )
            for actor, user in pairs(operators)
        )
    )

    assert (len(done), refused) == (2, [])


def test_of_two_who_suspend_each_other_one_is_left(operators, now):
    done, refused = at_once(
        *(
            lambda actor=actor, user=user: account_suspend(
                user_id=user.public_id, reason=SuspensionReason.SUSPECTED, actor=actor, at=now
            )
            for actor, user in pairs(operators)
        )
    )

    assert (len(done), len(refused)) == (1, 1)
    assert User.objects.filter(pk__in=[user.pk for user in operators], is_active=True).count() == 3


def test_of_duties_ended_side_by_side_two_operators_are_left(operators, now):
    chief, *others = operators
    ends = [
        lambda duty=duty: duty_end(membership_id=duty.pk, reason=DutyEnd.LEFT, actor=chief, at=now)
        for duty in Membership.objects.filter(user__in=others)
    ]

    done, refused = at_once(*ends)

    assert len(done) == 2
    assert [found.code for found in refused] == ["OPERATORS_TOO_FEW"]
    assert Membership.objects.filter(role="OPERATOR", ended_at=None).count() == 2
