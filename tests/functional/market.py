"""The market before a journey begins: the cast, the catalogue, one more enterprise of the register with its records.

The newcomer comes from the demo's generator and has no account yet; the cast's enterprise has records like its own.
They came in ten days ago, one file for each item; no invoices among them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from borrowers.models import CatalogueItem, SourceUnit
from borrowers.services import catalogue_seed, records_ingest_rows, register_import_rows
from lenders.models import LoanProduct
from marketplace.config.demo.records import deliveries
from marketplace.config.demo.world import Profile, profiles, register_row
from marketplace.domain.workdays import local_date
from tests.cast import NOW, Cast
from tests.factories.lenders import make_product

SEED = 3
KNOWN_AT = NOW - timedelta(days=10)


@dataclass(frozen=True)
class Market:
    """Who and what there is.

    Attributes:
        newcomer: an enterprise of the register without account, with 36 months of records.
        fitting: a product of the cast's bank that suits the newcomer.
        too_large: one of the same bank that does not.
        untold: one of the rival bank of which it cannot be told.
    """

    cast: Cast
    newcomer: Profile
    fitting: LoanProduct
    too_large: LoanProduct
    untold: LoanProduct


def make_market(cast: Cast) -> Market:
    newcomer = newcomer_of_the_register()
    catalogue_seed(actor=cast.operator, at=NOW - timedelta(days=400))
    register_import_rows(
        rows=[(2, register_row(newcomer, local_date(KNOWN_AT)))],
        file_name="登记库-示例.xlsx",
        file_sha256=_digest("register"),
        actor=cast.operator,
        at=KNOWN_AT,
    )
    known = replace(newcomer, uscc=cast.enterprise.uscc, name=cast.enterprise.name)
    _deliver([newcomer, known], cast)
    own: dict[str, Any] = {
        "institution": cast.institution,
        "drafted_by": cast.officer,
        "published_by": cast.approver,
    }
    rival: dict[str, Any] = {
        "institution": cast.rival_institution,
        "drafted_by": cast.rival_officer,
        "published_by": cast.rival_approver,
    }
    return Market(
        cast=cast,
        newcomer=newcomer,
        fitting=make_product(**own, code="B001-TAX", name="示例税信贷", at=KNOWN_AT, rules=FITTING),
        too_large=make_product(**own, code="B001-BIG", name="示例集团贷", at=KNOWN_AT, rules=LARGE),
        untold=make_product(**rival, code="B002-INV", name="示例发票贷", at=KNOWN_AT, rules=UNTOLD),
    )


FITTING: list[dict[str, Any]] = [
    {"code": "AGE", "feature": "age_months", "operator": "GE", "value": 24},
    {"code": "TAX", "feature": "tax_paid_12m_yuan", "operator": "GE", "value": "10000"},
    {"code": "BREACH", "feature": "serious_breach", "operator": "IS_FALSE", "value": False},
]
LARGE: list[dict[str, Any]] = [
    {"code": "TAX", "feature": "tax_paid_12m_yuan", "operator": "GE", "value": "900000000"}
]
UNTOLD: list[dict[str, Any]] = [
    {"code": "SALES", "feature": "invoiced_sales_12m_yuan", "operator": "GE", "value": "1000000"}
]


def newcomer_of_the_register() -> Profile:
    """Return an enterprise of Hexi that has paid its taxes for years."""
    found = next(
        entry
        for entry in profiles(200, SEED, local_date(NOW))
        if entry.is_alive
        and entry.entity_type == "ENTERPRISE"
        and 20 <= entry.heads <= 80
        and entry.discipline >= 80
        and not entry.exporter
        and entry.number % 5
        and (local_date(NOW) - entry.born).days > 1500
    )
    return replace(found, district_code="120103")


def _deliver(city: list[Profile], cast: Cast) -> None:
    items = {item.code: item for item in CatalogueItem.objects.all()}
    units = {unit.code: unit for unit in SourceUnit.objects.all()}
    for (item, unit), delivered in delivered_rows(city).items():
        batch = records_ingest_rows(
            item=items[item],
            unit=units[unit],
            rows=enumerate(delivered, start=2),
            file_name=f"{item}.csv",
            file_sha256=_digest(item),
            actor=cast.operator,
            at=KNOWN_AT,
        )
        assert batch.rejected == 0, batch.reasons


def delivered_rows(city: list[Profile]) -> dict[tuple[str, str], list[dict[str, str]]]:
    """Return what units have to tell of these enterprises, by item and unit; an item may have nothing to tell."""
    rows: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
    for delivery in deliveries(city, SEED, local_date(KNOWN_AT)):
        rows[delivery.item_code, delivery.unit_code] += delivery.rows
    return rows


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def wan(amount_yuan: Decimal) -> str:
    """Return an amount as a person types it in 万元."""
    return f"{(amount_yuan / 10_000).normalize():f}"
