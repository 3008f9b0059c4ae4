"""Who may stand on a district's whitelist: the gates, the same for generated and for uploaded lists.

A hard gate that an enterprise does not pass, or that cannot be judged, keeps it out with a reason code. A gate that a
district declared soft only marks. Marks warn the lenders' side and keep nobody out.

Source: domain note 2.2 (five criteria), 2.3 (gates of the city); parameters ``whitelist.*``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from lenders.domain.feature import GRADE_LABELS, REGISTRATION_STATUS_LABELS
from marketplace.domain import uscc as uscc_rule
from marketplace.domain.district import district_label
from marketplace.domain.machine import Machine, rows
from marketplace.domain.money import display_wan
from marketplace.domain.parameters import ParameterSet
from marketplace.domain.period import whole_months
from marketplace.domain.roles import Role
from marketplace.domain.verdict import Outcome, Verdict
from marketplace.domain.vocabulary import SIZE_CLASS_LABELS, SizeClass

UNKNOWN_SUFFIX = "_UNKNOWN"


@dataclass(frozen=True)
class WhitelistCandidate:
    """What is known of an enterprise that might be listed; None means "cannot be told".

    Attributes:
        uscc: as written in the sheet or the register.
        in_register: the code was found in the register of market entities.
        registration_status: ACTIVE, REVOKED, CANCELLED, MOVED_OUT.
        district_code: district of the registered address.
        established_date: date of establishment.
        size_class: by the 2017 table; UNKNOWN counts as None.
        serious_breach, dishonest_debtor, abnormal_listed, major_tax_violation: on that list on the day; False only
            when the list was delivered and the enterprise is not on it.
        willing, willing_date: whether it wants finance, and when it said so.
        grade: public credit grade.
        tax_arrears_yuan: balance of announced arrears.
        enforcement_open_count: open cases of enforcement.
        serious_penalties_public: serious penalties still in their publicity period.
        evidence: gate name to public ids of the records behind it.
    """

    uscc: str
    in_register: bool
    registration_status: str | None = None
    district_code: str | None = None
    established_date: date | None = None
    size_class: str | None = None
    serious_breach: bool | None = None
    dishonest_debtor: bool | None = None
    abnormal_listed: bool | None = None
    major_tax_violation: bool | None = None
    willing: bool | None = None
    willing_date: date | None = None
    grade: str | None = None
    tax_arrears_yuan: Decimal | None = None
    enforcement_open_count: int | None = None
    serious_penalties_public: int | None = None
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class GateResult:
    """Whether a candidate is admitted, and every reason.

    Attributes:
        admitted: no refusal.
        refusals: hard gates not passed or not decidable, each with its own code.
        marks: warnings, and soft gates not passed or not decidable.
        passes: gates passed, the reasons why in.
    """

    admitted: bool
    refusals: tuple[Verdict, ...]
    marks: tuple[Verdict, ...]
    passes: tuple[Verdict, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes of the refusals."""
        return tuple(verdict.rule_code for verdict in self.refusals)


@dataclass(frozen=True)
class _Context:
    candidate: WhitelistCandidate
    district: str
    on: date
    parameters: ParameterSet
    seen: dict[Any, Verdict] | None = None

    def value(self, name: str) -> Any:
        return self.parameters[f"whitelist.{name}"].value_for(self.on, self.district)

    def version(self, name: str) -> str:
        return self.parameters[f"whitelist.{name}"].version_on(self.on)


@dataclass(frozen=True)
class _Finding:
    passed: bool | None
    sentence: str
    own: Any = None
    limit: Any = None
    unit: str = ""
    version: str = ""


@dataclass(frozen=True)
class _Gate:
    name: str
    check: Callable[[_Context], _Finding]
    reads: tuple[str, ...]
    needs_register: bool = True


