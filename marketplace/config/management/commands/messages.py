"""Bring the English catalogue in line with the texts of templates and code, and compile it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from marketplace.config.messages.catalogue import compiled, merged, read, write
from marketplace.config.messages.collect import wanted


class Command(BaseCommand):
    """``manage.py messages``: new texts come in empty, gone ones go out, the rest keeps its translation."""

    help = "更新并编译英文译文目录"

    def handle(self, *args: Any, **options: Any) -> None:
        """Write both files and name what has no translation yet."""
        folder = settings.LOCALE_PATHS[0] / "en" / "LC_MESSAGES"
        path = folder / "django.po"
        entries = merged(wanted(), read(path) if path.exists() else {})
        write(path, entries)
        (folder / "django.mo").write_bytes(compiled(read(path)))
        missing = [entry for entry in entries if not entry.msgstr]
        for entry in missing:
            self.stdout.write(f"{entry.places[0]}: {entry.msgid}")
        self.stdout.write(f"{len(entries)} 条，未译 {len(missing)} 条")
