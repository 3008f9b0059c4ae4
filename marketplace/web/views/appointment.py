"""New people of the city and of the districts: proposed or added by one operator, of the city confirmed by another."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.domain.account import (
    APPOINTMENT_STATE_LABELS,
    LONGEST_NOTE,
    AppointmentState,
)
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.roles import ROLE_LABELS, ROLES_OF_KIND, OrganisationKind, Role
from marketplace.models import Appointment, Organisation, User
from marketplace.policies import has_role, require_role, signed_in
from marketplace.selectors import appointment_get, office_list
from marketplace.services import (
    appointment_ask,
    appointment_confirm,
    appointment_decline,
    district_member_add,
    office_ensure,
)
from marketplace.services.account import HandedOver
from marketplace.services.appointment import Proposed
from marketplace.web.attempt import attempted, form_status
from marketplace.web.components import Crumb, Pair, Tone
from marketplace.web.views.person import CHOOSE, handed_over_page

KINDS = (OrganisationKind.DISTRICT, OrganisationKind.CITY)
TONES = {
    AppointmentState.WAITING: Tone.WARN,
    AppointmentState.CONFIRMED: Tone.GOOD,
    AppointmentState.DECLINED: Tone.NEUTRAL,
}
NEW_OFFICE = ("", "其他单位，在下面填写")


class PersonForm(forms.Form):
    """A new person with an office and a role; fields are named as the services' refusals name them."""

    display_name = forms.CharField(label="姓名", max_length=64)
    username = forms.CharField(
        label="账号", max_length=64, help_text="登录时用，3 至 64 个字符，不含空格。"
    )
    role = forms.ChoiceField(
        label="角色",
        choices=[
            CHOOSE,
            *((role.value, ROLE_LABELS[role]) for kind in KINDS for role in ROLES_OF_KIND[kind]),
        ],
        help_text="市级运营与审计监督须由另一位运营人员确认。",
    )
    organisation = forms.ChoiceField(label="单位", required=False)
    office = forms.CharField(
        label="单位名称",
        required=False,
        max_length=60,
        help_text="单位不在列表里时填写，随即新建。",
    )
    district_code = forms.ChoiceField(
        label="新单位所在区",
        required=False,
        choices=[("", "市级单位不选"), *DISTRICT_LABELS.items()],
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.offices = {str(office.public_id): office for office in office_list()}
        known = [(key, _office_words(office)) for key, office in self.offices.items()]
        self.fields["organisation"].choices = [NEW_OFFICE, *known]  # type: ignore[attr-defined]

    @property
    def wanted(self) -> Role:
        """Return the role that was chosen."""
        return Role(self.cleaned_data["role"])

    @property
    def is_of_city(self) -> bool:
        """Return whether the role is one of the city's."""
        return self.wanted in ROLES_OF_KIND[OrganisationKind.CITY]

    def office_of(self, actor: User) -> Organisation:
        """Return the office that was chosen or named."""
        given = self.cleaned_data
        known = self.offices.get(given["organisation"])
        if known is not None:
            return known
        return office_ensure(
            kind=OrganisationKind.CITY if self.is_of_city else OrganisationKind.DISTRICT,
            name=given["office"],
            actor=actor,
            at=timezone.now(),
            district_code=given["district_code"] or None,
        )


class DeclineForm(forms.Form):
    """Why a proposal is not confirmed."""

    note = forms.CharField(
        label="理由", max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 2})
    )


@login_required
@require_http_methods(["GET", "POST"])
def person_new(request: HttpRequest) -> HttpResponse:
    """Add a person of a district, or propose one of the city."""
    actor = signed_in(request.user)
    require_role(actor, Role.OPERATOR)
    form = PersonForm(request.POST or None)
    done = attempted(form, lambda: _added(form, actor))
    if isinstance(done, HandedOver):
        return handed_over_page(request, "账号已建立", done.user.username, done.password)
    if done is not None:
        found = done.appointment
        account, half = found.username, done.first_half
        url = reverse("marketplace:appointment-detail", args=[found.public_id])
        return handed_over_page(request, "已提出，请另一位运营人员确认", account, half, 1, url)
    context = {"form": form, "crumbs": [_people(), Crumb("添加人员")]}
    return render(
        request, "marketplace/operator/person_new.html", context, status=form_status(form)
    )


@transaction.atomic
def _added(form: PersonForm, actor: User) -> Proposed | HandedOver:
    add = appointment_ask if form.is_of_city else district_member_add
    return add(
        username=form.cleaned_data["username"],
        display_name=form.cleaned_data["display_name"],
        organisation=form.office_of(actor),
        role=form.wanted,
        actor=actor,
        at=timezone.now(),
    )


@login_required
@require_GET
def appointment(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show a proposal, and to a second operator what may be done about it."""
    require_role(request.user, Role.OPERATOR, Role.AUDITOR)
    return _page(request, appointment_get(public_id), DeclineForm())


@login_required
@require_POST
def confirm(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Make the proposed account; its password is shown in the answer and nowhere again."""
    actor = signed_in(request.user)
    require_role(actor, Role.OPERATOR)
    handed = appointment_confirm(public_id=public_id, actor=actor, at=timezone.now())
    return handed_over_page(request, "账号已建立", handed.user.username, handed.password, 2)


@login_required
@require_POST
def decline(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Refuse to confirm a proposal."""
    actor = signed_in(request.user)
    require_role(actor, Role.OPERATOR)
    form = DeclineForm(request.POST)
    done = attempted(
        form,
        lambda: appointment_decline(
            public_id=public_id, note=form.cleaned_data["note"], actor=actor, at=timezone.now()
        ),
    )
    if done is None:
        return _page(request, appointment_get(public_id), form)
    messages.success(request, "未予确认，已通知提出人。")
    return redirect("marketplace:member-list")


def _page(request: HttpRequest, found: Appointment, form: DeclineForm) -> HttpResponse:
    state = AppointmentState(found.state)
    waits = state is AppointmentState.WAITING and has_role(request.user, Role.OPERATOR)
    is_own = found.asked_by_id == request.user.pk
    context = {
        "appointment": found,
        "state": APPOINTMENT_STATE_LABELS[state],
        "tone": TONES[state],
        "pairs": _facts(found),
        "form": form if waits and not is_own else None,
        "waits_for_other": waits and is_own,
        "crumbs": [_people(), Crumb(gettext("任职申请"))],
    }
    template = "marketplace/operator/appointment.html"
    return render(request, template, context, status=form_status(form))


def _facts(found: Appointment) -> list[Pair]:
    facts = [
        Pair("姓名", found.display_name),
        Pair("账号", found.username),
        Pair("角色", ROLE_LABELS[Role(found.role)]),
        Pair("单位", found.organisation.name),
        Pair(
            "提出人",
            str(found.asked_by),
            note=f"{timezone.localtime(found.asked_at):%Y-%m-%d %H:%M}",
        ),
    ]
    if found.decided_at:
        when = f"{timezone.localtime(found.decided_at):%Y-%m-%d %H:%M}"
        facts.append(Pair("办理人", str(found.decided_by), note=when))
    if found.note:
        facts.append(Pair("理由", found.note))
    return facts


def _office_words(office: Organisation) -> str:
    return f"{office.name} · {office.district}" if office.district else office.name


def _people() -> Crumb:
    return Crumb("用户", reverse("marketplace:member-list"))