def gates(
    candidate: WhitelistCandidate,
    district: str,
    on: date,
    parameters: ParameterSet,
    *,
    seen: dict[Any, Verdict] | None = None,
    only: Collection[str] | None = None,
) -> GateResult:
    """Return whether an enterprise may stand on a district's whitelist on a date, and why.

    An invalid code, or one that is not in the register, is the only thing said of the register's gates.

    Args:
        candidate: what is known of the enterprise.
        district: code of the list's district.
        on: business date.
        parameters: ``whitelist.*``; keyed values may name the district.
        seen: shared by many candidates of one district, date and set of parameters: each gate is then decided once for
            every combination of what it reads; the answer is the same without.
        only: codes of the gates and marks to be asked beside identity; None for all.

    Raises:
        Refused: ``PARAMETER_NOT_IN_FORCE`` for a date before the gates' parameters.
    """
    context = _Context(candidate, district, on, parameters, seen)
    identity = _identity(candidate.uscc, candidate.in_register)
    known = identity.outcome is Outcome.FITS
    hard = [identity]
    asked = [gate for gate in _GATES if known or not gate.needs_register]
    hard += [_verdict(gate, context) for gate in _chosen(asked, only)]
    soft_codes = {f"WL_{name}" for name in context.value("soft_gates")}
    failed = [verdict for verdict in hard if not verdict.passed]
    refusals = tuple(
        v for v in failed if v.rule_code.removesuffix(UNKNOWN_SUFFIX) not in soft_codes
    )
    softened = tuple(verdict for verdict in failed if verdict not in refusals)
    warnings = [_verdict(mark, context) for mark in _chosen(_MARKS, only)] if known else []
    return GateResult(
        admitted=not refusals,
        refusals=refusals,
        marks=(*softened, *(verdict for verdict in warnings if not verdict.passed)),
        passes=tuple(verdict for verdict in hard if verdict.passed),
    )


class WhitelistState(StrEnum):
    """Where a whitelist stands."""

    DRAFT = "DRAFT"
    CHECKED = "CHECKED"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    PUBLISHED = "PUBLISHED"
    RETURNED = "RETURNED"
    RECALLED = "RECALLED"


WHITELIST_STATE_LABELS = {
    WhitelistState.DRAFT: "草稿",
    WhitelistState.CHECKED: "已核验",
    WhitelistState.PENDING_APPROVAL: "待复核",
    WhitelistState.PUBLISHED: "已发布",
    WhitelistState.RETURNED: "已退回",
    WhitelistState.RECALLED: "已撤下",
}


def _has_rows(facts: Mapping[str, Any]) -> str | None:
    return None if (facts.get("rows_read") or 0) > 0 else "名单没有任何行，不能核验。"


def _has_entries(facts: Mapping[str, Any]) -> str | None:
    return None if (facts.get("admitted") or 0) > 0 else "没有入选企业，不能提交复核。"


def _second_person(facts: Mapping[str, Any]) -> str | None:
    actor, author = facts.get("actor_id"), facts.get("created_by_id")
    if actor is None or author is None:
        return "缺少经办人信息，不能复核。"
    return "复核人不能与经办人为同一人。" if actor == author else None


def _returned_with_reason(facts: Mapping[str, Any]) -> str | None:
    return _second_person(facts) or _reason_given(facts)


def _reason_given(facts: Mapping[str, Any]) -> str | None:
    return None if str(facts.get("reason") or "").strip() else "请填写原因。"


_STAFF = (Role.DISTRICT_CLERK, Role.DISTRICT_LEAD)
_LEAD = (Role.DISTRICT_LEAD,)

