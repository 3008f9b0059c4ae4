"""App configuration."""

from django.apps import AppConfig


class BorrowersConfig(AppConfig):
    """企业与公共信用信息."""

    name = "borrowers"
    verbose_name = "企业与公共信用信息"

    def ready(self) -> None:
        """Let the floor lead applicants to where their registration stands."""
        from borrowers.views.waiting import registration_link
        from marketplace.web.navigation import WAITING

        if registration_link not in WAITING:
            WAITING.append(registration_link)
