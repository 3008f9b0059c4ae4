"""Does this product fit this need: three-valued, with a reason per rule.

A rule's answer is yes, no, or cannot tell; "cannot tell" says whether data is missing, out of date, or not
authorised, and then which class. Deciding is kept apart from wording, so that many products can be decided quickly and
only the shown ones are spelled out.

Source: design law 1; domain note 2.1 (which data needs consent).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from lenders.domain.product import ProductTerms, rules_of_terms
from lenders.domain.rule import (
    FEATURES,
    Feature,
    FeatureKind,
    Operator,
    RuleSpec,
    RuleValue,
    display_value,
    sentence_of,
)
from marketplace.domain.verdict import OUTCOME_LABELS, Outcome, Verdict, overall
from marketplace.domain.vocabulary import DATA_CLASS_LABELS, DataClass
from matching.domain.reasons import verdict_from_json, verdict_to_json


class Missing(StrEnum):
    """Why a fact is not there."""

    NOT_AUTHORIZED = "NOT_AUTHORIZED"
    NO_RECORD = "NO_RECORD"
    STALE = "STALE"


class Audience(StrEnum):
    """Whom a sentence is written for; what each may know is decided by the facts, not by the words."""

    BORROWER = "BORROWER"
    OFFICER = "OFFICER"


@dataclass(frozen=True)
class Fact:
    """What is known of one feature of one enterprise.

    Attributes:
        value: Decimal or int for numbers, a code or several for coded features, bool; None when not known.
        missing: why it is not known; a fact without value and reason counts as ``NO_RECORD``.
        data_class: for ``NOT_AUTHORIZED``, the class that would have to be authorised.
        as_of: for ``STALE``, the date up to which data is there.
        evidence_ids: public ids of the records behind it.
    """

    value: Any = None
    missing: Missing | None = None
    data_class: DataClass | None = None
    as_of: date | None = None
    evidence_ids: tuple[str, ...] = ()

    @classmethod
    def of(cls, value: Any, *evidence_ids: str) -> Fact:
        """Return a known fact."""
        return cls(value=value, evidence_ids=evidence_ids)

    @classmethod
    def not_authorized(cls, data_class: DataClass) -> Fact:
        """Return a fact that the enterprise has not authorised anybody to read."""
        return cls(missing=Missing.NOT_AUTHORIZED, data_class=data_class)

    @classmethod
    def no_record(cls) -> Fact:
        """Return a fact of which there is no record."""
        return cls(missing=Missing.NO_RECORD)

    @classmethod
    def stale(cls, as_of: date, *evidence_ids: str) -> Fact:
        """Return a fact whose data is too old to judge by."""
        return cls(missing=Missing.STALE, as_of=as_of, evidence_ids=evidence_ids)

    @property
    def is_known(self) -> bool:
        """Return whether there is a value to judge by."""
        return self.value is not None and self.missing is None


FeatureFacts = Mapping[str, Fact]
"""Feature code to fact; a feature that is left out has no record."""

UNKNOWN = Fact.no_record()

Seen = dict[tuple[str, Operator, RuleValue], tuple[Outcome, str]]
"""What was found already: of one enterprise, rules that demand the same are answered in the same words.

