"""App configuration."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    """融资撮合."""

    name = "matching"
    verbose_name = "融资撮合"
