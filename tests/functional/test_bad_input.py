from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie

import pytest
from django import forms
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.access import Call, Row, World, standing_world
from tests.architecture.test_access_matrix import ROWS
from tests.functional.garbage import (
    Answered,
    Spoiled,
    Taken,
    everything,
    fields_of_form,
    fields_of_operation,
    send,
    share_of,
    spoiled_requests,
    taken_by_value,
    writes_watched,
)

TAKES_NOTHING = frozenset(
    {
        "borrowers:objection-withdraw",
        "borrowers:repair-withdraw",
        "lenders:staff-end",
        "matching:recommendation-contact-data",
    }
)
"""Pages' deeds without any field; their rows share a body with their neighbours."""

WRITING = [row for row in ROWS if row.method in {"POST", "PUT", "PATCH"}]


class RolledBack(Exception):
    pass


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    with standing_world(django_db_blocker) as world:
        yield world


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture(scope="module")
def sessions(world: World) -> dict[str, str]:
    found = {}
    for row in WRITING:
        member = sender(row)
        if member and member not in found:
            own = Client()
            own.force_login(getattr(world.cast, member))
            found[member] = own.cookies[settings.SESSION_COOKIE_NAME].value
    return found


def sender(row: Row) -> str:
    """Return somebody for whom the request works, nobody where a visitor may send it."""
    return "" if row.anonymous == "public" else min(row.allowed or row.otherwise)


def answer_to(client: Client, row: Row, path: str, body: object) -> Answered:
    """Send one request, see what it wrote, and undo it.

    What was there before is looked at after the undoing, and only where a refused request wrote anything at all.
    """
    after = None
    try:
        with transaction.atomic():
            with writes_watched() as statements:
                answer = send(client, path, row.method, body)
            if statements and 400 <= answer.status_code < 500:
                after = everything()
            raise RolledBack
    except RolledBack:
        fault = getattr(answer, "exc_info", None)
        before = everything() if after else {}
        written = sorted(
            table for table, digest in (after or {}).items() if before[table] != digest
        )
        content = b"" if answer.streaming else answer.content
        is_api = row.name.startswith("api:")
        return Answered(answer.status_code, is_api, content, fault and fault[1], written)


def names_of(client: Client, row: Row, path: str, call: Call) -> dict[str, Taken]:
    """Return every field the address takes: those documented, those of the forms it answers with, those that work."""
    if row.name in TAKES_NOTHING:
        return {}
    if row.name.startswith("api:"):
        return fields_of_operation(path, row.method)
    taken = {name: taken_by_value(value) for name, value in call.body.items()}
    try:
        with transaction.atomic():
            answer = send(client, path, row.method, {})
            raise RolledBack
    except RolledBack:
        return taken | {name: kind for form in forms_in(answer) for name, kind in form.items()}


def forms_in(answer: HttpResponse) -> Iterator[dict[str, Taken]]:
    """Yield the fields of each form that was sent, as the page has it."""
    for layer in getattr(answer, "context", None) or ():
        for held in layer.flatten().values() if hasattr(layer, "flatten") else ():
            if isinstance(held, forms.BaseForm) and held.is_bound:
                yield fields_of_form(held)


@pytest.mark.django_db
class TestBadInput:
    """A clear Chinese sentence, a 4xx, and nothing half-written: at every address that takes something."""

    @pytest.mark.parametrize("row", WRITING, ids=str)
    def test_is_refused_in_words(self, row, world, client, sessions):
        wrong = []
        try:
            with transaction.atomic():
                call = row.make(world)
                path = reverse(row.name, kwargs=call.kwargs)
                key = sessions.get(sender(row))
                client.cookies = SimpleCookie({settings.SESSION_COOKIE_NAME: key} if key else {})
                names = names_of(client, row, path, call)
                is_api = row.name.startswith("api:")
                requests = spoiled_requests(call.body, names, is_api=is_api)
                for spoiled in share_of(str(row), requests):
                    answered = answer_to(client, row, path, spoiled.body)
                    wrong += [f"{spoiled.name}:{said}" for said in answered.problems(spoiled)]
                raise RolledBack
        except RolledBack:
            pass

        assert not wrong, "\n".join(wrong)


class TestTheseChecks:
    @pytest.mark.parametrize(
        ("answered", "said"),
        [
            (Answered(500, True, b"", ValueError("x")), "500"),
            (Answered(302, False, b"", None), "应当拒绝"),
            (Answered(422, False, b"<p>", None), "没有说明"),
            (Answered(400, True, b'{"detail": "bad", "fields": {}}', None), "不是中文"),
        ],
    )
    def test_see_a_bad_answer(self, answered, said):
        found = list(answered.problems(Spoiled("x", {}, is_hopeless=True)))

        assert len(found) == 1
        assert said in found[0]

    def test_see_what_stays_written(self):
        body = '{"detail": "有误。", "fields": {}}'.encode()
        answered = Answered(400, True, body, None, ["users"])

        assert list(answered.problems(Spoiled("x", {}, is_hopeless=True))) == [
            "400:已写入 ['users']"
        ]
