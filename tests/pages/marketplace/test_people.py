"""The city's list of people with a duty."""

from __future__ import annotations

import pytest
from django.urls import reverse

from marketplace.models import Membership, Organisation

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


class TestPerson:
    def test_is_looked_after_by_operators_and_read_by_auditors(self, client, cast):
        address = reverse("marketplace:member-detail", args=[cast.officer.public_id])
        client.force_login(cast.operator)
        operated = client.get(address).context
        client.force_login(cast.auditor)
        audited = client.get(address).context

        assert all(name in operated for name in ("password_form", "suspend_form"))
        assert not any(name in audited for name in ("password_form", "suspend_form", "duty_form"))

    def test_sees_the_new_password_this_once(self, client, cast):
        client.force_login(cast.operator)
        address = reverse("marketplace:member-password", args=[cast.owner.public_id])

        shown = client.post(address, {"checked": "CALL_BACK"})

        password = shown.context["password"]
        assert password in shown.text
        assert cast.owner.username in shown.text
        cast.owner.refresh_from_db()
        assert cast.owner.check_password(password)
        assert shown["Cache-Control"] == "no-store"

    def test_has_no_new_password_without_a_check(self, client, cast):
        client.force_login(cast.operator)
        address = reverse("marketplace:member-password", args=[cast.owner.public_id])

        shown = client.post(address, {})

        assert shown.status_code == 422
        assert shown.context["password_form"].errors

    def test_is_suspended_and_reopened(self, client, cast):
        client.force_login(cast.operator)
        key = [cast.officer.public_id]

        client.post(reverse("marketplace:member-suspend", args=key), {"reason": "MISUSE_SUSPECTED"})
        suspended = client.get(reverse("marketplace:member-detail", args=key))
        client.post(reverse("marketplace:member-reopen", args=key), {"checked": "CALL_BACK"})
        reopened = client.get(reverse("marketplace:member-detail", args=key))

        assert "疑为他人使用" in suspended.text
        assert "password_form" not in suspended.context
        assert "password_form" in reopened.context

    def test_leaves_a_district(self, client, cast):
        client.force_login(cast.operator)
        duty = Membership.objects.get(user=cast.district_clerk)
        address = reverse("marketplace:member-duty", args=[cast.district_clerk.public_id])

        client.post(address, {"duty": duty.pk, "ended_for": "DUTY_LEFT"})

        duty.refresh_from_db()
        assert duty.ended_at is not None

    def test_cannot_lose_a_duty_of_somebody_else(self, client, cast):
        client.force_login(cast.operator)
        other = Membership.objects.get(user=cast.district_lead)
        address = reverse("marketplace:member-duty", args=[cast.district_clerk.public_id])

        shown = client.post(address, {"duty": other.pk, "ended_for": "DUTY_LEFT"})

        other.refresh_from_db()
        assert shown.status_code == 422
        assert other.ended_at is None


class TestNewPerson:
    def test_of_a_new_district_office_gets_an_account(self, client, cast):
        client.force_login(cast.operator)

        shown = client.post(
            reverse("marketplace:member-new"),
            {
                "display_name": "示例经办",
                "username": "nankai",
                "role": "DISTRICT_CLERK",
                "organisation": "",
                "office": "南开区示例专班",
                "district_code": "120104",
            },
        )

        duty = Membership.objects.get(user__username="nankai")
        assert shown.context["password"] in shown.text
        assert duty.organisation.district_id == "120104"

    def test_leaves_no_office_behind_when_the_account_is_taken(self, client, cast):
        client.force_login(cast.operator)

        shown = client.post(
            reverse("marketplace:member-new"),
            {
                "display_name": "示例经办",
                "username": "officer",
                "role": "DISTRICT_CLERK",
                "office": "南开区示例专班",
                "district_code": "120104",
            },
        )

        assert shown.status_code == 422
        assert "username" in shown.context["form"].errors
        assert not Organisation.objects.filter(name="南开区示例专班").exists()

    def propose(self, client, cast):
        city = Membership.objects.get(user=cast.operator).organisation
        return client.post(
            reverse("marketplace:member-new"),
            {
                "display_name": "示例审计",
                "username": "second-auditor",
                "role": "AUDITOR",
                "organisation": str(city.public_id),
            },
        )

    def test_of_the_city_waits_for_another_operator(self, client, cast):
        client.force_login(cast.operator)
        asked = self.propose(client, cast)
        own = client.get(asked.context["back_url"])
        client.force_login(cast.second_operator)
        listed = client.get(reverse("marketplace:member-list"))
        other = client.get(asked.context["back_url"])
        confirmed = client.post(f"{asked.context['back_url']}confirm/")

        assert own.context["waits_for_other"]
        assert own.context["form"] is None
        assert len(listed.context["waiting"].rows) == 1
        assert other.context["form"] is not None
        assert confirmed.context["account"] == "second-auditor"
        assert [page.context["half"] for page in (asked, confirmed)] == [1, 2]
        assert Membership.objects.get(user__username="second-auditor").role == "AUDITOR"

    def test_of_the_city_may_be_refused(self, client, cast):
        client.force_login(cast.operator)
        asked = self.propose(client, cast)
        client.force_login(cast.second_operator)

        address = asked.context["back_url"]
        wordless = client.post(f"{address}decline/", {"note": ""})
        client.post(f"{address}decline/", {"note": "查无此人"})

        assert wordless.status_code == 422
        assert "查无此人" in client.get(address).text
