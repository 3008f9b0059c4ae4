"""Text as people and sheets write it, made comparable: width, brackets, spaces, invisible characters.

Names in registers and uploads mix full- and half-width brackets and digits. Two spellings of one name must compare as
equal, while the text that is shown stays as it was written.
"""

from __future__ import annotations

import re
import unicodedata

BLANK_TOKENS = frozenset(
    {
        "",
        "-",
        "--",
        "—",
        "——",
        "/",
        "\\",
        "N/A",
        "NA",
        "#N/A",
        "NULL",
        "NONE",
        "NAN",
        "无",
        "暂无",
        "空",
    }
)
"""Ways in which sheets say "nothing here", upper-cased."""

OVERFLOW = "(超出表头的内容)"
"""Under this title a sheet's reader puts what stands right of the header's last column."""

NESTED = "(不是单个值的字段)"
"""Under this title a reader of objects puts the names of fields whose value is a list or an object."""

_LONGEST_TOKEN = max(map(len, BLANK_TOKENS))
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]"
)
_SPACES = re.compile(r"\s+")
_BRACKETS = str.maketrans("〔〕【】[]{}〈〉《》「」", "()()()()()()()")
_DOTS = str.maketrans("•・‧∙⋅●", "······")
_INNER_SPACE = re.compile(r"(?<![0-9A-Za-z]) +| +(?![0-9A-Za-z])")


class NumberCell(str):
    """Text of a cell that the sheet stored as a number.

    Spreadsheets keep 15 digits of a number; a code typed as a number has lost its end, and only the reader of the
    sheet can know it. Checks of code columns look for this type.
    """

    __slots__ = ()


def clean(text: str) -> str:
    r"""Return the text without invisible characters and outer spaces.

    >>> clean("\ufeff 天津\u200b某某 ")
    '天津某某'
    """
    if text.isprintable():
        return text.strip()
    return _INVISIBLE.sub("", text).strip()


def half_width(text: str) -> str:
    """Return the text in its compatibility form (NFKC): full-width digits, letters and brackets become half-width.

    >>> half_width("９１１２０１（天津）")
    '911201(天津)'
    """
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def is_blank(text: str) -> bool:
    """Return whether a cell says that there is no value.

    >>> is_blank("N/A"), is_blank("无"), is_blank("0")
    (True, True, False)
    """
    if text in BLANK_TOKENS:
        return True
    if len(text) > _LONGEST_TOKEN and text[0].isalnum() and text[-1].isalnum():
        return False
    return half_width(clean(text)).upper() in BLANK_TOKENS


def normalize_name(text: str) -> str:
    """Return an enterprise's or person's name with one kind of bracket, dot and space.

    Spaces stay only between Latin letters or digits, where they separate words.

    >>> normalize_name("天津 某某（集团）有限公司")
    '天津某某(集团)有限公司'
    >>> normalize_name("TMT  磁材〔天津〕")
    'TMT磁材(天津)'
    """
    flat = half_width(clean(text)).translate(_BRACKETS).translate(_DOTS)
    flat = _INNER_SPACE.sub("", _SPACES.sub(" ", flat)).strip()
    # Taking a space away can bring a letter and its accent together.
    return flat if unicodedata.is_normalized("NFKC", flat) else normalize_name(flat)


def name_key(text: str) -> str:
    """Return the form of a name under which two spellings of it are equal.

    >>> name_key("Tmt（天津）") == name_key("TMT(天津)")
    True
    """
    return normalize_name(text).replace(" ", "").upper()


def header_key(text: str) -> str:
    """Return the form of a column title under which its spellings are equal.

    Line breaks, spaces, required marks and the width of brackets do not matter.

    >>> header_key("*统一社会 信用代码（18位）") == header_key("统一社会信用代码(18位)")
    True
    """
    flat = half_width(clean(text)).translate(_BRACKETS)
    return _SPACES.sub("", flat).strip("*:").upper()
