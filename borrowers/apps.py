"""App configuration."""

from django.apps import AppConfig


class BorrowersConfig(AppConfig):
    """企业与公共信用信息."""

    name = "borrowers"
    verbose_name = "企业与公共信用信息"
