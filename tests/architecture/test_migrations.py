"""Models and migrations say the same."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command

from tests.architecture.source import APPS, ROOT


@pytest.mark.django_db
class TestMigrations:
    def test_follow_the_models(self):
        call_command("makemigrations", check=True, dry_run=True, verbosity=3)

    @pytest.mark.parametrize("app", APPS)
    def test_are_named_for_what_they_do(self, app):
        names = [file.stem for file in (ROOT / app / "migrations").glob("[0-9]*.py")]

        assert not [name for name in names if re.search(r"_auto_|_alter_.*_and_more$", name)]
