"""Rows whose subject has no valid credit code, but a 15-digit number or a name that the register knows.

They are never matched by themselves: an old number may have been written for another firm, and names are used twice.
Such a row waits until a person says whose it is.

Source: issue rule "15-digit 注册号 and names only as reviewed candidates"; domain note 3.1.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from borrowers.domain.item_spec import ItemSpec, Subject
from borrowers.domain.rows import RowError, bind_columns
from marketplace.domain.machine import Machine, Transition
from marketplace.domain.roles import SYSTEM, Role
from marketplace.domain.text import name_key
from marketplace.domain.uscc import normalize, shown

TO_REVIEW = "SUBJECT_TO_REVIEW"
UNMATCHED = "SUBJECT_UNMATCHED"
CONFIRMED = "SUBJECT_CONFIRMED"
REFUSED = "SUBJECT_REFUSED"
MOST_PROPOSED = 10
PLACEHOLDER = "91120101MA0501012L"
"""A valid code that stands in for the missing one while the rest of the row is checked."""

_NUMBER = re.compile(r"\d{15}", re.ASCII)
_SHORTEST_NAME = 4
_OPERATOR = frozenset({Role.OPERATOR})

CANDIDATE = Machine(
    name="subject_candidate",
    initial="WAITING",
    labels={
        "WAITING": "待核对",
        "ACCEPTED": "已确认主体",
        "REFUSED": "已退回",
        "LAPSED": "到期未核对",
    },
    transitions=(
        Transition("WAITING", "ACCEPT", "ACCEPTED", _OPERATOR, "确认主体并入库"),
        Transition("WAITING", "REFUSE", "REFUSED", _OPERATOR, "退回"),
        Transition("WAITING", "LAPSE", "LAPSED", frozenset({SYSTEM}), "到期"),
    ),
)
"""WAITING → ACCEPTED | REFUSED by a person; LAPSED when the row itself may be held no longer."""


class Basis(StrEnum):
    """Why an enterprise is proposed."""

    REGISTRATION_NO = "REGISTRATION_NO"
    NAME = "NAME"


BASIS_LABELS = {
    Basis.REGISTRATION_NO: "15位注册号一致",
    Basis.NAME: "名称一致",
}


@dataclass(frozen=True, slots=True)
class Clues:
    """What a row says of its subject beside a credit code.

    Attributes:
        code: what stands in the place of the credit code, as written.
        numbers: registration numbers of 15 digits.
        name: as written; empty when there is none.
    """

    code: str
    numbers: frozenset[str]
    name: str

    @property
    def name_key(self) -> str:
        """Return the form under which spellings of the name are equal."""
        return name_key(self.name)

    @property
    def shown_code(self) -> str:
        """Return the code as a person may see it: what may be an identity or an old number keeps its end only."""
        return shown(self.code)

    @property
    def shown_numbers(self) -> tuple[str, ...]:
        """Return the old numbers with their end only: those of individuals may come from an identity number."""
        return tuple(shown(number) for number in sorted(self.numbers))

    def __bool__(self) -> bool:
        """Return whether the register can be asked at all."""
        return bool(self.numbers or self.name)

    def bases(self, registration_no: str, name_normalized: str) -> tuple[Basis, ...]:
        """Return why an enterprise of the register is proposed; empty when it is not."""
        found = {
            Basis.REGISTRATION_NO: registration_no in self.numbers,
            Basis.NAME: bool(self.name) and name_normalized == self.name_key,
        }
        return tuple(basis for basis, holds in found.items() if holds)


class ClueReader:
    """Finds the clues in the rows of one sheet."""

    def __init__(self, item: ItemSpec, titles: Iterable[str]) -> None:
        headers = bind_columns(item.columns, titles).headers
        self.subject_title = headers.get(item.subject_field, "")
        self._name_title = headers.get(item.name_field, "")
        self._number_title = headers.get(item.registration_field, "")

    def clues(self, row: Mapping[str, str]) -> Clues:
        """Return what a row says of its subject."""
        code = row.get(self.subject_title, "")
        spelled = (
            normalize(row.get(title, "")) for title in (self.subject_title, self._number_title)
        )
        numbers = frozenset(number for number in spelled if _NUMBER.fullmatch(number))
        name = row.get(self._name_title, "")
        return Clues(code, numbers, name if len(name_key(name)) >= _SHORTEST_NAME else "")

    def with_subject(self, row: Mapping[str, str], uscc: str) -> dict[str, str]:
        """Return the row with a credit code in its place."""
        return {**row, self.subject_title: uscc}


def is_about_subject(item: ItemSpec, errors: Collection[RowError], clues: Clues) -> bool:
    """Return whether nothing but its subject's code keeps a row out, and the register can be asked for it.

    A valid code that the register does not hold is nobody else's. A unit's own code is confirmed once for all rows,
    unless it is a registration number where a credit code could stand.
    """
    label = item.field(item.subject_field).label
    if not clues or any(error.field != label for error in errors):
        return False
    codes = {error.code for error in errors}
    if "SUBJECT_ALIAS_UNKNOWN" in codes:
        return item.subject is Subject.EITHER and bool(_NUMBER.fullmatch(normalize(clues.code)))
    return "SUBJECT_UNKNOWN" not in codes


def review_reason(
    item: ItemSpec, row_number: int, clues: Clues, bases: Iterable[Basis]
) -> RowError:
    """Return the reason that stands beside those against the code: who was found, or that nobody was.

    Args:
        item: the item.
        row_number: of the row.
        clues: of the row.
        bases: of every enterprise that is proposed.
    """
    label = item.field(item.subject_field).label
    found = list(dict.fromkeys(bases))
    if not found:
        tried = "、".join(
            text
            for text, is_there in (("15位注册号", clues.numbers), ("名称", clues.name))
            if is_there
        )
        return RowError(row_number, label, UNMATCHED, f"按{tried}在登记库中也没有找到市场主体。")
    said = "、".join(BASIS_LABELS[basis] for basis in sorted(found, reverse=True))
    sentence = f"登记库中有{said}的市场主体，已留待人工核对；核对之前不计入信用记录。"
    return RowError(row_number, label, TO_REVIEW, sentence)


def settled_reason(state: str, reason: str) -> tuple[str, str] | None:
    """Return code and sentence that stand against a row once a person has decided; None while nobody has.

    Args:
        state: of the candidate.
        reason: why it was refused.
    """
    if state == "ACCEPTED":
        return CONFIRMED, "经人工核对已确认主体，已由核对批次处理。"
    if state == "REFUSED":
        return REFUSED, f"经人工核对不能确定主体：{reason}"
    return None


def recounted(reasons: Mapping[str, int], code: str) -> dict[str, int]:
    """Return the tally of a batch's reasons after one of its waiting rows was settled.

    >>> recounted({TO_REVIEW: 1, "USCC_EMPTY": 1}, REFUSED)
    {'SUBJECT_REFUSED': 1, 'USCC_EMPTY': 1}
    """
    counts = dict(reasons)
    counts[TO_REVIEW] = counts.get(TO_REVIEW, 0) - 1
    counts[code] = counts.get(code, 0) + 1
    return {name: count for name, count in sorted(counts.items()) if count > 0}
