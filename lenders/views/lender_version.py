"""One version of a product: preview, terms, rules in two plain steps, submission, the second person's decision."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lenders.domain.feature import FEATURES, Feature
from lenders.domain.product import VersionState
from lenders.domain.rule import RuleSpec
from lenders.forms import FeatureForm, ReasonForm, RuleForm, TermsForm
from lenders.models import ProductVersion
from lenders.policies import can_draft, can_review, roles_towards
from lenders.selectors import (
    rule_code_free,
    rules_of,
    terms_of,
    version_before,
    version_editable,
    version_get,
    version_latest,
)
from lenders.services import (
    product_review,
    product_rule_add,
    product_rule_change,
    product_rule_remove,
    product_submit,
    product_version_edit,
)
from lenders.views.attempt import attempted, form_status, reader
from lenders.views.lender_product import products_crumb
from lenders.views.wording import rule_line, rule_lines, terms_pairs, version_changes
from marketplace.domain.errors import NotFound, NotPermitted, Refused
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.web.components import Crumb, Kind, Pair
from marketplace.web.labels import tone_of


@login_required
@require_GET
def version_detail(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a version as applicants will read it, what changed, and what the reader may do."""
    return _detail(request, version_get(reader(request), public_id), ReasonForm())


@login_required
@require_http_methods(["GET", "POST"])
def version_edit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Change a draft's terms."""
    user = reader(request)
    version = version_editable(user, public_id)
    form = TermsForm(request.POST or None, initial=_initial(version))
    done = attempted(
        form,
        lambda: product_version_edit(
            version=version,
            terms=form.terms(),
            summary=form.cleaned_data["summary"],
            actor=user,
            at=timezone.now(),
        ),
    )
    if done is not None:
        messages.success(request, "产品要素已保存。")
        return redirect("lenders:version-detail", version.public_id)
    context = {
        "form": form,
        "title": gettext("%(product)s：修改第 %(number)s 版要素")
        % {"product": version.product.name, "number": version.number},
        "submit": "保存",
        "cancel_url": reverse("lenders:version-detail", args=[version.public_id]),
        "crumbs": [*_crumbs(user, version), Crumb("修改要素")],
    }
    return render(request, "lenders/lender/terms_form.html", context, status=form_status(form))


