from __future__ import annotations

import pytest

from borrowers.models import ArchiveSegment, CreditRecord
from borrowers.services.archive import archive_sync
from borrowers.services.archive_check import archive_check
from borrowers.services.objection import objection_submit
from borrowers.services.retention import retention_sweep
from marketplace.models import AuditEvent
from tests.factories.borrowers import USCC, deliver

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("archive_folder")]


def payments(now, *days, amount="10"):
    rows = [
        {
            "统一社会信用代码": USCC,
            "征收项目": "增值税",
            "税款所属期起": day,
            "税款所属期止": day,
            "入库日期": day,
            "实缴金额": amount,
        }
        for day in days
    ]
    return deliver("TAX_PAYMENT", rows, at=now)


def days_left():
    return sorted(f"{day}" for day in CreditRecord.objects.values_list("event_date", flat=True))


def test_erases_in_both_stores_and_they_stay_equal(cast, now):
    payments(now, "2010-05-01", "2026-05-01")
    archive_sync(at=now)

    done = retention_sweep(at=now)

    assert (done.records, done.segments) == (1, 1)
    assert days_left() == ["2026-05-01"]
    assert ArchiveSegment.objects.get(retired_at=None).rows == 1
    assert not archive_check(with_hashes=True).faults
    assert AuditEvent.objects.filter(action="borrowers.records.erase").count() == 1


def test_second_run_does_nothing(cast, now):
    payments(now, "2010-05-01")
    retention_sweep(at=now)

    assert retention_sweep(at=now).records == 0


def test_every_version_goes_even_where_one_points_to_the_other(cast, now):
    payments(now, "2010-05-01")
    payments(now, "2010-05-01", amount="11")

    assert retention_sweep(at=now).records == 2


def test_what_an_objection_is_about_stays(cast, now):
    payments(now, "2010-05-01", "2010-06-01")
    record = CreditRecord.objects.get(event_date="2010-05-01")
    objection_submit(
        record_id=record.public_id, reason="金额与完税证明不符", actor=cast.owner, at=now
    )

    retention_sweep(at=now)

    assert days_left() == ["2010-05-01"]
