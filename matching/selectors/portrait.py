"""What a portrait is made of, gathered from the borrowing side; and portraits as they were frozen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from borrowers.models import Consent, Enterprise
from borrowers.selectors import catalogue_delivered, items_fed, records_as_at
from borrowers.selectors.catalogue import catalogue_delivered_question
from borrowers.selectors.record import RecordRow, records_questions
from borrowers.selectors.thematic import KnownLists, lists_known, lists_known_question
from marketplace.domain.parameters import ParameterSet
from marketplace.domain.workdays import local_date
from marketplace.statements import Question, asked_together
from matching.domain.fit import FeatureFacts
from matching.domain.fit_facts import facts_for_fit
from matching.domain.frozen import surroundings_of
from matching.domain.portrait import Portrait, PortraitInputs, assemble, from_json
from matching.domain.records import AsOf, PlainRecord
from matching.domain.subject import ConsentFacts, DeclaredFacts, EnterpriseFacts
from matching.models import CreditPortrait, FinancingDemand, LoanApplication
from matching.selectors.score_model import portrait_rules, score_models_question


def enterprise_facts(enterprise: Enterprise, lists: KnownLists | None = None) -> EnterpriseFacts:
    """Return the register's facts of an enterprise as plain values. Queries: none when district and batch are there.

    Args:
        enterprise: whose.
        lists: the thematic lists it is on, unknown when they are not asked.
    """
    batch = enterprise.register_batch
    known = lists or KnownLists()
    return EnterpriseFacts(
        uscc=enterprise.uscc,
        name=enterprise.name,
        entity_type=enterprise.entity_type,
        status=enterprise.status,
        legal_form=enterprise.legal_form,
        established_date=enterprise.established_date,
        capital_amount=enterprise.capital_amount,
        capital_currency=enterprise.capital_currency,
        industry_code=enterprise.industry_code,
        industry_section=enterprise.industry_section,
        district_code=enterprise.district_id or "",
        district_name=enterprise.district.name if enterprise.district else "",
        address=enterprise.address,
        legal_representative=enterprise.legal_representative,
        employees=enterprise.employees,
        revenue_yuan=enterprise.revenue_yuan,
        assets_yuan=enterprise.assets_yuan,
        size_class=enterprise.size_class,
        source_unit="登记库",
        batch=str(batch.public_id) if batch else "",
        row_number=enterprise.register_row,
        industry_chains=known.chains,
        thematic_lists=known.themes,
    )


def declared_facts(
    demand: FinancingDemand | None, application: LoanApplication | None = None
) -> DeclaredFacts:
    """Return what the enterprise states in its need and application."""
    if demand is None:
        return DeclaredFacts()
    return DeclaredFacts(
        demand_id=str(demand.public_id),
        amount_yuan=demand.amount_yuan,
        term_months=demand.term_months,
        purpose=demand.purpose,
        purpose_note=demand.purpose_note,
        guarantee=demand.guarantee,
        max_rate_bp=demand.max_rate_bp,
        declared_employees=demand.declared_employees,
        declared_revenue_yuan=demand.declared_revenue_yuan,
        is_first_loan=demand.is_first_loan,
        **_application_facts(application),
    )


def _application_facts(application: LoanApplication | None) -> dict[str, Any]:
    if application is None:
        return {}
    return {
        "application_id": str(application.public_id),
        "product_name": application.product.name,
        "product_version": f"v{application.product_version.number}",
        "institution_name": application.institution.organisation.name,
    }


def consent_facts(consent: Consent) -> ConsentFacts:
    """Return a consent as the portrait states it."""
    return ConsentFacts(
        data_classes=tuple(sorted(consent.data_classes)),
        consent_id=str(consent.public_id),
        lender_name=consent.lender.name,
        purpose=consent.purpose,
        data_from=consent.data_from,
        data_to=consent.data_to,
        valid_from=consent.valid_from,
        valid_until=consent.valid_until,
        feedback_clause=consent.feedback_clause,
        text_version=consent.text_version,
    )


def plain_record(row: RecordRow) -> PlainRecord:
    """Return a stored record as the domain sees it."""
    return PlainRecord(
        public_id=str(row.public_id),
        item_code=row.item_code,
        data_class=row.data_class,
        event_date=row.event_date,
        received_at=row.received_at,
        payload=row.payload,
        source_unit=row.unit_name,
        batch=str(row.batch_id),
        row_number=row.row_number,
        disputed=row.disputed,
        repaired=row.repaired,
        public=not row.consent_required,
    )


def portrait_build(
    enterprise: Enterprise,
    *,
    consent: ConsentFacts,
    declared: DeclaredFacts,
    at: datetime,
    day: date | None = None,
    models: ParameterSet | None = None,
) -> Portrait:
    """Return the portrait of an enterprise at a moment; nothing is stored.

    Args:
        enterprise: whose.
        consent: bounds what is read.
        declared: need and application.
        at: records known up to here count, aware.
        day: business date when it is not the moment's own (back data).
        models: the score models when loaded already.

    Queries: those of `portrait_inputs` and one for the score models unless given, whatever the number of records.
    """
    of_models = () if models else (score_models_question(),)
    with asked_together(*portrait_questions(enterprise, at), *of_models):
        inputs = portrait_inputs(enterprise, consent=consent, declared=declared, at=at)
        rules = portrait_rules(models)
    as_of = AsOf.from_moment(at) if day is None else AsOf(day, at)
    return assemble(inputs, as_of, rules=rules)


def portrait_questions(
    enterprise: Enterprise, at: datetime, *, with_lists: bool = True
) -> list[Question[Any]]:
    """Return what `portrait_inputs` asks, to be asked together with others."""
    of_lists = [lists_known_question(enterprise, local_date(at))] if with_lists else []
    return [catalogue_delivered_question(at), *records_questions(enterprise, at), *of_lists]


def portrait_inputs(
    enterprise: Enterprise,
    *,
    consent: ConsentFacts,
    declared: DeclaredFacts,
    at: datetime,
    with_disputes: bool = True,
    with_lists: bool = True,
) -> PortraitInputs:
    """Return what a portrait of a moment is made of, e.g. to ask what it would be without one record.

    Args:
        enterprise, consent, declared, at: as for `portrait_build`.
        with_disputes: mark disputed records; rules look at values alone and need no marks.
        with_lists: ask on which thematic lists it is; without, none is known.

    Queries: four, one less without lists, one more where there was an objection, two more when district and register
        batch are not loaded.
    """
    with asked_together(*portrait_questions(enterprise, at, with_lists=with_lists)):
        catalogue, fed = catalogue_delivered(at)
        records = records_as_at(enterprise, at, with_disputes=with_disputes)
        lists = lists_known(enterprise, local_date(at)) if with_lists else None
    return PortraitInputs(
        enterprise=enterprise_facts(enterprise, lists),
        records=[plain_record(row) for row in records],
        consent=consent,
        declared=declared,
        fed_items=fed,
        catalogue=catalogue,
    )


def portrait_rebuilt(row: CreditPortrait) -> Portrait:
    """Return a frozen portrait built anew from the records as they were known at its moment.

    The register's facts, the need, the consent, the names and modes of items and units, and the format are the frozen
    ones.

    Queries: four, one more where there was an objection.
    """
    frozen = from_json(row.content)
    around = surroundings_of(frozen)
    records = records_as_at(row.enterprise, row.as_of)
    inputs = PortraitInputs(
        enterprise=frozen.enterprise,
        records=[around.seen(plain_record(record)) for record in records],
        consent=frozen.consent,
        declared=frozen.declared,
        fed_items=items_fed(row.as_of),
        catalogue=tuple(around.items.values()),
    )
    as_of = AsOf(frozen.as_of_date, row.as_of)
    written = {"format": frozen.versions["format"]}
    return assemble(inputs, as_of, versions=written, rules=portrait_rules())


def facts_for(
    enterprise: Enterprise, demand: FinancingDemand, at: datetime, consent: ConsentFacts
) -> FeatureFacts:
    """Return a fact, or why there is none, for every feature that rules may name.

    Args:
        enterprise: whose data.
        demand: whose amount, term, purpose and guarantee are judged.
        at: records known up to here count, aware.
        consent: what may be looked at; ``ConsentFacts.own()`` for the enterprise's own view.

    Queries: as `portrait_build`.
    """
    declared = declared_facts(demand)
    portrait = portrait_build(enterprise, consent=consent, declared=declared, at=at)
    return facts_for_fit(portrait)


def portrait_content(row: CreditPortrait) -> Portrait:
    """Return the frozen content of a portrait."""
    return from_json(row.content)
