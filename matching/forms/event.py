"""Forms of matchmaking events; field names are those of the services' refusals."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext

from marketplace.models import District
from marketplace.web.forms import WanField
from marketplace.web.language import said
from matching.domain.event import (
    FOLLOW_UP_LABELS,
    INVITE_SOURCE_LABELS,
    MAX_NOTE_LENGTH,
    MOST_MEETINGS,
    MOST_SLOTS,
    MOST_TABLES,
    OUTCOME_LABELS,
    EventPlan,
    InviteSource,
)
from matching.models import FinancingDemand, Whitelist

Choices = Sequence[tuple[str, str]]
NO_CHOICE = ("", "请选择")


class MomentField(forms.DateTimeField):
    """A moment typed in Beijing time."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class EventForm(forms.Form):
    """What an event is to be."""

    district = forms.ChoiceField(label="区")
    title = forms.CharField(label="活动名称", max_length=100)
    venue = forms.CharField(label="地点", max_length=200)
    starts_at = MomentField(label="开始时间", help_text="北京时间，第一个时段的开始。")
    sign_up_until = MomentField(label="报名截止", help_text="北京时间，不晚于开始时间。")
    slots = forms.IntegerField(
        label="时段数", min_value=1, max_value=MOST_SLOTS, initial=8, help_text="全场分几个时段。"
    )
    slot_minutes = forms.IntegerField(label="每个时段（分钟）", initial=20)
    most_meetings = forms.IntegerField(
        label="每家企业面谈场数上限",
        min_value=1,
        max_value=MOST_MEETINGS,
        initial=2,
        help_text="先保证每家至少一场，再用空余席位增加。",
    )

    def __init__(self, data: Any = None, *, districts: Sequence[District]) -> None:
        super().__init__(data)
        choices = [(district.code, district.name) for district in districts]
        self.fields["district"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["district"].initial = choices[0][0]
            self.fields["district"].widget = forms.HiddenInput()

    def plan(self) -> EventPlan:
        """Return the valid form's plan."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "district"}
        return EventPlan(**values)


class InviteForm(forms.Form):
    """Whom to invite in one go."""

    whom = forms.ChoiceField(
        label="邀请", choices=[(k.value, v) for k, v in INVITE_SOURCE_LABELS.items()]
    )
    whitelist = forms.ChoiceField(
        label="白名单", required=False, help_text="邀请“白名单入选企业”时选择一期。"
    )

    def __init__(self, data: Any = None, *, whitelists: Sequence[Whitelist]) -> None:
        super().__init__(data)
        found = [
            (
                str(row.public_id),
                gettext("%(title)s（%(issue_no)s）")
                % {"title": said(row.title), "issue_no": row.issue_no},
            )
            for row in whitelists
        ]
        self.fields["whitelist"].choices = [NO_CHOICE, *found]  # type: ignore[attr-defined]

    def asked(self) -> dict[str, Any]:
        """Return the valid form's source and whitelist."""
        key = self.cleaned_data["whitelist"]
        return {
            "source": InviteSource(self.cleaned_data["whom"]),
            "whitelist_id": uuid.UUID(key) if key else None,
        }


class CancelForm(forms.Form):
    """Why an event is cancelled."""

    reason = forms.CharField(
        label="取消原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )


class SignUpForm(forms.Form):
    """Up to some wishes in their order; one side's own field is added by its form."""

    def add_wishes(self, offered: Choices, most: int, label: str) -> None:
        """Add one choice for each wish, and a place for what is said of all of them."""
        for place in range(1, most + 1):
            self.fields[f"wish_{place}"] = forms.ChoiceField(
                label=gettext("第 %(place)s 志愿%(label)s")
                % {"place": place, "label": said(label)},
                required=False,
                choices=[("", "不填"), *offered],
            )
        self.fields["wishes"] = forms.CharField(
            required=False, max_length=1, widget=forms.HiddenInput()
        )

    def wishes(self) -> list[str]:
        """Return the valid form's wishes in their order."""
        return [v for name, v in self.cleaned_data.items() if name.startswith("wish_") and v]


class GuestForm(SignUpForm):
    """An enterprise signs up with one of its needs."""

    demand = forms.ChoiceField(label="本次对接的融资需求")

    def __init__(
        self,
        data: Any = None,
        *,
        needs: Sequence[FinancingDemand],
        offered: Choices,
        most: int,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        found = [
            (
                str(need.public_id),
                gettext("%(amount)s 万元，%(term_months)s 个月，%(purpose)s")
                % {
                    "amount": f"{need.amount_yuan / 10000:.2f}",
                    "term_months": need.term_months,
                    "purpose": said(need.get_purpose_display()),
                },
            )
            for need in needs
        ]
        self.fields["demand"].choices = found  # type: ignore[attr-defined]
        self.add_wishes(offered, most, "机构")

    def asked(self) -> dict[str, Any]:
        """Return what the valid form says, as the service takes it."""
        return {"demand_id": uuid.UUID(self.cleaned_data["demand"]), "wishes": self.wishes()}


class DeskForm(SignUpForm):
    """An institution signs up with tables."""

    tables = forms.IntegerField(
        label="席位数", min_value=1, max_value=MOST_TABLES, help_text="同一时段可同时接待几家企业。"
    )

    def __init__(
        self,
        data: Any = None,
        *,
        offered: Choices,
        most: int,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.add_wishes(offered, most, "需求")

    def asked(self) -> dict[str, Any]:
        """Return what the valid form says, as the service takes it."""
        return {"tables": self.cleaned_data["tables"], "wishes": self.wishes()}


class OutcomeForm(forms.Form):
    """What came of a meeting."""

    outcome = forms.ChoiceField(
        label="面谈结果", choices=[NO_CHOICE, *((k.value, v) for k, v in OUTCOME_LABELS.items())]
    )
    amount_yuan = WanField(label="意向金额", required=False, help_text="达成意向时填写。")
    note = forms.CharField(
        label="说明",
        max_length=MAX_NOTE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="请勿填写个人联系方式。",
    )


class FollowUpForm(forms.Form):
    """How far an intention has come."""

    status = forms.ChoiceField(
        label="落实情况", choices=[NO_CHOICE, *((k.value, v) for k, v in FOLLOW_UP_LABELS.items())]
    )
    note = forms.CharField(
        label="说明",
        max_length=MAX_NOTE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
