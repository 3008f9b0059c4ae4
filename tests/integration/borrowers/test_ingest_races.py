"""Two batches of one item at the same moment, on a database that lets them."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections

from borrowers.models import CreditRecord, Enterprise
from borrowers.services import records_ingest
from borrowers.services.candidate import candidate_accept, candidate_refuse
from marketplace.domain.errors import TransitionRefused
from marketplace.domain.text import name_key
from tests.cast import NOW, make_cast
from tests.factories.borrowers import USCC, deliver
from tests.factories.reference import enter_reference

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]
YEARS = range(2015, 2026)


def ratings(grade):
    return [
        {"统一社会信用代码": USCC, "评价年度": str(year), "纳税信用等级": grade} for year in YEARS
    ]


def at_once(*deeds):
    barrier, faults = threading.Barrier(len(deeds)), []

    def run(deed):
        try:
            barrier.wait(timeout=20)
            deed()
        except Exception as fault:  # noqa: BLE001 - the main thread raises it again
            faults.append(fault)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return faults


def test_two_batches_are_kept_one_after_the_other():
    make_cast()
    enter_reference(at=NOW)

    faults = at_once(
        lambda: deliver("TAX_RATING", ratings("A"), at=NOW),
        lambda: deliver("TAX_RATING", ratings("B"), at=NOW + timedelta(seconds=1)),
    )

    assert not faults
    live = CreditRecord.objects.filter(superseded_at=None)
    assert live.count() == len(YEARS)
    assert len(set(live.values_list("batch_id", flat=True))) == 1
    assert CreditRecord.objects.count() == 2 * len(YEARS)


def test_the_same_file_twice_at_once_is_kept_once():
    make_cast()
    enter_reference(at=NOW)

    faults = at_once(*[lambda: deliver("TAX_RATING", ratings("A"), at=NOW)] * 2)

    assert not faults
    assert CreditRecord.objects.count() == len(YEARS)


def test_a_waiting_row_is_decided_once():
    cast = make_cast()
    enter_reference(at=NOW)
    name = name_key(cast.enterprise.name)
    Enterprise.objects.filter(pk=cast.enterprise.pk).update(name_normalized=name)
    source = f"统一社会信用代码,企业名称,评价年度,纳税信用等级\n,{cast.enterprise.name},2025,A\n"
    batch = records_ingest(
        item_code="TAX_RATING", unit_code="TAX", source=source.encode(),
        file_name="评级.csv", actor=None, at=NOW,
    )  # fmt: skip
    asked = {"public_id": batch.candidates.get().public_id, "at": NOW + timedelta(hours=1)}
    uscc = cast.enterprise.uscc

    faults = at_once(
        lambda: candidate_accept(**asked, uscc=uscc, actor=cast.operator),
        lambda: candidate_accept(**asked, uscc=uscc, actor=cast.second_operator),
        lambda: candidate_refuse(**asked, reason="无法核实", actor=cast.second_operator),
    )

    assert [type(fault) for fault in faults] == [TransitionRefused] * 2
    state = batch.candidates.get().state
    assert CreditRecord.objects.count() == (state == "ACCEPTED")
    batch.refresh_from_db()
    assert (batch.rejected, batch.waiting) == (1, 0)
