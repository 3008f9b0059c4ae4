"""The whole URL tree: pages of each app below its own prefix, the same verbs below ``/api/v1/``."""

from __future__ import annotations

from django.urls import include, path
from drf_spectacular.views import SpectacularSwaggerView

from marketplace.api.schema import SchemaView

api = [
    path("", include("marketplace.api.urls")),
    path("", include("borrowers.api.urls")),
    path("", include("lenders.api.urls")),
    path("", include("matching.api.urls")),
    path("", include("exports.api.urls")),
]

urlpatterns = [
    path("api/v1/", include((api, "api"))),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("", include("marketplace.web.urls")),
    path("", include("borrowers.urls")),
    path("", include("lenders.urls")),
    path("", include("matching.urls")),
    path("", include("exports.urls")),
]

handler400 = "marketplace.web.errors.bad_request"
handler403 = "marketplace.web.errors.permission_denied"
handler404 = "marketplace.web.errors.page_not_found"
handler500 = "marketplace.web.errors.server_error"
