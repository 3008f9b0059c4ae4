"""Every state machine as a diagram and as the whole table, from the table that decides."""

from __future__ import annotations

import pkgutil
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module

from marketplace.config.docs.inventory import APPS
from marketplace.config.docs.markdown import blocks, code, fenced, table
from marketplace.domain.machine import Machine, Transition
from marketplace.domain.roles import ROLE_LABELS, SYSTEM

TITLES = {
    "application": "贷款申请",
    "demand": "融资需求",
    "lead": "需求与机构的对接",
    "whitelist": "区级白名单",
    "event": "对接会",
    "invitation": "对接会邀请",
    "product_version": "产品版本",
    "institution": "金融机构",
    "enterprise_account": "企业账户",
    "subject_candidate": "待核对的主体",
    "objection": "异议",
    "repair": "信用修复",
}
"""Machine to heading, in the order of the document; one without a heading comes last under its own name."""

MAIN = "application"
"""The machine that has a place of its own."""

MOST_ARROWS = 4
"""An event with more arrows would hide the others; the table has it."""

ACTORS = {**{role.value: label for role, label in ROLE_LABELS.items()}, SYSTEM: "平台"}


@cache
def machines() -> Mapping[str, tuple[Machine, str]]:
    """Return every machine of every app by name, with the file it stands in."""
    found: dict[str, tuple[Machine, str]] = {}
    for app in APPS:
        package = import_module(f"{app}.domain")
        for module in pkgutil.iter_modules(package.__path__):
            path = f"{app}/domain/{module.name}.py"
            loaded = import_module(f"{app}.domain.{module.name}")
            for value in vars(loaded).values():
                if isinstance(value, Machine):
                    found.setdefault(value.name, (value, path))
    ordered = [name for name in TITLES if name in found]
    return {name: found[name] for name in (*ordered, *sorted(found.keys() - TITLES.keys()))}


def state_labels(states: Collection[str]) -> Mapping[str, str]:
    """Return the Chinese names of states, from the first machine that has them all."""
    every = (machine.labels for machine, _ in machines().values())
    return next((labels for labels in every if set(states) <= set(labels)), {})


def main_machine_section() -> str:
    """Return the diagram and the table of the way of an application."""
    return machine_section(machines()[MAIN][0])


def other_machines_section() -> str:
    """Return every other machine under its heading, with the file it stands in."""
    parts = []
    for name, (machine, path) in machines().items():
        if name != MAIN:
            parts += [f"## {TITLES.get(name, name)}", code(path), machine_section(machine)]
    return blocks(*parts)


def machine_section(machine: Machine) -> str:
    """Return the diagram of a machine and its transitions."""
    headings = ("动作", "事件", "从", "到", "由谁", "另有条件")
    return blocks(
        fenced("mermaid", machine.as_mermaid(MOST_ARROWS)),
        table(headings, transition_rows(machine)),
    )


def transition_rows(machine: Machine) -> list[tuple[str, ...]]:
    """Return every transition; those of one act that differ only in source, or only in target, share a row."""
    acts: dict[tuple[str, str, frozenset[str]], list[Transition]] = {}
    for row in machine.transitions:
        acts.setdefault((row.event, row.label, row.roles), []).append(row)
    return [_cells(machine, group) for rows in acts.values() for group in _groups(rows)]


def _groups(rows: Sequence[Transition]) -> list[list[Transition]]:
    stays = [row for row in rows if row.source == row.target]
    by_target: dict[str, list[Transition]] = {}
    for row in rows:
        if row.source != row.target:
            by_target.setdefault(row.target, []).append(row)
    by_sources: dict[tuple[str, ...], list[Transition]] = {}
    for group in by_target.values():
        by_sources.setdefault(tuple(row.source for row in group), []).extend(group)
    return [*by_sources.values(), *([stays] if stays else [])]


def _cells(machine: Machine, group: Sequence[Transition]) -> tuple[str, ...]:
    first = group[0]
    stays = first.source == first.target
    return (
        first.label,
        code(first.event),
        _names(machine, [row.source for row in group]),
        "状态不变" if stays else _names(machine, [row.target for row in group]),
        "、".join(label for role, label in ACTORS.items() if role in first.roles),
        "是" if any(row.guard for row in group) else "",
    )


def _names(machine: Machine, states: Iterable[str]) -> str:
    return "、".join(machine.labels[state] for state in dict.fromkeys(states))
