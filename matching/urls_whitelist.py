"""Pages of whitelists: a district's lists, and what is recommended to a lender."""

from __future__ import annotations

from django.urls import URLPattern, path

from matching.views import (
    district,
    district_duty,
    district_entry,
    district_upload,
    district_whitelist,
    grant,
    lender_feedback,
    lender_whitelist,
)

# /district/whitelists/: making lists
make_urls = [
    path("district/whitelists/", district.whitelists, name="whitelist-list"),
    path("district/whitelists/watch/", district_duty.watch, name="whitelist-watch"),
    path("district/whitelists/upload/", district.upload, name="whitelist-upload"),
    path("district/whitelists/upload/template.csv", district.template, name="whitelist-template"),
    path("district/whitelists/delegations/", grant.delegations, name="delegation-list"),
    path(
        "district/whitelists/uploads/<uuid:public_id>/",
        district_upload.detail,
        name="whitelist-upload-detail",
    ),
    path(
        "district/whitelists/uploads/<uuid:public_id>/progress/",
        district_upload.progress,
        name="whitelist-upload-progress",
    ),
    path(
        "district/whitelists/uploads/<uuid:public_id>/resume/",
        district_upload.resume,
        name="whitelist-upload-resume",
    ),
    path("district/whitelists/generate/", district.generate, name="whitelist-generate"),
    path("district/whitelists/generate/count/", district.count, name="whitelist-count"),
]

# /district/whitelists/entries/<id>/: one row, why in or why out
entry_urls = [
    path(
        "district/whitelists/entries/<uuid:public_id>/",
        district_entry.entry,
        name="whitelist-entry",
    ),
    path(
        "district/whitelists/entries/<uuid:public_id>/contact/",
        district_entry.entry_contact,
        name="whitelist-entry-contact",
    ),
]

# /district/whitelists/<id>/: one list on its way
detail_urls = [
    path(
        "district/whitelists/<uuid:public_id>/", district_whitelist.detail, name="whitelist-detail"
    ),
    path(
        "district/whitelists/<uuid:public_id>/diff/",
        district_whitelist.diff,
        name="whitelist-diff",
    ),
    path(
        "district/whitelists/<uuid:public_id>/correction.xlsx",
        district_whitelist.correction,
        name="whitelist-correction",
    ),
    path(
        "district/whitelists/<uuid:public_id>/check/",
        district_whitelist.check,
        name="whitelist-check",
    ),
    path(
        "district/whitelists/<uuid:public_id>/submit/",
        district_whitelist.submit,
        name="whitelist-submit",
    ),
    path(
        "district/whitelists/<uuid:public_id>/approve/",
        district_whitelist.approve,
        name="whitelist-approve",
    ),
    path(
        "district/whitelists/<uuid:public_id>/return/",
        district_whitelist.give_back,
        name="whitelist-return",
    ),
    path(
        "district/whitelists/<uuid:public_id>/revise/",
        district_whitelist.revise,
        name="whitelist-revise",
    ),
    path(
        "district/whitelists/<uuid:public_id>/discard/",
        district_whitelist.discard,
        name="whitelist-discard",
    ),
    path(
        "district/whitelists/<uuid:public_id>/recall/",
        district_whitelist.recall,
        name="whitelist-recall",
    ),
    path(
        "district/whitelists/<uuid:public_id>/rejudge/",
        district_whitelist.rejudge,
        name="whitelist-rejudge",
    ),
]

# /lender/whitelist/: enterprises recommended to a lender
lender_urls = [
    path("lender/whitelist/", lender_whitelist.recommendations, name="recommendation-list"),
    path(
        "lender/whitelist/feedback/",
        lender_feedback.feedback_upload,
        name="recommendation-feedback",
    ),
    path(
        "lender/whitelist/feedback/template.xlsx",
        lender_feedback.template_sheet,
        name="recommendation-feedback-template",
    ),
    path(
        "lender/whitelist/<uuid:public_id>/",
        lender_whitelist.recommendation,
        name="recommendation-detail",
    ),
    path(
        "lender/whitelist/<uuid:public_id>/contact/",
        lender_whitelist.contact,
        name="recommendation-contact",
    ),
    path(
        "lender/whitelist/<uuid:public_id>/contact/data/",
        lender_whitelist.contact_data,
        name="recommendation-contact-data",
    ),
    path(
        "lender/whitelist/<uuid:public_id>/result/",
        lender_whitelist.result,
        name="recommendation-result",
    ),
]

urlpatterns: list[URLPattern] = [*make_urls, *entry_urls, *detail_urls, *lender_urls]
