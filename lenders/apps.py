"""App configuration."""

from django.apps import AppConfig


class LendersConfig(AppConfig):
    """金融机构与产品."""

    name = "lenders"
    verbose_name = "金融机构与产品"
