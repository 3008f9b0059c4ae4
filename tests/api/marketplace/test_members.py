from __future__ import annotations

import pytest
from django.urls import reverse

from marketplace.models import Membership

pytestmark = pytest.mark.django_db
KEYS = {
    "id",
    "name",
    "username",
    "organisation",
    "kind",
    "role",
    "role_label",
    "granted_at",
    "ended_at",
    "last_login",
    "is_active",
    "has_second_factor",
}


def ask(client, member, **query):
    client.force_login(member)
    return client.get(reverse("api:member-list"), query)


class TestMembers:
    def test_are_listed_with_exactly_what_the_page_shows(self, client, cast):
        found = ask(client, cast.operator, role="OFFICER", text="示例城市银行").json()["results"]

        assert {row["username"] for row in found} == {"officer", "second_officer"}
        assert set(found[0]) == KEYS
        assert found[0]["role_label"] == "客户经理"

    def test_of_an_enterprise_are_named_no_further_than_needed(self, client, cast):
        cast.owner.display_name = "许示子"
        cast.owner.save()

        (found,) = ask(client, cast.auditor, role="OWNER", text="许示子").json()["results"]

        assert (found["name"], found["username"]) == ("许**", "")

    def test_that_ended_are_left_out_until_they_are_asked_for(self, client, cast, now):
        Membership.objects.filter(user=cast.officer).update(ended_at=now)

        live = ask(client, cast.operator, text="officer").json()["results"]
        all_of_them = ask(client, cast.operator, text="officer", with_ended="true").json()

        assert live == []
        assert all_of_them["results"][0]["ended_at"] is not None

    def test_are_the_city_s_to_see_and_filters_are_checked(self, client, cast):
        assert ask(client, cast.officer).status_code == 403
        assert ask(client, cast.operator, role="KING").status_code == 400
        assert ask(client, cast.operator, rolle="OFFICER").status_code == 400