One memory serves the same facts and the same audience only.
"""


@dataclass(frozen=True)
class FitResult:
    """Whether a product fits, and every reason.

    Attributes:
        outcome: all rules taken together.
        verdicts: the product's own terms first, then its rules in their order.
        fits, does_not_fit, cannot_tell: how many verdicts of each kind.
        missing_classes: data classes whose authorisation would answer what cannot be told now.
    """

    outcome: Outcome
    verdicts: tuple[Verdict, ...]
    fits: int
    does_not_fit: int
    cannot_tell: int
    missing_classes: tuple[DataClass, ...] = ()

    def of(self, outcome: Outcome) -> tuple[Verdict, ...]:
        """Return the verdicts with one outcome."""
        return tuple(verdict for verdict in self.verdicts if verdict.outcome is outcome)


def fit(
    terms: ProductTerms,
    rules: Sequence[RuleSpec],
    facts: FeatureFacts,
    on: date,
    *,
    version: str = "",
    seen: Seen | None = None,
    audience: Audience = Audience.OFFICER,
) -> FitResult:
    """Return whether a product fits an enterprise and its need on a date.

    Args:
        terms: amount, term, purposes, guarantees and districts give verdicts of their own.
        rules: the version's rules; those not in force on the date are left out.
        facts: the need's and the enterprise's facts.
        on: business date.
        version: printed on every verdict, e.g. ``v3``.
        seen: filled and read when given; one for the same facts and audience only, for many products.
        audience: whom the sentences are written for.
    """
    memory: Seen = {} if seen is None else seen
    applied = [*rules_of_terms(terms), *(rule for rule in rules if rule.in_force(on))]
    found = [facts.get(rule.feature, UNKNOWN) for rule in applied]
    verdicts = tuple(
        _spell(rule, fact, version, memory, audience)
        for rule, fact in zip(applied, found, strict=True)
    )
    return _result(verdicts, found)


def fit_many(
    offers: Iterable[tuple[ProductTerms, Sequence[RuleSpec]]], facts: FeatureFacts, on: date
) -> tuple[FitResult, ...]:
    """Return the fit of one need with many products, in their order; the same as `fit` one by one."""
    seen: Seen = {}
    return tuple(fit(terms, rules, facts, on, seen=seen) for terms, rules in offers)


def evaluate_rule(
    rule: RuleSpec, facts: FeatureFacts, on: date, audience: Audience = Audience.OFFICER
) -> Verdict:
    """Return the finding of one rule about one enterprise.

    Args:
        rule: in force on the date.
        facts: feature code to fact.
        on: business date.
        audience: whom the sentence is written for.

    Raises:
        ValueError: the rule is not in force on the date; the caller picks the rules.
    """
    if not rule.in_force(on):
        raise ValueError(f"rule {rule.code} is not in force on {on}")
    return _spell(rule, facts.get(rule.feature, UNKNOWN), "", {}, audience)


def decide(rule: RuleSpec, fact: Fact) -> Outcome:
    """Return the bare outcome of a rule, without words.

    A value that cannot be read as the feature's kind decides nothing.
    """
    if not fact.is_known:
        return Outcome.CANNOT_TELL
    passed = _compare(rule, fact.value)
    if passed is None:
        return Outcome.CANNOT_TELL
    return Outcome.FITS if passed else Outcome.DOES_NOT_FIT


def why_unknown(fact: Fact) -> str:
    """Return why a fact gives nothing to judge by, in Chinese, without full stop."""
    if fact.missing is Missing.NOT_AUTHORIZED:
        label = DATA_CLASS_LABELS[fact.data_class] if fact.data_class else "相关"
        return f"未授权查询“{label}”信息"
    if fact.missing is Missing.STALE:
        return f"数据未更新（截至 {fact.as_of.isoformat()}）" if fact.as_of else "数据未更新"
    return "缺少数据" if fact.value is None else "数据无法识别"


def number_of(own: Any) -> Decimal | None:
    """Return a value as an exact number, None when it cannot be read as one."""
    if isinstance(own, bool) or own is None:
        return None
    try:
        number = own if isinstance(own, Decimal) else Decimal(str(own))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def own_words(feature: Feature, fact: Fact, audience: Audience, *, told: bool) -> str:
    """Return what the subject has of a feature, or why that cannot be told, as part of a sentence.

    Args:
        feature: what is looked at.
        fact: what is known of it.
        audience: whom it is said to.
        told: whether the fact decides; unreadable values are known but do not.
    """
    if audience is Audience.OFFICER:
        return f"实际{_own(feature, fact.value)}" if told else why_unknown(fact)
    if not told:
        return _unknown_to_borrower(fact)
    whose = "本次需求" if feature.declared else "贵企业"
    shown = _own(feature, fact.value)
    return f"{whose}为{shown}" if feature.is_numeric else f"{whose}{shown}"


def finding_sentence(asked: str, own: str, outcome: Outcome, audience: Audience) -> str:
    """Return one Chinese sentence of what a rule asks, what there is, and what follows.

    Args:
        asked: from `lenders.domain.rule.sentence_of`.
        own: from `own_words`.
        outcome: what the rule found.
        audience: whom it is said to.
    """
    if audience is Audience.BORROWER:
        return f"要求{asked}，{own}，{OUTCOME_LABELS[outcome]}。"
    return f"{asked}：{own}，{OUTCOME_LABELS[outcome]}。"


def truth_of(own: Any) -> bool | None:
    """Return a value as a truth value, None when it cannot be read as one; integer engines write 0 and 1."""
    return bool(own) if isinstance(own, int) and own in (0, 1) else None


def fit_to_json(result: FitResult) -> dict[str, Any]:
    """Return the result as JSON values, to be frozen with an application."""
    return {
        "outcome": result.outcome.value,
        "fits": result.fits,
        "does_not_fit": result.does_not_fit,
        "cannot_tell": result.cannot_tell,
        "missing_classes": [data_class.value for data_class in result.missing_classes],
        "verdicts": [verdict_to_json(verdict) for verdict in result.verdicts],
    }


def fit_from_json(data: Mapping[str, Any]) -> FitResult:
    """Return the result that `fit_to_json` wrote; values and limits come back as text."""
    verdicts = tuple(verdict_from_json(row) for row in data["verdicts"])
    return FitResult(
        Outcome(data["outcome"]),
        verdicts,
        data["fits"],
        data["does_not_fit"],
        data["cannot_tell"],
        tuple(DataClass(code) for code in data["missing_classes"]),
    )


def _result(verdicts: tuple[Verdict, ...], facts: Sequence[Fact]) -> FitResult:
    outcomes = [verdict.outcome for verdict in verdicts]
    missing = {fact.data_class for fact in facts if fact.missing is Missing.NOT_AUTHORIZED}
    return FitResult(
        overall(outcomes),
        verdicts,
        outcomes.count(Outcome.FITS),
        outcomes.count(Outcome.DOES_NOT_FIT),
        outcomes.count(Outcome.CANNOT_TELL),
        tuple(data_class for data_class in DataClass if data_class in missing),
    )


def _spell(rule: RuleSpec, fact: Fact, version: str, seen: Seen, audience: Audience) -> Verdict:
    key = (rule.feature, rule.operator, rule.value)
    if key not in seen:
        seen[key] = _found(rule, fact, audience)
    outcome, sentence = seen[key]
    return Verdict(
        rule_code=rule.code,
        outcome=outcome,
        sentence=sentence,
        own_value=fact.value if fact.is_known else None,
        limit=rule.value,
        unit=FEATURES[rule.feature].unit,
        evidence_ids=fact.evidence_ids,
        parameter_version=version or _version(rule),
    )


def _found(rule: RuleSpec, fact: Fact, audience: Audience) -> tuple[Outcome, str]:
    outcome = decide(rule, fact)
    told = outcome is not Outcome.CANNOT_TELL
    own = own_words(FEATURES[rule.feature], fact, audience, told=told)
    return outcome, finding_sentence(sentence_of(rule), own, outcome, audience)


def _unknown_to_borrower(fact: Fact) -> str:
    if fact.missing is Missing.NOT_AUTHORIZED:
        return f"贵企业{why_unknown(fact).replace('未授权', '尚未授权机构')}"
    return f"贵企业这项{why_unknown(fact)}"


def _version(rule: RuleSpec) -> str:
    return "" if rule.effective_from == date.min else rule.effective_from.isoformat()


def _own(feature: Feature, value: Any) -> str:
    if feature.kind is FeatureKind.BOOLEAN:
        return feature.when_true if truth_of(value) else feature.when_false
    shown = display_value(feature, value)
    return f"为{shown}" if feature.is_coded else f" {shown}"


def _compare(rule: RuleSpec, own: Any) -> bool | None:
    limit = rule.value
    if isinstance(limit, bool):
        truth = truth_of(own)
        return None if truth is None else truth is limit
    if rule.operator in (Operator.IN, Operator.NOT_IN):
        return _compare_codes(rule, own)
    number = number_of(own)
    if number is None:
        return None
    if isinstance(limit, tuple):
        low, high = (Decimal(end) for end in limit)
        return low <= number <= high
    return number >= limit if rule.operator is Operator.GE else number <= limit


def _compare_codes(rule: RuleSpec, own: Any) -> bool | None:
    # A set fits when one of its codes is allowed, and breaks an exclusion when one is excluded.
    # A code outside the feature's list is unreadable data, and decides neither way.
    codes = {own} if isinstance(own, str) else own
    if not isinstance(codes, set | frozenset | list | tuple) or not isinstance(rule.value, tuple):
        return None
    if not all(FEATURES[rule.feature].has_code(str(code)) for code in codes):
        return None
    shared = any(code in rule.value for code in codes)
    return shared if rule.operator is Operator.IN else not shared
