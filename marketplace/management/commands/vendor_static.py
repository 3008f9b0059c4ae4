"""``manage.py vendor_static PACK.tgz ...``: take the browser files we serve out of downloaded npm packages.

The files are committed, so that running or changing the marketplace needs neither Node nor a network. Each package goes
to ``static/vendor/<name>-<version>/`` with its licence, and ``MANIFEST.sha256`` lists the digest of every file kept.
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from argparse import ArgumentParser
from pathlib import Path, PurePosixPath
from typing import Any

from django.core.management.base import BaseCommand, CommandError

STATIC_VENDOR = Path(__file__).resolve().parents[2] / "static" / "vendor"
MANIFEST = "MANIFEST.sha256"

WANTED: dict[str, tuple[str, ...]] = {
    "axe-core": ("axe.min.js",),
    "bootstrap": ("dist/css/bootstrap.min.css",),
    "echarts": ("dist/echarts.common.min.js",),
    "htmx.org": ("dist/htmx.min.js",),
}
"""Package name to the files of it that pages use; ``axe-core`` looks at pages in tests (``--target``)."""

LICENCE_NAME = re.compile(r"^(LICEN[CS]E|NOTICE|COPYING)", re.IGNORECASE)
SOURCE_MAP = re.compile(rb"\n?(/\*# sourceMappingURL=\S+ \*/|//# sourceMappingURL=\S+)\s*$")
"""The closing comment that names a source map; maps are not served, and the reference would be a dead link."""


class Command(BaseCommand):
    """Unpack the files named in ``WANTED`` and write the manifest."""

    help = "从已下载的 npm 包（npm pack 所得 .tgz）提取前端文件到 static/vendor/，并写入许可与校验清单。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one or more package files and, for what only tests use, another target folder."""
        parser.add_argument("packs", nargs="+", type=Path, metavar="PACK.tgz")
        parser.add_argument("--target", type=Path, default=STATIC_VENDOR)

    def handle(self, *args: Any, packs: list[Path], target: Path, **options: Any) -> None:
        """Unpack each package, then list every file below the target in the manifest."""
        target.mkdir(parents=True, exist_ok=True)
        for pack in packs:
            folder = unpack(pack, target)
            self.stdout.write(f"{folder.name}：{len(list(folder.iterdir()))} 个文件")
        write_manifest(target)
        self.stdout.write(f"校验清单已写入 {MANIFEST}")


def unpack(pack: Path, target: Path) -> Path:
    """Write the wanted files and the licences of one package into its own folder of the target.

    Args:
        pack: a package file as ``npm pack`` leaves it.
        target: the vendor folder.

    Returns:
        The folder written, ``<name>-<version>``.

    Raises:
        CommandError: the package is not one we use, or lacks a wanted file.
    """
    try:
        with tarfile.open(pack, "r:gz") as archive:
            about = json.loads(_read(archive, "package.json"))
            name, version = str(about["name"]), str(about["version"])
            if name not in WANTED:
                raise CommandError(f"未登记的包：{name}。请先在 WANTED 中登记要用的文件。")
            contents = {PurePosixPath(path).name: _read(archive, path) for path in WANTED[name]}
            contents |= _licences(archive)
    except (OSError, tarfile.TarError) as fault:
        raise CommandError(f"无法读取 {pack.name}：{fault}") from fault
    folder = target / f"{name}-{version}"
    folder.mkdir(exist_ok=True)
    for filename, content in contents.items():
        (folder / filename).write_bytes(SOURCE_MAP.sub(b"\n", content))
    return folder


def write_manifest(target: Path) -> None:
    """Write ``<sha256>  <path>`` of every file below the target, sorted by path."""
    files = sorted(path for path in target.rglob("*") if path.is_file() and path.name != MANIFEST)
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(target).as_posix()}\n"
        for path in files
    ]
    (target / MANIFEST).write_text("".join(lines), encoding="ascii")


def _licences(archive: tarfile.TarFile) -> dict[str, bytes]:
    """Return the licence and notice files of a package by file name."""
    found = {}
    for member in archive.getmembers():
        path = PurePosixPath(member.name)
        if member.isfile() and len(path.parts) <= 3 and LICENCE_NAME.match(path.name):
            found[path.name] = _read(archive, "/".join(path.parts[1:]))
    if not found:
        raise CommandError("包内没有许可文件，不能随项目分发。")
    return found


def _read(archive: tarfile.TarFile, path: str) -> bytes:
    try:
        stream = archive.extractfile(f"package/{path}")
    except KeyError:
        stream = None
    if stream is None:
        raise CommandError(f"包内没有 {path}。")
    return stream.read()
