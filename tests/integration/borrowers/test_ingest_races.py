"""Two batches of one item at the same moment, on a database that lets them."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connections

from borrowers.models import CreditRecord
from borrowers.services import reference_ensure
from tests.cast import NOW, make_cast
from tests.factories.borrowers import USCC, deliver

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
    reference_ensure(at=NOW)

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
    reference_ensure(at=NOW)

    faults = at_once(*[lambda: deliver("TAX_RATING", ratings("A"), at=NOW)] * 2)

    assert not faults
    assert CreditRecord.objects.count() == len(YEARS)
