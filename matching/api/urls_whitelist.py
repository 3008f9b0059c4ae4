"""API of whitelists."""

from __future__ import annotations

from django.urls import URLPattern, path

from matching.api import grant, whitelist, whitelist_duty, whitelist_lender, whitelist_steps

# /api/v1/whitelists/: making lists
make_urls = [
    path("whitelists/", whitelist.WhitelistListView.as_view(), name="whitelist-list"),
    path(
        "whitelists/check/",
        whitelist.WhitelistCheckSheetView.as_view(),
        name="whitelist-check-sheet",
    ),
    path("whitelists/upload/", whitelist.WhitelistUploadView.as_view(), name="whitelist-upload"),
    path(
        "whitelists/delegations/",
        grant.DelegationListView.as_view(),
        name="whitelist-delegations",
    ),
    path(
        "whitelists/generate/",
        whitelist.WhitelistGenerateView.as_view(),
        name="whitelist-generate",
    ),
    path(
        "whitelists/generate/count/",
        whitelist.WhitelistCountView.as_view(),
        name="whitelist-count",
    ),
    path("whitelists/watch/", whitelist_duty.WhitelistWatchView.as_view(), name="whitelist-watch"),
]

# /api/v1/whitelists/entries/<id>/: one row
entry_urls = [
    path(
        "whitelists/entries/<uuid:public_id>/",
        whitelist.WhitelistEntryView.as_view(),
        name="whitelist-entry",
    ),
    path(
        "whitelists/entries/<uuid:public_id>/contact/",
        whitelist.WhitelistEntryContactView.as_view(),
        name="whitelist-entry-contact",
    ),
]

# /api/v1/whitelists/recommendations/: what is recommended to a lender
lender_urls = [
    path(
        "whitelists/recommendations/",
        whitelist_lender.RecommendationListView.as_view(),
        name="recommendation-list",
    ),
    path(
        "whitelists/recommendations/feedback/",
        whitelist_lender.RecommendationFeedbackView.as_view(),
        name="recommendation-feedback",
    ),
    path(
        "whitelists/recommendations/<uuid:public_id>/",
        whitelist_lender.RecommendationView.as_view(),
        name="recommendation-detail",
    ),
    path(
        "whitelists/recommendations/<uuid:public_id>/contact/",
        whitelist_lender.RecommendationContactView.as_view(),
        name="recommendation-contact",
    ),
    path(
        "whitelists/recommendations/<uuid:public_id>/contact/data/",
        whitelist_lender.RecommendationContactDataView.as_view(),
        name="recommendation-contact-data",
    ),
    path(
        "whitelists/recommendations/<uuid:public_id>/result/",
        whitelist_lender.RecommendationResultView.as_view(),
        name="recommendation-result",
    ),
]

STEPS = {
    "check": whitelist_steps.WhitelistRecheckView,
    "submit": whitelist_steps.WhitelistSubmitView,
    "approve": whitelist_steps.WhitelistApproveView,
    "return": whitelist_steps.WhitelistReturnView,
    "revise": whitelist_steps.WhitelistReviseView,
    "recall": whitelist_steps.WhitelistRecallView,
    "rejudge": whitelist_steps.WhitelistRejudgeView,
    "entries": whitelist.WhitelistEntriesView,
    "diff": whitelist.WhitelistDiffView,
    "receipts": whitelist_duty.WhitelistReceiptsView,
}

# /api/v1/whitelists/<id>/: one list on its way
detail_urls = [
    path(
        "whitelists/<uuid:public_id>/",
        whitelist.WhitelistDetailView.as_view(),
        name="whitelist-detail",
    ),
    path(
        "whitelists/<uuid:public_id>/correction.xlsx",
        whitelist.WhitelistCorrectionView.as_view(),
        name="whitelist-correction",
    ),
    *(
        path(f"whitelists/<uuid:public_id>/{step}/", view.as_view(), name=f"whitelist-{step}")
        for step, view in STEPS.items()
    ),
]

urlpatterns: list[URLPattern] = [*make_urls, *entry_urls, *lender_urls, *detail_urls]
