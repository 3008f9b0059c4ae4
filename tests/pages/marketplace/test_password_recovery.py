"""The pages of a forgotten password."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from marketplace.domain.reminder import Channel, address_masked
from marketplace.models import ReminderAddress
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db
ASK, CODE = reverse("marketplace:password-forgotten"), reverse("marketplace:password-recover")
LOG_IN, REMINDERS = reverse("marketplace:login"), reverse("marketplace:reminders")
NEW = "Quite-another-2026"


@pytest.fixture(autouse=True)
def _no_codes():
    cache.clear()


def open_recovery(client, user):
    client.force_login(user)
    client.post(f"{REMINDERS}enter/", {"channel": "EMAIL", "address": "li@example.com"})
    code = re.search(r"验证码 (\d{6})", mail.outbox[-1].body).group(1)
    client.post(f"{REMINDERS}confirm/", {"code": code})
    form = BeautifulSoup(client.get(f"{REMINDERS}recovery/").content, "html.parser")
    shown = form.select_one("[name=entered_at]")["value"]
    answer = client.post(f"{REMINDERS}recovery/", {"password": PASSWORD, "entered_at": shown})
    client.logout()
    return answer


def ask(client, name, capture):
    with capture(execute=True):
        return client.post(ASK, {"username": name})


def give(client, code, again=NEW):
    return client.post(CODE, {"code": code, "new_password": NEW, "again": again})


def test_leads_from_log_in_to_a_new_password_and_back(
    client, cast, django_capture_on_commit_callbacks
):
    assert open_recovery(client, cast.owner).url == REMINDERS
    assert ASK in client.get(LOG_IN).text

    asked = ask(client, cast.owner.username, django_capture_on_commit_callbacks)
    page = client.get(CODE)
    code = re.search(r"验证码 (\d{8})", mail.outbox[-1].body).group(1)
    differs = give(client, code, "Something-else-2026")
    wrong = give(client, "1")
    done = give(client, code)

    assert asked.url == CODE
    assert cast.owner.username in page.text
    assert differs.status_code == wrong.status_code == 422
    assert "again" in differs.context["form"].errors
    assert "code" in wrong.context["form"].errors
    assert done.url == LOG_IN
    logged_in = client.post(LOG_IN, {"username": cast.owner.username, "password": NEW})
    assert logged_in.status_code == 302


def test_answers_alike_whether_there_is_such_an_account_or_not(
    client, cast, django_capture_on_commit_callbacks
):
    open_recovery(client, cast.owner)

    known, unknown = (
        (
            ask(client, name, django_capture_on_commit_callbacks),
            client.get(CODE).text.replace(name, "NAME"),
            give(client, "12345678"),
        )
        for name in (cast.owner.username, "z" * len(cast.owner.username))
    )

    assert (known[0].status_code, known[0].url) == (unknown[0].status_code, unknown[0].url)
    assert plain(known[1]) == plain(unknown[1])
    assert known[2].status_code == unknown[2].status_code == 422
    assert dict(known[2].context["form"].errors) == dict(unknown[2].context["form"].errors)


def plain(text):
    """Return a page without what differs in every answer."""
    kept = re.sub(r'(nonce|value|content)="[^"]*"', "", text.partition("<main")[2])
    return re.sub(r"[0-9a-f]{32}|[0-9a-f-]{36}", "", kept)


def test_ends_the_pause_of_wrong_passwords(client, cast, django_capture_on_commit_callbacks):
    open_recovery(client, cast.owner)
    name = cast.owner.username
    for _ in range(5):
        paused = client.post(LOG_IN, {"username": name, "password": "wrong"})
    assert paused.status_code == 429
    assert ASK in paused.text

    ask(client, name, django_capture_on_commit_callbacks)
    give(client, re.search(r"验证码 (\d{8})", mail.outbox[-1].body).group(1))

    assert client.post(LOG_IN, {"username": name, "password": NEW}).status_code == 302


def test_counts_a_wrong_password_before_the_opening_as_one_of_log_in(client, cast):
    open_recovery(client, cast.owner)
    client.force_login(cast.owner)
    page = client.get(f"{REMINDERS}recovery/")
    entered = ReminderAddress.objects.get().entered_at.isoformat()
    wrong = {"password": "wrong", "entered_at": entered}

    answers = [client.post(f"{REMINDERS}recovery/", wrong).status_code for _ in range(5)]

    assert address_masked(Channel.EMAIL, "li@example.com") in page.text

    assert answers[-1] == 429


def test_shows_staff_what_has_to_come_first(client, cast):
    client.force_login(cast.officer)
    client.post(f"{REMINDERS}enter/", {"channel": "EMAIL", "address": "li@example.com"})
    code = re.search(r"验证码 (\d{6})", mail.outbox[-1].body).group(1)
    client.post(f"{REMINDERS}confirm/", {"code": code})

    page = client.get(REMINDERS)

    assert "须先绑定动态口令" in page.text
    assert f"{REMINDERS}recovery/" not in page.text
    assert client.get(f"{REMINDERS}recovery/").url == reverse("marketplace:second-factor")


def test_leads_to_the_operators_where_no_way_is_open(client, settings):
    settings.EMAIL_URL = ""

    page = client.get(ASK)

    assert "联系平台的运营人员" in page.text
    assert 'name="username"' not in page.text
    assert client.get(CODE).url == ASK
