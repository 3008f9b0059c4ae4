"""Pages and files of this app."""

from django.urls import URLPattern, URLResolver, path

from exports.views import credit_report, document, download, report, statistics

app_name = "exports"
urlpatterns: list[URLPattern | URLResolver] = [
    # /statistics/ for everybody, a district, an institution
    path("statistics/", statistics.city, name="statistics"),
    path("statistics/home/", statistics.home, name="home-figures"),
    path("statistics/district/", statistics.district, name="statistics-district"),
    path("statistics/institution/", statistics.institution, name="statistics-institution"),
    path("statistics.xlsx", download.city_statistics, name="statistics-sheet"),
    path(
        "statistics/district.xlsx", download.district_statistics, name="statistics-district-sheet"
    ),
    path(
        "statistics/institution.xlsx",
        download.institution_statistics,
        name="statistics-institution-sheet",
    ),
    # /district/reports: a district's week or month
    path("district/reports/", report.report, name="district-report"),
    path("district/reports.xlsx", report.report_sheet, name="district-report-sheet"),
    path("district/reports.pdf", report.report_pdf, name="district-report-pdf"),
    # /verify/ for everybody
    path("verify/", document.verify, name="verify"),
    path("verify/<str:code>/", document.verify_code, name="verify-code"),
    # portraits
    path("applications/<uuid:public_id>/portrait.pdf", download.portrait, name="portrait-pdf"),
    path("portrait/own.pdf", download.own_portrait, name="own-portrait-pdf"),
    # /portrait/report: what stands in for certificates of no violation
    path("portrait/report/", credit_report.credit_report, name="credit-report"),
    path("portrait/report.pdf", credit_report.credit_report_pdf, name="credit-report-pdf"),
    # whitelists
    path("district/whitelists/<uuid:public_id>.xlsx", download.whitelist, name="whitelist-sheet"),
    path(
        "lender/whitelists/<uuid:public_id>.xlsx",
        download.recommendation,
        name="recommendation-sheet",
    ),
    # /documents/ that were handed out
    path("documents/", document.documents, name="document-list"),
    path("documents/<uuid:public_id>/", document.document, name="document-detail"),
]
