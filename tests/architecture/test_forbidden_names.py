"""Small laws that no tool checks: see the laws in ``docs/architecture.md``."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture.source import APPS, ROOT, place, source_files, syntax

NAMES_THAT_SAY_NOTHING = {"common", "helper", "helpers", "misc", "util", "utils"}
SIGNAL_MODULES = {
    "django.contrib.auth.signals",
    "django.core.signals",
    "django.db.models.signals",
    "django.dispatch",
}


def offenders(files: tuple[Path, ...], is_offence: Callable[[ast.AST], bool]) -> list[str]:
    return [
        place(file, node) for file in files for node in ast.walk(syntax(file)) if is_offence(node)
    ]


def is_objects_get(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"get", "get_or_create", "update_or_create"}
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr in {"objects", "_default_manager"}
    )


def is_get_or_404_of_model(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"get_object_or_404", "get_list_or_404"}
        and bool(node.args)
        and isinstance(node.args[0], ast.Name)
        and node.args[0].id[:1].isupper()
    )


def is_save_override(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and any(
        isinstance(item, ast.FunctionDef) and item.name == "save" for item in node.body
    )


def imported_modules(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_signal_import(node: ast.AST) -> bool:
    return not SIGNAL_MODULES.isdisjoint(imported_modules(node))


def is_guardian_call(node: ast.AST) -> bool:
    """Models inherit from guardian's bases; who holds which permission is asked and changed by its shortcuts alone."""
    return any(
        name.startswith("guardian.") and not name.startswith(("guardian.mixins", "guardian.models"))
        for name in imported_modules(node)
    )


def is_print(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    )


class TestNames:
    @pytest.mark.parametrize("top", [*APPS, "tests"])
    def test_every_file_is_named_for_what_it_knows(self, top):
        files = (ROOT / top).rglob("*.py")

        nameless = [str(file) for file in files if file.stem in NAMES_THAT_SAY_NOTHING]

        assert not nameless


class TestInterfaces:
    def test_fetch_through_selectors_only(self):
        files = source_files("views", "api", "web")

        assert not offenders(files, is_objects_get)
        assert not offenders(files, is_get_or_404_of_model)


class TestObjectPermissions:
    def test_are_asked_and_changed_by_policies_only(self):
        files = tuple(file for file in source_files() if file not in source_files("policies"))

        assert not offenders(files, is_guardian_call)

    def test_are_used_somewhere(self):
        assert offenders(source_files("policies"), is_guardian_call)


class TestModels:
    def test_have_no_save_of_their_own(self):
        assert not offenders(source_files("models"), is_save_override)


class TestSource:
    def test_listens_to_no_signals(self):
        assert not offenders(source_files(), is_signal_import)

    def test_prints_nothing(self):
        assert not offenders(source_files(), is_print)


class TestTheseChecks:
    @pytest.mark.parametrize(
        ("line", "is_offence"),
        [
            ("Enterprise.objects.get(pk=1)", is_objects_get),
            ("get_object_or_404(Enterprise, pk=1)", is_get_or_404_of_model),
            ("class A:\n    def save(self): ...", is_save_override),
            ("from django.db.models import signals", is_signal_import),
            ("from django.dispatch import receiver", is_signal_import),
            ("from guardian.shortcuts import assign_perm", is_guardian_call),
            ("import guardian.shortcuts", is_guardian_call),
            ("print('x')", is_print),
        ],
    )
    def test_see_an_offence(self, line, is_offence):
        assert any(is_offence(node) for node in ast.walk(ast.parse(line)))
