"""Every address of the tables of ``tests/access``, asked with a unit's or a lender's token and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from tests.access import World, standing_world
from tests.architecture.test_access_matrix import ROWS, answer_to, is_sent_to_login
from tests.cast import NOW
from tests.factories.interface_tokens import make_interface_token
from tests.factories.reference import enter_reference
from tests.factories.unit_tokens import bearer, make_token

DELIVERING = {("api:item-records", "POST"), ("api:batch-list", "GET")}
"""Where the token gets further than a stranger; of the batches that the tables make it brought none."""


READING = {
    "api:application-list",
    "api:application-detail",
    "api:application-portrait",
    "api:loan-list",
    "api:loan-detail",
    "api:outcome-list",
}
"""What a lender's token opens, for reading."""


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    with standing_world(django_db_blocker) as world:
        enter_reference(at=NOW)
        yield world


@pytest.fixture(scope="module")
def token(world: World) -> dict[str, str]:
    return bearer(make_token("TAX", actor=world.cast.operator, at=NOW, name="走访"))


@pytest.fixture(autouse=True)
def _no_failures() -> None:
    """Where the other kind of token is taken, each of these counts as a failure of its sender."""
    cache.clear()


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


@pytest.fixture(scope="module")
def interface_token(world: World) -> dict[str, str]:
    """Of a lender that has nothing of what the tables make."""
    cast = world.cast
    lender, holder = cast.rival_institution, cast.rival_approver
    issued = make_interface_token(
        lender, holder, actor=cast.operator, at=NOW, daily_calls=5000, name="另一家"
    )
    return bearer(issued)


@pytest.mark.django_db
class TestInterfaceToken:
    @pytest.mark.parametrize("row", [row for row in ROWS if row.anonymous != "public"], ids=str)
    def test_opens_its_lender_s_and_nothing_else(self, row, world, client, interface_token):
        with transaction.atomic():
            answer = answer_to(client, row, row.make(world), None, interface_token)
            transaction.set_rollback(True)

        if row.name in READING and row.method == "GET":
            is_list = row.name in ("api:application-list", "api:loan-list")
            assert answer.status_code == (200 if is_list else 404)
        elif row.name.startswith("api:"):
            assert answer.status_code in (401, 403, 404)
        else:
            assert answer.status_code == 404 or is_sent_to_login(answer)
