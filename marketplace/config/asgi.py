"""ASGI entry point."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.config.settings")
application = get_asgi_application()

from marketplace.config.serving import settle  # noqa: E402 - once the settings are there

settle()
