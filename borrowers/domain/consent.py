"""Consent (授权) as a value: what an enterprise allows one lender to read, for what, about when, until when.

The terms are what is signed: they have one canonical text, and the Chinese wording shown to the signer is made from
them and hashed. Whether a consent lives is decided from its dates whenever data are read, never by a job.

Source: domain note 0.1, 0.3, 2.4, 2.6; anchors note 1.2; 征信业管理条例 第十八、二十、二十九条.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from borrowers.domain.consent_text import TEXT_VERSIONS, ConsentNames, ConsentText, write_text
from marketplace.domain.errors import Refused
from marketplace.domain.parameters import ParameterSet, load_parameters
from marketplace.domain.period import add_months
from marketplace.domain.verdict import Outcome, Verdict
from marketplace.domain.vocabulary import QUERY_PURPOSE_LABELS, DataClass, QueryPurpose
from marketplace.domain.workdays import BEIJING

__all__ = [
    "CONSENT_STATE_LABELS",
    "ConsentNames",
    "ConsentState",
    "ConsentTerms",
    "ConsentText",
    "canonical_json",
    "check_terms",
    "refuse_unfair_terms",
    "state_at",
    "terms_from_json",
    "text_for",
]

STATE_CLASSES = frozenset(
    kind.value
    for kind in (
        DataClass.REGISTRATION,
        DataClass.PEOPLE,
        DataClass.REAL_ESTATE,
        DataClass.INTELLECTUAL_PROPERTY,
        DataClass.QUALIFICATION,
    )
)
"""Classes whose records say what is, however long ago it began."""
_FILE = Path(__file__).resolve().parent.parent / "parameters" / "consent.toml"


class ConsentState(StrEnum):
    """State of a consent at a moment."""

    NOT_YET = "NOT_YET"
    LIVE = "LIVE"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


CONSENT_STATE_LABELS = {
    ConsentState.NOT_YET: "尚未生效",
    ConsentState.LIVE: "有效",
    ConsentState.EXPIRED: "已到期",
    ConsentState.REVOKED: "已撤回",
}


BY_APPLICATION = "APPLICATION"
"""A consent ended with the application it was given for."""

CONSENT_ENDING_LABELS = {
    "ENTERPRISE": "已撤回",
    BY_APPLICATION: "已终止（申请办结）",
    "EXPIRY": "已终止（有效期届满）",
    "MARKETPLACE": "已终止（平台终止）",
}
"""Who or what ended a consent, as its state."""

FEEDBACK_LABELS = {"AGREED": "同意", "NOT_AGREED": "不同意", "REVOKED": "已撤回"}
"""How an enterprise stands to the second clause."""


@dataclass(frozen=True, slots=True)
class ConsentTerms:
    """What is consented to; everything of it is signed.

    Attributes:
        subject: credit code of the enterprise that consents.
        lender: code or public id of the one institution that may read.
        purpose: value of ``QueryPurpose``.
        application_ref: public id of the one application it serves.
        data_classes: class numbers, e.g. ``("01", "09")``; any order, kept sorted in the canonical text.
        data_from, data_to: days the data are about, both included.
        valid_from, valid_until: aware moments, the end not included.
        data_life_days: how long the lender may keep what it read.
        feedback_clause: whether the lender may report the loan's outcome to the marketplace.
        text_version: version of the wording.
    """

    subject: str
    lender: str
    purpose: str
    application_ref: str
    data_classes: tuple[str, ...]
    data_from: date
    data_to: date
    valid_from: datetime
    valid_until: datetime
    data_life_days: int
    feedback_clause: bool
    text_version: str

    def covers(self, data_class: str, event_date: date | None) -> bool:
        """Return whether a record of that class and day may be read.

        Classes that show a state (a house owned since 2010) and records without a day are not bound to the period.
        """
        if data_class not in self.data_classes:
            return False
        if event_date is None or data_class in STATE_CLASSES:
            return True
        return self.data_from <= event_date <= self.data_to


def canonical_json(terms: ConsentTerms) -> str:
    """Return the one text of the terms that is signed: sorted keys and classes, moments in UTC.

    Raises:
        ValueError: a moment is not aware.
    """
    plain = asdict(terms)
    plain["data_classes"] = sorted(set(terms.data_classes))
    plain["data_from"] = terms.data_from.isoformat()
    plain["data_to"] = terms.data_to.isoformat()
    plain["valid_from"] = _utc(terms.valid_from)
    plain["valid_until"] = _utc(terms.valid_until)
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def terms_from_json(text: str) -> ConsentTerms:
    """Return the terms that a canonical text holds.

    Raises:
        ValueError: the text is not of this form.
    """
    try:
        plain: dict[str, Any] = json.loads(text)
        plain["data_classes"] = tuple(plain["data_classes"])
        for name in ("data_from", "data_to"):
            plain[name] = date.fromisoformat(plain[name])
        for name in ("valid_from", "valid_until"):
            plain[name] = datetime.fromisoformat(plain[name])
        return ConsentTerms(**plain)
    except (KeyError, TypeError) as error:
        raise ValueError("not the terms of a consent") from error


def text_for(terms: ConsentTerms, names: ConsentNames) -> ConsentText:
    """Return the Chinese wording of these terms with its SHA-256.

    Args:
        terms: what is consented to.
        names: the parties' names, which the terms hold as codes only.

    Raises:
        Refused: ``CONSENT_TEXT_VERSION`` for an unknown version.

    Source: domain note 0.1 (second clause), 2.6 (recipient, purpose, kinds, term, withdrawal).
    """
    return write_text(asdict(terms) | {"sha256": _sha256(canonical_json(terms))}, names)


def state_at(terms: ConsentTerms, revoked_at: datetime | None, at: datetime) -> ConsentState:
    """Return the state at a moment, from the dates alone.

    A revocation takes effect at its moment and is final; the end of validity is the first moment that no longer counts.
    """
    if revoked_at is not None and revoked_at <= at:
        return ConsentState.REVOKED
    if at < terms.valid_from:
        return ConsentState.NOT_YET
    return ConsentState.LIVE if at < terms.valid_until else ConsentState.EXPIRED


def feedback_end(
    feedback_revoked_at: datetime | None, revoked_at: datetime | None, ended_by: str
) -> datetime | None:
    """Return when the second clause of a consent ended, None while it holds.

    It ends when the enterprise takes it back, alone or with the whole consent. It outlives the period in which data
    may be read, as a loan outlives its review; it outlives the closing of the application too, as a loan whose end was
    wrongly reported lives on.

    Args:
        feedback_revoked_at: when the clause alone was taken back, aware.
        revoked_at: when the consent ended before its time, aware.
        ended_by: a key of ``CONSENT_ENDING_LABELS``, empty for a consent that did not.

    Source: 征信业管理条例 art. 29; domain note 0.1.
    """
    ends = [feedback_revoked_at]
    if ended_by != BY_APPLICATION:
        ends.append(revoked_at)
    return min((end for end in ends if end is not None), default=None)


def check_terms(
    terms: ConsentTerms, on: date, parameters: ParameterSet | None = None
) -> list[Verdict]:
    """Return the finding of every fair-use rule about the terms, the broken ones among them.

    Args:
        terms: what is asked for.
        on: the day of asking; decides which limits are in force.
        parameters: limits with an operator's values laid over; None for the shipped ones.

    Source: anchors note 1.2 (fair-use templates); 征信业管理条例 第十八、二十条.
    """
    parameter = (parameters or _shipped())["consent.fair_use"]
    limits: Mapping[str, Mapping[str, Any]] = parameter.value_on(on)
    version = parameter.version_on(on)
    verdicts = [_known_classes(terms), _known_purpose(terms, limits), _known_text(terms)]
    limit = limits.get(terms.purpose)
    if limit is not None:
        verdicts += [
            _application_named(terms, limit),
            _validity(terms, limit),
            _data_period(terms, limit, on),
            _data_life(terms, limit),
        ]
    return [_versioned(verdict, version) for verdict in verdicts]


def refuse_unfair_terms(
    terms: ConsentTerms, on: date, parameters: ParameterSet | None = None
) -> None:
    """Refuse terms that break a fair-use rule.

    Raises:
        Refused: ``CONSENT_TERMS_UNFAIR`` with a sentence for each broken rule, at the field of the terms it is about.
    """
    broken = [verdict for verdict in check_terms(terms, on, parameters) if not verdict.passed]
    if broken:
        fields = {_FIELD_OF_RULE[verdict.rule_code]: verdict.sentence for verdict in broken}
        raise Refused("CONSENT_TERMS_UNFAIR", broken[0].sentence, fields)


_FIELD_OF_RULE = {
    "CONSENT_CLASSES": "data_classes",
    "CONSENT_PURPOSE": "purpose",
    "CONSENT_TEXT_VERSION": "text_version",
    "CONSENT_APPLICATION": "application_ref",
    "CONSENT_VALIDITY": "valid_until",
    "CONSENT_DATA_PERIOD": "data_from",
    "CONSENT_DATA_LIFE": "data_life_days",
}


def _known_classes(terms: ConsentTerms) -> Verdict:
    strange = [code for code in terms.data_classes if code not in {c.value for c in DataClass}]
    if strange:
        return _no("CONSENT_CLASSES", f"没有编号为“{strange[0]}”的信息类别。")
    if not terms.data_classes:
        return _no("CONSENT_CLASSES", "至少选择一类信息。")
    return _yes("CONSENT_CLASSES", f"授权{len(terms.data_classes)}类信息。")


def _known_purpose(terms: ConsentTerms, limits: Mapping[str, Any]) -> Verdict:
    if terms.purpose not in limits:
        return _no("CONSENT_PURPOSE", f"“{terms.purpose}”不是可以授权的用途。")
    return _yes("CONSENT_PURPOSE", f"用途为{QUERY_PURPOSE_LABELS[QueryPurpose(terms.purpose)]}。")


def _known_text(terms: ConsentTerms) -> Verdict:
    if terms.text_version not in TEXT_VERSIONS:
        return _no("CONSENT_TEXT_VERSION", f"没有版本为“{terms.text_version}”的授权书文本。")
    return _yes("CONSENT_TEXT_VERSION", f"授权书文本版本 {terms.text_version}。")


def _application_named(terms: ConsentTerms, limit: Mapping[str, Any]) -> Verdict:
    if limit["application"] and not terms.application_ref:
        return _no("CONSENT_APPLICATION", "授权须对应一笔具体的贷款申请。")
    return _yes("CONSENT_APPLICATION", "授权对应一笔贷款申请。")


def _validity(terms: ConsentTerms, limit: Mapping[str, Any]) -> Verdict:
    months = int(limit["validity_months"])
    if terms.valid_until <= terms.valid_from:
        return _no("CONSENT_VALIDITY", "授权的截止时间应晚于起始时间。")
    latest = add_months(terms.valid_from.astimezone(BEIJING).date(), months)
    until = terms.valid_until.astimezone(BEIJING)
    whole = datetime.combine(latest + timedelta(days=1), time.min, BEIJING)
    sentence = f"授权至 {until.date().isoformat()}，最长 {months} 个月。"
    if terms.valid_until > whole:
        return _no("CONSENT_VALIDITY", f"授权有效期过长：{sentence}", months, "个月")
    return _yes("CONSENT_VALIDITY", sentence, months, "个月")


def _data_period(terms: ConsentTerms, limit: Mapping[str, Any], on: date) -> Verdict:
    months = int(limit["data_months"])
    if terms.data_to < terms.data_from:
        return _no("CONSENT_DATA_PERIOD", "数据期间的止日应不早于起日。")
    earliest = add_months(on, -months)
    sentence = f"数据自 {terms.data_from.isoformat()} 起，最早可至 {earliest.isoformat()}。"
    if terms.data_from < earliest:
        return _no("CONSENT_DATA_PERIOD", f"数据期间过长：{sentence}", months, "个月")
    return _yes("CONSENT_DATA_PERIOD", sentence, months, "个月")


def _data_life(terms: ConsentTerms, limit: Mapping[str, Any]) -> Verdict:
    days = int(limit["life_days"])
    sentence = f"机构留存 {terms.data_life_days} 天，应为 1 至 {days} 天。"
    if not 1 <= terms.data_life_days <= days:
        return _no("CONSENT_DATA_LIFE", sentence, days, "天")
    return _yes("CONSENT_DATA_LIFE", sentence, days, "天")


def _yes(code: str, sentence: str, limit: Any = None, unit: str = "") -> Verdict:
    return Verdict(code, Outcome.FITS, sentence, limit=limit, unit=unit)


def _no(code: str, sentence: str, limit: Any = None, unit: str = "") -> Verdict:
    return Verdict(code, Outcome.DOES_NOT_FIT, sentence, limit=limit, unit=unit)


def _versioned(verdict: Verdict, version: str) -> Verdict:
    return replace(verdict, parameter_version=version)


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a moment of a consent must be aware")
    return moment.astimezone(UTC).isoformat()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=1)
def _shipped() -> ParameterSet:
    return load_parameters(_FILE)
