"""Files of tax payments, good rows and bad, and what may happen between two deliveries."""

from __future__ import annotations

import csv
import os
from contextlib import suppress

from django.db.models import Sum

from borrowers.models import (
    CatalogueItem,
    CreditRecord,
    IngestBatch,
    IngestReject,
    SubjectCandidate,
)
from borrowers.services import records_ingest
from borrowers.services.candidate import candidate_accept, candidate_refuse
from borrowers.services.retention import retention_sweep
from marketplace.domain.errors import Refused
from tests.factories.borrowers import USCC, make_enterprise

TITLES = ["统一社会信用代码", "征收项目", "税款所属期起", "税款所属期止", "入库日期", "实缴金额"]
LATECOMER = "91120103MA06010137"
LATECOMER_NO = "120103000012345"
FAR_DAY = "2031-05-20"


def payment(uscc=USCC, kind="增值税", day="2025-01-15", amount="1.50"):
    year = "2001" if day.startswith("2001") else "2025"
    return [uscc, kind, f"{year}-01-01", f"{year}-01-31", day, amount]


def write(path, rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(TITLES)
        writer.writerows(rows)
    return path


def ingest(path, at, unit="TAX"):
    return records_ingest(
        item_code="TAX_PAYMENT",
        unit_code=unit,
        source=path,
        file_name=path.name,
        actor=None,
        at=at,
    )


def key_without_a_day():
    """Let rows that only differ in their day have the same key."""
    item = CatalogueItem.objects.get(code="TAX_PAYMENT")
    item.spec["natural_key"] = ["tax_kind", "period_from"]
    item.save()


def candidates_left(places):
    """Rows that wait for a person or were decided: place of the batch, row number, state."""
    found = SubjectCandidate.objects.values_list("batch", "row_number", "state")
    return sorted((places[batch], *rest) for batch, *rest in found)


def left_in_database():
    """Everything deliveries leave in the database, free of what two runs cannot share."""
    places = {
        pk: place
        for place, pk in enumerate(IngestBatch.objects.order_by("pk").values_list("pk", flat=True))
    }
    records = CreditRecord.objects.select_related("enterprise", "superseded_by").order_by(
        "enterprise__uscc", "natural_key", "batch", "row_number"
    )
    return {
        "batches": list(
            IngestBatch.objects.order_by("pk")
            .annotate(filed=Sum("segments__rows"))
            .values_list(
                "rows_read",
                "accepted",
                "superseding",
                "rejected",
                "duplicates",
                "waiting",
                "reasons",
                "filed",
            )
        ),
        "rejects": sorted(
            (places[batch], *rest)
            for batch, *rest in IngestReject.objects.values_list(
                "batch", "row_number", "field", "code", "sentence"
            )
        ),
        "candidates": candidates_left(places),
        "records": [
            (
                places[record.batch_id],
                record.row_number,
                record.enterprise.uscc,
                record.natural_key,
                record.payload,
                record.received_at,
                record.superseded_at,
                record.superseded_by and places[record.superseded_by.batch_id],
            )
            for record in records
        ],
    }


def correction(cast, now, other):
    ingest(other, now)


def registration(cast, now, other):
    make_enterprise(
        uscc=LATECOMER, name="天津后来示例有限公司", at=now, registration_no=LATECOMER_NO
    )


def review(cast, now, other):
    """Say whose the rows are that wait: every second is returned."""
    waiting = SubjectCandidate.objects.filter(state="WAITING").order_by("batch", "row_number")
    for place, found in enumerate(waiting):
        asked = {"public_id": found.public_id, "actor": cast.operator, "at": now}
        with suppress(Refused):
            if place % 2:
                candidate_refuse(**asked, reason="无法核实")
            else:
                candidate_accept(**asked, uscc=LATECOMER)


def erasure(cast, now, other):
    retention_sweep(at=now)


ACTS = (correction, registration, review, erasure)
STORIES = 24 if os.environ.get("WHOLE_SWEEP") else 4
"""How many stories are told both ways; `make torture` tells more."""


def any_row(rng):
    kind = rng.choice(["增值税", "印花税", "企业所得税", "", "x"])
    day = rng.choice(["2025-01-15", "2025-02-03", FAR_DAY, "2024-13-40", "2001-02-03"])
    subject = rng.choice([USCC, USCC, LATECOMER, LATECOMER_NO, LATECOMER_NO, "坏"])
    return payment(subject, kind, day, rng.choice(["1", "2"]))
