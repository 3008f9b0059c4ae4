"""Who has no business with somebody else's loan, and tries all the same: each request of a journey, at its moment.

Just before somebody of the journey sends a request to an address that names a thing, every stranger sends the same, and
once the other method. So the thing is in the very state in which the request works for the one it is meant for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from django.shortcuts import resolve_url
from django.test import Client
from django.urls import ResolverMatch, resolve

from marketplace.models import User
from tests.architecture.test_access_matrix import ROWS
from tests.cast import Cast

NAMES = ("rival_owner", "rival_officer", "rival_approver", "other_district_clerk", "stranger")
VISITOR = "(未登录)"
METHODS = ("GET", "POST")
PUBLIC = frozenset(row.name for row in ROWS if row.anonymous == "public")


@dataclass
class Strangers:
    """Everybody of the other side, and a visitor.

    Attributes:
        tried: URL name and method of what was tried, as far as it was what the journey sent.
        others: paths and methods tried though the journey did not send them.
        let_in: what was answered otherwise than it should be, in words.
    """

    accounts: Mapping[str, User]
    tried: set[tuple[str, str]] = field(default_factory=set)
    others: set[tuple[str, str]] = field(default_factory=set)
    let_in: list[str] = field(default_factory=list)
    clients: dict[str, Client] = field(default_factory=dict)

    @staticmethod
    def of(cast: Cast) -> Strangers:
        return Strangers({name: getattr(cast, name) for name in NAMES})

    def __call__(self, method: str, path: str, data: Mapping[str, Any]) -> None:
        match = resolve(path)
        if not match.kwargs or match.view_name in PUBLIC:
            return
        self.tried.add((match.view_name, method))
        others = {sent for sent in METHODS if sent != method and (path, sent) not in self.others}
        self.others |= {(path, sent) for sent in others}
        for name in (*NAMES, VISITOR):
            for sent in {method} | others:
                body = data if sent == method else {}
                status = self._status(name, sent, path, body)
                if status not in expected(name, match, sent == method):
                    self.let_in.append(f"{name} {sent} {match.view_name}:{status}")

    def _status(self, name: str, method: str, path: str, data: Mapping[str, Any]) -> int | str:
        answer = send(self._client(name), method, path, data)
        if leads_to_login(answer) and name != VISITOR:
            # The night was longer than the session: try again, logged in.
            self.clients.pop(name)
            answer = send(self._client(name), method, path, data)
        return "login" if leads_to_login(answer) else answer.status_code

    def _client(self, name: str) -> Client:
        if name not in self.clients:
            self.clients[name] = Client()
            if name != VISITOR:
                self.clients[name].force_login(self.accounts[name])
        return self.clients[name]


def expected(name: str, match: ResolverMatch, is_the_method: bool) -> set[int | str]:
    """Return how a stranger may be answered; a method the address does not know at all tells nothing of the thing."""
    if name != VISITOR:
        found: set[int | str] = {404}
    else:
        found = {"login"}
    return found if is_the_method else found | {405}


def send(client: Client, method: str, path: str, data: Mapping[str, Any]) -> Any:
    if path.startswith("/api/"):
        kind = "application/json"
        return client.generic(
            method, path, "" if method == "GET" else DjangoJSONEncoder().encode(dict(data)), kind
        )
    return client.get(path, data) if method == "GET" else client.post(path, data)


def leads_to_login(answer: HttpResponse) -> bool:
    if answer.headers.get("Content-Type") == "application/json":
        return b'"NOT_AUTHENTICATED"' in answer.content
    login = resolve_url("marketplace:login")
    return answer.status_code == 302 and answer.headers["Location"].startswith(login)
