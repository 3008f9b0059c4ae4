"""The city's list of people with a duty."""

from __future__ import annotations

import pytest
from django.urls import reverse

from marketplace.models import Membership

pytestmark = pytest.mark.django_db


def rows(client, member, **query):
    client.force_login(member)
    return client.get(reverse("marketplace:member-list"), query).context["table"].rows


class TestPeople:
    def test_lists_who_acts_for_whom_and_can_be_narrowed(self, client, cast):
        found = rows(client, cast.operator, role="OFFICER")
        narrowed = rows(client, cast.operator, text="示例城市银行", role="OFFICER")

        assert {row[0].value for row in found} == {"officer", "second_officer", "rival_officer"}
        assert {row[1] for row in narrowed} == {"示例城市银行"}

    def test_names_an_enterprise_s_people_no_further_than_needed(self, client, cast):
        cast.owner.display_name = "许示子"
        cast.owner.save()

        found = rows(client, cast.auditor, role="OWNER", text="许示子")

        assert [(row[0].value, row[0].note) for row in found] == [("许**", "")]

    def test_leaves_ended_ones_out_until_they_are_asked_for(self, client, cast, now):
        Membership.objects.filter(user=cast.officer).update(ended_at=now)

        shown = [rows(client, cast.operator, text="officer", ended=ended) for ended in ("", "on")]

        assert [len(found) for found in shown] == [0, 1]
        assert shown[1][0][-1].value == "已结束"
