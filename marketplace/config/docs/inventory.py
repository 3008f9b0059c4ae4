"""What there is: every command with its options, every table with the app it belongs to."""

from __future__ import annotations

from argparse import SUPPRESS, Action

from django.apps import apps
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from marketplace.config.docs.markdown import code, table

APPS = {
    "marketplace": "地基",
    "borrowers": "企业一侧",
    "lenders": "机构一侧",
    "matching": "撮合",
    "exports": "出口",
}


def commands_section() -> str:
    """Return every command of the project with the options it takes."""
    rows = []
    for name, app in sorted(get_commands().items()):
        if str(app).partition(".")[0] in APPS:
            command = load_command_class(str(app), name)
            rows.append((code(_usage(command, name)), command.help))
    return table(("命令", "做什么"), rows)


def tables_section() -> str:
    """Return the tables of each app, by model and Chinese name."""
    rows = []
    for app, label in APPS.items():
        models = apps.get_app_config(app).get_models()
        names = "、".join(f"{code(m.__name__)} {m._meta.verbose_name}" for m in models)
        rows.append((code(app), label, names))
    return table(("应用", "", "拥有的表"), rows)


def _usage(command: BaseCommand, name: str) -> str:
    shared = {action.dest for action in BaseCommand().create_parser("manage.py", name)._actions}
    own = [
        action
        for action in command.create_parser("manage.py", name)._actions
        if action.dest not in shared and action.help is not SUPPRESS
    ]
    ordered = sorted(own, key=lambda action: (bool(action.option_strings), not action.required))
    return " ".join(["manage.py", name, *(_shown(action) for action in ordered)])


def _shown(action: Action) -> str:
    value = str(action.metavar or action.dest.upper()) if action.nargs != 0 else ""
    if not action.option_strings:
        return value
    option = f"{action.option_strings[-1]} {value}".strip()
    return option if action.required else f"[{option}]"
