"""The description of the API (OpenAPI), which is the same for every reader."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request


class SchemaView(SpectacularAPIView):
    """Answers what a process has written once: writing takes most of a second, and anybody may ask, as often as wished.

    Nothing in it depends on who asks; ``?lang=`` and the accepted form (YAML, JSON) choose the text.
    """

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the description as a file to look at."""
        wanted = request.query_params.get("lang")
        language = wanted if wanted in dict(settings.LANGUAGES) else translation.get_language()
        form = request.accepted_renderer
        name = f"{settings.SPECTACULAR_SETTINGS['TITLE']}.{form.format}"
        return HttpResponse(
            written(form.media_type, language or settings.LANGUAGE_CODE),
            content_type=form.media_type + (f"; charset={form.charset}" if form.charset else ""),
            headers={"Content-Disposition": f'inline; filename="{name}"'},
        )


@lru_cache(maxsize=8)
def written(media_type: str, language: str) -> bytes:
    """Return the description in one of the forms the view offers and in one language."""
    form = next(form for form in SchemaView.renderer_classes if form.media_type == media_type)
    generator: Any = SchemaGenerator
    with translation.override(language):
        schema = generator().get_schema(request=None, public=True)
        text: bytes = form().render(schema, renderer_context={})
    return text
