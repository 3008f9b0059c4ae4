"""What an enterprise is asked to consent to for one product, before anything is granted.

Only classes that hold something, or that the product's rules ask for, are offered; none is ticked.

Source: domain note 2.6; anchors note 1.2; 个人信息保护法 art. 6 (least necessary).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from borrowers.domain.consent import ConsentNames, ConsentTerms, text_for
from borrowers.domain.consent_text import LATEST_VERSION
from borrowers.models import Enterprise
from borrowers.selectors import classes_available
from lenders.selectors import PublishedProduct
from marketplace.domain.errors import Refused
from marketplace.domain.period import add_months, month_start
from marketplace.domain.vocabulary import DataClass, QueryPurpose
from marketplace.domain.workdays import BEIJING, local_date

AFTERWARDS = "提交后生成"
AS_TICKED = "以下方逐项勾选的信息类别为准"
AS_CHOSEN = "下方所选期限届满"
SIGNATURE_LINES = "签署人："

DATA_MONTHS = 36
"""How far back data is read: the longest window of an indicator."""

VALID_MONTHS = (1, 3, 6, 12)
"""How long an enterprise may let a lender read: at most a year (domain note 2.6)."""

DATA_LIFE_DAYS = 365
"""How long a lender may keep what it read."""


@dataclass(frozen=True)
class ConsentPeriods:
    """The dates of a consent: which days the data may cover, until when it may be read, how long it may be kept."""

    data_from: date
    data_to: date
    valid_from: datetime
    valid_until: datetime
    data_life_days: int = DATA_LIFE_DAYS


@dataclass(frozen=True)
class OfferedClass:
    """A data class an enterprise may tick.

    Attributes:
        is_asked: the product's rules look at it.
        count: records the marketplace holds of it.
    """

    data_class: DataClass
    is_asked: bool
    count: int


def consent_periods(valid_months: int, at: datetime) -> ConsentPeriods:
    """Return the dates of a consent granted now: 36 whole months back, and readable for so many months.

    Raises:
        Refused: ``CONSENT_MONTHS``.
    """
    if valid_months not in VALID_MONTHS:
        sentence = f"授权期限应为 {'、'.join(map(str, VALID_MONTHS))} 个月之一。"
        raise Refused("CONSENT_MONTHS", sentence, {"valid_months": sentence})
    today = local_date(at)
    last = add_months(today, valid_months)
    until = datetime.combine(last + timedelta(days=1), time.min, BEIJING)
    return ConsentPeriods(add_months(month_start(today), -DATA_MONTHS), last, at, until)


def classes_offered(
    enterprise: Enterprise, offer: PublishedProduct, at: datetime
) -> list[OfferedClass]:
    """Return the classes to choose from, in the order of the shared list.

    Queries: one.
    """
    held = {row.data_class: row for row in classes_available(enterprise, at)}
    asked = set(offer.data_classes_on(local_date(at)))
    return [
        OfferedClass(entry, entry in asked, held[entry].count if entry in held else 0)
        for entry in DataClass
        if entry in asked
        or entry is DataClass.REGISTRATION
        or (entry in held and held[entry].consent_required)
    ]


def consent_preview(
    enterprise: Enterprise, offer: PublishedProduct, periods: ConsentPeriods, signer: str
) -> str:
    """Return the wording as it will be signed, without what is only known afterwards.

    Classes, end and second clause are those ticked; the number of the application and the signature follow.

    Args:
        enterprise: who consents.
        offer: whose institution may read.
        periods: dates of a consent granted now.
        signer: name of the person at the screen.
    """
    lender = offer.institution.organisation
    terms = ConsentTerms(
        subject=enterprise.uscc,
        lender=str(lender.public_id),
        purpose=QueryPurpose.APPLICATION_REVIEW.value,
        application_ref=AFTERWARDS,
        data_classes=(),
        data_from=periods.data_from,
        data_to=periods.data_to,
        valid_from=periods.valid_from,
        valid_until=periods.valid_until,
        data_life_days=periods.data_life_days,
        feedback_clause=True,
        text_version=LATEST_VERSION,
    )
    names = ConsentNames(enterprise.name, lender.name, signer, "")
    text = text_for(terms, names).text.split(SIGNATURE_LINES)[0].strip()
    blank = "不得提供给他人：\n"
    until = periods.valid_until.astimezone(BEIJING)
    filled = {
        blank: f"{blank}  （{AS_TICKED}）",
        f" 至 {periods.data_to}（": f" 至{AS_CHOSEN}之日（",
        f"至 {until:%Y-%m-%d %H:%M} 止（不含该时刻）": f"至{AS_CHOSEN}时止",
    }
    for words, instead in filled.items():
        text = text.replace(words, instead, 1)
    return text
