"""Cells that read themselves in SQL: for each field of an item, which spellings are plain and what they mean.

A plain cell means in SQL what `borrowers.domain.cells` reads from it, to the last character; whatever is not plain goes
to that code, which alone gives reasons. So the columnar way is a fast lane, never a second opinion, and a property test
holds the two together.

Source: performance note, A (validate in columns, reasons only for rejects).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from borrowers.domain.archive import Storage, storage_of
from borrowers.domain.item_spec import FieldSpec, FieldType, ItemSpec, RowRule, RuleKind
from marketplace.domain.text import BLANK_TOKENS

MAPPED = frozenset(
    {FieldType.DATE, FieldType.MONTH, FieldType.CHOICE, FieldType.BOOLEAN, FieldType.USCC}
)
"""Types whose cells repeat: each distinct cell is read once by the scalar reader and joined."""

UNQUOTED = frozenset({FieldType.INTEGER, FieldType.BOOLEAN})
"""Types whose stored value is no JSON text."""

BLANKS = sorted(BLANK_TOKENS | {token.lower() for token in BLANK_TOKENS})
_HAN = "一-龥"
_SIGNS = "（）《》【】〔〕、，。：；！？·—“”‘’…％＋－／０-９Ａ-Ｚａ-ｚ"
_WORD = f"[!#-\\[\\]-~{_HAN}{_SIGNS}]"
_TEXT = f"{_WORD}+(?: {_WORD}+)*"
_SHORT = f"[0-9A-Za-z{_HAN}]+"
_KEY = f"[0-9A-Za-z{_HAN}()（）〔〕【】{{}}《》「」〈〉_#:;+*=.,、/\\-]+"
_BRACKETS = ("〔〕【】{}〈〉《》「」（）", "()()()()()()()")
_LONGEST_BLANK = 4
_BLANK_BYTES = max(len(token.encode()) for token in BLANKS)
_BLANK_FORM = "|".join(re.escape(token) for token in BLANKS)
_MOST_PLACES = 6
_YUAN_DIGITS, _INTEGER_DIGITS, _DECIMAL_DIGITS = 12, 14, 18
DIGEST_HEX = 15
"""Hexadecimal digits of a content's digest that fit a column of numbers."""

KEY_LENGTH = 160
_LOCAL_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Spelling:
    """What is known of the values of a file's mapped fields.

    Attributes:
        escaped: codes of fields whose texts hold what JSON escapes.
        lacking: codes of fields some of whose cells mean that nothing is stored.
    """

    escaped: frozenset[str]
    lacking: frozenset[str]


@dataclass(frozen=True, slots=True)
class FieldForm:
    """One field of a staged table in SQL.

    Attributes:
        spec: the field.
        column: of the staged table.
        plain: predicate; NULL or false where the scalar reader has to look. A blank cell is never plain.
        value: the stored value as text, where the cell is plain; empty for a mapped field.
        whole: the amount in fen, for money.
        is_mapped: its distinct cells are read once by the scalar reader; ``known_``, ``value_``, ``packed_`` and
            ``key_`` of the column say whether a cell has a meaning and which.
    """

    spec: FieldSpec
    column: str
    plain: str
    value: str
    whole: str = ""
    is_mapped: bool = False

    @property
    def blank(self) -> str:
        """Return the predicate of cells that hold nothing."""
        return f"(s.{self.column} IS NULL OR {_says_blank(f's.{self.column}')})"

    @property
    def fits(self) -> str:
        """Return the predicate of cells that this way reads; the scalar reader has to see the rows of others."""
        if self.spec.required:
            return self.plain
        blank = f"s.{self.column} IS NULL" if self.is_mapped else self.blank
        return f"({blank} OR {self.plain})"

    @property
    def read(self) -> str:
        """Return the stored text of a cell that fits: NULL where nothing is stored."""
        return self._unless_blank(self.value)

    @property
    def packed(self) -> str:
        """Return what a segment holds of a cell that fits."""
        if self.is_mapped:
            return f"s.packed_{self.column}"
        return self._unless_blank(self.whole or packed_sql(storage_of(self.spec.type), self.value))

    @property
    def packed_name(self) -> str:
        """Return the column of what a segment holds."""
        return f"p_{self.spec.code}"

    def _unless_blank(self, value: str) -> str:
        if self.is_mapped or self.spec.required:
            return value
        cell = f"s.{self.column}"
        return f"CASE WHEN {cell} IS NULL OR {_says_blank(cell)} THEN NULL ELSE {value} END"


