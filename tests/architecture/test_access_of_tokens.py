"""Every address of the tables of ``tests/access``, asked with the token of a source unit's system and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client

from tests.access import World, standing_world
from tests.architecture.test_access_matrix import ROWS, answer_to, is_sent_to_login
from tests.cast import NOW
from tests.factories.reference import enter_reference
from tests.factories.unit_tokens import bearer, make_token

DELIVERING = {("api:item-records", "POST"), ("api:batch-list", "GET")}
"""Where the token gets further than a stranger; of the batches that the tables make it brought none."""


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    with standing_world(django_db_blocker) as world:
        enter_reference(at=NOW)
        yield world


@pytest.fixture(scope="module")
def token(world: World) -> dict[str, str]:
    return bearer(make_token("TAX", actor=world.cast.operator, at=NOW, name="走访"))


@pytest.fixture(scope="module")
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.django_db
class TestToken:
    @pytest.mark.parametrize("row", [row for row in ROWS if row.anonymous != "public"], ids=str)
    def test_opens_its_units_delivering_and_nothing_else(self, row, world, client, token):
        with transaction.atomic():
            answer = answer_to(client, row, row.make(world), None, token)
            transaction.set_rollback(True)

        if (row.name, row.method) in DELIVERING:
            assert 200 <= answer.status_code < 300
        elif row.name.startswith("api:"):
            assert answer.status_code in (401, 403, 404)
        else:
            assert answer.status_code == 404 or is_sent_to_login(answer)
