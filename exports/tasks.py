"""Tasks of what leaves the marketplace."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.utils import timezone

from exports.services import statistics_keep


@shared_task(name="exports.statistics_keep")
def statistics_keep_task(**_: Any) -> None:
    """Count the figures of every scope, for the pages of statistics."""
    statistics_keep(at=timezone.now())
