"""What is in the document of a credit portrait, as plain data: the page layout takes this and nothing else.

The document never computes: every number, grade and sentence was fixed when the portrait was frozen, and the service
maps the frozen portrait to these classes. A value that is not known is None and is printed as a dash, never as a zero.

Source: domain note 0.2 (printed phrase), 0.9 (every figure names its definition), 2.12 (sections of a report), 4.2
(who sees what); design law 5 (lineage of everything shown, hash printed).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from exports.domain.display import Value
from marketplace.domain.verdict import Outcome

PORTRAIT_TITLE = "企业公共信用画像"
DISCLAIMER = "供参考，不构成征信报告"


class Tone(StrEnum):
    """How a state is to be read; the words beside it always say the same."""

    PLAIN = "PLAIN"
    GOOD = "GOOD"
    CAUTION = "CAUTION"
    BAD = "BAD"


@dataclass(frozen=True)
class Fact:
    """One labeled value."""

    label: str
    value: Value
    unit: str = ""


@dataclass(frozen=True)
class Reader:
    """Who this copy was made for; printed across every page.

    Attributes:
        read_at: when the copy was made, aware.
        purpose: purpose of the query in words, Chinese.
    """

    name: str
    organization: str
    read_at: datetime
    purpose: str = ""


@dataclass(frozen=True)
class EnterpriseHeader:
    """Whom the portrait is of, with facts from the register."""

    name: str
    uscc: str
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True)
class GradeBand:
    """A grade and the points from which it begins."""

    grade: str
    from_points: Decimal


@dataclass(frozen=True)
class ScoreLine:
    """The points of one indicator.

    Attributes:
        dimension: group of indicators; lines of one dimension follow each other.
        value: the indicator's value in words.
        points: points given; negative when points were taken away.
        lowest_points: the least the indicator can give.
        highest_points: the most the indicator can give.
        reason: one sentence why.
    """

    dimension: str
    indicator: str
    value: str
    points: Decimal
    lowest_points: Decimal
    highest_points: Decimal
    reason: str = ""


@dataclass(frozen=True)
class Score:
    """Grade and points with their parts.

    Attributes:
        grade: short name of the grade, at most two characters.
        points: total, or None when no score can be given.
        base_points: points everybody starts with; the lines add to it.
        bands: grades from the lowest to the highest.
        floors: sentences of rules that fixed the grade whatever the points.
    """

    grade: str
    points: Decimal | None
    lowest_points: Decimal
    highest_points: Decimal
    model_version: str
    evaluated_on: date
    base_points: Decimal = Decimal(0)
    bands: tuple[GradeBand, ...] = ()
    lines: tuple[ScoreLine, ...] = ()
    floors: tuple[str, ...] = ()
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Contradiction:
    """What the enterprise declared against what a record says."""

    subject: str
    declared: str
    recorded: str
    sentence: str
    source: str = ""


@dataclass(frozen=True)
class Freshness:
    """How old the data of one class are.

    Attributes:
        data_class: name of the class.
        records: how many records were used; None when the class was not read.
        as_of: latest event in the data.
        received_at: latest delivery, aware.
        state: in words, e.g. 及时, 超期 12 天, 未授权.
    """

    data_class: str
    records: int | None
    as_of: date | None
    received_at: datetime | None
    state: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Indicator:
    """One measured indicator.

    Attributes:
        group: heading it stands under, e.g. 纳税.
        window: time it looks at, e.g. 近12个月.
        source_unit: unit whose data it is made of.
        as_of: latest event in that data.
    """

    label: str
    value: Value
    unit: str = ""
    window: str = ""
    source_unit: str = ""
    as_of: date | None = None
    group: str = ""


@dataclass(frozen=True)
class MonthlySeries:
    """A value per month, oldest first.

    Attributes:
        first_month: any day of the first month.
        values: one per month without gaps; None where there is no data.
        note: one short line, e.g. 近12个月合计 120 万元.
    """

    title: str
    unit: str
    first_month: date
    values: tuple[Decimal | None, ...]
    note: str = ""


@dataclass(frozen=True)
class SourceLine:
    """Where a record came from."""

    item: str
    unit: str
    batch: str
    row: int | None
    received_at: datetime


@dataclass(frozen=True)
class RecordEntry:
    """One record as shown in a list.

    Attributes:
        heading: what it is, e.g. the name and number of a decision.
        detail: its content in one or two sentences.
        dated: date of the decision or event.
        state: in words, e.g. 有效, 已修复, 异议处理中.
    """

    heading: str
    detail: str
    dated: date | None
    source: SourceLine
    state: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class RecordList:
    """A list of records: permits, penalties, judgments.

    Attributes:
        entries: those shown, latest first.
        total: how many there are, shown or not.
        empty: what is said when there is none; it must not say "none" when the data were not read.
    """

    title: str
    entries: tuple[RecordEntry, ...]
    total: int
    empty: str = "在已归集的数据中未查询到记录。"


@dataclass(frozen=True)
class RuleFinding:
    """One rule of a product against this enterprise."""

    rule: str
    limit: str
    own_value: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class ProductFit:
    """A product's rules against this enterprise, with the conjunction of the findings."""

    product: str
    institution: str
    version: str
    outcome: Outcome
    findings: tuple[RuleFinding, ...] = ()


@dataclass(frozen=True)
class Missing:
    """What the portrait could not say, why, and what would help."""

    what: str
    why: str
    remedy: str = ""


@dataclass(frozen=True)
class ConsentSummary:
    """The consent under which the data were read."""

    number: str
    lender: str
    purpose: str
    data_classes: tuple[str, ...]
    data_from: date | None
    data_until: date | None
    valid_from: date
    valid_until: date
    signer: str
    text_version: str
    text_sha256: str
    state: str
    feedback: str = ""


@dataclass(frozen=True)
class Verification:
    """How a reader checks that a copy is genuine.

    Attributes:
        url: address that the square code opens; it carries the code.
    """

    url: str
    code: str


@dataclass(frozen=True)
class PortraitDocument:
    """A credit portrait as it is printed.

    Attributes:
        frozen_at: when the portrait was frozen, aware.
        content_sha256: hash of the frozen portrait's canonical form, 64 hexadecimal digits.
        application: facts of the application the portrait belongs to.
        warnings: sentences for the head of the first page, e.g. that a consent was revoked since.
        is_own: the enterprise reads about itself, so no consent is needed and all classes are there.
    """

    report_number: str
    frozen_at: datetime
    content_sha256: str
    reader: Reader
    enterprise: EnterpriseHeader
    verification: Verification
    application: tuple[Fact, ...] = ()
    score: Score | None = None
    contradictions: tuple[Contradiction, ...] = ()
    freshness: tuple[Freshness, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    series: tuple[MonthlySeries, ...] = ()
    records: tuple[RecordList, ...] = ()
    fits: tuple[ProductFit, ...] = ()
    missing: tuple[Missing, ...] = ()
    consent: ConsentSummary | None = None
    warnings: tuple[str, ...] = field(default=())
    title: str = PORTRAIT_TITLE
    is_own: bool = False
