"""Pages of the borrowing side."""

from django.urls import URLPattern, URLResolver, path

from borrowers.views import (
    borrower,
    borrower_consent,
    borrower_dispute,
    operator,
    operator_batch,
    operator_candidate,
    operator_catalogue,
    operator_catalogue_import,
    operator_thematic,
    operator_token,
    operator_unit,
    public,
    register,
    repair_desk,
)

app_name = "borrowers"

# /publicity/: permits and penalties for everybody
public_urls = [
    path("publicity/", public.publicity, name="publicity"),
]

# /register/: an enterprise registers in three steps
register_urls = [
    path("register/", register.code, name="account-register"),
    path("register/confirm/", register.confirm, name="account-confirm"),
    path("register/account/", register.apply, name="account-apply"),
    path("register/status/", register.status, name="account-status"),
    path("register/again/", register.again, name="account-again"),
]

# /enterprise/: the enterprise's own register facts, records, consents, readers, team
enterprise_urls = [
    path("enterprise/", borrower.enterprise, name="enterprise-own"),
    path("enterprise/records/", borrower.records, name="record-list"),
    path("enterprise/records/<uuid:public_id>/", borrower.record, name="record-detail"),
    path("enterprise/access/", borrower.accesses, name="access-list"),
    path("enterprise/team/", borrower.team, name="team"),
    path("enterprise/team/new/", borrower.agent_create, name="agent-create"),
    path("enterprise/team/<uuid:public_id>/end/", borrower.agent_remove, name="agent-end"),
    path("enterprise/team/<uuid:public_id>/return/", borrower.agent_restore, name="agent-return"),
    path("enterprise/contact/", borrower.contact, name="contact-change"),
    path("enterprise/consents/", borrower_consent.consents, name="consent-list"),
    path("enterprise/consents/<uuid:public_id>/", borrower_consent.consent, name="consent-detail"),
    path(
        "enterprise/consents/<uuid:public_id>/revoke/",
        borrower_consent.revoke,
        name="consent-revoke",
    ),
    path(
        "enterprise/consents/<uuid:public_id>/feedback/revoke/",
        borrower_consent.feedback,
        name="feedback-revoke",
    ),
]

# /enterprise/disputes/ and what leads there: objections and repairs
dispute_urls = [
    path("enterprise/disputes/", borrower_dispute.disputes, name="dispute-list"),
    path(
        "enterprise/records/<uuid:public_id>/objection/",
        borrower_dispute.objection_create,
        name="objection-create",
    ),
    path(
        "enterprise/records/<uuid:public_id>/repair/",
        borrower_dispute.repair_create,
        name="repair-create",
    ),
    path(
        "enterprise/objections/<uuid:public_id>/withdraw/",
        borrower_dispute.objection_take_back,
        name="objection-withdraw",
    ),
    path(
        "enterprise/repairs/<uuid:public_id>/supply/", borrower_dispute.supply, name="repair-supply"
    ),
    path(
        "enterprise/repairs/<uuid:public_id>/withdraw/",
        borrower_dispute.repair_take_back,
        name="repair-withdraw",
    ),
]

# /operator/: verification, register, objections
operator_urls = [
    path("operator/accounts/", operator.accounts, name="account-review-list"),
    path("operator/accounts/<uuid:public_id>/", operator.account, name="account-review-detail"),
    path(
        "operator/accounts/<uuid:public_id>/review/", operator.account_decide, name="account-review"
    ),
    path("operator/enterprises/", operator.enterprises, name="enterprise-list"),
    path("operator/enterprises/upload/", operator_batch.register_upload, name="register-upload"),
    path("operator/enterprises/<uuid:public_id>/", operator.enterprise, name="enterprise-detail"),
    path("operator/objections/", operator.objections, name="objection-list"),
    path("operator/objections/<uuid:public_id>/", operator.objection, name="objection-detail"),
    path(
        "operator/objections/<uuid:public_id>/answer/",
        operator.objection_reply,
        name="objection-answer",
    ),
]

