"""The Celery application of the city profile; the embedded profile never starts a worker."""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
app = Celery("marketplace")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {
    "outbox-drain": {"task": "marketplace.outbox_drain", "schedule": 60.0},
    "reminders-send": {"task": "marketplace.reminders_send", "schedule": 60.0},
    "clocks-sweep": {"task": "matching.clocks_sweep", "schedule": crontab(minute="*/10")},
    "batches-resume": {"task": "borrowers.batches_resume", "schedule": crontab(minute="*/15")},
    "archive-nightly": {
        "task": "borrowers.archive_nightly",
        "schedule": crontab(hour="2", minute="20"),
    },
    "quality-sweep": {"task": "borrowers.quality_sweep", "schedule": crontab(hour=3, minute=20)},
    "statistics-keep": {"task": "exports.statistics_keep", "schedule": crontab(minute="5-59/10")},
    "accounts-idle": {"task": "marketplace.accounts_idle", "schedule": crontab(hour=5, minute=40)},
    "usable-counts": {"task": "matching.usable_counts", "schedule": crontab(hour=4, minute=10)},
}