@login_required
@require_http_methods(["GET", "POST"])
def version_rules(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a draft's rules; choose a feature, then fill in its limit: two plain steps. Or change the rule of a code."""
    user, at = reader(request), timezone.now()
    version = version_editable(user, public_id)
    asked = request.POST if request.method == "POST" else request.GET
    changed = _rule_of(version, asked.get("change", ""))
    chooser, form = _rule_forms(request, at, changed)
    if form is not None and _rule_written(form, version, changed, user, at):
        messages.success(request, "规则已修改。" if changed else "规则已添加。")
        return redirect("lenders:version-rules", version.public_id)
    on = timezone.localtime(at).date()
    context = {
        "version": version,
        "rules": [rule_line(rule, on) for rule in rules_of(version)],
        "chooser": chooser,
        "form": form,
        "changed": changed,
        "crumbs": [*_crumbs(user, version), Crumb("准入规则")],
    }
    status = form_status(form or chooser)
    return render(request, "lenders/lender/version_rules.html", context, status=status)


@login_required
@require_POST
def rule_remove(request: HttpRequest, public_id: uuid.UUID, code: str) -> HttpResponse:
    """Take a rule out of a draft."""
    user = reader(request)
    version = version_editable(user, public_id)
    product_rule_remove(version=version, code=code, actor=user, at=timezone.now())
    messages.success(request, "规则已删除。")
    return redirect("lenders:version-rules", version.public_id)


@login_required
@require_POST
def version_submit(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Hand a draft over for review."""
    user = reader(request)
    version = version_get(user, public_id)
    product_submit(version=version, actor=user, at=timezone.now())
    messages.success(request, "已提交复核，须由另一位审批人发布。")
    return redirect("lenders:version-detail", version.public_id)


@login_required
@require_POST
def version_review(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Publish a submitted version, or return it with a reason."""
    user = reader(request)
    version = version_get(user, public_id)
    if not roles_towards(user, version.product.institution) & {Role.APPROVER, Role.OPERATOR}:
        raise NotPermitted
    decision = request.POST.get("decision")
    if decision not in ("publish", "refuse"):
        raise Refused("DECISION_INVALID", "请选择发布或不予发布。", {"decision": "请选择。"})
    publish = decision == "publish"
    form = ReasonForm(request.POST)
    if publish:
        form.fields["reason"].required = False
    done = attempted(
        form,
        lambda: product_review(
            version=version,
            publish=publish,
            reason=form.cleaned_data["reason"],
            actor=user,
            at=timezone.now(),
        ),
    )
    if done is None:
        return _detail(request, version, form)
    messages.success(request, "已发布，即时对外展示。" if publish else "已退回起草人。")
    return redirect("lenders:version-detail", version.public_id)


def _detail(request: HttpRequest, version: ProductVersion, form: ReasonForm) -> HttpResponse:
    user, on = reader(request), timezone.localdate()
    before = version_before(version)
    own = terms_of(version), rules_of(version)
    is_pending = version.state == VersionState.PENDING_REVIEW
    context = {
        "version": version,
        "tone": tone_of(version.state).value,
        "pairs": terms_pairs(own[0]),
        "rules": rule_lines(own[1], on),
        "history": _history(version),
        "before": before,
        "changes": version_changes((terms_of(before), rules_of(before)), own, on) if before else [],
        "can_edit": version.state == VersionState.DRAFT
        and can_draft(user, version.product.institution),
        "can_review": is_pending and can_review(user, version),
        "can_restart": version.state == VersionState.REFUSED
        and version == version_latest(version.product)
        and can_draft(user, version.product.institution),
        "on_sale": before if before and before.state == VersionState.PUBLISHED else None,
        "waits_for_other": is_pending and version.drafted_by_id == user.pk,
        "form": form,
        "crumbs": _crumbs(user, version),
    }
    return render(request, "lenders/lender/version_detail.html", context, status=form_status(form))


def _history(version: ProductVersion) -> list[Pair]:
    told = [
        Pair("起草", version.drafted_at, Kind.DATETIME, str(version.drafted_by)),
        Pair("已提交复核", version.submitted_at, Kind.DATETIME),
        Pair("复核", version.reviewed_at, Kind.DATETIME, _person(version.reviewed_by)),
        Pair("复核意见", version.review_reason),
        Pair("生效", version.effective_from, Kind.DATETIME),
        Pair("失效", version.effective_until, Kind.DATETIME, _person(version.withdrawn_by)),
        Pair("下架原因", version.withdrawn_reason),
    ]
    return [pair for pair in told if pair.value]


def _person(user: User | None) -> str:
    return str(user) if user else ""


def _crumbs(user: User, version: ProductVersion) -> list[Crumb]:
    product = version.product
    return [
        products_crumb(is_own=can_draft(user, product.institution)),
        Crumb(product.name, reverse("lenders:product-manage-detail", args=[product.public_id])),
        Crumb(
            gettext("第 %(number)s 版") % {"number": version.number},
            reverse("lenders:version-detail", args=[version.public_id]),
        ),
    ]


def _initial(version: ProductVersion) -> dict[str, object]:
    return {"summary": version.summary, **vars(terms_of(version))}


def _rule_of(version: ProductVersion, code: str) -> RuleSpec | None:
    """Return the draft's rule that is to be changed, None when none was named.

    Raises:
        NotFound: there is no such rule any more.
    """
    if not code:
        return None
    found = next((rule for rule in rules_of(version) if rule.code == code), None)
    if found is None:
        raise NotFound
    return found


def _rule_forms(
    request: HttpRequest, at: datetime, changed: RuleSpec | None
) -> tuple[FeatureForm, RuleForm | None]:
    """Return the chooser of the first step and, once a feature is named, the form of the second."""
    if changed is not None:
        sent = request.POST if request.method == "POST" else None
        form = RuleForm(
            sent,
            feature=FEATURES[changed.feature],
            on=changed.effective_from,
            initial=RuleForm.initial_of(changed),
        )
        return FeatureForm(), form
    asked = request.POST if request.method == "POST" else request.GET
    chooser = FeatureForm(asked if "feature" in asked or request.method == "POST" else None)
    if not chooser.is_valid():
        return chooser, None
    feature: Feature = FEATURES[chooser.cleaned_data["feature"]]
    on = timezone.localtime(at).date()
    sent = request.POST if request.method == "POST" else None
    return chooser, RuleForm(sent, feature=feature, on=on)


def _rule_written(
    form: RuleForm, version: ProductVersion, changed: RuleSpec | None, user: User, at: datetime
) -> bool:
    write = product_rule_change if changed else product_rule_add
    code = changed.code if changed else rule_code_free(version, form.feature.code)
    done = attempted(form, lambda: write(version=version, rule=form.spec(code), actor=user, at=at))
    return done is not None
