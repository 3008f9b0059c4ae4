"""The person of a session, read with what every page asks about the person."""

from __future__ import annotations

import pytest

from marketplace.backends import SeatedBackend
from marketplace.domain.roles import OrganisationKind, Role
from marketplace.policies import has_role, memberships_forget, memberships_live
from marketplace.selectors import notification_unread_count
from marketplace.services import (
    membership_end,
    membership_grant,
    notification_read,
    notify,
    organisation_create,
    user_create,
)
from marketplace.web.sessions import SessionStore
from tests.cast import NOW, PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    user = user_create(username="clerk", password=PASSWORD, display_name="经办", actor=None, at=NOW)
    office = organisation_create(
        kind=OrganisationKind.CITY, name="示例运营中心", actor=None, at=NOW
    )
    membership_grant(user=user, organisation=office, role=Role.OPERATOR, actor=None, at=NOW)
    return user


class TestPersonOfASession:
    def test_comes_with_memberships_and_count_in_one_statement(
        self, clerk, django_assert_num_queries
    ):
        notify(users=[clerk], kind="clock", title="提醒", body="提醒", path="/", at=NOW)
        with django_assert_num_queries(1):
            found = SeatedBackend().get_user(clerk.pk)
            roles = [row.role for row in memberships_live(found)]
            names = [row.organisation.name for row in memberships_live(found)]
            unread = notification_unread_count(found)

        assert (found, roles, names, unread) == (clerk, ["OPERATOR"], ["示例运营中心"], 1)

    def test_has_read_what_was_read_before(self, clerk):
        notify(users=[clerk], kind="clock", title="提醒", body="提醒", path="/", at=NOW)
        notice = clerk.notifications.get()
        notification_read(public_id=notice.public_id, actor=clerk, at=NOW)

        assert notification_unread_count(SeatedBackend().get_user(clerk.pk)) == 0

    def test_who_acts_for_nobody_any_more_has_no_role(self, clerk, django_assert_num_queries):
        membership_end(membership=memberships_live(clerk)[0], actor=clerk, at=NOW)

        with django_assert_num_queries(2):
            assert not has_role(SeatedBackend().get_user(clerk.pk), Role.OPERATOR)

    def test_is_nobody_when_switched_off(self, clerk):
        clerk.is_active = False
        clerk.save()

        assert SeatedBackend().get_user(clerk.pk) is None
        assert SeatedBackend().get_user(clerk.pk + 1) is None

    def test_is_asked_again_once_forgotten(self, clerk, django_assert_num_queries):
        found = SeatedBackend().get_user(clerk.pk)
        memberships_forget(found)
        with django_assert_num_queries(1):
            assert has_role(found, Role.OPERATOR)


class TestSession:
    def test_is_read_by_its_key_in_one_statement(self, django_assert_num_queries):
        begun = SessionStore()
        begun["seen"] = 1
        begun.create()

        with django_assert_num_queries(1):
            assert SessionStore(begun.session_key)["seen"] == 1

    def test_is_nothing_once_it_has_expired(self):
        begun = SessionStore()
        begun["seen"] = 1
        begun.set_expiry(-1)
        begun.create()
        read = SessionStore(begun.session_key)

        assert (read.get("seen"), read.session_key) == (None, None)