WHITELIST = Machine(
    name="whitelist",
    initial=WhitelistState.DRAFT.value,
    transitions=(
        *rows(("DRAFT",), "CHECK", "CHECKED", _STAFF, "核验", _has_rows),
        *rows(("CHECKED",), "SUBMIT", "PENDING_APPROVAL", _STAFF, "提交复核", _has_entries),
        *rows(("PENDING_APPROVAL",), "PUBLISH", "PUBLISHED", _LEAD, "发布", _second_person),
        *rows(("PENDING_APPROVAL",), "RETURN", "RETURNED", _LEAD, "退回", _returned_with_reason),
        *rows(("CHECKED", "RETURNED"), "REVISE", "DRAFT", _STAFF, "修改"),
        *rows(("PUBLISHED",), "RECALL", "RECALLED", (*_LEAD, Role.OPERATOR), "撤下", _reason_given),
    ),
    labels={state.value: label for state, label in WHITELIST_STATE_LABELS.items()},
)
"""Facts read by guards: ``rows_read``, ``admitted``, ``actor_id``, ``created_by_id``, ``reason``."""


@lru_cache(maxsize=16)
def _identity(uscc: str, in_register: bool) -> Verdict:
    """A district judged by parts asks this of one code again and again."""
    found = uscc_rule.check(uscc)
    if not found.is_valid:
        return Verdict("WL_USCC_INVALID", Outcome.DOES_NOT_FIT, found.sentence, found.uscc)
    if not in_register:
        sentence = f"“{found.uscc}”不在市场主体登记库中。"
        return Verdict("WL_NOT_IN_REGISTER", Outcome.DOES_NOT_FIT, sentence, found.uscc)
    sentence = "统一社会信用代码有效，且在市场主体登记库中。"
    return Verdict("WL_IDENTITY", Outcome.FITS, sentence, found.uscc)


def _chosen(gates_asked: Sequence[_Gate], only: Collection[str] | None) -> Sequence[_Gate]:
    if only is None:
        return gates_asked
    return [gate for gate in gates_asked if f"WL_{gate.name}" in only]


def _verdict(gate: _Gate, context: _Context) -> Verdict:
    """Return a gate's verdict, remembered by everything the gate reads."""
    if context.seen is None:
        return _decided(gate, context)
    candidate = context.candidate
    key = (
        gate.name,
        candidate.evidence.get(gate.name, ()),
        *(repr(getattr(candidate, name)) for name in gate.reads),
    )
    found = context.seen.get(key)
    if found is None:
        found = context.seen[key] = _decided(gate, context)
    return found


def _decided(gate: _Gate, context: _Context) -> Verdict:
    found = gate.check(context)
    code = f"WL_{gate.name}"
    if found.passed is None:
        outcome, code = Outcome.CANNOT_TELL, code + UNKNOWN_SUFFIX
    else:
        outcome = Outcome.FITS if found.passed else Outcome.DOES_NOT_FIT
    return Verdict(
        rule_code=code,
        outcome=outcome,
        sentence=found.sentence,
        own_value=found.own,
        limit=found.limit,
        unit=found.unit,
        evidence_ids=context.candidate.evidence.get(gate.name, ()),
        parameter_version=found.version,
    )


def _status(context: _Context) -> _Finding:
    own, limit = context.candidate.registration_status, context.value("open_statuses")
    if not own:
        return _Finding(None, "缺少登记状态，无法判断。")
    sentence = f"登记状态为“{REGISTRATION_STATUS_LABELS.get(own, own)}”。"
    return _Finding(own in limit, sentence, own, limit, version=context.version("open_statuses"))


def _district(context: _Context) -> _Finding:
    own, limit = context.candidate.district_code, context.district
    if not own:
        return _Finding(None, "登记住所不能对应到区，无法判断。")
    wanted = "" if own == limit else f"，不在{district_label(limit)}"
    return _Finding(own == limit, f"登记住所在{district_label(own)}{wanted}。", own, limit)


def _age(context: _Context) -> _Finding:
    established, least = context.candidate.established_date, context.value("min_age_months")
    if established is None:
        return _Finding(None, "缺少成立日期，无法判断成立时间。")
    own = whole_months(established, context.on)
    sentence = f"成立 {own} 个月，要求满 {least} 个月。"
    return _Finding(own >= least, sentence, own, least, "个月", context.version("min_age_months"))


