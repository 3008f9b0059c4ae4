"""What is known of enterprises that might stand on a whitelist, gathered for hundreds at once.

Generation, uploads, checks and the command all ask here, so that one enterprise is judged the same everywhere. Only
public records are read: a whitelist is made without any enterprise's consent.

Source: domain note 0.4, 2.3.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Q, QuerySet

from borrowers.models import Enterprise, EnterpriseAccount
from borrowers.selectors import items_fed, records_as_at_many
from borrowers.selectors.record import RecordRow
from marketplace.domain.parameters import ParameterSet
from marketplace.domain.workdays import local_date
from marketplace.selectors import parameters_in_force
from matching.domain.declaration import IndicatorDeclaration, declarations_on
from matching.domain.demand import OPEN_DEMAND_STATES
from matching.domain.indicators import IndicatorValue, evaluate
from matching.domain.parameters import shipped
from matching.domain.records import AsOf, evidence_from
from matching.domain.whitelist import WhitelistCandidate
from matching.models import FinancingDemand, WhitelistEntry
from matching.selectors.evaluation import grades_current
from matching.selectors.portrait import plain_record

CHUNK_ROWS = 500
"""So many enterprises are gathered with one round of queries."""

LIST_CLASSES = ("05", "07", "08", "09")
"""Data classes of the gates and marks: penalties, courts, lists, announced tax arrears."""

MAJOR_TAX_ITEM = "TAX_MAJOR_VIOLATION"
VERIFIED = "VERIFIED"

_FEATURES = {
    "serious_breach": ("serious_breach", "SERIOUS_BREACH"),
    "dishonest_debtor": ("dishonest_debtor", "DISHONEST_DEBTOR"),
    "abnormal_listed": ("abnormal_listed", "ABNORMAL"),
    "major_tax_violation": ("major_tax_violation", "MAJOR_TAX"),
    "tax_arrears_yuan": ("tax_arrears_yuan", "MARK_TAX_ARREARS"),
    "enforcement_open_count": ("enforcement_open_count", "MARK_ENFORCEMENT"),
    "serious_penalties_public": ("serious_penalties_36m", "MARK_PENALTY"),
}
"""Candidate's attribute to indicator and gate; penalties stay in publicity for three years at most."""


@dataclass(frozen=True)
class Willingness:
    """What an enterprise said about wanting finance, and where.

    Attributes:
        willing: None when it said nothing.
        on: business date of saying so.
        contact_name, contact_phone: whom to ask, empty when unknown.
    """

    willing: bool | None = None
    on: date | None = None
    amount_yuan: Decimal | None = None
    term_months: int | None = None
    purpose: str = ""
    street: str = ""
    contact_name: str = ""
    contact_phone: str = ""


@dataclass(frozen=True)
class ListKnowledge:
    """What is the same for every enterprise of one run.

    Attributes:
        at: records known up to here count, aware.
        as_of: the same with its business date.
        fed: item code to latest delivery; a list that nobody delivers proves nothing.
        clean: the list attributes of an enterprise without any public record.
        parameters: ``whitelist.*`` in force.
    """

    at: datetime
    as_of: AsOf
    fed: Mapping[str, datetime]
    clean: Mapping[str, Any]
    parameters: ParameterSet


def list_knowledge(at: datetime) -> ListKnowledge:
    """Return what a run needs to know once. Queries: two."""
    as_of = AsOf.from_moment(at)
    fed = items_fed(at)
    return ListKnowledge(at, as_of, fed, _listed((), fed, as_of), parameters_in_force(shipped()))


def candidates_for(
    enterprises: Sequence[Enterprise],
    at: datetime,
    willing: Mapping[int, Willingness],
    *,
    known: ListKnowledge | None = None,
) -> dict[int, WhitelistCandidate]:
    """Return what the gates ask about each enterprise, by primary key.

    Membership of a list is True, False only where the list is delivered, and None where it cannot be told.

    Args:
        enterprises: of the register, some hundreds at once.
        at: moment of judgment, aware; records received later do not count.
        willing: primary key to what the enterprise said; absent ones said nothing.
        known: from `list_knowledge`, to share it between chunks.

    Queries: four, and two more without ``known``, whatever the number of enterprises.
    """
    known = known or list_knowledge(at)
    listed = listed_many(enterprises, known)
    grades = grades_current(enterprises)
    found: dict[int, WhitelistCandidate] = {}
    for enterprise in enterprises:
        said = willing.get(enterprise.pk, Willingness())
        found[enterprise.pk] = WhitelistCandidate(
            uscc=enterprise.uscc,
            in_register=True,
            registration_status=enterprise.status,
            district_code=enterprise.district_id,
            established_date=enterprise.established_date,
            size_class=enterprise.size_class,
            willing=said.willing,
            willing_date=said.on,
            grade=grades.get(enterprise.pk),
            **listed.get(enterprise.pk, known.clean),
        )
    return found


