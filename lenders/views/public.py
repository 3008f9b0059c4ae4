"""Pages open to everybody: the product supermarket, comparing, one product with its real cost, the institutions."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from lenders.domain.institution import INSTITUTION_KIND_LABELS, InstitutionKind
from lenders.domain.shelf import MOST_COMPARED, CostLine, costs_of
from lenders.forms import CostForm, InstitutionForm, ShelfForm
from lenders.models import Institution
from lenders.selectors import (
    PublishedProduct,
    institution_admitted_list,
    product_compare,
    product_counts,
    product_get_published,
    product_published_list,
)
from lenders.services import institution_apply
from lenders.views.attempt import attempted, form_status
from lenders.views.wording import (
    ALL_IN_DEFINITION,
    compare_table,
    cost_table,
    rule_lines,
    terms_pairs,
)
from marketplace.domain.errors import Refused
from marketplace.domain.vocabulary import DATA_CLASS_LABELS
from marketplace.models import User
from marketplace.web.components import Cell, Column, Crumb, Kind, Table
from marketplace.web.pagination import number_page

USUAL_TERM_MONTHS = 12


@require_GET
def product_list(request: HttpRequest) -> HttpResponse:
    """Show what is on the shelf and answers the filter; what was chosen to compare goes along from page to page."""
    form = ShelfForm(request.GET)
    items = product_published_list(timezone.now(), form.wanted()) if form.is_valid() else []
    page, picked = number_page(request, items), _public_ids(request.GET.getlist("id"))
    on_page = {item.product.public_id for item in page}
    context = {
        "form": form,
        "page": page,
        "picked": picked,
        "elsewhere": [public_id for public_id in picked if public_id not in on_page],
        "asked": [(name, request.GET[name]) for name in form.fields if request.GET.get(name)],
        "total": len(items),
        "most_compared": MOST_COMPARED,
        "all_in_definition": ALL_IN_DEFINITION,
        "crumbs": [Crumb("产品超市")],
    }
    return render(request, "lenders/public/product_list.html", context, status=form_status(form))


@require_GET
def product_compare_page(request: HttpRequest) -> HttpResponse:
    """Show up to four products side by side."""
    at = timezone.now()
    wanted = _public_ids(request.GET.getlist("id"))
    items = product_compare(wanted[:MOST_COMPARED], at)
    if len(wanted) > MOST_COMPARED:
        words = gettext("最多同时比较 %(most)s 个产品；选了 %(count)s 个，只列出前 %(most)s 个。")
        messages.warning(request, words % {"most": MOST_COMPARED, "count": len(wanted)})
    context = {
        "items": items,
        "table": compare_table(items, timezone.localtime(at).date()) if items else None,
        "shelf_url": f"{reverse('lenders:product-list')}?{request.GET.urlencode()}",
        "crumbs": [_shelf_crumb(), Crumb("产品比较")],
    }
    return render(request, "lenders/public/product_compare.html", context)


@require_GET
def product_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a product: terms, rules in sentences, and what a loan of the visitor's choice would really cost."""
    at = timezone.now()
    on = timezone.localtime(at).date()
    item = product_get_published(public_id, at)
    form, lines = _cost(request, item)
    asked = form.cleaned_data if form.is_bound and lines else form.initial
    context = {
        "item": item,
        "pairs": terms_pairs(item.terms),
        "rules": rule_lines(item.rules, on),
        "data_classes": [DATA_CLASS_LABELS[found] for found in item.data_classes_on(on)],
        "form": form,
        "costs": cost_table(lines, asked["amount_yuan"], asked["term_months"]) if lines else None,
        "crumbs": [_shelf_crumb(), Crumb(item.product.name)],
    }
    return render(request, "lenders/public/product_detail.html", context, status=form_status(form))


@require_GET
def institution_list(request: HttpRequest) -> HttpResponse:
    """Show the admitted institutions by kind, with how many products each has on the shelf."""
    at = timezone.now()
    page = number_page(request, institution_admitted_list(), size=100)
    context = {
        "groups": _by_kind(page.object_list, at),
        "page": page,
        "crumbs": [Crumb("入驻机构")],
    }
    return render(request, "lenders/public/institution_list.html", context)


@require_http_methods(["GET", "POST"])
def institution_apply_page(request: HttpRequest) -> HttpResponse:
    """Take an institution's application to join."""
    form = InstitutionForm(request.POST or None)
    actor = request.user if isinstance(request.user, User) else None
    institution = attempted(
        form, lambda: institution_apply(**form.cleaned_data, actor=actor, at=timezone.now())
    )
    if institution is not None:
        messages.success(
            request,
            gettext(
                "申请已提交：%(name)s。平台审核后将致电%(contact)s告知结果；通过的，同时开通首个网点和账号。"
            )
            % {"name": institution.organisation.name, "contact": institution.contact_name},
        )
        return redirect("lenders:institution-public-list")
    context = {
        "form": form,
        "crumbs": [
            Crumb("入驻机构", reverse("lenders:institution-public-list")),
            Crumb("申请入驻"),
        ],
    }
    return render(
        request, "lenders/public/institution_apply.html", context, status=form_status(form)
    )


def _cost(request: HttpRequest, item: PublishedProduct) -> tuple[CostForm, tuple[CostLine, ...]]:
    """Return the cost form and its answer; unasked, of the highest amount for the usual term."""
    terms = item.terms
    if not {"amount_yuan", "term_months"} & set(request.GET):
        usual = min(max(USUAL_TERM_MONTHS, terms.term_min_months), terms.term_max_months)
        initial: dict[str, Any] = {"amount_yuan": terms.amount_max_yuan, "term_months": usual}
        return CostForm(initial=initial), costs_of(terms, **initial)
    form = CostForm(request.GET)
    return form, attempted(form, lambda: costs_of(terms, **form.cleaned_data)) or ()


def _public_ids(texts: Iterable[str]) -> list[uuid.UUID]:
    try:
        return list(dict.fromkeys(uuid.UUID(text) for text in texts))
    except ValueError:
        raise Refused("COMPARE_ID_INVALID", "所选产品的编号有误，请从产品超市重新选择。") from None


def _by_kind(institutions: Iterable[Institution], at: datetime) -> list[tuple[str, Table]]:
    counts, shelf = product_counts(at), reverse("lenders:product-list")
    columns = [Column("机构"), Column("简介"), Column("在售产品（个）", Kind.NUMBER)]
    rows: dict[str, list[list[Cell]]] = {kind.value: [] for kind in InstitutionKind}
    for institution in institutions:
        name = institution.organisation.name
        rows[institution.kind].append(
            [
                Cell(name, url=f"{shelf}?{urlencode({'institution': name})}"),
                Cell(institution.introduction),
                Cell(counts[institution.pk]),
            ]
        )
    return [
        (INSTITUTION_KIND_LABELS[InstitutionKind(kind)], Table(columns, found))
        for kind, found in rows.items()
        if found
    ]


def _shelf_crumb() -> Crumb:
    return Crumb("产品超市", reverse("lenders:product-list"))
