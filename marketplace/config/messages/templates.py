"""Which texts the templates say, read from their source as Django's own lexer cuts it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from django.template.base import Lexer, Token, TokenType
from django.utils.translation import trim_whitespace

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_LITERAL = re.compile(r"""(?P<said>\b_\(|^translate\s+)?(?P<quote>["'])(?P<text>.*?)(?P=quote)""")


@dataclass
class Texts:
    """What a template says: ``said`` through a translate tag or ``_()``, ``bare`` without."""

    said: list[str] = field(default_factory=list)
    bare: list[str] = field(default_factory=list)


def texts_of(source: str) -> Texts:
    """Return the Chinese texts of a template.

    Django looks a literal up with its per cent signs doubled, and only the translate tag halves them again: ``_()``
    with a per cent sign therefore counts as bare.

    >>> texts_of('{% translate "授权" %} {# 注 #} <b>{{ total }} 条</b> {% badge _("有效") %}')
    Texts(said=['授权', '有效'], bare=['条'])
    """
    found = Texts()
    tokens = iter(Lexer(source).tokenize())
    for token in tokens:
        words = token.contents.split(maxsplit=1)
        if token.token_type == TokenType.COMMENT:
            continue
        if token.token_type == TokenType.TEXT:
            found.bare += _bare(re.sub(r"<!--.*?-->", "", token.contents, flags=re.DOTALL))
        elif words[0] == "comment":
            _skip(tokens)
        else:
            _literals(token.contents, found)
            if words[0] == "blocktranslate":
                found.said.append(_sentence(tokens, is_trimmed="trimmed" in token.contents.split()))
    return found


def _bare(text: str) -> Iterator[str]:
    pieces = re.split(r"<[^<>]*>|\s{2,}|\n", text)
    yield from (piece.strip() for piece in pieces if CHINESE.search(piece))
    yield from (tag for tag in re.findall(r"<[^<>]*>", text) if CHINESE.search(tag))


def _skip(tokens: Iterator[Token]) -> None:
    for token in tokens:
        if token.contents == "endcomment":
            return


def _literals(contents: str, found: Texts) -> None:
    for literal in _LITERAL.finditer(contents):
        text, way = literal["text"], literal["said"] or ""
        if not CHINESE.search(text):
            continue
        is_said = way.startswith("translate") or (way == "_(" and "%" not in text)
        (found.said if is_said else found.bare).append(text.replace("%", "%%"))


def _sentence(tokens: Iterator[Token], *, is_trimmed: bool) -> str:
    parts = []
    for token in tokens:
        if token.token_type == TokenType.VAR:
            parts.append(f"%({token.contents})s")
        elif token.token_type == TokenType.TEXT:
            parts.append(token.contents.replace("%", "%%"))
        else:
            break
    sentence = "".join(parts)
    return trim_whitespace(sentence) if is_trimmed else sentence
