"""App configuration."""

from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """平台基座."""

    name = "marketplace"
    verbose_name = "平台基座"