def packed_sql(storage: Storage, text: str) -> str:
    """Return the expression of a stored value's column from its stored text; decimals stay text."""
    match storage:
        case Storage.FEN:
            return f"CAST(TRY_CAST({text} AS DECIMAL(20, 2)) * 100 AS BIGINT)"
        case Storage.WHOLE:
            return f"TRY_CAST({text} AS BIGINT)"
        case Storage.DAYS:
            return f"CAST(TRY_CAST({text} AS DATE) - DATE '1970-01-01' AS INTEGER)"
    return text


def mapped(spec: FieldSpec, column: str) -> FieldForm:
    """Return the form of a field whose distinct cells the scalar reader reads."""
    return FieldForm(spec, column, f"s.known_{column}", "", is_mapped=True)


def form_of(spec: FieldSpec, column: str, scale: int, *, is_subject: bool) -> FieldForm:
    """Return how the cells of a field read in SQL.

    Args:
        spec: the field.
        column: of the staged table, an identifier of this program.
        scale: yuan per unit of a money column.
        is_subject: whether the field names the enterprise; its plain cells are looked up, not checked.
    """
    cell = f"s.{column}"
    if is_subject:
        return FieldForm(spec, column, _subject_plain(cell, spec), cell)
    if spec.type in MAPPED:
        return mapped(spec, column)
    if spec.type in (FieldType.MONEY_YUAN, FieldType.MONEY_WAN):
        return FieldForm(spec, column, *_money(cell, scale, negative=spec.negative))
    makers = {
        FieldType.TEXT: _text,
        FieldType.INTEGER: _integer,
        FieldType.DECIMAL: _decimal,
        FieldType.LOCAL_CODE: _local_code,
    }
    return FieldForm(spec, column, *makers[spec.type](cell, spec))


def natural_key_sql(item: ItemSpec, forms: Mapping[str, FieldForm]) -> str:
    """Return the natural key's expression over rows that `key_fits_sql` lets through."""
    parts = [_key_part(item.field(code), forms.get(code)) for code in item.natural_key]
    if not parts:
        return "'-'"
    joined = "concat(" + ", '|', ".join(parts) + ")"
    return joined if len(parts) > 1 else f"coalesce(nullif({joined}, ''), '-')"


def key_fits_sql(
    item: ItemSpec, forms: Mapping[str, FieldForm], longest: Mapping[str, int]
) -> list[str]:
    """Return predicates of rows whose natural key SQL can spell.

    Args:
        item: what the file holds.
        forms: by field code.
        longest: characters of the longest key part of a mapped field, by field code.
    """
    parts = [(code, forms[code]) for code in item.natural_key if code in forms]
    fits = [
        f"({form.blank} OR regexp_full_match(s.{form.column}, '{_KEY}'))"
        for _, form in parts
        if form.spec.type is FieldType.TEXT and not form.is_mapped
    ]
    most = sum(
        longest[code] if form.is_mapped else max(form.spec.max_length, _LOCAL_LENGTH)
        for code, form in parts
    )
    if most + len(item.natural_key) > KEY_LENGTH:
        fits.append(f"length({natural_key_sql(item, forms)}) <= {KEY_LENGTH}")
    return fits


def content_sql(item: ItemSpec, forms: Mapping[str, FieldForm], spelling: Spelling) -> str:
    """Return the canonical JSON text of a row, as `borrowers.domain.record.canonical_payload` writes it.

    Args:
        item: what the file holds.
        forms: by field code; the row has their `packed_name` columns.
        spelling: what of the texts is known.
    """
    return _object_sql(item, forms, spelling, sorted(forms))


