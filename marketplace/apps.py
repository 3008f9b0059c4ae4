"""App configuration."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class MarketplaceConfig(AppConfig):
    """平台基座."""

    name = "marketplace"
    verbose_name = "平台基座"

    def ready(self) -> None:
        """Have connections read what comes from PostgreSQL the quick way, and know of the second wall."""
        from marketplace import postgres, wall

        connection_created.connect(postgres.on_connection_created)
        connection_created.connect(wall.on_connection_created)
