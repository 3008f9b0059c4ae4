"""Rows of delivered sheets checked against a catalogue item and turned into credit records.

An item is compiled once per sheet (`compile_item`), then called for every row. A row is kept whole or not at all; a
row that is not kept says every reason.

Source: domain note 2.7 (forms and keys of 双公示), 2.9 (shape of a real catalogue's validation).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from borrowers.domain.cells import CellReader, CellRefused, CellValue, reader_for
from borrowers.domain.item_spec import FieldType, ItemSpec, RowRule, RuleKind
from borrowers.domain.rows import RowError, bind_columns, shape_errors
from marketplace.domain.text import BLANK_TOKENS, is_blank, name_key

NATURAL_KEY_LENGTH = 160
DIGEST_LENGTH = 32
"""Hexadecimal digits of a content's digest."""

_KEY_HEAD = 110
_BLANKS = BLANK_TOKENS | {token.lower() for token in BLANK_TOKENS}

Payload = dict[str, CellValue]
RowReader = Callable[[Mapping[str, str], int], "CleanRow | list[RowError]"]
RuleCheck = Callable[[Payload], str | None]


class CleanRow(NamedTuple):
    """A row that can be kept.

    Attributes:
        subject_code: the enterprise's credit code, or the unit's own code for it.
        subject_kind: ``USCC`` or ``LOCAL``.
        natural_key: canonical text that, within enterprise and item, tells this record from others; at most 160
            characters.
        event_date: when it happened; None when the item has no such date or it is open.
        payload: field code to stored value; blank fields are absent, the subject is not repeated.
        voided: the record stays on file and never counts (void invoice).
        warnings: codes of what is odd but kept: ``SUM_MISMATCH``, ``DATE_ORDER``.
    """

    subject_code: str
    subject_kind: str
    natural_key: str
    event_date: date | None
    payload: Payload
    voided: bool
    warnings: tuple[str, ...]


def compile_item(
    item: ItemSpec, headers: Iterable[str] | None = None, received_on: date | None = None
) -> RowReader:
    """Return the function that checks the rows of one sheet of an item.

    The function takes a row (title to text) and its number and returns the clean row, or every reason against it.

    Args:
        item: the catalogue item.
        headers: the sheet's titles; None when the rows are keyed by field codes.
        received_on: the day of delivery; an event after it is refused. None to allow any.

    Raises:
        Refused: ``SHEET_COLUMN_MISSING`` when a required field has no title.
    """
    titles = [spec.code for spec in item.fields] if headers is None else list(headers)
    plan = _plan(item, titles)
    labels = {spec.code: spec.label for spec in item.fields}
    required = {spec.code for spec in item.fields if spec.required}
    checks = [(rule, _rule_check(rule)) for rule in item.rules]
    finish = _finisher(item, received_on)

    def read_row(row: Mapping[str, str], row_number: int) -> CleanRow | list[RowError]:
        payload: Payload = {}
        errors = shape_errors(row, row_number)
        blank: list[str] = []
        for header, code, read in plan:
            text = row.get(header, "")
            if text in _BLANKS:
                blank.append(code)
                continue
            try:
                value = read(text)
            except CellRefused as refusal:
                if is_blank(text):
                    blank.append(code)
                else:
                    errors.append(_refused(row_number, labels[code], refusal))
                continue
            if value is not None:
                payload[code] = value
        errors += [_required(row_number, labels[code]) for code in blank if code in required]
        warnings = _apply_rules(item, checks, payload, row_number, errors)
        return errors or finish(payload, warnings, row_number)

    return read_row


def validate_row(
    item: ItemSpec, mapping: Mapping[str, str], row_number: int, received_on: date | None = None
) -> CleanRow | list[RowError]:
    """Return one clean row or every reason against it; for whole sheets compile the item instead.

    Raises:
        Refused: ``SHEET_COLUMN_MISSING`` when a required field has no title.
    """
    return compile_item(item, mapping, received_on)(mapping, row_number)


def canonical_payload(payload: Mapping[str, Any]) -> str:
    """Return the content as one canonical JSON text: sorted keys, no spaces.

    >>> canonical_payload({"b": 1, "a": "元"})
    '{"a":"元","b":1}'
    """
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_digest(payload: Mapping[str, Any]) -> str:
    """Return 32 hexadecimal characters (the first half of SHA-256) over the canonical content.

    Equal digests mean the same content: a row delivered again is a duplicate, not a correction.
    """
    return digest_of(canonical_payload(payload))


def digest_of(content: str) -> str:
    """Return the digest of a content's canonical text, as `content_digest` does of the content."""
    return hashlib.sha256(content.encode()).hexdigest()[:DIGEST_LENGTH]


