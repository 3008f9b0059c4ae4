"""Forms of exceptional grants; field names are those of the services' refusals."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext

from marketplace.models import District
from marketplace.web.forms import DayField
from matching.selectors.grant import HolderChoice


class GrantForm(forms.Form):
    """To whom, until when, why."""

    holder = forms.TypedChoiceField(label="人员", coerce=uuid.UUID)
    last_day = DayField(label="有效期至")
    reason = forms.CharField(label="事由", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, data: Any = None, *, people: Sequence[HolderChoice], latest: date) -> None:
        super().__init__(data)
        named = [
            (
                str(one.public_id),
                gettext("%(name)s（%(post)s）") % {"name": one.name, "post": one.post},
            )
            for one in people
        ]
        self.fields["holder"].choices = [("", "请选择"), *named]  # type: ignore[attr-defined]
        self.fields["last_day"].help_text = gettext("含当日，不晚于 %(day)s；到期自动失效。") % {
            "day": latest.isoformat()
        }


class DelegationForm(GrantForm):
    """Which district's whitelists, to whom, until when, why."""

    district = forms.ChoiceField(label="区")
    field_order = ("district", "holder", "last_day", "reason")

    def __init__(
        self,
        data: Any = None,
        *,
        districts: Sequence[District],
        people: Sequence[HolderChoice],
        latest: date,
    ) -> None:
        super().__init__(data, people=people, latest=latest)
        choices = [(district.code, district.name) for district in districts]
        self.fields["district"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["district"].initial = choices[0][0]
            self.fields["district"].widget = forms.HiddenInput()
