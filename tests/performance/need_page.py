"""The page of a need with 500 products of 12 rules on the shelf, beside every reason from the compiled tables.

The limit is ``reasons_of``: the 6,000 reasons of one need in words and nothing else. The page judges each product with
the readable rules, finds what would make it fit, ranks and renders it. CPU seconds are user and system time of this
process; the database is SQLite in memory, so that the statements' time is in it.

Run: ``python -m tests.performance.need_page [products]``.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from tests import environment

PRODUCTS = 500
STATEMENTS = 12
"""The most the page is to ask of the database."""


def main(products: int) -> int:
    """Measure and print the table; 0 when the page asks no more statements than it may."""
    assert environment.prepare_environment is not None
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment()
    name = connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        return measure(products)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        teardown_test_environment()


def measure(products: int) -> int:
    """Fill the shelf, ask for the page, print the table."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from lenders.selectors import product_published_list
    from marketplace.domain.workdays import local_date
    from matching.domain.fit import Audience, Seen
    from matching.domain.subject import ConsentFacts
    from matching.scoring.offer_tables import compile_offers
    from matching.scoring.prematch import match_one, reasons_of
    from matching.selectors.fit import fit_of
    from matching.selectors.offers import demand_offers
    from matching.selectors.portrait import facts_for
    from tests.cast import NOW, make_cast
    from tests.factories.matching import make_demand
    from tests.performance.prematch import cpu

    cast = make_cast()
    fill(products, cast)
    need = make_demand(cast)
    client = Client()
    client.force_login(cast.owner)
    path = reverse("matching:need-detail", args=[need.public_id])
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    statements = len(asked)  # the next request empties the log
    shelf = product_published_list(NOW)
    facts = facts_for(need.enterprise, need, NOW, ConsentFacts.own())
    compiled = compile_offers(offers_of(shelf), local_date(NOW))

    def scalar() -> list[Any]:
        seen: Seen = {}
        return [fit_of(one, facts, NOW, seen, Audience.BORROWER) for one in shelf]

    limit = cpu(lambda: reasons_of(compiled, facts, audience=Audience.BORROWER))
    rows = [
        ("verdicts from compiled tables", cpu(lambda: match_one(compiled, facts).outcomes(0))),
        ("every reason from compiled tables (the limit)", limit),
        ("compiling the tables", cpu(lambda: compile_offers(offers_of(shelf), local_date(NOW)), 2)),
        ("readable rules, all verdicts", cpu(scalar)),
        ("reading the shelf", cpu(lambda: product_published_list(NOW))),
        ("the fit list: changes, ranking, prospects", cpu(lambda: demand_offers(need, NOW), 3)),
        ("the whole page", cpu(lambda: client.get(path), 3)),
    ]
    out = sys.stdout.write
    out(f"one need x {len(shelf)} products x 12 rules; {statements} statements for the page\n")
    for words, seconds in rows:
        out(f"{words:48}{seconds * 1000:9.1f} ms{seconds / limit:9.1f}\n")
    return int(statements > STATEMENTS)


def offers_of(shelf: list[Any]) -> list[tuple[Any, Any]]:
    """Return products as `compile_offers` takes them."""
    return [(one.terms, one.rules) for one in shelf]


def fill(count: int, cast: Any) -> None:
    """Put products on the shelf of the cast's bank."""
    from lenders.domain.rule import rule_to_json
    from tests.factories.matching import make_offer
    from tests.performance.prematch import products

    for number, (_, rules) in enumerate(products(count)):
        rows = [rule_to_json(rule) for rule in rules]
        for row in rows:
            row.pop("effective_from", None)
            row.pop("effective_until", None)
        make_offer(cast, f"N{number:03d}", rules=rows)


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]) if len(sys.argv) > 1 else PRODUCTS))
