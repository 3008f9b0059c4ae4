"""A lender's own products: list, history, new product, new version, withdrawal."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lenders.domain.product import VersionState
from lenders.forms import ProductForm, ReasonForm, VersionStateForm
from lenders.models import LoanProduct, ProductVersion
from lenders.policies import can_draft, can_withdraw, require
from lenders.selectors import (
    institution_of,
    product_get,
    product_list_in_state,
    rules_of,
    terms_of,
    version_latest,
)
from lenders.services import product_draft, product_version_draft, product_withdraw
from lenders.views.attempt import attempted, form_status, reader
from lenders.views.wording import ALL_IN_DEFINITION
from marketplace.domain.errors import Conflict
from marketplace.web.components import Action, Cell, Column, Crumb, Kind, Table
from marketplace.web.labels import tone_of
from marketplace.web.pagination import number_page

OPEN_STATES = (VersionState.DRAFT, VersionState.PENDING_REVIEW)


@login_required
@require_GET
def product_list(request: HttpRequest) -> HttpResponse:
    """List the products of the reader's institution with the state of their latest version."""
    user = reader(request)
    institution = institution_of(user)
    form = VersionStateForm(request.GET)
    state = form.cleaned_data["state"] if form.is_valid() else ""
    page = number_page(request, product_list_in_state(user, state, institution))
    context = {
        "institution": institution,
        "form": form,
        "page": page,
        "table": products_table(list(page.object_list), with_institution=False),
        "actions": [Action("新建产品", reverse("lenders:product-create"), primary=True)],
        "crumbs": [Crumb("产品")],
    }
    return render(request, "lenders/lender/product_list.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def product_create(request: HttpRequest) -> HttpResponse:
    """Write a new product; its rules are added on the next page."""
    user = reader(request)
    institution = institution_of(user)
    form = ProductForm(request.POST or None)
    version = attempted(
        form,
        lambda: product_draft(
            institution=institution,
            code=form.cleaned_data["code"],
            name=form.cleaned_data["name"],
            terms=form.terms(),
            rules=[],
            summary=form.cleaned_data["summary"],
            actor=user,
            at=timezone.now(),
        ),
    )
    if version is not None:
        messages.success(request, "草稿已保存。请继续填写准入规则，然后提交复核。")
        return redirect("lenders:version-rules", version.public_id)
    context = {
        "form": form,
        "title": "新建产品",
        "submit": "保存并填写准入规则",
        "cancel_url": reverse("lenders:product-manage-list"),
        "crumbs": [products_crumb(), Crumb("新建产品")],
    }
    return render(request, "lenders/lender/terms_form.html", context, status=form_status(form))


@login_required
@require_GET
def product_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a product's versions and what can be done with it."""
    return _detail(request, product_get(reader(request), public_id), ReasonForm())


@login_required
@require_POST
def version_create(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Start the next version as a copy of the latest one."""
    user = reader(request)
    product = product_get(user, public_id)
    require(can_draft(user, product.institution))
    latest = version_latest(product)
    if latest is None:
        raise Conflict("VERSION_NONE", "该产品没有可供复制的版本。")
    version = product_version_draft(
        product=product,
        terms=terms_of(latest),
        rules=rules_of(latest),
        summary=latest.summary,
        actor=user,
        at=timezone.now(),
    )
    messages.success(
        request,
        gettext("已按第 %(number)s 版起草第 %(version_number)s 版，请修改后提交。")
        % {"number": latest.number, "version_number": version.number},
    )
    return redirect("lenders:version-detail", version.public_id)


@login_required
@require_POST
def withdraw(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Take a product off the shelf with a reason."""
    user = reader(request)
    product = product_get(user, public_id)
    require(can_withdraw(user, product.institution))
    form = ReasonForm(request.POST)
    done = attempted(
        form,
        lambda: product_withdraw(
            product=product, reason=form.cleaned_data["reason"], actor=user, at=timezone.now()
        ),
    )
    if done is None:
        return _detail(request, product, form)
    messages.success(
        request, gettext("产品“%(product)s”已下架，在办申请不受影响。") % {"product": product.name}
    )
    return redirect("lenders:product-manage-detail", product.public_id)


def _detail(request: HttpRequest, product: LoanProduct, form: ReasonForm) -> HttpResponse:
    user = reader(request)
    versions = list(product.versions.all())
    states = {version.state for version in versions}
    is_own = can_draft(user, product.institution)
    context = {
        "product": product,
        "table": _versions_table(versions),
        "form": form,
        "can_start": is_own and not states & set(OPEN_STATES),
        "can_withdraw": VersionState.PUBLISHED in states
        and can_withdraw(user, product.institution),
        "crumbs": [products_crumb(is_own=is_own), Crumb(product.name)],
    }
    return render(request, "lenders/lender/product_detail.html", context, status=form_status(form))


def products_table(products: list[LoanProduct], *, with_institution: bool) -> Table:
    """Return products with their latest version and the one on the shelf."""
    columns = [
        Column("产品"),
        Column("代码", Kind.CODE),
        *([Column("机构")] if with_institution else []),
        Column("最新版本"),
        Column("状态", Kind.BADGE),
        Column("在售综合年化上限", Kind.RATE, ALL_IN_DEFINITION),
    ]
    rows = [_product_row(product, with_institution) for product in products]
    return Table(columns, rows, empty="没有产品。")


def products_crumb(*, is_own: bool = True) -> Crumb:
    """Return the way back to the list the reader comes from."""
    name = "lenders:product-manage-list" if is_own else "lenders:product-oversee-list"
    return Crumb("产品", reverse(name))


def _product_row(product: LoanProduct, with_institution: bool) -> list[Any]:
    versions = list(product.versions.all())
    latest = versions[0]
    published = [row for row in versions if row.state == VersionState.PUBLISHED]
    return [
        Cell(product.name, reverse("lenders:product-manage-detail", args=[product.public_id])),
        product.code,
        *([product.institution.organisation.name] if with_institution else []),
        gettext("第 %(number)s 版") % {"number": latest.number},
        Cell(latest.get_state_display(), tone=tone_of(latest.state)),
        published[0].all_in_rate_max_bp if published else None,
    ]


def _versions_table(versions: list[ProductVersion]) -> Table:
    columns = [
        Column("版本"),
        Column("状态", Kind.BADGE),
        Column("起草人"),
        Column("起草时间", Kind.DATETIME),
        Column("生效时间", Kind.DATETIME),
        Column("失效时间", Kind.DATETIME),
    ]
    rows = [
        [
            Cell(
                gettext("第 %(number)s 版") % {"number": row.number},
                reverse("lenders:version-detail", args=[row.public_id]),
            ),
            Cell(row.get_state_display(), tone=tone_of(row.state)),
            str(row.drafted_by),
            row.drafted_at,
            row.effective_from,
            row.effective_until,
        ]
        for row in versions
    ]
    return Table(columns, rows, caption="版本")
