"""Somebody's program at /api/v1/: sends what the OpenAPI document asks for and reads what it promises.

An operation, a field or an answer that the document does not know fails the journey.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client
from django.urls import reverse

from marketplace.models import User
from tests.cast import PASSWORD
from tests.functional.browser import Person

Schema = dict[str, Any]


def published_schema() -> Schema:
    """Return the document as it is served."""
    answer = Client().get(reverse("schema"), headers={"accept": "application/vnd.oai.openapi+json"})
    assert answer.status_code == 200
    return json.loads(answer.content)


class Program(Person):
    """Works for somebody with a session of theirs; without account as anybody may."""

    def __init__(
        self, schema: Schema, account: User | str | None = None, password: str = PASSWORD
    ) -> None:
        super().__init__(account, password)
        self.schema = schema
        self.operations = {
            operation["operationId"]: (method, path, operation)
            for path, methods in schema["paths"].items()
            for method, operation in methods.items()
        }

    def does(self, name: str, body: dict[str, Any] | None = None, **parts: object) -> Any:
        """Call an operation as the document says and return its answer, checked against the document."""
        _, _, operation = self.operations[name]
        self._check_body(operation, body)
        status, answer = self._call(name, body, parts)
        assert str(status) in operation["responses"], f"{name}:{status} {answer}"
        self._check_answer(operation["responses"][str(status)], answer)
        return answer

    def fails(self, name: str, status: int, body: dict[str, Any] | None = None, **parts: object):
        """Call an operation that is refused and return the problem, in the API's one shape."""
        found, problem = self._call(name, body, parts)
        assert found == status, f"{name}:{found} {problem}"
        assert set(problem) == {"type", "title", "status", "code", "detail", "fields"}
        return problem

    def _call(self, name: str, body: dict[str, Any] | None, parts: dict[str, object]) -> Any:
        self.comes_back()
        method, path, _ = self.operations[name]
        address = path.format(**parts)
        self._looked_at(method.upper(), address, body or {})
        text = "" if body is None else json.dumps(body, cls=DjangoJSONEncoder)
        token = self.client.cookies.get("csrftoken")
        answer = self.client.generic(
            method.upper(),
            address,
            text,
            "application/json",
            headers={"x-csrftoken": token.value if token else ""},
        )
        return answer.status_code, json.loads(answer.content) if answer.content else None

    def _check_body(self, operation: dict[str, Any], body: dict[str, Any] | None) -> None:
        if "requestBody" not in operation:
            assert body is None
            return
        content = operation["requestBody"]["content"]["application/json"]["schema"]
        asked = self._resolved(content)
        assert set(body or {}) <= set(asked["properties"]), sorted(asked["properties"])
        assert set(asked.get("required", ())) <= set(body or {}), asked["required"]

    def _check_answer(self, response: dict[str, Any], answer: Any) -> None:
        told = response.get("content", {}).get("application/json", {}).get("schema", {})
        self._check_value(told, answer)

    def _check_value(self, told: dict[str, Any], value: Any) -> None:
        """Compare the keys of objects all the way down; of alternatives one has to match."""
        told = self._resolved(told)
        if "oneOf" in told:
            shapes = [set(self._resolved(shape).get("properties", {})) for shape in told["oneOf"]]
            assert value is None or set(value) in shapes
        elif told.get("type") == "array":
            for entry in value:
                self._check_value(told["items"], entry)
        elif "properties" in told and value is not None:
            assert set(value) == set(told["properties"])
            for key, part in told["properties"].items():
                self._check_value(part, value[key])

    def _resolved(self, told: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in told or "allOf" in told:
            told = told["allOf"][0] if "allOf" in told else told
            if "$ref" in told:
                told = self.schema["components"]["schemas"][told["$ref"].rsplit("/", 1)[-1]]
        return told
