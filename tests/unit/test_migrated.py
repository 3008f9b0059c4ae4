from __future__ import annotations

import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import migrated


@pytest.fixture
def migration(tmp_path, monkeypatch):
    """The only migration of the only app."""
    file = tmp_path / "app" / "migrations" / "0001_initial.py"
    file.parent.mkdir(parents=True)
    file.write_text("operations = []", encoding="utf-8")
    app = SimpleNamespace(label="app", path=str(tmp_path / "app"))
    monkeypatch.setattr(migrated.apps, "get_app_configs", lambda: [app])
    return file


@pytest.fixture
def made(monkeypatch):
    """What was made so far; each file holds its number."""
    made = []

    def run(command, **_):
        made.append(Path(command[-1].removeprefix("sqlite:///")))
        with sqlite3.connect(made[-1]) as database:
            database.execute(f"CREATE TABLE number AS SELECT {len(made)} AS value")
        database.close()

    monkeypatch.setattr(migrated.subprocess, "run", run)
    return made


def number_in_copy(folder: Path) -> int:
    target = sqlite3.connect(":memory:")
    migrated.fill(target, folder)
    return target.execute("SELECT value FROM number").fetchone()[0]


class TestMigratedFile:
    def test_is_made_once(self, tmp_path, migration, made):
        assert [number_in_copy(tmp_path), number_in_copy(tmp_path)] == [1, 1]
        assert len(made) == 1

    def test_is_made_again_when_a_migration_changes(self, tmp_path, migration, made):
        number_in_copy(tmp_path)
        migration.write_text("operations = [None]", encoding="utf-8")

        assert number_in_copy(tmp_path) == 2
        assert len(list(tmp_path.glob("*.sqlite3"))) == 1

    def test_is_made_again_when_one_is_added(self, tmp_path, migration, made):
        number_in_copy(tmp_path)
        migration.with_name("0002_more.py").touch()

        assert number_in_copy(tmp_path) == 2

    def test_half_made_is_none(self, tmp_path, migration, made):
        (tmp_path / "making.sqlite3").write_bytes(b"half")

        assert number_in_copy(tmp_path) == 1
