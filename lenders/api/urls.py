"""API of the lending side."""

from django.urls import URLPattern, URLResolver, path

from lenders.api import operator, product, public, team

# /api/v1/products/ and /institutions/: open to everybody
public_urls = [
    path("products/", public.ShelfView.as_view(), name="product-list"),
    path("products/compare/", public.CompareView.as_view(), name="product-compare"),
    path("products/<uuid:public_id>/", public.ShelfProductView.as_view(), name="product-detail"),
    path("products/<uuid:public_id>/cost/", public.CostView.as_view(), name="product-cost"),
    path("institutions/", public.InstitutionPublicView.as_view(), name="institution-public-list"),
    path("institutions/apply/", public.InstitutionApplyView.as_view(), name="institution-apply"),
]

# /api/v1/lender/: a lender's own products, versions, branches and people
lender_urls = [
    path("lender/products/", product.ProductManageView.as_view(), name="product-manage-list"),
    path(
        "lender/products/<uuid:public_id>/",
        product.ProductManageDetailView.as_view(),
        name="product-manage-detail",
    ),
    path(
        "lender/products/<uuid:public_id>/versions/",
        product.VersionCreateView.as_view(),
        name="version-create",
    ),
    path(
        "lender/products/<uuid:public_id>/withdraw/",
        product.WithdrawView.as_view(),
        name="product-withdraw",
    ),
    path("lender/versions/<uuid:public_id>/", product.VersionView.as_view(), name="version-detail"),
    path(
        "lender/versions/<uuid:public_id>/rules/", product.RuleListView.as_view(), name="rule-add"
    ),
    path(
        "lender/versions/<uuid:public_id>/rules/<slug:code>/",
        product.RuleView.as_view(),
        name="rule-remove",
    ),
    path(
        "lender/versions/<uuid:public_id>/submit/",
        product.SubmitView.as_view(),
        name="version-submit",
    ),
    path(
        "lender/versions/<uuid:public_id>/review/",
        product.ReviewView.as_view(),
        name="version-review",
    ),
    path("lender/branches/", team.BranchListView.as_view(), name="branch-list"),
    path("lender/branches/<uuid:public_id>/", team.BranchView.as_view(), name="branch-edit"),
    path("lender/staff/", team.StaffListView.as_view(), name="staff-list"),
    path("lender/staff/<uuid:public_id>/", team.StaffView.as_view(), name="staff-detail"),
]

# /api/v1/operator/: admission and all products
operator_urls = [
    path("operator/institutions/", operator.InstitutionListView.as_view(), name="institution-list"),
    path(
        "operator/institutions/<uuid:public_id>/",
        operator.InstitutionView.as_view(),
        name="institution-detail",
    ),
    path(
        "operator/institutions/<uuid:public_id>/review/",
        operator.InstitutionReviewView.as_view(),
        name="institution-review",
    ),
    path(
        "operator/institutions/<uuid:public_id>/suspend/",
        operator.InstitutionSuspendView.as_view(),
        name="institution-suspend",
    ),
    path(
        "operator/institutions/<uuid:public_id>/restore/",
        operator.InstitutionRestoreView.as_view(),
        name="institution-restore",
    ),
    path(
        "operator/institutions/<uuid:public_id>/branches/",
        team.InstitutionBranchView.as_view(),
        name="institution-branch-create",
    ),
    path(
        "operator/institutions/<uuid:public_id>/staff/",
        team.InstitutionStaffView.as_view(),
        name="institution-staff-create",
    ),
    path("operator/products/", operator.ProductOverseeView.as_view(), name="product-oversee-list"),
]

urlpatterns: list[URLPattern | URLResolver] = [*public_urls, *lender_urls, *operator_urls]
