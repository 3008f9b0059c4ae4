"""Browser files taken out of npm packages."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from html.parser import HTMLParser

import pytest
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command

from marketplace.management.commands.vendor_static import MANIFEST, STATIC_VENDOR
from tests.architecture.source import ROOT

TEST_VENDOR = ROOT / "tests" / "browser" / "vendor"
BASE = STATIC_VENDOR.parents[1] / "templates" / "marketplace" / "base.html"


def pack(tmp_path, name="htmx.org", files=None):
    contents = {
        "package.json": json.dumps({"name": name, "version": "9.9.9"}),
        "LICENSE": "free",
        "dist/htmx.min.js": "x=1\n//# sourceMappingURL=htmx.min.js.map",
    }
    contents.update(files or {})
    target = tmp_path / "pack.tgz"
    with tarfile.open(target, "w:gz") as archive:
        for path, text in contents.items():
            if text is None:
                continue
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return target


class TestVendorStatic:
    def test_keeps_file_licence_and_digest(self, tmp_path):
        out = tmp_path / "vendor"

        call_command("vendor_static", pack(tmp_path), target=out, stdout=io.StringIO())

        kept = out / "htmx.org-9.9.9" / "htmx.min.js"
        assert kept.read_bytes() == b"x=1\n"
        assert (out / "htmx.org-9.9.9" / "LICENSE").exists()
        digest = hashlib.sha256(b"x=1\n").hexdigest()
        assert f"{digest}  htmx.org-9.9.9/htmx.min.js\n" in (out / MANIFEST).read_text()

    @pytest.mark.parametrize(
        ("name", "files", "words"),
        [
            ("left-pad", {}, "未登记的包"),
            ("htmx.org", {"LICENSE": None}, "没有许可文件"),
            ("htmx.org", {"dist/htmx.min.js": None}, "包内没有 dist/htmx.min.js"),
        ],
    )
    def test_refuses_a_package_it_cannot_pass_on(self, tmp_path, name, files, words):
        with pytest.raises(CommandError, match=words):
            call_command("vendor_static", pack(tmp_path, name, files), target=tmp_path / "vendor")


@pytest.mark.parametrize("folder", [STATIC_VENDOR, TEST_VENDOR], ids=["served", "tests only"])
class TestVendoredFiles:
    def test_are_what_the_manifest_says(self, folder):
        listed = dict(
            reversed(line.split("  ")) for line in (folder / MANIFEST).read_text().splitlines()
        )

        found = {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in folder.rglob("*")
            if path.is_file() and path.name != MANIFEST
        }

        assert found == listed


class StaticPaths(HTMLParser):
    """Collect what a template links by the static tag."""

    def __init__(self):
        super().__init__()
        self.paths = []

    def handle_starttag(self, tag, attrs):
        for _, value in attrs:
            if value and "{% static '" in value:
                self.paths.append(value.split("'")[1])


class TestBaseTemplate:
    def test_links_only_files_that_exist(self):
        parser = StaticPaths()
        parser.feed(BASE.read_text(encoding="utf-8"))

        assert parser.paths
        assert [path for path in parser.paths if finders.find(path) is None] == []
