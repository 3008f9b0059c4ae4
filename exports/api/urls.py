"""API of this app."""

from django.urls import URLPattern, URLResolver, path

from exports.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("statistics/", views.StatisticsView.as_view(), name="statistics"),
    path(
        "applications/<uuid:public_id>/portrait.pdf",
        views.PortraitPdfView.as_view(),
        name="portrait-pdf",
    ),
    path("verify/<str:code>/", views.VerifyView.as_view(), name="verify"),
]
