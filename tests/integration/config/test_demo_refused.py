from __future__ import annotations

import fcntl
import io
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from marketplace.config.demo.standing import (
    BEGUN,
    COMPLETE,
    LOCK_FILE,
    Standing,
    mark,
    standing,
)
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

        with pytest.raises(CommandError, match="VAR_DIR"):
            run("demo", enterprises=ENTERPRISES)
        assert User.objects.count() == 1

    def test_clears_nothing_away_that_somebody_has_used(self):
        mark(BEGUN, enterprises=ENTERPRISES, seed=1, at=NOW)
        User.objects.create_user(username="operator", password=None, last_login=NOW)

        with pytest.raises(CommandError, match="不能自动清空"):
            run("demo", enterprises=ENTERPRISES)
        assert User.objects.count() == 1

    def test_does_not_build_beside_another_builder(self):
        with (Path(settings.VAR_DIR) / LOCK_FILE).open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)

            with pytest.raises(CommandError, match="正在生成"):
                run("demo", enterprises=ENTERPRISES)
        assert standing() is Standing.EMPTY


@pytest.mark.django_db
class TestStanding:
    def test_is_empty_in_a_new_database(self):
        assert standing() is Standing.EMPTY

    def test_is_unfinished_from_the_first_mark_to_the_last(self):
        mark(BEGUN, enterprises=ENTERPRISES, seed=1, at=NOW)
        begun = standing()
        mark(COMPLETE, enterprises=ENTERPRISES, seed=1, at=NOW)

        assert begun is Standing.UNFINISHED
        assert standing() is Standing.WHOLE

    def test_is_something_else_where_there_are_people_without_a_mark(self):
        User.objects.create_user(username="somebody", password=None)

        assert standing() is Standing.OTHER
