"""The doors in the second wall: few, each a function with a reason, each named where the wall is explained."""

from __future__ import annotations

import ast
import re

from tests.architecture.source import ROOT, place, source_files, syntax

DOOR = "whole_market"
WALL = ROOT / "marketplace" / "wall.py"
ROLES = re.compile(r"set_config|SET (LOCAL |SESSION )?ROLE|RESET ROLE", re.IGNORECASE)


def is_door(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == DOOR


def doors() -> dict[str, ast.Call]:
    """Return function to what opens the wall for it."""
    return {
        node.name: call
        for file in source_files()
        for node in ast.walk(syntax(file))
        if isinstance(node, ast.FunctionDef)
        for call in node.decorator_list
        if isinstance(call, ast.Call) and is_door(call)
    }


class TestDoors:
    def test_are_functions_alone(self):
        opened = {id(call) for call in doors().values()}
        elsewhere = [
            place(file, node)
            for file in source_files()
            for node in ast.walk(syntax(file))
            if is_door(node) and id(node) not in opened
        ]
        assert elsewhere == []

    def test_are_those_that_are_explained(self):
        text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
        line = next(line for line in text.splitlines() if f"`{DOOR}(" in line)

        assert {f"{name}()" for name in doors()} == set(re.findall(r"`(\w+\(\))`", line))

    def test_say_why(self):
        for name, call in doors().items():
            [why] = call.args
            assert isinstance(why, ast.Constant), name
            assert len(str(why.value).split()) > 3, name


class TestRole:
    def test_is_taken_in_one_place(self):
        found = [file for file in source_files() if ROLES.search(file.read_text(encoding="utf-8"))]
        assert found == [WALL]
