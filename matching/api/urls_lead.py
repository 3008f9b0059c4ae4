"""API of the pool, of leads, of dispatch, and of moving to another lender."""

from __future__ import annotations

from django.urls import URLPattern, path

from matching.api import dispatch, lead

# /api/v1/pool/ and /api/v1/leads/
lender_urls = [
    path("pool/", lead.PoolListView.as_view(), name="pool-list"),
    path("pool/<uuid:public_id>/take/", lead.PoolTakeView.as_view(), name="pool-take"),
    path("leads/", lead.LeadListView.as_view(), name="lead-list"),
    path("leads/<uuid:public_id>/", lead.LeadView.as_view(), name="lead-detail"),
    path("leads/<uuid:public_id>/take/", lead.LeadTakeView.as_view(), name="lead-take"),
    path("leads/<uuid:public_id>/return/", lead.LeadReturnView.as_view(), name="lead-return"),
]

# /api/v1/demands/ and /api/v1/invitations/
need_urls = [
    path("demands/<uuid:public_id>/pool/", lead.DemandPoolView.as_view(), name="demand-pool"),
    path(
        "demands/<uuid:public_id>/dispatch/",
        lead.DemandDispatchView.as_view(),
        name="demand-dispatch",
    ),
    path(
        "demands/<uuid:public_id>/lenders/",
        lead.DemandLendersView.as_view(),
        name="demand-lenders",
    ),
    path(
        "demands/<uuid:public_id>/invitations/",
        lead.InvitationListView.as_view(),
        name="demand-invitations",
    ),
    path(
        "invitations/<uuid:public_id>/decline/",
        lead.InvitationDeclineView.as_view(),
        name="invitation-decline",
    ),
]

# /api/v1/applications/
move_urls = [
    path(
        "applications/<uuid:public_id>/move/",
        dispatch.ApplicationMoveView.as_view(),
        name="application-move",
    ),
]

# /api/v1/operator/
operator_urls = [
    path("operator/demands/", dispatch.SearchingListView.as_view(), name="searching-list"),
    path(
        "operator/demands/<uuid:public_id>/suggestions/",
        dispatch.SuggestionListView.as_view(),
        name="dispatch-suggestions",
    ),
    path(
        "operator/demands/<uuid:public_id>/dispatch/",
        dispatch.DispatchView.as_view(),
        name="operator-dispatch",
    ),
    path("operator/leads/", dispatch.SupervisedLeadListView.as_view(), name="supervised-lead-list"),
]

urlpatterns: list[URLPattern] = [*lender_urls, *need_urls, *move_urls, *operator_urls]
