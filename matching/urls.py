"""Pages of the app: needs, applications and outcomes here; the other parts in lists of their own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from matching import urls_event, urls_lead, urls_portrait, urls_whitelist
from matching.views import (
    approver,
    borrower,
    borrower_application,
    fit_compare,
    grant,
    officer,
    officer_batch,
    officer_queue,
    operator_applications,
    outcome,
    outcome_rectify,
    reach,
)

app_name = "matching"

# /demands/: an enterprise's needs, and applying with one
demand_urls = [
    path("demands/", borrower.need_list, name="need-list"),
    path("demands/new/", borrower.need_create, name="need-create"),
    path("demands/<uuid:public_id>/", borrower.need_detail, name="need-detail"),
    path("demands/<uuid:public_id>/change/", borrower.need_change, name="need-change"),
    path("demands/<uuid:public_id>/publish/", borrower.need_publish, name="need-publish"),
    path("demands/<uuid:public_id>/compare/", fit_compare.need_compare, name="need-compare"),
    path("demands/<uuid:public_id>/withdraw/", borrower.need_withdraw, name="need-withdraw"),
    path("demands/<uuid:public_id>/close/", borrower.need_close, name="need-close"),
    path(
        "demands/<uuid:public_id>/apply/<uuid:product_id>/",
        borrower_application.application_create,
        name="application-create",
    ),
]

# /applications/: an enterprise's applications
application_urls = [
    path("applications/", borrower_application.applications, name="application-list"),
    path(
        "applications/<uuid:public_id>/",
        borrower_application.application_detail,
        name="application-detail",
    ),
    path(
        "applications/<uuid:public_id>/withdraw/",
        borrower_application.application_withdraw,
        name="application-withdraw",
    ),
    path(
        "applications/<uuid:public_id>/supply/",
        borrower_application.application_supply,
        name="application-supply",
    ),
    path(
        "applications/<uuid:public_id>/consent/",
        borrower_application.application_consent,
        name="application-consent",
    ),
]

# /desk/, /approvals/ and /grants/: a lender's officers and approvers
lender_urls = [
    path("desk/", officer_queue.queue, name="queue-list"),
    path("desk/batch/", officer_batch.batch, name="queue-batch"),
    path("desk/<uuid:public_id>/", officer.review, name="review-detail"),
    path("desk/<uuid:public_id>/note/", officer.note, name="review-note"),
    path("desk/<uuid:public_id>/take-over/", officer.take_over, name="review-take-over"),
    path("desk/<uuid:public_id>/reviewers/", grant.reviewers, name="reviewer-list"),
    path("grants/<uuid:public_id>/revoke/", grant.revoke, name="grant-revoke"),
    path("desk/<uuid:public_id>/outcomes/", outcome.outcomes, name="outcome-list"),
    path(
        "desk/<uuid:public_id>/outcomes/<int:seq>/",
        outcome_rectify.rectify,
        name="outcome-rectify",
    ),
    path(
        "desk/<uuid:public_id>/outcomes/<int:seq>/void/",
        outcome_rectify.void,
        name="outcome-void",
    ),
    path("approvals/", approver.approvals, name="approval-list"),
    path("approvals/<uuid:public_id>/", approver.approval, name="approval-detail"),
    path("versions/<uuid:public_id>/reach/", reach.version_reach_detail, name="version-reach"),
]

# /loans/: what became of a lender's loans
loan_urls = [
    path("loans/", outcome.loans, name="loan-list"),
    path("loans/upload/", outcome.outcome_upload, name="outcome-upload"),
    path("loans/upload/template.xlsx", outcome.template_sheet, name="outcome-template"),
]

# /operator/applications/: clocks and 督办; /operator/corrections/: outcomes that lenders put right
operator_urls = [
    path("operator/corrections/", outcome_rectify.corrections, name="correction-list"),
    path("operator/applications/", operator_applications.watch, name="dispatch-list"),
    path(
        "operator/applications/<uuid:public_id>/",
        operator_applications.case,
        name="dispatch-detail",
    ),
]

# steps of the table by their name; after everything else below /desk/ and /approvals/
act_urls = [
    path("desk/<uuid:public_id>/<slug:slug>/", officer.act, name="review-act"),
    path("approvals/<uuid:public_id>/<slug:slug>/", approver.decide, name="approval-act"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *demand_urls,
    *application_urls,
    *lender_urls,
    *loan_urls,
    *operator_urls,
    *urls_event.urlpatterns,
    *urls_lead.urlpatterns,
    *urls_portrait.urlpatterns,
    *urls_whitelist.urlpatterns,
    *act_urls,
]