def payload_sql(item: ItemSpec, forms: Mapping[str, FieldForm], spelling: Spelling) -> str:
    """Return a row's content in the order in which ``jsonb`` keeps keys, so that PostgreSQL need not sort them.

    Args: as `content_sql`.

    Source: PostgreSQL 15, ``lengthCompareJsonbStringValue``: shorter keys first, those of a length by their bytes.
    """
    return _object_sql(item, forms, spelling, sorted(forms, key=lambda code: (len(code), code)))


def day_sql(packed: str) -> str:
    """Return the date of days since 1970."""
    return f"(DATE '1970-01-01' + {packed})"


def digest_sql(content_digest: str) -> str:
    """Return the expression of the ``digest`` column from that of a content's digest."""
    return f"CAST('0x' || substr({content_digest}, 1, {DIGEST_HEX}) AS BIGINT)"


def digest_number(content_digest: str) -> int:
    """Return the ``digest`` of a content's digest, as `digest_sql` does.

    >>> digest_number("0123456789abcdef0123456789abcdef")
    5124095576030430
    """
    return int(content_digest[:DIGEST_HEX], 16)


def broken_rules_sql(item: ItemSpec, forms: Mapping[str, FieldForm]) -> list[str]:
    """Return predicates of rows that break a rule which rejects."""
    rules = [rule for rule in item.rules if rule.reject]
    return [_broken(rule, forms) for rule in rules if set(rule.field_codes) <= forms.keys()]


def quoted(texts: Iterable[str]) -> str:
    """Return texts as SQL literals with commas between.

    >>> quoted(["a", "it's"])
    "'a', 'it''s'"
    """
    return ", ".join("'" + text.replace("'", "''") + "'" for text in texts)


def _subject_plain(cell: str, spec: FieldSpec) -> str:
    if spec.type is FieldType.USCC:
        return f"length({cell}) = 18"
    return f"regexp_full_match({cell}, '[0-9A-Z][0-9A-Z_./]{{0,63}}')"


def _says_blank(cell: str) -> str:
    """Short cells alone are compared; a list of constants would be joined to every row."""
    return (
        f"(CASE WHEN strlen({cell}) <= {_BLANK_BYTES} "
        f"THEN regexp_full_match({cell}, '{_BLANK_FORM}') ELSE false END)"
    )


def _text(cell: str, spec: FieldSpec) -> tuple[str, str]:
    short = (
        f"(regexp_full_match({cell}, '{_SHORT}') "
        f"AND NOT regexp_full_match({cell}, '(?i:{_BLANK_FORM})'))"
    )
    plain = (
        f"(regexp_full_match({cell}, '{_TEXT}') AND (length({cell}) > {_LONGEST_BLANK} OR {short}) "
        f"AND (strlen({cell}) <= {spec.max_length} OR length({cell}) <= {spec.max_length}))"
    )
    return plain, cell


def _money(cell: str, scale: int, *, negative: bool) -> tuple[str, str, str]:
    """Amounts whose fen are whole without rounding, read as integers of fen and written with two places."""
    places = min(len(str(scale * 100)) - 1, _MOST_PLACES)
    sign = "-?" if negative else ""
    most = min(_YUAN_DIGITS, _DECIMAL_DIGITS - 2 * places)
    digits = f"(?:0|{sign}[1-9][0-9]{{0,{most - 1}}})(?:\\.[0-9]{{1,{places}}})?"
    factor = scale * 100
    decimal = f"TRY_CAST({cell} AS DECIMAL({_DECIMAL_DIGITS}, {places}))"
    fen = f"TRY(CAST({decimal} * {factor} AS BIGINT))"
    whole = f"(abs({fen}) // 100)::VARCHAR || '.' || lpad((abs({fen}) % 100)::VARCHAR, 2, '0')"
    value = f"CASE WHEN {fen} < 0 THEN '-' ELSE '' END || {whole}" if negative else whole
    return f"regexp_full_match({cell}, '{digits}')", value, fen


def _integer(cell: str, spec: FieldSpec) -> tuple[str, str]:
    form = f"(?:0|[1-9][0-9]{{0,{_INTEGER_DIGITS - 1}}})"
    return _in_range(f"regexp_full_match({cell}, '{form}')", cell, spec, "BIGINT"), cell


