from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from marketplace.models import AuditEvent, Membership, Organisation, User

PASSWORD = "Long-enough-of-2026"


@pytest.fixture(autouse=True)
def password(monkeypatch):
    monkeypatch.setenv("MEMBER_PASSWORD", PASSWORD)


def added(username, role, organisation="示例运营中心", **options):
    printed = io.StringIO()
    call_command(
        "member_add",
        username,
        role,
        name="示例人员",
        organisation=organisation,
        stdout=printed,
        **options,
    )
    return printed.getvalue()


@pytest.mark.django_db
class TestMemberAdd:
    def test_opens_an_empty_installation_to_its_first_operator(self, client):
        assert "市级运营" in added("first", "OPERATOR")

        client.post("/login/", {"username": "first", "password": PASSWORD})
        assert client.get("/operator/accounts/").status_code == 200

    def test_uses_the_organisation_that_is_there(self):
        added("first", "OPERATOR")
        added("second", "OPERATOR")

        assert Organisation.objects.get().memberships.count() == 2

    def test_puts_a_clerk_into_the_district(self):
        added("clerk", "DISTRICT_CLERK", "河西区专班", district="120103")

        assert Membership.objects.get().organisation.district_id == "120103"

    def test_records_what_was_done(self):
        added("first", "OPERATOR")

        actions = set(AuditEvent.objects.values_list("action", flat=True))
        assert {"marketplace.user.create", "marketplace.membership.grant"} <= actions

    @pytest.mark.parametrize(
        ("role", "options"),
        [("DISTRICT_CLERK", {}), ("OPERATOR", {"district": "120103"})],
    )
    def test_refuses_a_role_in_the_wrong_place(self, role, options):
        with pytest.raises(CommandError, match="--district"):
            added("somebody", role, **options)

    def test_leaves_nothing_behind_when_the_password_is_weak(self, monkeypatch):
        monkeypatch.setenv("MEMBER_PASSWORD", "12345678")

        with pytest.raises(CommandError, match="PASSWORD_WEAK"):
            added("first", "OPERATOR")
        assert not User.objects.exists()
        assert not Organisation.objects.exists()

    def test_refuses_an_account_that_is_taken(self):
        added("first", "OPERATOR")

        with pytest.raises(CommandError, match="USERNAME_TAKEN"):
            added("first", "AUDITOR")
