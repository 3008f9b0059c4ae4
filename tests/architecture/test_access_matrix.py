"""Every address × every member of the cast, by the tables of ``tests/access``; an address without a row fails."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie

import pytest
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.views.decorators.http import require_POST
from django.views.generic import View
from django.views.generic.edit import ProcessFormView

from marketplace.web import errors
from tests.access import EVERYBODY, Call, Row, World, members, standing_world
from tests.architecture.source import APPS

VISITOR = "(未登录)"
SAFE_TO_SKIP = {"HEAD", "OPTIONS", "TRACE"}


def rows_of(app: str) -> list[Row]:
    """An app without a table has no rows; its addresses then fail by name below."""
    if importlib.util.find_spec(f"tests.access.{app}") is None:
        return []
    return list(importlib.import_module(f"tests.access.{app}").ROWS)


ROWS = [row for app in APPS for row in rows_of(app)]


# --- The addresses --------------------------------------------------------------------------------


def addresses(
    patterns: list[URLPattern | URLResolver] | None = None, space: str = ""
) -> Iterator[tuple[str, Callable]]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from addresses(pattern.url_patterns, inner)
        else:
            yield f"{space}{pattern.name or f'(无名){pattern.pattern}'}", pattern.callback


def methods_of(view: Callable) -> set[str]:
    view_class = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if view_class is None:
        return declared_methods(view)
    named = {name for name in view_class.http_method_names if hasattr(view_class, name)}
    if getattr(view_class, "put", None) is ProcessFormView.put:
        named.discard("put")
    return {name.upper() for name in named} - SAFE_TO_SKIP


def declared_methods(view: Callable | None) -> set[str]:
    """The methods a function view was given by ``require_GET``, ``require_POST`` or ``require_http_methods``."""
    while view is not None:
        found = inspect.getclosurevars(view).nonlocals.get("request_method_list")
        if found:
            return set(found) - SAFE_TO_SKIP
        view = getattr(view, "__wrapped__", None)
    return set()


ADDRESSES: dict[str, set[str]] = defaultdict(set)
for name, view in addresses():
    ADDRESSES[name] |= methods_of(view)


class TestAddresses:
    def test_each_has_a_row_for_each_of_its_methods(self):
        written = {(row.name, row.method) for row in ROWS}
        needed = {(name, method) for name, methods in ADDRESSES.items() for method in methods}

        missing = sorted(f"{method} {name}" for name, method in needed - written)

        assert not missing, "tests/access 缺少以下地址：\n" + "\n".join(missing)

    def test_each_says_its_methods(self):
        silent = sorted(name for name, methods in ADDRESSES.items() if not methods)

        assert not silent, "以下视图没有用 require_GET 等声明方法：\n" + "\n".join(silent)

    def test_each_row_speaks_of_one(self):
        gone = sorted(str(row) for row in ROWS if row.method not in ADDRESSES.get(row.name, set()))

        assert not gone, "tests/access 中的以下行没有对应的地址：\n" + "\n".join(gone)


# --- The requests ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    with standing_world(django_db_blocker) as world:
        yield world


@pytest.fixture(scope="module")
def client() -> Client:
    """One client for all, since each new one would load the middleware again."""
    return Client(raise_request_exception=False)


@pytest.fixture(autouse=True)
def refusals_without_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three of four requests are refused: their page, tested elsewhere, would take a third of the time."""

    def plain(request: HttpRequest, template: str, context: dict, *, status: int) -> HttpResponse:
        return HttpResponse(str(context["code"]), status=status)

    monkeypatch.setattr(errors, "render", plain)


@pytest.fixture(scope="module")
def session_keys(world: World) -> dict[str, str]:
    keys = {}
    for member in sorted(EVERYBODY):
        client = Client()
        client.force_login(getattr(world.cast, member))
        keys[member] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return keys


class RolledBack(Exception):
    pass


