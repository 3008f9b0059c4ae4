"""App configuration."""

from django.apps import AppConfig


class MarketplaceConfig(AppConfig):
    """平台基座."""

    name = "marketplace"
    verbose_name = "平台基座"

    def ready(self) -> None:
        """Let log-ins note when they began."""
        from django.contrib.auth.signals import user_logged_in

        from marketplace.web.idle import session_began

        user_logged_in.connect(session_began, dispatch_uid="session_began")
