"""Forms of the pool, of leads and of dispatch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext

from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.vocabulary import GUARANTEE_LABELS
from matching.domain.demand import DEMAND_STATE_LABELS, SEARCHING_STATES, DemandState
from matching.domain.lead import MAX_NOTE_LENGTH, RETURN_LABELS
from matching.selectors.dispatch import Suggestion
from matching.selectors.eligible import EligibleOffer

RETURNS = [("", "请选择"), *((code.value, label) for code, label in RETURN_LABELS.items())]
WATCHED_STATES = [state for state in SEARCHING_STATES if state != "PUBLISHED"] + ["MATCHING"]


class PoolFilter(forms.Form):
    """Which needs of the pool."""

    district = forms.ChoiceField(
        label="所在区", required=False, choices=[("", "全部"), *DISTRICT_LABELS.items()]
    )
    guarantee = forms.ChoiceField(
        label="担保方式",
        required=False,
        choices=[("", "全部"), *((code.value, label) for code, label in GUARANTEE_LABELS.items())],
    )


class SearchingFilter(forms.Form):
    """Which needs that look for a lender."""

    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[
            ("", "全部"),
            *((state, DEMAND_STATE_LABELS[DemandState(state)]) for state in WATCHED_STATES),
        ],
    )


class LeadFilter(forms.Form):
    """Open leads or those that ended."""

    scope = forms.ChoiceField(
        label="范围", required=False, choices=[("open", "待处理"), ("done", "已结束")]
    )


class LateFilter(forms.Form):
    """Which clocks."""

    late = forms.BooleanField(label="只看已超时", required=False)


class TakeForm(forms.Form):
    """Which of the own products is proposed to the enterprise."""

    product = forms.ChoiceField(label="拟推荐的产品", help_text="企业授权前将看到机构和产品名称。")

    def __init__(self, data: Any = None, *, offers: Iterable[EligibleOffer]) -> None:
        super().__init__(data)
        self.fields["product"].choices = [  # type: ignore[attr-defined]
            (str(entry.offer.product.public_id), entry.offer.product.name) for entry in offers
        ]


class LeadReturnForm(forms.Form):
    """Why a lead is given back."""

    return_code = forms.ChoiceField(label="退回原因", choices=RETURNS)
    return_note = forms.CharField(
        label="说明",
        required=False,
        max_length=MAX_NOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="选择“其他”时必填；平台可见。",
    )


class LendersForm(forms.Form):
    """Which lenders a need is directed at."""

    institutions = forms.MultipleChoiceField(
        label="机构",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一家机构。"},
    )

    def __init__(self, data: Any = None, *, suggestions: Iterable[Suggestion]) -> None:
        super().__init__(data)
        self.fields["institutions"].choices = [  # type: ignore[attr-defined]
            (
                entry.institution.code,
                f"{entry.institution.organisation.name} · {_products(entry)}",
            )
            for entry in suggestions
            if not entry.before
        ]


def _products(entry: Suggestion) -> str:
    name = entry.best.offer.product.name
    if entry.candidate.products == 1:
        return name
    return gettext("%(name)s等 %(count)s 个产品") % {
        "name": name,
        "count": entry.candidate.products,
    }


class DispatchForm(forms.Form):
    """Which lender a need is dispatched to; the order is suggested, the choice is the operator's."""

    institution = forms.ChoiceField(label="派往机构")

    def __init__(self, data: Any = None, *, suggestions: Iterable[Suggestion]) -> None:
        super().__init__(data)
        self.fields["institution"].choices = [  # type: ignore[attr-defined]
            ("", "请选择"),
            *(
                (entry.institution.code, _suggested(place, entry))
                for place, entry in enumerate(suggestions, start=1)
            ),
        ]


def _suggested(place: int, entry: Suggestion) -> str:
    serves = gettext("服务该区") if entry.candidate.serves_district else gettext("兜底网点")
    return gettext(
        "%(place)s. %(institution)s（%(serves)s，适合的产品 %(products)s 个，人均在办 %(load)s 件）"
    ) % {
        "place": place,
        "institution": entry.institution.organisation.name,
        "serves": serves,
        "products": entry.candidate.products,
        "load": round(entry.candidate.load, 1),
    }