def answer_to(
    client: Client, row: Row, call: Call, session_key: str | None, headers: dict | None = None
) -> object:
    """Send one request; whatever it writes is rolled back."""
    session = {settings.SESSION_COOKIE_NAME: session_key} if session_key else {}
    client.cookies = SimpleCookie(session)
    path = reverse(row.name, kwargs=call.kwargs)
    sent: dict = {"query_params": call.query, "headers": headers or {}}
    if row.method != "GET":
        sent["data"] = call.body
        files = [value for value in call.body.values() if hasattr(value, "read")]
        for file in files:
            file.seek(0)
        if row.name.startswith("api:") and not files:
            sent["content_type"] = "application/json"
    answer = None
    try:
        with transaction.atomic():
            answer = getattr(client, row.method.lower())(path, **sent)
            raise RolledBack
    except RolledBack:
        return answer


def is_sent_to_login(answer) -> bool:
    login = resolve_url(settings.LOGIN_URL)
    return answer.status_code == 302 and answer.headers["Location"].startswith(login)


def expectation(row: Row, member: str) -> str:
    if member == VISITOR:
        return {"public": "成功", "hidden": "404"}.get(row.anonymous, "登录")
    if member in row.otherwise:
        return str(row.otherwise[member])
    if member in row.allowed:
        return "成功"
    return "403" if member in row.refused else str(row.stranger)


def meets(row: Row, answer, expected: str) -> bool:
    status = answer.status_code
    if expected == "登录":
        return status in (401, 403) if row.name.startswith("api:") else is_sent_to_login(answer)
    if expected == "成功":
        return 200 <= status < 400 and not is_sent_to_login(answer)
    return status == int(expected)


def told(member: str, expected: str, answer) -> str:
    fault = getattr(answer, "exc_info", None)
    text = repr(fault[1]) if fault else ""
    if not fault and 400 <= answer.status_code < 500:
        text = answer.content.decode("utf-8", "replace")
        text = text if text.startswith("{") else ""
    return f"{member}：应为 {expected}，实为 {answer.status_code} {text[:300]}".rstrip()


@pytest.mark.django_db
class TestRows:
    @pytest.mark.parametrize("row", ROWS, ids=str)
    def test_mean_what_they_say_for_everybody(self, row, world, client, session_keys):
        wrong = []
        try:
            with transaction.atomic():
                call = row.make(world)
                for member, key in {**session_keys, VISITOR: None}.items():
                    answer = answer_to(client, row, call, key)
                    expected = expectation(row, member)
                    if not meets(row, answer, expected):
                        wrong.append(told(member, expected, answer))
                raise RolledBack
        except RolledBack:
            pass

        assert not wrong, "\n".join(wrong)


class TestTheseChecks:
    def test_read_the_methods_of_a_guarded_function(self):
        @login_required
        @require_POST
        def deed(request): ...

        assert methods_of(deed) == {"POST"}

    def test_read_the_methods_of_a_class(self):
        class Thing(View):
            def get(self, request): ...

            def delete(self, request): ...

        assert methods_of(Thing.as_view()) == {"GET", "DELETE"}

    def test_see_a_function_without_methods(self):
        assert methods_of(lambda request: None) == set()

    @pytest.mark.parametrize(
        ("member", "expected"),
        [
            ("officer", "成功"),
            ("approver", "403"),
            ("rival_officer", "404"),
            ("owner", "422"),
            (VISITOR, "登录"),
        ],
    )
    def test_expect_what_the_row_says(self, member, expected):
        row = Row(
            "lenders:team",
            allowed=members("officer"),
            refused=members("approver"),
            otherwise={"owner": 422},
        )

        assert expectation(row, member) == expected

    @pytest.mark.parametrize("expected", ["成功", "登录", "403", "404"])
    def test_let_no_fault_of_the_server_pass(self, expected):
        assert not meets(Row("lenders:team"), HttpResponse(status=500), expected)

    def test_tell_success_from_being_sent_to_log_in(self):
        answer = HttpResponseRedirect(resolve_url(settings.LOGIN_URL))

        assert not meets(Row("lenders:team"), answer, "成功")
        assert meets(Row("lenders:team"), answer, "登录")