# /operator/: catalogue and delivered files
data_urls = [
    path("operator/catalogue/", operator_catalogue.catalogue, name="catalogue-list"),
    path("operator/catalogue/aliases/", operator_catalogue.aliases, name="alias-list"),
    path(
        "operator/catalogue/export.xlsx",
        operator_catalogue_import.catalogue_export,
        name="catalogue-export",
    ),
    path(
        "operator/catalogue/imports/",
        operator_catalogue_import.catalogue_imports,
        name="catalogue-imports",
    ),
    path(
        "operator/catalogue/imports/<uuid:public_id>/",
        operator_catalogue_import.catalogue_import,
        name="catalogue-import",
    ),
    path(
        "operator/catalogue/imports/<uuid:public_id>/apply/",
        operator_catalogue_import.catalogue_apply,
        name="catalogue-apply",
    ),
    path("operator/catalogue/<slug:code>/", operator_catalogue.item, name="catalogue-detail"),
    path(
        "operator/catalogue/<slug:code>/versions/",
        operator_catalogue.versions,
        name="catalogue-versions",
    ),
    path(
        "operator/catalogue/<slug:code>/template.csv",
        operator_catalogue.item_template,
        name="catalogue-template",
    ),
    path("operator/units/", operator_unit.board, name="unit-board"),
    path("operator/units/board.xlsx", operator_unit.board_sheet, name="unit-board-sheet"),
    path("operator/units/<slug:code>/", operator_unit.unit, name="unit-detail"),
    path("operator/units/<slug:code>/tokens/", operator_token.tokens, name="unit-tokens"),
    path("operator/units/tokens/<uuid:public_id>/", operator_token.token, name="unit-token"),
    path(
        "operator/units/tokens/<uuid:public_id>/revoke/",
        operator_token.revoke,
        name="unit-token-revoke",
    ),
    path("operator/batches/", operator_batch.batches, name="batch-list"),
    path("operator/batches/upload/", operator_batch.batch_upload, name="batch-upload"),
    path("operator/batches/<uuid:public_id>/", operator_batch.batch, name="batch-detail"),
    path(
        "operator/batches/<uuid:public_id>/rejects.csv",
        operator_batch.batch_rejects,
        name="batch-rejects",
    ),
    path(
        "operator/batches/<uuid:public_id>/correction/",
        operator_batch.batch_correction,
        name="batch-correction",
    ),
    path("operator/candidates/", operator_candidate.candidates, name="candidate-list"),
    path(
        "operator/candidates/<uuid:public_id>/",
        operator_candidate.candidate,
        name="candidate-detail",
    ),
    path(
        "operator/candidates/<uuid:public_id>/decide/",
        operator_candidate.candidate_decide,
        name="candidate-decide",
    ),
]

# /operator/lists/: thematic lists
thematic_urls = [
    path("operator/lists/", operator_thematic.lists, name="thematic-list"),
    path("operator/lists/run/", operator_thematic.run_all, name="thematic-run-all"),
    path("operator/lists/<slug:code>/", operator_thematic.members, name="thematic-detail"),
    path("operator/lists/<slug:code>/run/", operator_thematic.run, name="thematic-run"),
    path("operator/lists/<slug:code>/upload/", operator_thematic.upload, name="thematic-upload"),
]

# /operator/repairs/ and /district/repairs/: the same cases, the city's and the district's steps
repair_urls = [
    path("operator/repairs/", repair_desk.repairs, name="repair-list"),
    path("district/repairs/", repair_desk.repairs, name="repair-district-list"),
    path("repairs/<uuid:public_id>/", repair_desk.repair, name="repair-detail"),
    path("repairs/<uuid:public_id>/step/", repair_desk.step, name="repair-step"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *public_urls,
    *register_urls,
    *enterprise_urls,
    *dispute_urls,
    *operator_urls,
    *data_urls,
    *thematic_urls,
    *repair_urls,
]
