"""The catalogue changed by a workbook: read, compared, applied."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from borrowers.domain.catalogue import UpdateRhythm, load_catalogue
from borrowers.models import CatalogueImport, CatalogueItem, CatalogueItemVersion, SourceUnit
from borrowers.selectors import entry_lines, item_get, version_steps
from borrowers.services import (
    catalogue_import_apply,
    catalogue_import_read,
    catalogue_seed,
)
from borrowers.sheets import catalogue_workbook
from marketplace.domain.errors import Conflict, NotPermitted, Refused
from marketplace.models import AuditEvent
from tests.factories.catalogue import many_items, workbook_of
from tests.factories.reference import enter_reference

pytestmark = pytest.mark.django_db
PENALTY = load_catalogue().item("PENALTY")


def read(content, *, actor, at):
    return catalogue_import_read(source=content, file_name="目录.xlsx", actor=actor, at=at)


@pytest.fixture
def changed(cast, now):
    """A read workbook in which penalties come daily."""
    enter_reference(at=now)
    spec = replace(
        PENALTY,
        update_rhythm=UpdateRhythm.DAILY,
        due_days=1,
        quality=PENALTY.quality[:1],
    )
    return read(workbook_of([spec], unit_names=False), actor=cast.operator, at=now)


class TestCatalogueImportRead:
    def test_finds_nothing_changed_in_an_export(self, cast, now):
        enter_reference(at=now)

        found = read(catalogue_workbook(now), actor=cast.operator, at=now)

        assert (found.items_read, found.created, found.changed) == (
            len(load_catalogue().items),
            0,
            0,
        )
        assert found.entries == found.errors == []

    def test_shows_what_would_change_and_changes_nothing(self, changed):
        (line,) = entry_lines(changed.entries)

        assert (line.code, line.is_new) == ("PENALTY", False)
        assert ("更新周期", "随发生", "每日") in line.changes
        assert CatalogueItem.objects.get(code="PENALTY").update_rhythm == "ON_EVENT"

    def test_takes_an_item_out_of_use(self, cast, now):
        enter_reference(at=now)

        found = read(workbook_of([PENALTY], unit_names=False, active="否"), actor=None, at=now)

        (line,) = entry_lines(found.entries)
        assert line.changes == (("启用", "是", "否"),)

    def test_refuses_a_unit_that_is_not_known_and_not_named(self, cast, now):
        found = read(workbook_of(many_items(1), unit_names=False), actor=cast.operator, at=now)

        assert [error["code"] for error in found.errors] == ["UNIT_UNKNOWN"]

    def test_refuses_another_name_for_a_known_unit(self, cast, now):
        enter_reference(at=now)

        found = read(workbook_of([PENALTY]), actor=cast.operator, at=now)

        assert [error["code"] for error in found.errors] == ["UNIT_NAME_DIFFERS"]

    def test_refuses_a_workbook_without_the_sheet_of_fields(self, cast, now):
        with pytest.raises(Refused) as refusal:
            read(b"\xef\xbb\xbf" + "信息项代码,信息项名称\n".encode(), actor=cast.operator, at=now)

        assert refusal.value.code == "SHEET_KIND_NOT_ACCEPTED"

    def test_is_not_the_auditors(self, cast, now):
        with pytest.raises(NotPermitted):
            read(workbook_of(many_items(1)), actor=cast.auditor, at=now)

    def test_costs_as_many_queries_for_a_thousand_items_as_for_ten(
        self, cast, now, django_assert_max_num_queries
    ):
        small, large = workbook_of(many_items(10)), workbook_of(many_items(1000))
        with django_assert_max_num_queries(12):
            read(small, actor=cast.operator, at=now)
        with django_assert_max_num_queries(12):
            read(large, actor=cast.operator, at=now)


class TestCatalogueImportApply:
    def test_enters_the_next_version_with_who_and_when(self, cast, now, changed):
        later = now + timedelta(hours=1)

        done = catalogue_import_apply(public_id=changed.public_id, actor=cast.operator, at=later)

        item = CatalogueItem.objects.get(code="PENALTY")
        newest = item.versions.get(version=2)
        assert (item.version, item.update_rhythm, item.due_days) == (2, "DAILY", 1)
        assert (newest.effective_from, newest.changed_by) == (later, cast.operator)
        assert (done.applied_by, done.applied_at) == (cast.operator, later)
        assert AuditEvent.objects.filter(action="borrowers.catalogue.import").count() == 1

    def test_leaves_the_other_items_at_their_version(self, cast, now, changed):
        catalogue_import_apply(public_id=changed.public_id, actor=cast.operator, at=now)

        others = CatalogueItem.objects.exclude(code="PENALTY")
        assert set(others.values_list("version", flat=True)) == {1}

    def test_enters_new_units_and_items_by_bulk(self, cast, now, django_assert_max_num_queries):
        found = read(workbook_of(many_items(600, units=7)), actor=cast.operator, at=now)

        with django_assert_max_num_queries(40):
            catalogue_import_apply(public_id=found.public_id, actor=cast.operator, at=now)

        assert CatalogueItem.objects.count() == CatalogueItemVersion.objects.count() == 600
        assert SourceUnit.objects.count() == 7
        item = CatalogueItem.objects.get(code="EX-00008")
        assert [unit.code for unit in item.units.all()] == ["UNIT-001"]

    def test_a_new_unit_may_deliver_what_every_unit_may(self, cast, now):
        enter_reference(at=now)
        found = read(workbook_of(many_items(1)), actor=cast.operator, at=now)

        catalogue_import_apply(public_id=found.public_id, actor=cast.operator, at=now)

        assert CatalogueItem.objects.get(code="PENALTY").units.filter(code="UNIT-000").exists()

    def test_refuses_a_second_time(self, cast, now, changed):
        catalogue_import_apply(public_id=changed.public_id, actor=cast.operator, at=now)

        with pytest.raises(Conflict) as refusal:
            catalogue_import_apply(public_id=changed.public_id, actor=cast.operator, at=now)

        assert refusal.value.code == "CATALOGUE_IMPORT_APPLIED"

    def test_refuses_when_the_catalogue_moved_since(self, cast, now, changed):
        other = replace(PENALTY, due_days=9)
        catalogue_seed(actor=None, at=now, catalogue=replace(load_catalogue(), items=(other,)))

        with pytest.raises(Conflict) as refusal:
            catalogue_import_apply(public_id=changed.public_id, actor=cast.operator, at=now)

        assert refusal.value.code == "CATALOGUE_MOVED"

    def test_refuses_a_workbook_with_errors(self, cast, now):
        found = read(workbook_of(many_items(1), unit_names=False), actor=cast.operator, at=now)

        with pytest.raises(Refused) as refusal:
            catalogue_import_apply(public_id=found.public_id, actor=cast.operator, at=now)

        assert refusal.value.code == "CATALOGUE_IMPORT_ERRORS"
        assert not CatalogueItem.objects.exists()


class TestVersionSteps:
    def test_say_what_changed_latest_first(self, cast, now, changed):
        catalogue_import_apply(public_id=changed.public_id, actor=cast.operator, at=now)

        newest, first = version_steps(item_get(cast.operator, "PENALTY"))

        assert (newest.version.version, first.version.version) == (2, 1)
        assert ("报送期限(天)", "7", "1") in newest.changes
        assert first.changes == ()


class TestCommands:
    def test_export_reads_back_without_a_difference(self, now, tmp_path, capsys):
        enter_reference(at=now)
        path = tmp_path / "目录.xlsx"

        call_command("catalogue_export", str(path))
        call_command("catalogue_import", str(path), "--apply")

        assert "新增 0，变更 0" in capsys.readouterr().out
        assert CatalogueImport.objects.get().applied_at is None

    def test_import_applies_only_when_asked(self, now, tmp_path, capsys):
        path = tmp_path / "目录.xlsx"
        path.write_bytes(workbook_of(many_items(3)))

        call_command("catalogue_import", str(path))
        assert not CatalogueItem.objects.filter(code="EX-00000").exists()
        call_command("catalogue_import", str(path), "--apply")
        assert CatalogueItem.objects.filter(code="EX-00000").exists()

    def test_import_names_errors_and_fails(self, now, tmp_path, capsys):
        path = tmp_path / "目录.xlsx"
        path.write_bytes(workbook_of(many_items(1), unit_names=False))

        with pytest.raises(CommandError):
            call_command("catalogue_import", str(path), "--apply")

        assert "UNIT_UNKNOWN" in capsys.readouterr().err
