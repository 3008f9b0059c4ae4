from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from exports.pdf import fonts as module
from exports.pdf.fonts import SHIPPED, UNEMBEDDED, UNEMBEDDED_WARNING, find_fonts, fonts

RARE = "䶮㛃㐱堃喆赟犇𬭎𬬭𫚉"
REGULAR = SHIPPED / "XinyiKai-Regular.ttf"
BOLD = SHIPPED / "XinyiKai-Bold.ttf"


def encodable(codec: str) -> set[str]:
    found: set[str] = set()
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            found.update(bytes((lead, trail)).decode(codec, errors="ignore"))
    return {char for char in found if "\u4e00" <= char <= "\u9fff"}


class TestShippedFonts:
    def test_are_the_files_of_the_manifest(self):
        lines = (SHIPPED / "SHA256SUMS").read_text(encoding="ascii").splitlines()

        listed = {name: digest for digest, name in (line.split() for line in lines)}

        assert listed.keys() == {path.name for path in SHIPPED.glob("*.ttf")}
        for name, digest in listed.items():
            assert hashlib.sha256((SHIPPED / name).read_bytes()).hexdigest() == digest

    def test_come_with_their_license_and_without_reserved_names(self):
        license_text = (SHIPPED / "OFL.txt").read_text(encoding="utf-8")

        assert "SIL OPEN FONT LICENSE Version 1.1" in license_text
        for path in (REGULAR, BOLD):
            assert "LXGW" not in find_fonts((path,), ()).regular.first().family

    def test_regular_has_every_hanzi_of_gbk_and_the_rare_ones(self):
        face = find_fonts((REGULAR,), ()).regular.first()

        assert {char for char in encodable("gbk") | set(RARE) if not face.has(char)} == set()

    def test_bold_has_every_hanzi_of_gb2312(self):
        face = find_fonts((BOLD,), ()).regular.first()

        assert {char for char in encodable("gb2312") if not face.has(char)} == set()


class TestFontChain:
    def test_bold_falls_back_to_regular_for_one_character(self):
        found = find_fonts((REGULAR,), (BOLD,))

        assert found.bold.face_for("信") is found.bold.first()
        assert found.bold.face_for("𬭎") is found.regular.first()

    def test_says_when_no_font_has_a_character(self):
        found = find_fonts((REGULAR,), (BOLD,))

        assert found.regular.face_for("\U0001f600") is None

    def test_skips_what_is_absent_or_no_font(self, tmp_path):
        broken = tmp_path / "broken.ttf"
        broken.write_bytes(b"no font")

        found = find_fonts((tmp_path / "absent.ttf", broken, REGULAR), ())

        assert found.regular.first().family == "Xinyi Kai"

    def test_names_a_font_it_cannot_embed_as_the_last_resort(self):
        found = find_fonts((), ())

        assert found.regular.first().name == UNEMBEDDED
        assert found.warnings == (UNEMBEDDED_WARNING,)
        assert found.bold.face_for("信") is found.regular.first()
        assert found.regular.face_for("𬭎") is None


class TestFonts:
    def test_are_found_once_whatever_thread_asks(self):
        with ThreadPoolExecutor(8) as pool:
            faces = {id(face) for face in pool.map(lambda _: fonts().regular.first(), range(32))}

        assert len(faces) == 1

    def test_carry_no_warning_as_shipped(self):
        assert fonts().warnings == ()

    @pytest.mark.parametrize("weight", ["regular", "bold"])
    def test_prefer_the_setting(self, settings, weight):
        path = BOLD if weight == "regular" else REGULAR
        setattr(settings, f"EXPORT_FONT_{weight.upper()}", str(path))

        assert fonts().chain(weight == "bold").first().name == str(path)

    def test_survive_a_setting_that_names_no_file(self, settings):
        settings.EXPORT_FONT_REGULAR = "absent.ttf"

        assert fonts().regular.first().name == str(REGULAR)


class TestAboveBmp:
    def test_copied_rare_hanzi_are_written_in_utf_16(self):
        table = "<41> <0041>\n<42> <2CB4E>"

        assert module.ABOVE_BMP.sub(module._as_utf16, table) == "<41> <0041>\n<42> <D872DF4E>"
