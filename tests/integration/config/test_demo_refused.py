from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from marketplace.models import User
from tests.cast import NOW
from tests.factories.borrowers import make_enterprise

ENTERPRISES = 30


def run(command: str, **options: object) -> None:
    call_command(command, stdout=io.StringIO(), stderr=io.StringIO(), **options)


@pytest.mark.django_db
class TestDemoRefuses:
    def test_asks_for_enough_enterprises(self):
        with pytest.raises(CommandError, match="至少需要 20 家"):
            run("demo", enterprises=19)

    def test_writes_into_an_empty_database_only(self):
        User.objects.create_user(username="somebody", password=None)

        with pytest.raises(CommandError, match="已有其他数据"):
            run("demo", enterprises=ENTERPRISES)
        assert User.objects.count() == 1

    def test_does_not_take_a_half_built_city_for_a_whole_one(self):
        User.objects.create_user(username="operator", password=None)
        make_enterprise(
            uscc="91120101MA0501012L", name="天津示例有限公司", at=NOW, district_id=None
        )

        with pytest.raises(CommandError):
            run("demo", enterprises=ENTERPRISES)
