"""App configuration."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """报告与统计."""

    name = "exports"
    verbose_name = "报告与统计"
