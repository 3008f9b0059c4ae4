"""The composition root as an app: it carries the commands that need every other app."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ConfigAppConfig(AppConfig):
    """Load the Celery application with Django, so that tasks are registered in every process."""

    name = "marketplace.config"
    label = "config"
    verbose_name = "部署与演示"

    def ready(self) -> None:
        """Register the tasks of all apps."""
        import_module("marketplace.config.celery")
        autodiscover_modules("tasks")
