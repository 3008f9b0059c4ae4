from __future__ import annotations

import io
from unittest import mock

import pytest
from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator

from marketplace.api.schema import written


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


class TestSchema:
    def test_is_made_without_error_or_warning(self):
        GENERATOR_STATS.reset()

        call_command("spectacular", validate=True, fail_on_warn=True, stdout=io.StringIO())

    def test_names_every_verb_in_chinese(self, schema):
        unnamed = [
            f"{method} {path}"
            for path, methods in schema["paths"].items()
            for method, operation in methods.items()
            if not any("一" <= sign <= "鿿" for sign in operation.get("summary", ""))
        ]

        assert unnamed == []


class TestAnswer:
    @pytest.fixture(autouse=True)
    def _nothing_written(self):
        written.cache_clear()

    def test_is_written_once_for_all_who_ask(self, client):
        first = client.get("/api/schema/")
        with mock.patch.object(SchemaGenerator, "get_schema", side_effect=AssertionError):
            second = client.get("/api/schema/")

        assert second.status_code == 200
        assert second.content == first.content

    def test_comes_in_the_form_that_is_asked_for(self, client, schema):
        answer = client.get("/api/schema/", headers={"accept": "application/json"})

        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json() == schema
        assert client.get("/api/schema/").content.startswith(b"openapi: ")

    def test_comes_in_the_language_that_is_asked_for(self, client):
        chinese, english, unknown = (
            client.get("/api/schema/", {"lang": name}).content for name in ("zh-hans", "en", "xx")
        )

        assert english != chinese
        assert unknown == chinese
