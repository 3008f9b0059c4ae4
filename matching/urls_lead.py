"""Pages of the pool, of leads, of dispatch, and of moving to another lender."""

from __future__ import annotations

from django.urls import URLPattern, path

from matching.views import dispatch, move, need_mode, pool

# /pool/ and /leads/: a lender's officers, without names
lender_urls = [
    path("pool/", pool.pool, name="pool-list"),
    path("pool/<uuid:public_id>/", pool.pool_detail, name="pool-detail"),
    path("leads/", pool.leads, name="lead-list"),
    path("leads/<uuid:public_id>/", pool.lead_detail, name="lead-detail"),
    path("leads/<uuid:public_id>/take/", pool.lead_take_act, name="lead-take"),
    path("leads/<uuid:public_id>/return/", pool.lead_return_act, name="lead-return"),
]

# /demands/ and /invitations/: how an enterprise's need looks for a lender, and its answers
need_urls = [
    path("demands/<uuid:public_id>/pool/", need_mode.need_pool, name="need-pool"),
    path("demands/<uuid:public_id>/dispatch/", need_mode.need_dispatch, name="need-dispatch"),
    path("demands/<uuid:public_id>/lenders/", need_mode.need_lenders, name="need-lenders"),
    path(
        "invitations/<uuid:public_id>/decline/", need_mode.invitation_decline, name="lead-decline"
    ),
]

# /applications/: moving to another lender
move_urls = [
    path("applications/<uuid:public_id>/move/", move.choose, name="application-move"),
    path(
        "applications/<uuid:public_id>/move/<uuid:product_id>/",
        move.move,
        name="application-move-to",
    ),
]

# /operator/: dispatch and the clocks of leads
operator_urls = [
    path("operator/demands/", dispatch.assign_list, name="assign-list"),
    path("operator/demands/<uuid:public_id>/", dispatch.assign_detail, name="assign-detail"),
    path("operator/leads/", dispatch.lead_watch, name="lead-watch"),
]

urlpatterns: list[URLPattern] = [*lender_urls, *need_urls, *move_urls, *operator_urls]
