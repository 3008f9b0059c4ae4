"""Pages of the lending side."""

from django.urls import URLPattern, URLResolver, path

from lenders.views import interface, lender_product, lender_team, lender_version, operator, public

app_name = "lenders"

# /products/ and /institutions/: open to everybody
public_urls = [
    path("products/", public.product_list, name="product-list"),
    path("products/compare/", public.product_compare_page, name="product-compare"),
    path("products/<uuid:public_id>/", public.product_detail, name="product-detail"),
    path("institutions/", public.institution_list, name="institution-public-list"),
    path("institutions/apply/", public.institution_apply_page, name="institution-apply"),
]

# /lender/products/: a lender's own products
product_urls = [
    path("lender/products/", lender_product.product_list, name="product-manage-list"),
    path("lender/products/new/", lender_product.product_create, name="product-create"),
    path(
        "lender/products/<uuid:public_id>/",
        lender_product.product_detail,
        name="product-manage-detail",
    ),
    path(
        "lender/products/<uuid:public_id>/versions/",
        lender_product.version_create,
        name="version-create",
    ),
    path(
        "lender/products/<uuid:public_id>/withdraw/",
        lender_product.withdraw,
        name="product-withdraw",
    ),
]

# /lender/versions/<id>/: one version, from draft to the second person's decision
version_urls = [
    path("lender/versions/<uuid:public_id>/", lender_version.version_detail, name="version-detail"),
    path(
        "lender/versions/<uuid:public_id>/edit/", lender_version.version_edit, name="version-edit"
    ),
    path(
        "lender/versions/<uuid:public_id>/rules/",
        lender_version.version_rules,
        name="version-rules",
    ),
    path(
        "lender/versions/<uuid:public_id>/rules/<slug:code>/remove/",
        lender_version.rule_remove,
        name="rule-remove",
    ),
    path(
        "lender/versions/<uuid:public_id>/submit/",
        lender_version.version_submit,
        name="version-submit",
    ),
    path(
        "lender/versions/<uuid:public_id>/review/",
        lender_version.version_review,
        name="version-review",
    ),
]

# /lender/team/: branches and people
team_urls = [
    path("lender/team/", lender_team.team, name="team"),
    path("lender/team/branches/new/", lender_team.branch_new, name="branch-create"),
    path("lender/team/branches/<uuid:public_id>/", lender_team.branch_change, name="branch-edit"),
    path("lender/team/staff/new/", lender_team.staff_new, name="staff-create"),
    path("lender/team/staff/<uuid:public_id>/branch/", lender_team.staff_branch, name="staff-move"),
    path("lender/team/staff/<uuid:public_id>/end/", lender_team.staff_leave, name="staff-end"),
]

# /operator/institutions/ and /operator/products/
operator_urls = [
    path("operator/institutions/", operator.institutions, name="institution-list"),
    path(
        "operator/institutions/<uuid:public_id>/",
        operator.institution_detail,
        name="institution-detail",
    ),
    path(
        "operator/institutions/<uuid:public_id>/review/",
        operator.review,
        name="institution-review",
    ),
    path(
        "operator/institutions/<uuid:public_id>/suspend/",
        operator.suspend,
        name="institution-suspend",
    ),
    path(
        "operator/institutions/<uuid:public_id>/restore/",
        operator.restore,
        name="institution-restore",
    ),
    path(
        "operator/institutions/<uuid:public_id>/branches/new/",
        lender_team.branch_new,
        name="institution-branch-create",
    ),
    path(
        "operator/institutions/<uuid:public_id>/staff/new/",
        lender_team.staff_new,
        name="institution-staff-create",
    ),
    path(
        "operator/institutions/<uuid:public_id>/tokens/",
        interface.institution_tokens,
        name="institution-tokens",
    ),
    path("operator/products/", operator.products, name="product-oversee-list"),
]

# /lender/tokens/ and /institution-tokens/<id>/: tokens of lenders' systems
token_urls = [
    path("lender/tokens/", interface.own_tokens, name="interface-token-list"),
    path("institution-tokens/<uuid:public_id>/", interface.token, name="interface-token"),
    path(
        "institution-tokens/<uuid:public_id>/draw/",
        interface.draw,
        name="interface-token-draw",
    ),
    path(
        "institution-tokens/<uuid:public_id>/revoke/",
        interface.revoke,
        name="interface-token-revoke",
    ),
]

urlpatterns: list[URLPattern | URLResolver] = [
    *public_urls,
    *product_urls,
    *version_urls,
    *team_urls,
    *operator_urls,
    *token_urls,
]
