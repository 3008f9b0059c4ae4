"""What careless programs, broken browsers and the curious send, and how each request has to be answered.

Starting from a request that works (a row of the access tables), one field at a time is spoiled, or the whole body.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

from bs4 import BeautifulSoup
from django import forms
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

LONG = "长" * 20_001
NUL = "甲\x00乙"
HOPELESS: Mapping[str, Any] = {"overlong": LONG, "nul": NUL}
"""What no text field may take."""

DOUBTFUL: Mapping[str, Mapping[str, Any]] = {
    "text": {
        "blank": "　 \t",
        "huge": "9" * 400,
        "lone-surrogate": "\ud800",
        "direction": "\u202e\u2066税\u2069",
    },
    "number": {
        "blank": "　 \t",
        "words": "不是数",
        "negative": "-1",
        "huge": "9" * 400,
        "exponent": "1e400",
        "not-a-number": "NaN",
        "infinity": "-Infinity",
        "nul": NUL,
    },
    "date": {
        "blank": "　 \t",
        "words": "明天",
        "no-such-day": "2026-02-30",
        "last-day": "9999-12-31",
        "first-day": "0001-01-01",
        "huge": "9" * 400,
    },
    "choice": {
        "words": "不在其中",
        "overlong": LONG,
        "nul": NUL,
        "lone-surrogate": "\ud800",
        "no-uuid": "00000000-0000-0000-0000",
    },
    "flag": {"words": "也许"},
}
"""What some fields of a kind may take and others not; none may break."""

WRONG_TYPES: Mapping[str, Any] = {
    "null": None,
    "number": 12345678901234567890123,
    "fraction": 0.1,
    "list": [[["a"]], {}],
    "object": {"a": {"b": []}},
    "true": True,
}
"""Further ones of JSON."""

BROKEN_BODIES: Mapping[str, bytes] = {
    "no-json": b"{'a': 1",
    "no-utf-8": b'{"a": "\xff\xfe"}',
    "list": b"[1, 2]",
    "text": '"文字"'.encode(),
    "null": b"null",
    "deep": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "long-number": b'{"a": ' + b"9" * 10_000 + b"}",
}
FILES: Mapping[str, tuple[str, bytes]] = {
    "empty-file": ("名单.csv", b""),
    "noise": ("名单.xlsx", bytes(range(256)) * 8),
    "false-zip": ("名单.xlsx", b"PK\x03\x04" + b"\x00" * 200),
    "nul-lines": ("名单.csv", b"\x00\n\x00,\x00\n"),
    "other-kind": ("名单.exe", b"MZ\x90"),
    "path-as-name": ("../../etc/名单.csv", "列一,列二\n1,2\n".encode()),
}

WHOLE = bool(os.environ.get("WHOLE_SWEEP"))
"""Send everything to every address, as `make torture` does."""

SHARE = 5

LOOSE_TABLES = ("django_session", "axes_", "django_cache", "marketplace_accessrecord")
"""What a refused request may write: who tried, and that a page with somebody's data was shown again."""


@dataclass(frozen=True)
class Taken:
    """A field that an address takes: its kind is ``file`` or a key of `DOUBTFUL`."""

    kind: str
    is_required: bool = False


@dataclass(frozen=True)
class Spoiled:
    """One bad request.

    Attributes:
        name: what is bad about it.
        body: form fields, JSON, or the raw bytes.
        is_hopeless: it has to be refused; otherwise it only must not break.
    """

    name: str
    body: Any
    is_hopeless: bool

    @property
    def has_hopeless_field(self) -> bool:
        return self.is_hopeless and not isinstance(self.body, bytes)


@dataclass
class Answered:
    """What came of a bad request."""

    status: int
    is_api: bool
    content: bytes
    fault: BaseException | None
    written: list[str] = field(default_factory=list)

    def problems(self, spoiled: Spoiled) -> Iterator[str]:
        """Yield what is wrong with the answer."""
        if self.status >= 500:
            yield f"{self.status} {self.fault!r}"[:300]
        elif self.status < 400:
            if spoiled.is_hopeless:
                yield f"{self.status}:应当拒绝"
        else:
            yield from self._unspoken()
            if self.written:
                yield f"{self.status}:已写入 {self.written}"

    def _unspoken(self) -> Iterator[str]:
        told = told_by_api(self.content) if self.is_api else told_by_page(self.content)
        if not told:
            yield f"{self.status}:没有说明"
        for sentence in told:
            if not re.search("[一-鿿]", sentence):
                yield f"{self.status}:不是中文:{sentence[:120]}"


def told_by_api(content: bytes) -> list[str]:
    """Return the sentences of a problem."""
    try:
        body = json.loads(content)
        return [body["detail"], *body["fields"].values()]
    except (ValueError, KeyError, AttributeError, TypeError):
        return []


def told_by_page(content: bytes) -> list[str]:
    """Return the sentences at fields, above the form, or of the page of a refusal."""
    soup = BeautifulSoup(content, "html.parser")
    places = soup.select(".mk-error-summary li, .mk-field-error li, .mk-problem p, .mk-alert")
    return [place.get_text(" ", strip=True) for place in places]


# --- What is sent ---------------------------------------------------------------------------------