def natural_key_part(text: str, *, is_text: bool) -> str:
    r"""Return how a stored value stands in a natural key.

    >>> natural_key_part("津示罚〔2026〕1号", is_text=True), natural_key_part("a|b", is_text=True)
    ('津示罚(2026)1号', 'A\\|B')
    """
    if not is_text or (text.isascii() and text.isalnum()):
        return text.upper()
    return name_key(text).replace("\\", "\\\\").replace("|", "\\|")


def _plan(item: ItemSpec, titles: list[str]) -> list[tuple[str, str, CellReader]]:
    """Return title, field code and reader of every field the sheet has and that is kept."""
    binding = bind_columns(item.columns, titles)
    binding.refuse_missing()
    return [
        (
            binding.headers[spec.code],
            spec.code,
            reader_for(spec, item.subject, binding.money_scale.get(spec.code)),
        )
        for spec in item.fields
        if spec.code in binding.headers and spec.kept
    ]


def _required(row_number: int, label: str) -> RowError:
    return RowError(row_number, label, "FIELD_REQUIRED", f"{label}为必填项，不能为空。")


def _refused(row_number: int, label: str, refusal: CellRefused) -> RowError:
    return RowError(row_number, label, refusal.code, f"{label}：{refusal.sentence}")


def _finisher(
    item: ItemSpec, received_on: date | None
) -> Callable[[Payload, tuple[str, ...], int], CleanRow | list[RowError]]:
    """Return what makes the clean row of a complete, correct payload."""
    subject, event = item.subject_field, item.event_date
    key_parts = [(code, item.field(code).type is FieldType.TEXT) for code in item.natural_key]
    void_field, void_values = item.void_field, frozenset(item.void_values)
    by_uscc = item.field(subject).type is FieldType.USCC
    event_label = item.field(event).label if event else ""

    def finish(
        payload: Payload, warnings: tuple[str, ...], row_number: int
    ) -> CleanRow | list[RowError]:
        code = str(payload.pop(subject))
        written = payload.get(event)
        event_date = date.fromisoformat(str(written)) if written else None
        if received_on and event_date and event_date > received_on:
            sentence = f"{event_label}“{written}”晚于报送日期 {received_on.isoformat()}。"
            return [RowError(row_number, event_label, "EVENT_IN_FUTURE", sentence)]
        kind = "USCC" if by_uscc or len(code) == 18 else "LOCAL"
        voided = bool(void_field) and payload.get(void_field) in void_values
        key = _natural_key(payload, key_parts)
        return CleanRow(code, kind, key, event_date, payload, voided, warnings)

    return finish


def _natural_key(payload: Payload, parts: list[tuple[str, bool]]) -> str:
    """Join the key fields; spelling of texts (width, brackets, spaces, case) makes no difference."""
    texts = [
        natural_key_part(str(payload.get(code, "")), is_text=is_text) for code, is_text in parts
    ]
    key = "|".join(texts) or "-"
    if len(key) <= NATURAL_KEY_LENGTH:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[:_KEY_HEAD]}#{digest[: NATURAL_KEY_LENGTH - _KEY_HEAD - 1]}"


def _apply_rules(
    item: ItemSpec,
    checks: list[tuple[RowRule, RuleCheck]],
    payload: Payload,
    row_number: int,
    errors: list[RowError],
) -> tuple[str, ...]:
    """Add the reasons of broken rules that reject; return the codes of those that only warn."""
    warnings: list[str] = []
    for rule, check in checks:
        sentence = check(payload)
        if sentence is None:
            continue
        code = "DATE_ORDER" if rule.kind is RuleKind.ORDER else "SUM_MISMATCH"
        if not rule.reject:
            warnings.append(code)
            continue
        named = item.field(rule.later or rule.total).label
        other = "、".join(
            item.field(c).label for c in rule.field_codes if c not in (rule.later, rule.total)
        )
        errors.append(RowError(row_number, named, code, f"{named}与{other}不符：{sentence}"))
    return tuple(warnings)


def _rule_check(rule: RowRule) -> RuleCheck:
    """Return a check that gives the sentence of a broken rule, None when it holds or a value is missing."""
    if rule.kind is RuleKind.ORDER:
        return _order_check(rule.earlier, rule.later)
    return _sum_check(rule.total, rule.parts, int(Decimal(rule.tolerance) * 100))


def _order_check(earlier: str, later: str) -> RuleCheck:
    def check(payload: Payload) -> str | None:
        first, second = payload.get(earlier), payload.get(later)
        if first is None or second is None or str(first) <= str(second):
            return None
        return f"“{second}”早于“{first}”。"

    return check


def _sum_check(total: str, parts: tuple[str, ...], tolerance_fen: int) -> RuleCheck:
    signs = [(total, 1), *((part, -1) for part in parts)]

    def check(payload: Payload) -> str | None:
        left = 0
        for code, sign in signs:
            amount = payload.get(code)
            if amount is None:
                return None
            left += sign * int(str(amount).replace(".", ""))
        if -tolerance_fen <= left <= tolerance_fen:
            return None
        return f"合计“{payload[total]}”元不等于各项之和。"

    return check
