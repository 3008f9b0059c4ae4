"""The page of reminders outside the site."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from marketplace.models import ReminderAddress

pytestmark = pytest.mark.django_db
PAGE = reverse("marketplace:reminders")


@pytest.fixture(autouse=True)
def _no_codes():
    cache.clear()


def test_leads_from_a_mobile_number_or_address_to_reminders_and_back(client, cast):
    client.force_login(cast.owner)
    assert PAGE in client.get(reverse("marketplace:notification-list")).text

    client.post(f"{PAGE}enter/", {"channel": "EMAIL", "address": "li@example.com"})
    waiting = client.get(PAGE)
    code = re.search(r"验证码 (\d{6})", mail.outbox[-1].body).group(1)
    client.post(f"{PAGE}confirm/", {"code": code})
    confirmed = client.get(PAGE)
    client.post(f"{PAGE}remove/")

    assert waiting.context["code_form"] is not None
    assert "li@example.com" not in waiting.text
    assert "待验证" in waiting.text
    assert confirmed.context["code_form"] is None
    assert "已开通" in confirmed.text
    assert not ReminderAddress.objects.exists()


def test_says_at_the_field_what_is_wrong(client, cast):
    client.force_login(cast.owner)

    wrong = client.post(f"{PAGE}enter/", {"channel": "EMAIL", "address": "li"})
    client.post(f"{PAGE}enter/", {"channel": "EMAIL", "address": "li@example.com"})
    code = client.post(f"{PAGE}confirm/", {"code": "abc"})

    assert wrong.status_code == code.status_code == 422
    assert "address" in wrong.context["form"].errors
    assert "code" in code.context["form"].errors


def test_offers_nothing_where_no_way_is_open(client, cast, settings):
    settings.EMAIL_URL = ""
    client.force_login(cast.owner)

    page = client.get(PAGE)

    assert "没有开通" in page.text
    assert "mk-form" not in page.text.partition("<main")[2].partition("</main>")[0]
    assert (
        client.post(f"{PAGE}enter/", {"channel": "EMAIL", "address": "a@b.cn"}).status_code == 422
    )
