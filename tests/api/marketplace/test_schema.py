from __future__ import annotations

import io

import pytest
from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator


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
