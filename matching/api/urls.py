"""API of the app: needs, applications and outcomes here; leads, portraits and whitelists in their own lists."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from matching.api import (
    application,
    application_batch,
    application_steps,
    demand,
    grant,
    offers,
    outcome,
    outcome_rectify,
    reach,
    renewal,
    urls_event,
    urls_lead,
    urls_portrait,
    urls_whitelist,
)

# /api/v1/demands/
demand_urls = [
    path("demands/", demand.DemandListView.as_view(), name="demand-list"),
    path("demands/<uuid:public_id>/", demand.DemandView.as_view(), name="demand-detail"),
    path("demands/<uuid:public_id>/fits/", offers.DemandFitView.as_view(), name="demand-fits"),
    path(
        "demands/<uuid:public_id>/compare/",
        offers.DemandCompareView.as_view(),
        name="demand-compare",
    ),
    path(
        "demands/<uuid:public_id>/prospects/",
        offers.DemandProspectsView.as_view(),
        name="demand-prospects",
    ),
    path(
        "demands/<uuid:public_id>/publish/",
        demand.DemandPublishView.as_view(),
        name="demand-publish",
    ),
    path(
        "demands/<uuid:public_id>/withdraw/",
        demand.DemandWithdrawView.as_view(),
        name="demand-withdraw",
    ),
    path("demands/<uuid:public_id>/close/", demand.DemandCloseView.as_view(), name="demand-close"),
]

# /api/v1/applications/
application_urls = [
    path("applications/", application.ApplicationListView.as_view(), name="application-list"),
    path(
        "applications/<uuid:public_id>/",
        application.ApplicationView.as_view(),
        name="application-detail",
    ),
    path(
        "applications/<uuid:public_id>/consent/",
        application.ApplicationConsentView.as_view(),
        name="application-consent",
    ),
    path(
        "applications/<uuid:public_id>/review/",
        application.ApplicationReviewView.as_view(),
        name="application-review",
    ),
    path(
        "applications/<uuid:public_id>/reviewers/",
        grant.ReviewerListView.as_view(),
        name="application-reviewers",
    ),
    path(
        "applications/<uuid:public_id>/notes/",
        application_steps.NoteView.as_view(),
        name="application-note",
    ),
]

# /api/v1/grants/<id>/: exceptional grants of this app, whatever they open
grant_urls = [
    path("grants/<uuid:public_id>/revoke/", grant.GrantRevokeView.as_view(), name="grant-revoke"),
]

STEPS = {
    "accept": application_steps.AcceptView,
    "contact": application_steps.ContactView,
    "start-due-diligence": application_steps.StartDueDiligenceView,
    "request-supplement": application_steps.RequestSupplementView,
    "supply": application_steps.SupplyView,
    "submit-for-approval": application_steps.SubmitForApprovalView,
    "return": application_steps.ReturnView,
    "approve": application_steps.ApproveView,
    "reject": application_steps.RejectView,
    "sign": application_steps.SignView,
    "disburse-status": application_steps.DisburseStatusView,
    "withdraw": application_steps.WithdrawView,
}
"""Verb in the address to its view."""

step_urls = [
    path(f"applications/<uuid:public_id>/{verb}/", view.as_view(), name=f"application-{verb}")
    for verb, view in STEPS.items()
]

# /api/v1/applications/batch/: one step for several
BATCH_STEPS = {
    "accept": application_batch.BatchAcceptView,
    "start-due-diligence": application_batch.BatchStartDueDiligenceView,
    "request-supplement": application_batch.BatchRequestSupplementView,
    "note": application_batch.BatchNoteView,
}

batch_urls = [
    path(f"applications/batch/{verb}/", view.as_view(), name=f"applications-{verb}")
    for verb, view in BATCH_STEPS.items()
]

# /api/v1/versions/<id>/: how far a product version reaches
reach_urls = [
    path("versions/<uuid:public_id>/reach/", reach.VersionReachView.as_view(), name="version-reach")
]

# /api/v1/renewals/: an enterprise's loans that end soon
renewal_urls = [
    path("renewals/", renewal.RenewalListView.as_view(), name="renewal-list"),
    path("renewals/<uuid:public_id>/", renewal.RenewalStartView.as_view(), name="renewal-start"),
]

# /api/v1/loans/
loan_urls = [
    path("loans/", outcome.LoanListView.as_view(), name="loan-list"),
    path("loans/upload/", outcome.OutcomeSheetView.as_view(), name="outcome-upload"),
    path("loans/<uuid:public_id>/", outcome.LoanView.as_view(), name="loan-detail"),
    path(
        "loans/<uuid:public_id>/outcomes/", outcome.OutcomeListView.as_view(), name="outcome-list"
    ),
    path(
        "loans/<uuid:public_id>/outcomes/<int:seq>/amend/",
        outcome_rectify.OutcomeAmendView.as_view(),
        name="outcome-amend",
    ),
    path(
        "loans/<uuid:public_id>/outcomes/<int:seq>/void/",
        outcome_rectify.OutcomeVoidView.as_view(),
        name="outcome-void",
    ),
]

# /api/v1/operator/applications/ and /api/v1/operator/corrections/
operator_urls = [
    path(
        "operator/corrections/",
        outcome_rectify.CorrectionListView.as_view(),
        name="correction-list",
    ),
    path(
        "operator/applications/",
        application.SupervisedListView.as_view(),
        name="supervised-list",
    ),
    path(
        "operator/applications/<uuid:public_id>/urge/",
        application.UrgeView.as_view(),
        name="application-urge",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *demand_urls,
    *application_urls,
    *grant_urls,
    *step_urls,
    *batch_urls,
    *reach_urls,
    *renewal_urls,
    *loan_urls,
    *operator_urls,
    *urls_event.urlpatterns,
    *urls_lead.urlpatterns,
    *urls_portrait.urlpatterns,
    *urls_whitelist.urlpatterns,
]
