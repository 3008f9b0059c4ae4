"""The gates of a whitelist in parts that read different facts, so that a whole district can be judged set-wise.

Enterprises by the thousand share a few statuses, sizes, months of age and days of saying yes. Each part of the gates is
asked once for each value that occurs, by the one gate function; what it says of an enterprise is what its parts say,
one after the other. A property test holds the two together.

Source: domain note 2.3; parameters ``whitelist.*``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from marketplace.domain import uscc as uscc_rule
from marketplace.domain.parameters import ParameterSet
from marketplace.domain.verdict import Verdict
from matching.domain.whitelist import (
    MARK_CODES,
    UNKNOWN_SUFFIX,
    GateResult,
    WhitelistCandidate,
    gates,
)

ANY_CODE = uscc_rule.make("91", "120000", "MA000000")
"""Valid and nobody's: parts that do not judge the code must not stumble over it."""


@dataclass(frozen=True)
class Part:
    """Gates and marks that read the same facts.

    Attributes:
        name: for the column that holds the facts' key.
        reads: attributes of `WhitelistCandidate`, evidence left out.
        codes: of the gates' and marks' verdicts.
    """

    name: str
    reads: tuple[str, ...]
    codes: frozenset[str]


@dataclass(frozen=True)
class PartResult:
    """What a part says: gates passed, gates that keep out, gates made soft, and marks."""

    passes: tuple[Verdict, ...]
    refusals: tuple[Verdict, ...]
    softened: tuple[Verdict, ...]
    warnings: tuple[Verdict, ...]


PARTS = (
    Part(
        "register",
        ("uscc", "registration_status", "district_code"),
        frozenset(
            {"WL_IDENTITY", "WL_USCC_INVALID", "WL_NOT_IN_REGISTER", "WL_STATUS", "WL_DISTRICT"}
        ),
    ),
    Part(
        "lists",
        (
            "serious_breach",
            "dishonest_debtor",
            "abnormal_listed",
            "major_tax_violation",
            "tax_arrears_yuan",
            "enforcement_open_count",
            "serious_penalties_public",
            "evidence",
        ),
        frozenset(
            {
                "WL_SERIOUS_BREACH",
                "WL_DISHONEST_DEBTOR",
                "WL_ABNORMAL",
                "WL_MAJOR_TAX",
                "WL_MARK_TAX_ARREARS",
                "WL_MARK_ENFORCEMENT",
                "WL_MARK_PENALTY",
            }
        ),
    ),
    Part("willing", ("willing", "willing_date"), frozenset({"WL_WILLING"})),
    Part("size", ("size_class",), frozenset({"WL_SIZE"})),
    Part("age", ("established_date",), frozenset({"WL_AGE"})),
    Part("grade", ("grade",), frozenset({"WL_MARK_GRADE"})),
)
"""In the order in which the gates speak."""

WARNING_ORDER = ("grade", "lists")
"""Parts with marks, in the order in which the marks speak."""


def part_decide(
    part: Part,
    facts: Mapping[str, Any],
    district: str,
    on: date,
    parameters: ParameterSet,
    *,
    seen: dict[Any, Verdict] | None = None,
) -> PartResult:
    """Return what one part of the gates says of an enterprise of the register.

    Args:
        part: one of `PARTS`.
        facts: attributes of a candidate, those the part reads; a valid code is taken where none is given.
        district, on, parameters, seen: as for `gates`.

    Raises:
        Refused: as `gates`.
    """
    candidate = WhitelistCandidate(**{"uscc": ANY_CODE, "in_register": True, **facts})
    found = gates(candidate, district, on, parameters, seen=seen, only=part.codes)
    marks = _of(part, found.marks)
    return PartResult(
        passes=_of(part, found.passes),
        refusals=_of(part, found.refusals),
        softened=tuple(verdict for verdict in marks if _code(verdict) not in MARK_CODES),
        warnings=tuple(verdict for verdict in marks if _code(verdict) in MARK_CODES),
    )


def parts_joined(results: Mapping[str, PartResult]) -> GateResult:
    """Return what the gates say, from what each part says by its name; a part that was not asked says nothing."""
    spoken = [results[part.name] for part in PARTS if part.name in results]
    warned = [results[name] for name in WARNING_ORDER if name in results]
    refusals = _flat([part.refusals for part in spoken])
    return GateResult(
        admitted=not refusals,
        refusals=refusals,
        marks=_flat([*(part.softened for part in spoken), *(part.warnings for part in warned)]),
        passes=_flat([part.passes for part in spoken]),
    )


def _of(part: Part, verdicts: Iterable[Verdict]) -> tuple[Verdict, ...]:
    return tuple(verdict for verdict in verdicts if _code(verdict) in part.codes)


def _code(verdict: Verdict) -> str:
    return verdict.rule_code.removesuffix(UNKNOWN_SUFFIX)


def _flat(groups: Sequence[Sequence[Verdict]]) -> tuple[Verdict, ...]:
    return tuple(verdict for group in groups for verdict in group)
