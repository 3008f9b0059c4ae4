"""API of the borrowing side, the same verbs as its pages."""

from django.urls import URLPattern, URLResolver, path

from borrowers.api import (
    account,
    borrower,
    candidate,
    catalogue,
    delivery,
    dispute,
    operator,
    thematic,
    unit,
)

# registration, verification, team
account_urls = [
    path("register/<str:uscc>/", account.RegisterLookupView.as_view(), name="register-lookup"),
    path("accounts/", account.AccountListView.as_view(), name="account-list"),
    path("accounts/<uuid:public_id>/", account.AccountView.as_view(), name="account-detail"),
    path(
        "accounts/<uuid:public_id>/review/",
        account.AccountReviewView.as_view(),
        name="account-review",
    ),
    path(
        "accounts/<uuid:public_id>/again/", account.AccountAgainView.as_view(), name="account-again"
    ),
    path("enterprise/team/", account.TeamView.as_view(), name="team"),
    path("enterprise/team/<uuid:public_id>/", account.TeamMemberView.as_view(), name="team-member"),
]

# the own enterprise
enterprise_urls = [
    path("enterprise/", borrower.OwnEnterpriseView.as_view(), name="enterprise-own"),
    path("enterprise/access/", borrower.AccessListView.as_view(), name="access-list"),
    path("records/", borrower.RecordListView.as_view(), name="record-list"),
    path("records/<uuid:public_id>/", borrower.RecordView.as_view(), name="record-detail"),
    path("consents/", borrower.ConsentListView.as_view(), name="consent-list"),
    path("consents/<uuid:public_id>/", borrower.ConsentView.as_view(), name="consent-detail"),
    path(
        "consents/<uuid:public_id>/revoke/",
        borrower.ConsentRevokeView.as_view(),
        name="consent-revoke",
    ),
    path(
        "consents/<uuid:public_id>/feedback/revoke/",
        borrower.FeedbackRevokeView.as_view(),
        name="feedback-revoke",
    ),
]

# objections and repairs
dispute_urls = [
    path(
        "records/<uuid:public_id>/objections/",
        dispute.ObjectionCreateView.as_view(),
        name="objection-create",
    ),
    path(
        "records/<uuid:public_id>/repairs/",
        dispute.RepairCreateView.as_view(),
        name="repair-create",
    ),
    path("objections/", dispute.ObjectionListView.as_view(), name="objection-list"),
    path(
        "objections/<uuid:public_id>/answer/",
        dispute.ObjectionAnswerView.as_view(),
        name="objection-answer",
    ),
    path(
        "objections/<uuid:public_id>/withdraw/",
        dispute.ObjectionWithdrawView.as_view(),
        name="objection-withdraw",
    ),
    path("repairs/", dispute.RepairListView.as_view(), name="repair-list"),
    path("repairs/<uuid:public_id>/", dispute.RepairView.as_view(), name="repair-detail"),
    path("repairs/<uuid:public_id>/step/", dispute.RepairStepView.as_view(), name="repair-step"),
    path(
        "repairs/<uuid:public_id>/supply/", dispute.RepairSupplyView.as_view(), name="repair-supply"
    ),
]

# register, catalogue, delivered files
operator_urls = [
    path("enterprises/", operator.EnterpriseListView.as_view(), name="enterprise-list"),
    path("enterprises/upload/", operator.RegisterFileView.as_view(), name="register-upload"),
    path(
        "enterprises/<uuid:public_id>/", operator.EnterpriseView.as_view(), name="enterprise-detail"
    ),
    path("batches/", operator.BatchListView.as_view(), name="batch-list"),
    path("batches/<uuid:public_id>/", operator.BatchView.as_view(), name="batch-detail"),
    path(
        "batches/<uuid:public_id>/rejects/", operator.RejectListView.as_view(), name="batch-rejects"
    ),
    path(
        "batches/<uuid:public_id>/correction/",
        delivery.BatchCorrectionView.as_view(),
        name="batch-correction",
    ),
    path("candidates/", candidate.CandidateListView.as_view(), name="candidate-list"),
    path(
        "candidates/<uuid:public_id>/", candidate.CandidateView.as_view(), name="candidate-detail"
    ),
    path(
        "candidates/<uuid:public_id>/accept/",
        candidate.CandidateAcceptView.as_view(),
        name="candidate-accept",
    ),
    path(
        "candidates/<uuid:public_id>/refuse/",
        candidate.CandidateRefuseView.as_view(),
        name="candidate-refuse",
    ),
    path("catalogue/", catalogue.ItemListView.as_view(), name="catalogue-list"),
    path("catalogue/imports/", catalogue.ImportListView.as_view(), name="catalogue-imports"),
    path(
        "catalogue/imports/<uuid:public_id>/",
        catalogue.ImportView.as_view(),
        name="catalogue-import",
    ),
    path(
        "catalogue/imports/<uuid:public_id>/apply/",
        catalogue.ImportApplyView.as_view(),
        name="catalogue-apply",
    ),
    path("units/", unit.UnitBoardView.as_view(), name="unit-board"),
    path("units/<slug:code>/findings/", unit.FindingListView.as_view(), name="unit-findings"),
    path("catalogue/aliases/", operator.AliasListView.as_view(), name="alias-list"),
    path("catalogue/<slug:code>/", catalogue.ItemView.as_view(), name="catalogue-detail"),
    path(
        "catalogue/<slug:code>/versions/",
        catalogue.VersionListView.as_view(),
        name="catalogue-versions",
    ),
    path("catalogue/<slug:code>/records/", delivery.ItemRecordsView.as_view(), name="item-records"),
]

# thematic lists
thematic_urls = [
    path("lists/", thematic.ThematicListsView.as_view(), name="thematic-list"),
    path("lists/run/", thematic.ThematicRunAllView.as_view(), name="thematic-run-all"),
    path("lists/<slug:code>/members/", thematic.ListMembersView.as_view(), name="thematic-members"),
    path("lists/<slug:code>/run/", thematic.ThematicRunView.as_view(), name="thematic-run"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *account_urls,
    *enterprise_urls,
    *dispute_urls,
    *operator_urls,
    *thematic_urls,
]