def _decimal(cell: str, spec: FieldSpec) -> tuple[str, str]:
    form = "(?:0|[1-9][0-9]{0,9})(?:\\.[0-9]{0,7}[1-9])?"
    return _in_range(f"regexp_full_match({cell}, '{form}')", cell, spec, "DECIMAL(18, 8)"), cell


def _in_range(plain: str, cell: str, spec: FieldSpec, kind: str) -> str:
    number = f"TRY_CAST({cell} AS {kind})"
    least = [f"{number} >= {Decimal(spec.minimum):f}"] if spec.minimum else []
    most = [f"{number} <= {Decimal(spec.maximum):f}"] if spec.maximum else []
    return "(" + " AND ".join([plain, *least, *most]) + ")"


def _local_code(cell: str, spec: FieldSpec) -> tuple[str, str]:
    """A unit's own code; eighteen characters are meant as a credit code and are read by the scalar code."""
    form = "[0-9A-Z][0-9A-Z_./]{0,63}"
    blank = _says_blank(cell)
    return f"(regexp_full_match({cell}, '{form}') AND length({cell}) <> 18 AND NOT {blank})", cell


def _object_sql(
    item: ItemSpec, forms: Mapping[str, FieldForm], spelling: Spelling, codes: Iterable[str]
) -> str:
    """Return a JSON object in one call of ``concat``: every ``||`` would copy what stands before it.

    A member that may be absent brings its comma along, on the side away from the first that never is.
    """
    members: list[str] = []
    is_first_sure = False
    for code in codes:
        if code == item.subject_field:
            continue
        form = forms[code]
        mark = "" if form.spec.type in UNQUOTED else '"'
        may_lack = not form.spec.required or code in spelling.lacking
        before = "," if is_first_sure else ""
        after = "," if may_lack and not is_first_sure else ""
        text = ", ".join(_stored_sql(form, is_escaped=code in spelling.escaped))
        member = f"'{before}\"{code}\":{mark}', {text}, '{mark}{after}'"
        if may_lack:
            member = f"CASE WHEN {form.packed_name} IS NULL THEN NULL ELSE concat({member}) END"
        is_first_sure = is_first_sure or not may_lack
        members.append(member)
    if not members:
        return "'{}'"
    inner = ", ".join(members)
    without_comma = f"rtrim(concat({inner}), ',')"
    return f"concat('{{', {inner if is_first_sure else without_comma}, '}}')"


def _stored_sql(form: FieldForm, *, is_escaped: bool) -> list[str]:
    """Return expressions which together spell a stored value, from what a segment holds of it."""
    packed = form.packed_name
    match storage_of(form.spec.type):
        case Storage.FEN:
            sign = [f"CASE WHEN {packed} < 0 THEN '-' END"] if form.spec.negative else []
            fen = f"abs({packed})" if form.spec.negative else packed
            return [*sign, f"{fen} // 100", "'.'", f"lpad(({fen} % 100)::VARCHAR, 2, '0')"]
        case Storage.DAYS:
            return [f"{day_sql(packed)}::VARCHAR"]
        case Storage.WHOLE:
            return [f"{packed}::VARCHAR"]
    if is_escaped:
        return [f"""replace(replace({packed}, '\\', '\\\\'), '"', '\\"')"""]
    return [packed]


def _key_part(spec: FieldSpec, form: FieldForm | None) -> str:
    if form is None:
        return "''"
    if form.is_mapped:
        return f"s.key_{form.column}"
    if spec.type is not FieldType.TEXT:
        return form.read
    return f"upper(translate({form.read}, '{_BRACKETS[0]}', '{_BRACKETS[1]}'))"


def _broken(rule: RowRule, forms: Mapping[str, FieldForm]) -> str:
    if rule.kind is RuleKind.ORDER:
        return f"coalesce({forms[rule.earlier].packed} > {forms[rule.later].packed}, false)"
    left = " - ".join(forms[code].packed for code in rule.field_codes)
    tolerance = int(Decimal(rule.tolerance) * 100)
    return f"coalesce(abs({left}) > {tolerance}, false)"