def listed_many(
    enterprises: Sequence[Enterprise], known: ListKnowledge
) -> dict[int, dict[str, Any]]:
    """Return the list attributes of a candidate by primary key; enterprises without any record are absent.

    Queries: three.
    """
    records = records_as_at_many(enterprises, known.at, LIST_CLASSES, only_public=True)
    return {pk: _listed(rows, known.fed, known.as_of) for pk, rows in records.items()}


def candidate_unknown(uscc: str, said: Willingness) -> WhitelistCandidate:
    """Return what is known of a code that is not in the register."""
    return WhitelistCandidate(
        uscc=uscc, in_register=False, willing=said.willing, willing_date=said.on
    )


def enterprises_by_uscc(codes: Iterable[str]) -> dict[str, Enterprise]:
    """Return the enterprises of the register by credit code. Queries: one."""
    return {row.uscc: row for row in Enterprise.objects.filter(uscc__in=list(codes))}


def willingness_by_demand(
    enterprises: Sequence[Enterprise], at: datetime
) -> dict[int, Willingness]:
    """Return what enterprises with an open financing need said in the latest one, by primary key.

    Queries: two, for needs and for the verified accounts' contacts.
    """
    demands = demands_open(at).filter(enterprise__in=[row.pk for row in enterprises])
    latest = {row.enterprise_id: row for row in demands.order_by("published_at", "pk")}
    accounts = accounts_verified(latest)
    return {pk: _by_demand(row, accounts.get(pk), at) for pk, row in latest.items()}


def accounts_verified(enterprises: Iterable[int]) -> dict[int, EnterpriseAccount]:
    """Return the verified account of enterprises that have one, by primary keys of both. Queries: one."""
    rows = EnterpriseAccount.objects.filter(enterprise__in=list(enterprises), state=VERIFIED)
    return {row.enterprise_id: row for row in rows}


def willingness_by_upload(
    enterprises: Sequence[Enterprise], district: str, known: ListKnowledge
) -> dict[int, Willingness]:
    """Return what enterprises said in the district's latest uploads that still count, by primary key.

    A later "no" takes back an earlier "yes". Queries: one.
    """
    entries = statements_counting(district, known).filter(
        enterprise__in=[row.pk for row in enterprises]
    )
    found: dict[int, Willingness] = {}
    for entry in entries.order_by("willing_date", "pk"):
        name, _, phone = entry.contact.partition("\n")
        found[entry.enterprise_id or 0] = Willingness(
            willing=entry.is_willing,
            on=entry.willing_date,
            amount_yuan=entry.amount_yuan,
            term_months=entry.term_months,
            purpose=entry.purpose,
            street=entry.street,
            contact_name=name,
            contact_phone=phone,
        )
    return found


def demands_open(at: datetime) -> QuerySet[FinancingDemand]:
    """Return the needs that stand open at a moment."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=at)
    return FinancingDemand.objects.filter(
        unexpired, state__in=OPEN_DEMAND_STATES, published_at__lte=at
    )


def statements_counting(district: str, known: ListKnowledge) -> QuerySet[WhitelistEntry]:
    """Return the rows of the district's uploads that say yes or no and are young enough to count."""
    today = known.as_of.day
    days = int(known.parameters.value_on("whitelist.validity_days", today))
    return WhitelistEntry.objects.filter(
        whitelist__district=district,
        whitelist__origin="UPLOADED",
        is_willing__isnull=False,
        willing_date__gte=today - timedelta(days=days),
        willing_date__lte=today,
    )


def _by_demand(
    demand: FinancingDemand, account: EnterpriseAccount | None, at: datetime
) -> Willingness:
    return Willingness(
        willing=True,
        on=local_date(demand.published_at or at),
        amount_yuan=demand.amount_yuan,
        term_months=demand.term_months,
        purpose=demand.purpose,
        contact_name=account.contact_name if account else "",
        contact_phone=account.contact_phone if account else "",
    )


def _listed(
    rows: Iterable[RecordRow] | None, fed: Mapping[str, datetime], as_of: AsOf
) -> dict[str, Any]:
    """Return the list attributes of one enterprise with the records behind them."""
    evidence = evidence_from(map(plain_record, rows or ()), as_of, (), fed)
    values = {
        attribute: evaluate(declaration, evidence, as_of)
        for attribute, declaration in _declarations(as_of.day).items()
    }
    proof = {
        _FEATURES[attribute][1]: value.evidence_ids
        for attribute, value in values.items()
        if value.evidence_ids
    }
    return {name: _plain(value) for name, value in values.items()} | {"evidence": proof}


def _plain(value: IndicatorValue) -> Any:
    return None if value.missing is not None else value.value


@lru_cache(maxsize=16)
def _declarations(day: date) -> Mapping[str, IndicatorDeclaration]:
    """Return the indicator behind each list attribute; major tax violations are one of the serious breach lists."""
    in_force = {row.code: row for row in declarations_on(day)}
    breach = in_force["serious_breach"]
    only_tax = replace(breach.selection, items=(MAJOR_TAX_ITEM,))
    in_force["major_tax_violation"] = replace(
        breach, code="major_tax_violation", selection=only_tax
    )
    return {attribute: in_force[code] for attribute, (code, _) in _FEATURES.items()}
