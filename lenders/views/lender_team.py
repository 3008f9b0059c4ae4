"""A lender's branches and people."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from lenders.domain.institution import InstitutionState, team_gaps
from lenders.forms import BranchChoiceForm, BranchForm, StaffForm
from lenders.models import Branch, BranchPosting, Institution
from lenders.policies import can_admit, can_manage_team, require
from lenders.selectors import (
    branch_get,
    branch_list,
    institution_get,
    institution_of,
    posting_get,
    staff_list,
)
from lenders.services import branch_create, branch_edit, staff_add, staff_end, staff_move
from lenders.views.attempt import attempted, form_status, reader
from marketplace.domain.roles import Role
from marketplace.models import User
from marketplace.web.components import Action, Crumb


@login_required
@require_GET
def team(request: HttpRequest) -> HttpResponse:
    """Show the branches and people of the reader's institution."""
    user = reader(request)
    institution = institution_of(user)
    context = {
        **team_context(user, institution),
        "actions": _team_actions(user, institution),
        "crumbs": [Crumb("网点与人员")],
    }
    return render(request, "lenders/lender/team.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def branch_new(request: HttpRequest, public_id: uuid.UUID | None = None) -> HttpResponse:
    """Open a branch, of the reader's institution or of the one the operator names."""
    user = reader(request)
    institution = _managed(user, public_id)
    has_default = any(branch.is_default for branch in branch_list(institution))
    form = BranchForm(request.POST or None, initial={"is_default": not has_default})
    done = attempted(
        form,
        lambda: branch_create(
            institution=institution, **form.cleaned_data, actor=user, at=timezone.now()
        ),
    )
    if done is not None:
        messages.success(request, gettext("网点“%(done)s”已添加。") % {"done": done.name})
        return redirect(_home(user, institution))
    return _form_page(request, institution, form, "添加网点")


@login_required
@require_http_methods(["GET", "POST"])
def branch_change(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Change a branch's name and districts."""
    user = reader(request)
    branch = branch_get(user, public_id)
    require(can_manage_team(user, branch.institution))
    initial = {
        "name": branch.name,
        "district_codes": [district.code for district in branch.districts.all()],
        "is_default": branch.is_default,
    }
    form = BranchForm(request.POST or None, initial=initial)
    done = attempted(
        form,
        lambda: branch_edit(branch=branch, **form.cleaned_data, actor=user, at=timezone.now()),
    )
    if done is not None:
        messages.success(request, "网点已保存。")
        return redirect(_home(user, branch.institution))
    return _form_page(
        request, branch.institution, form, gettext("修改网点：%(name)s") % {"name": initial["name"]}
    )


@login_required
@require_http_methods(["GET", "POST"])
def staff_new(request: HttpRequest, public_id: uuid.UUID | None = None) -> HttpResponse:
    """Create a colleague's account and post it."""
    user = reader(request)
    institution = _managed(user, public_id)
    form = StaffForm(request.POST or None, branches=branch_list(institution))
    done = attempted(
        form,
        lambda: staff_add(institution=institution, **form.account(), actor=user, at=timezone.now()),
    )
    if done is not None:
        messages.success(
            request,
            gettext("账号“%(username)s”已开通。请将初始密码安全地告知本人，登录后会提醒其修改。")
            % {"username": done.membership.user.username},
        )
        return redirect(_home(user, institution))
    return _form_page(request, institution, form, "添加人员")


@login_required
@require_POST
def staff_branch(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Let a colleague work at another branch."""
    user = reader(request)
    posting = posting_get(user, public_id)
    institution = posting.branch.institution
    require(can_manage_team(user, institution))
    form = BranchChoiceForm(request.POST, branches=branch_list(institution))
    done = attempted(
        form,
        lambda: staff_move(
            posting=posting, branch=form.chosen_branch(), actor=user, at=timezone.now()
        ),
    )
    if done is None:
        return _form_page(request, institution, form, "调整网点")
    messages.success(request, "所在网点已调整。")
    return redirect(_home(user, institution))


@login_required
@require_POST
def staff_leave(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Relieve a colleague of a role."""
    user = reader(request)
    posting = posting_get(user, public_id)
    staff_end(posting=posting, actor=user, at=timezone.now())
    messages.success(request, _ended_words(posting))
    return redirect(_home(user, posting.branch.institution))


def team_context(user: User, institution: Institution) -> dict[str, object]:
    """Return branches and people as the team's partial takes them."""
    branches, staff = branch_list(institution), staff_list(institution)
    is_admitted = institution.state == InstitutionState.ADMITTED
    gaps = team_gaps(
        has_branch=bool(branches),
        has_default=any(branch.is_default for branch in branches),
        roles={posting.membership.role for posting in staff},
    )
    return {
        "institution": institution,
        "branches": branches,
        "staff": [_with_form(posting, branches) for posting in staff],
        "gaps": gaps if is_admitted else (),
        "can_manage": can_manage_team(user, institution),
    }


def _with_form(
    posting: BranchPosting, branches: list[Branch]
) -> tuple[BranchPosting, BranchChoiceForm]:
    initial = {"branch": str(posting.branch.public_id)}
    auto_id = f"move-{posting.public_id}-%s"
    return posting, BranchChoiceForm(branches=branches, initial=initial, auto_id=auto_id)


def _ended_words(posting: BranchPosting) -> str:
    if posting.membership.role == Role.OFFICER:
        return "任职已终止，即时生效；由其经办的在办申请已回到网点待办，有几笔见消息，请安排接手。"
    return "任职已终止，即时生效。"


def _managed(user: User, public_id: uuid.UUID | None) -> Institution:
    """Return the institution whose team the reader arranges: the named one, else the own one."""
    institution = institution_get(user, public_id) if public_id else institution_of(user)
    require(can_manage_team(user, institution))
    return institution


def _home(user: User, institution: Institution) -> str:
    """Return the page the reader came from: the operator's of the institution, or the own team."""
    if can_admit(user):
        return reverse("lenders:institution-detail", args=[institution.public_id])
    return reverse("lenders:team")


def _team_actions(user: User, institution: Institution) -> list[Action]:
    tokens = Action("接口令牌", reverse("lenders:interface-token-list"))
    if not can_manage_team(user, institution):
        return [tokens]
    return [
        tokens,
        Action("添加网点", reverse("lenders:branch-create")),
        Action("添加人员", reverse("lenders:staff-create"), primary=True),
    ]


def _form_page(
    request: HttpRequest,
    institution: Institution,
    form: BranchForm | BranchChoiceForm,
    title: str,
) -> HttpResponse:
    user = reader(request)
    home = _home(user, institution)
    trail = (
        [
            Crumb("机构", reverse("lenders:institution-list")),
            Crumb(institution.organisation.name, home),
        ]
        if can_admit(user)
        else [Crumb("网点与人员", home)]
    )
    context = {
        "institution": institution,
        "form": form,
        "title": title,
        "cancel_url": home,
        "crumbs": [*trail, Crumb(title)],
    }
    return render(request, "lenders/lender/team_form.html", context, status=form_status(form))
