"""The plain facts a portrait is made of besides records: the enterprise, what it declares, what it consented to.

Source: domain note 2.1 row 1, 2.6 (fields of a consent record), 3.7.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from marketplace.domain.vocabulary import DataClass

INDIVIDUAL = "INDIVIDUAL"
"""Entity type of 个体工商户: a natural person doing business, whose whole record is personal information."""

ACTIVE = "ACTIVE"
YUAN = "CNY"
LATER = {"left_out_when_none": True}
"""Marks a field that older frozen portraits lack: while unknown it is left out, so that their text stays the same."""


@dataclass(frozen=True)
class EnterpriseFacts:
    """What the register says of an enterprise, as at the moment of the portrait.

    Attributes:
        uscc: unified social credit code.
        name: registered name.
        entity_type: ENTERPRISE, INDIVIDUAL, COOPERATIVE or OTHER.
        status: ACTIVE, REVOKED, CANCELLED or MOVED_OUT.
        capital_amount: in ``capital_currency``, not in 万.
        legal_representative: as the register publishes it; masked for readers who need not know.
        source_unit, batch, row_number: the row of the register it was read from.
        industry_chains, thematic_lists: codes of the lists it is on; None where not all of them were looked at.
    """

    uscc: str
    name: str
    entity_type: str
    status: str
    legal_form: str = ""
    established_date: date | None = None
    capital_amount: Decimal | None = None
    capital_currency: str = ""
    industry_code: str = ""
    industry_section: str = ""
    district_code: str = ""
    district_name: str = ""
    address: str = ""
    legal_representative: str = ""
    employees: int | None = None
    revenue_yuan: Decimal | None = None
    assets_yuan: Decimal | None = None
    size_class: str = "UNKNOWN"
    source_unit: str = ""
    batch: str = ""
    row_number: int | None = None
    industry_chains: tuple[str, ...] | None = field(default=None, metadata=LATER)
    thematic_lists: tuple[str, ...] | None = field(default=None, metadata=LATER)

    @property
    def capital_yuan(self) -> Decimal | None:
        """Return the capital when it is in yuan; a foreign one is not converted."""
        return self.capital_amount if self.capital_currency == YUAN else None

    @property
    def industry_division(self) -> str:
        """Return the two digits of the division (大类), empty when the code has none.

        >>> EnterpriseFacts("", "", "", "", industry_code="C3921").industry_division
        '39'
        """
        digits = self.industry_code.lstrip("ABCDEFGHIJKLMNOPQRST")[:2]
        return digits if len(digits) == 2 and digits.isdigit() else ""

    def within(self, classes: Collection[str]) -> EnterpriseFacts:
        """Return the facts with figures of annual reports only where that class may be read.

        Head count, revenue and assets are as the enterprise chose to publish them (企业信息公示暂行条例 第九条);
        the size class made of them is public.
        """
        if DataClass.ANNUAL_REPORT in classes:
            return self
        return replace(self, employees=None, revenue_yuan=None, assets_yuan=None)

    def as_mapping(self) -> Mapping[str, Any]:
        """Return the facts by name, with those derived, for indicators that state a fact."""
        plain = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return plain | {"capital_yuan": self.capital_yuan}


@dataclass(frozen=True)
class DeclaredFacts:
    """What the enterprise states itself, in its need and application.

    Attributes:
        demand_id: public id of the need.
        amount_yuan: wanted.
        term_months: wanted.
        purpose, guarantee: codes of the loan vocabulary.
        declared_employees, declared_revenue_yuan: stated beside the need.
        application_id: public id of the application, empty before one exists.
        product_name, product_version, institution_name: what it applies to.
        submitted_at: moment of submission, aware.
    """

    demand_id: str = ""
    amount_yuan: Decimal | None = None
    term_months: int | None = None
    purpose: str = ""
    purpose_note: str = ""
    guarantee: str = ""
    max_rate_bp: int | None = None
    declared_employees: int | None = None
    declared_revenue_yuan: Decimal | None = None
    is_first_loan: bool = False
    application_id: str = ""
    product_name: str = ""
    product_version: str = ""
    institution_name: str = ""
    submitted_at: datetime | None = None


@dataclass(frozen=True)
class ConsentFacts:
    """What the enterprise consented to, for this portrait.

    Attributes:
        data_classes: two-digit classes, sorted.
        consent_id: public id; empty where the enterprise reads its own data, or reads happen on public data alone.
        lender_name: who may read.
        purpose: code of the query purpose.
        data_from, data_to: days the data may cover, both inclusive; None without limit.
        valid_from, valid_until: when reading is allowed, aware.
        feedback_clause: outcome feedback is agreed.
        text_version: version of the consent text signed.
    """

    data_classes: tuple[str, ...] = ()
    consent_id: str = ""
    lender_name: str = ""
    purpose: str = ""
    data_from: date | None = None
    data_to: date | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    feedback_clause: bool = False
    text_version: str = ""

    @classmethod
    def public_only(cls) -> ConsentFacts:
        """Return the case without any consent: published records only."""
        return cls()

    @classmethod
    def own(cls) -> ConsentFacts:
        """Return the case of an enterprise reading its own data: every class."""
        return cls(data_classes=tuple(entry.value for entry in DataClass), purpose="OWN_REPORT")

    def covers(self, day: date) -> bool:
        """Return whether consent-bound data of that day may be read."""
        begun = self.data_from is None or self.data_from <= day
        return begun and (self.data_to is None or day <= self.data_to)