def _size(context: _Context) -> _Finding:
    own, limit = context.candidate.size_class, context.value("size_classes")
    if not own or own == SizeClass.UNKNOWN:
        return _Finding(None, "缺少从业人数、营业收入等数据，无法判断企业规模。")
    label = SIZE_CLASS_LABELS[SizeClass(own)] if own in SIZE_CLASS_LABELS else own
    return _Finding(
        own in limit, f"企业规模为{label}。", own, limit, version=context.version("size_classes")
    )


def _willing(context: _Context) -> _Finding:
    willing, said = context.candidate.willing, context.candidate.willing_date
    if willing is None or (willing and said is None):
        return _Finding(None, "没有记录企业的融资意愿及日期。")
    if not willing:
        return _Finding(False, "企业没有融资意愿。", own=False, limit=True)
    if said is not None and said > context.on:
        return _Finding(False, f"融资意愿日期 {said.isoformat()} 晚于当日。", said, context.on)
    return _Finding(True, f"企业于 {said} 表示有融资意愿。", said, context.on)


def _listed(gate: str, name: str, label: str) -> _Gate:
    def check(context: _Context) -> _Finding:
        listed: bool | None = getattr(context.candidate, name)
        if listed is None:
            return _Finding(None, f"缺少{label}数据，无法判断。")
        sentence = f"属于{label}。" if listed else f"不属于{label}。"
        return _Finding(not listed, sentence, own=listed, limit=False)

    return _Gate(gate, check, (name,))


def _grade(context: _Context) -> _Finding:
    own, low = context.candidate.grade, context.value("low_grades")
    if not own:
        return _Finding(None, "没有公共信用等级。")
    sentence = f"公共信用等级为 {GRADE_LABELS.get(own, own)}。"
    return _Finding(own not in low, sentence, own, low, version=context.version("low_grades"))


def _arrears(context: _Context) -> _Finding:
    own = context.candidate.tax_arrears_yuan
    if own is None:
        return _Finding(None, "缺少欠税数据。")
    return _Finding(own <= 0, f"欠税余额 {display_wan(own)}。", own, Decimal(0), "元")


def _counted(gate: str, name: str, label: str, unit: str) -> _Gate:
    def check(context: _Context) -> _Finding:
        own: int | None = getattr(context.candidate, name)
        if own is None:
            return _Finding(None, f"缺少{label}数据。")
        return _Finding(own == 0, f"{label} {own} {unit}。", own, 0, unit)

    return _Gate(gate, check, (name,))


_GATES = (
    _Gate("STATUS", _status, ("registration_status",)),
    _Gate("DISTRICT", _district, ("district_code",)),
    _listed("SERIOUS_BREACH", "serious_breach", "严重失信主体名单"),
    _listed("DISHONEST_DEBTOR", "dishonest_debtor", "失信被执行人名单"),
    _listed("ABNORMAL", "abnormal_listed", "经营异常名录"),
    _listed("MAJOR_TAX", "major_tax_violation", "重大税收违法失信主体名单"),
    _Gate("WILLING", _willing, ("willing", "willing_date"), needs_register=False),
    _Gate("SIZE", _size, ("size_class",)),
    _Gate("AGE", _age, ("established_date",)),
)

_MARKS = (
    _Gate("MARK_GRADE", _grade, ("grade",)),
    _Gate("MARK_TAX_ARREARS", _arrears, ("tax_arrears_yuan",)),
    _counted("MARK_ENFORCEMENT", "enforcement_open_count", "未结被执行案件", "件"),
    _counted("MARK_PENALTY", "serious_penalties_public", "公示期内严重行政处罚", "次"),
)

GATE_CODES = tuple(f"WL_{gate.name}" for gate in _GATES)
"""Codes of the hard gates after identity; each also exists with ``_UNKNOWN``."""

MARK_CODES = tuple(f"WL_{mark.name}" for mark in _MARKS)