def share_of(address: str, requests: Iterable[Spoiled]) -> list[Spoiled]:
    """Return the requests of this run: every hopeless one, and of the doubtful ones one in `SHARE`.

    Which ones differs by address and by database, so that over all addresses, and over both databases of CI, every
    kind of garbage meets every kind of field. `WHOLE` sends them all.
    """
    turn = zlib.crc32(f"{connection.vendor} {address}".encode())
    doubtful = (turn + place for place in count())
    return [
        spoiled
        for spoiled in requests
        if WHOLE or spoiled.is_hopeless or next(doubtful) % SHARE == 0
    ]


def spoiled_requests(
    body: Mapping[str, Any], names: Mapping[str, Taken], *, is_api: bool
) -> Iterator[Spoiled]:
    """Yield bad requests made of one that works.

    Args:
        body: what works.
        names: every field that may be sent.
        is_api: JSON rather than a form.
    """
    has_files = any(taken.kind == "file" for taken in names.values())
    if is_api and not has_files:
        for what, raw in BROKEN_BODIES.items():
            yield Spoiled(what, raw, is_hopeless=bool(names))
    for name, taken in names.items():
        kind = taken.kind
        rest = {key: value for key, value in body.items() if key != name}
        yield Spoiled(f"{name} missing", rest, is_hopeless=taken.is_required)
        if kind == "file":
            for what, (file, content) in FILES.items():
                spoiled = rest | {name: SimpleUploadedFile(file, content)}
                yield Spoiled(f"{name} {what}", spoiled, is_hopeless=True)
            continue
        if kind == "text":
            for what, value in HOPELESS.items():
                yield Spoiled(f"{name} {what}", rest | {name: value}, is_hopeless=True)
        further = WRONG_TYPES if is_api and not has_files else {}
        for what, value in {**DOUBTFUL[kind], **further}.items():
            yield Spoiled(f"{name} {what}", rest | {name: value}, is_hopeless=False)


def fields_of_form(form: forms.BaseForm) -> dict[str, Taken]:
    """Return the fields of a form."""
    return {
        form.add_prefix(name): Taken(kind_of(found), found.required)
        for name, found in form.fields.items()
    }


def kind_of(found: forms.Field) -> str:
    kinds: list[tuple[type[forms.Field], str]] = [
        (forms.FileField, "file"),
        (forms.BooleanField, "flag"),
        (forms.ChoiceField, "choice"),
        (forms.IntegerField, "number"),
        (forms.DateField, "date"),
    ]
    return next((kind for field_class, kind in kinds if isinstance(found, field_class)), "text")


def taken_by_value(value: Any) -> Taken:
    """Return what a field seems to be by a value that works."""
    if hasattr(value, "read"):
        return Taken("file")
    if value in ("on", True, False):
        return Taken("flag")
    return Taken("text" if isinstance(value, str) else "choice")


@cache
def operations() -> dict[tuple[str, str], dict[str, Taken]]:
    """Return path pattern and method to the fields of the documented body."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    parts = schema["components"]["schemas"]
    found = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            content: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
            told: dict[str, Any] = next((kind["schema"] for kind in content.values()), {})
            told = parts[told["$ref"].rsplit("/", 1)[-1]] if "$ref" in told else told
            found[path, method.upper()] = {
                name: Taken(kind_in_schema(part), name in told.get("required", ()))
                for name, part in told.get("properties", {}).items()
            }
    return found


def kind_in_schema(part: Mapping[str, Any]) -> str:
    kinds = {"binary": "file", "date": "date", "decimal": "number"}
    if part.get("format") in kinds:
        return kinds[part["format"]]
    if part.get("type") in {"integer", "number", "boolean"}:
        return "flag" if part["type"] == "boolean" else "number"
    is_free = part.get("type") == "string" and not {"format", "enum", "pattern"} & set(part)
    return "text" if is_free else "choice"


def fields_of_operation(path: str, method: str) -> dict[str, Taken]:
    """Return the documented fields of an address of the API; literal paths go before patterns."""
    for (pattern, verb), taken in sorted(
        operations().items(), key=lambda entry: "{" in entry[0][0]
    ):
        expression = re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(pattern))
        if verb == method and re.fullmatch(expression, path):
            return taken
    return {}


def send(client: Client, path: str, method: str, body: Any) -> Any:
    """Send as a form, as JSON, or as raw bytes."""
    if isinstance(body, bytes):
        return client.generic(method, path, body, "application/json")
    has_file = any(hasattr(value, "read") for value in body.values())
    for value in body.values():
        if hasattr(value, "seek"):
            value.seek(0)
    if path.startswith("/api/") and not has_file:
        return client.generic(method, path, json.dumps(body, default=str), "application/json")
    return getattr(client, method.lower())(path, sendable(body))


def sendable(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return form fields as bytes can carry them: a lone surrogate leaves a browser as U+FFFD."""
    return {
        name: value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
        for name, value in body.items()
    }


# --- What was written -----------------------------------------------------------------------------


@contextmanager
def writes_watched() -> Iterator[list[str]]:
    """Collect the statements that write, but those that only say who tried."""
    found: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        is_write = sql.lstrip()[:6].upper() in {"INSERT", "UPDATE", "DELETE"}
        if is_write and not any(f'"{table}' in sql for table in LOOSE_TABLES):
            found.append(sql[:80])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        yield found


def everything() -> dict[str, str]:
    """Return table to a digest of its rows, for the tables of the project."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        table = model._meta.db_table
        if not table.startswith(LOOSE_TABLES):
            rows = sorted(map(repr, model._default_manager.order_by("pk").values_list()))
            found[table] = hashlib.sha256("\n".join(rows).encode("utf-8", "replace")).hexdigest()
    return found
