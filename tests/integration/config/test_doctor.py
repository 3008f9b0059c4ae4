from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from marketplace.config.doctor import Health, findings
from marketplace.domain.workdays import local_date
from marketplace.models import OutboxMessage
from tests.cast import NOW

ROOT = Path(__file__).resolve().parents[3]
TODAY = local_date(NOW)


def look():
    return {found.subject: found for found in findings(TODAY)}


def doctor(**options: object) -> str:
    printed = io.StringIO()
    call_command("doctor", stdout=printed, **options)
    return printed.getvalue()


@pytest.mark.django_db
class TestDoctor:
    def test_says_one_sentence_of_each_subject(self):
        printed = doctor()

        for subject in (
            "Python",
            "数据库",
            "任务队列",
            "待发消息",
            "中文字体",
            "工作日历",
            "基础数据",
            "市级运营",
            "留痕防改",
            "密钥",
        ):
            assert printed.count(f"] {subject}：") == 1

    def test_says_what_an_empty_installation_lacks_without_failing(self):
        found = look()["基础数据"]

        assert found.health is Health.LACKS
        assert "请运行 manage.py demo" in found.sentence

    def test_finds_the_city_of_the_cast(self, cast):
        assert "16 个区" in look()["基础数据"].sentence
        assert "2 家企业" in look()["基础数据"].sentence

    def test_says_how_the_first_operator_gets_in(self):
        found = look()["市级运营"]

        assert found.health is Health.LACKS
        assert "manage.py member_add" in found.sentence

    def test_wants_a_second_operator(self, cast):
        assert look()["市级运营"].health is Health.GOOD

        cast.second_operator.memberships.update(ended_at=NOW)

        assert "只有一位" in look()["市级运营"].sentence

    def test_embeds_chinese_fonts(self):
        assert look()["中文字体"].health is Health.GOOD

    def test_says_when_next_years_calendar_is_provisional(self):
        assert "暂定" in look()["工作日历"].sentence

    def test_reports_a_message_that_failed(self):
        OutboxMessage.objects.create(task="matching.clocks_sweep", kwargs={}, failure="故障")

        with pytest.raises(CommandError, match="1 项故障"):
            doctor()

    def test_writes_what_it_found(self, tmp_path):
        file = tmp_path / "found.json"

        printed = doctor(report=file)

        found = json.loads(file.read_text(encoding="utf-8"))["findings"]
        assert all(row["sentence"] in printed for row in found)
        assert {row["health"] for row in found} <= {"GOOD", "LACKS"}

    @time_machine.travel(NOW, tick=False)
    def test_keeps_the_secrets_to_itself(self, settings):
        printed = doctor()

        assert settings.SECRET_KEY not in printed
        assert str(settings.FIELD_KEY) not in printed


@pytest.mark.django_db
class TestMissingMigrations:
    @pytest.fixture
    def missing(self):
        latest = MigrationLoader(connection).graph.leaf_nodes("exports")
        MigrationRecorder(connection).record_unapplied(*latest[0])

    def test_fails_and_says_what_to_do(self, missing):
        with pytest.raises(CommandError, match="故障"):
            doctor()

    def test_names_the_database_once(self, missing):
        found = [row for row in findings(TODAY) if row.subject == "数据库"]

        assert "1 个迁移未执行，请运行 manage.py migrate" in found[0].sentence
        assert len(found) == 1

    def test_looks_no_further(self, missing):
        assert [row.subject for row in findings(TODAY)][-1] == "数据库"


class TestBrokenDatabase:
    def test_exits_non_zero_with_a_sentence_and_no_traceback(self, tmp_path):
        database = f"sqlite:///{tmp_path / 'missing' / 'database.sqlite3'}"

        ended = subprocess.run(
            [sys.executable, "manage.py", "doctor"],
            cwd=ROOT,
            env={**os.environ, "DATABASE_URL": database, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

        assert ended.returncode != 0
        assert "[故障] 数据库" in ended.stdout
        assert "Traceback" not in ended.stderr
