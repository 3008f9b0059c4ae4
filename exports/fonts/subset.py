"""Make the two shipped fonts from LXGW WenKai: fewer characters, another name, the same outlines.

A machine that runs the marketplace has no Chinese font, and a PDF without an embedded one shows boxes. The SIL Open
Font License allows shipping a subset under a name that does not use the reserved ones, together with the licence.

Regular carries every hanzi of the source (the whole of GBK, and so the 通用规范汉字表 as far as the source draws it);
bold carries GB2312, because headings fall back to regular for the few characters beyond it.

Needs fontTools, which is a tool of developers and not of the running marketplace::

    python exports/fonts/subset.py --source /usr/share/fonts/truetype/lxgw-wenkai

Source: SIL Open Font License 1.1, conditions 2 and 3 (``OFL.txt``); the outcome is listed in ``SHA256SUMS``.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY = "Xinyi Kai"
FAMILY_ZH = "信易楷"
VERSION = "1.0 (from LXGW WenKai 1.250)"
CHANGES = (
    "Modified version: subset of LXGW WenKai 1.250, renamed; outlines unchanged; "
    "vertical metrics, layout features and hinting removed."
)
RARE = "䶮㛃㐱堃喆赟犇𬭎𬬭𫚉𬶋𬱖"
HANZI_BLOCKS = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
SIGN_BLOCKS = (
    (0x0020, 0x007E),
    (0x00A0, 0x017F),
    (0x0391, 0x03C9),
    (0x0410, 0x0451),
    (0x2010, 0x2044),
    (0x2070, 0x208E),
    (0x20AC, 0x20AC),
    (0x2100, 0x218B),
    (0x2190, 0x21FF),
    (0x2200, 0x22FF),
    (0x2460, 0x24FF),
    (0x2500, 0x257F),
    (0x25A0, 0x25FF),
    (0x2600, 0x266F),
    (0x2713, 0x2717),
    (0x3000, 0x303F),
    (0x3220, 0x33FF),
    (0xFE30, 0xFE4F),
    (0xFF01, 0xFF5E),
    (0xFFE0, 0xFFE6),
)
NAME_SAME_AS_SOURCE = frozenset({0, 13, 14})
RESERVED_NAMES = ("LXGW", "霞鹜")


def in_blocks(blocks: tuple[tuple[int, int], ...]) -> set[int]:
    """Return every code point of the blocks."""
    return {point for first, last in blocks for point in range(first, last + 1)}


def encodable(codec: str) -> set[int]:
    """Return the code points that a two-byte Chinese codec can write."""
    found: set[int] = set()
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            text = bytes((lead, trail)).decode(codec, errors="ignore")
            found.update(ord(char) for char in text if ord(char) > 0x7F)
    return found


def wanted(weight: str) -> set[int]:
    """Return the code points a weight shall carry, whether the source has them or not."""
    signs = in_blocks(SIGN_BLOCKS)
    if weight == "Bold":
        return signs | encodable("gb2312")
    kana = in_blocks(((0x3040, 0x30FF), (0x3105, 0x312F)))
    return signs | kana | encodable("gbk") | in_blocks(HANZI_BLOCKS)


def rename(font: TTFont, weight: str) -> None:
    """Replace every name of the font except copyright and licence, as the reserved names demand."""
    table = font["name"]
    kept = {
        record.nameID: record.toUnicode()
        for record in table.names
        if record.nameID in NAME_SAME_AS_SOURCE and record.platformID == 3
    }
    table.names = []
    postscript = f"{FAMILY.replace(' ', '')}-{weight}"
    names = kept | {
        1: FAMILY,
        2: weight,
        3: f"{FAMILY} {weight}: {VERSION}",
        4: f"{FAMILY} {weight}",
        5: f"Version {VERSION}",
        6: postscript,
        10: CHANGES,
    }
    for name_id, text in sorted(names.items()):
        table.setName(text, name_id, 3, 1, 0x409)
    table.setName(FAMILY_ZH, 1, 3, 1, 0x804)
    table.setName(weight, 2, 3, 1, 0x804)
    font["OS/2"].achVendID = "NONE"


def refuse_reserved_names(font: TTFont) -> None:
    """Stop when a name that people see still uses a reserved one."""
    for record in font["name"].names:
        shown = record.nameID not in NAME_SAME_AS_SOURCE | {3, 5, 10}
        if shown and any(word in record.toUnicode() for word in RESERVED_NAMES):
            raise SystemExit(f"reserved font name in name {record.nameID}")


def make(source: Path, target: Path, weight: str) -> tuple[int, list[int]]:
    """Write one weight; return how many characters it has and which GBK hanzi are missing."""
    font = TTFont(source, recalcTimestamp=False)
    points = wanted(weight) & set(font.getBestCmap())
    options = Options()
    options.layout_features = []
    options.hinting = False
    options.glyph_names = False
    options.notdef_outline = True
    options.name_IDs = ["*"]
    options.name_languages = ["*"]
    options.drop_tables += ["BASE", "GDEF", "GSUB", "GPOS", "vhea", "vmtx", "gasp", "DSIG"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=points)
    subsetter.subset(font)
    rename(font, weight)
    refuse_reserved_names(font)
    font.save(target)
    needed = encodable("gb2312" if weight == "Bold" else "gbk") & in_blocks(HANZI_BLOCKS)
    if weight != "Bold":
        needed |= {ord(char) for char in RARE}
    return len(points), sorted(needed - points)


def main() -> None:
    """Make both weights and the list of their SHA-256 sums."""
    parser = argparse.ArgumentParser(description="Make the shipped fonts from LXGW WenKai 1.250.")
    parser.add_argument("--source", type=Path, required=True, help="folder of LXGWWenKai-*.ttf")
    parser.add_argument("--target", type=Path, default=Path(__file__).resolve().parent)
    arguments = parser.parse_args()
    sums = []
    for weight in ("Regular", "Bold"):
        target = arguments.target / f"{FAMILY.replace(' ', '')}-{weight}.ttf"
        count, missing = make(arguments.source / f"LXGWWenKai-{weight}.ttf", target, weight)
        sums.append(f"{hashlib.sha256(target.read_bytes()).hexdigest()}  {target.name}\n")
        size = target.stat().st_size
        sys.stdout.write(f"{target.name}: {count} characters, {size:,} bytes, missing {missing}\n")
    (arguments.target / "SHA256SUMS").write_text("".join(sums), encoding="ascii")


if __name__ == "__main__":
    main()
