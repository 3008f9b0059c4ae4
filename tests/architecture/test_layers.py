"""One-way imports: the contracts of ``pyproject.toml``, and that nothing escapes them."""

from __future__ import annotations

import tomllib

from importlinter.cli import lint_imports

from tests.architecture.source import ROOT


def contract(identifier: str) -> dict[str, list[str]]:
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = configuration["tool"]["importlinter"]["contracts"]
    return next(found for found in contracts if found["id"] == identifier)


def modules_of(package: str) -> set[str]:
    entries = (ROOT / package).iterdir()
    return {
        f"{package}.{entry.stem}"
        for entry in entries
        if (entry / "__init__.py").exists() or entry.suffix == ".py"
    } - {f"{package}.__init__"}


class TestImports:
    def test_go_one_way(self, capsys):
        exit_code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None)

        assert exit_code == 0, capsys.readouterr().out


class TestFloorContract:
    def test_names_every_module_of_the_floor(self):
        named = {name.strip("() ") for name in contract("floor")["layers"][1].split(" : ")}

        assert modules_of("marketplace") - {"marketplace.config"} <= named
