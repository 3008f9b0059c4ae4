"""API of this app."""

from django.urls import URLPattern, URLResolver, path

from exports.api import documents, files, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("statistics/", views.StatisticsView.as_view(), name="statistics"),
    path("verify/<str:code>/", views.VerifyView.as_view(), name="verify"),
    # /api/v1/district/reports: a district's week or month
    path("district/reports/", views.DistrictReportView.as_view(), name="district-report"),
    path(
        "district/reports.xlsx",
        files.DistrictReportXlsxView.as_view(),
        name="district-report-sheet",
    ),
    path("district/reports.pdf", files.DistrictReportPdfView.as_view(), name="district-report-pdf"),
    # /api/v1/documents/ that were handed out
    path("documents/", documents.DocumentListView.as_view(), name="document-list"),
    path("documents/<uuid:public_id>/", documents.DocumentView.as_view(), name="document-detail"),
    path(
        "documents/<uuid:public_id>/void/",
        documents.DocumentVoidView.as_view(),
        name="document-void",
    ),
    # /api/v1/portrait/report: what stands in for certificates of no violation
    path("portrait/report/", views.CreditReportView.as_view(), name="credit-report"),
    path("portrait/report.pdf", files.CreditReportPdfView.as_view(), name="credit-report-pdf"),
    # portraits and whitelists as files
    path(
        "applications/<uuid:public_id>/portrait.pdf",
        files.PortraitPdfView.as_view(),
        name="portrait-pdf",
    ),
    path(
        "whitelists/<uuid:public_id>.xlsx",
        files.WhitelistXlsxView.as_view(),
        name="whitelist-sheet",
    ),
    path(
        "whitelists/recommendations/<uuid:public_id>.xlsx",
        files.RecommendationXlsxView.as_view(),
        name="recommendation-sheet",
    ),
]
