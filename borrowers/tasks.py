"""Tasks of the borrowing side: one service call each, safe to run twice."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from borrowers.services.archive import archive_compact, archive_sweep, archive_sync
from borrowers.services.landing import batches_resume
from borrowers.services.quality import quality_sweep
from borrowers.services.retention import retention_sweep


@shared_task(name="borrowers.batches_resume")
def batches_resume_task(**_: Any) -> None:
    """Take up delivered files whose import was cut off."""
    batches_resume(at=timezone.now())


@shared_task(name="borrowers.archive_nightly")
def archive_nightly_task(**_: Any) -> None:
    """File what waits, erase what may be kept no longer, merge small files, remove retired ones."""
    at = timezone.now()
    archive_sync(at=at)
    retention_sweep(at=at)
    archive_compact(at=at)
    archive_sweep(at=at)


@shared_task(name="borrowers.quality_sweep")
def quality_sweep_task(**_: Any) -> None:
    """Find the deliveries whose term has passed."""
    quality_sweep(at=timezone.now())
