"""Forms of districts' whitelists and of lenders' recommendations; field names are those of the services' refusals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from borrowers.domain.industry import SECTION_LABELS
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.thematic import LIST_LABELS
from marketplace.domain.vocabulary import GUARANTEE_LABELS, SIZE_CLASS_LABELS, SizeClass
from marketplace.models import District
from marketplace.web.forms import DayField, MonthsField, RateField, WanField
from marketplace.web.language import bracketed, said
from matching.domain.refusal import MAX_NOTE_LENGTH as MAX_REFUSAL_NOTE
from matching.domain.refusal import REFUSAL_LABELS
from matching.domain.whitelist import MARK_CODES, UNKNOWN_SUFFIX
from matching.domain.whitelist_contact import CONTACT_RESULT_LABELS, MAX_NOTE_LENGTH
from matching.domain.whitelist_entry import ENTRY_STATUS_LABELS, SHEET_MARKS
from matching.domain.whitelist_feedback import LONGEST_HELP, LONGEST_VISITOR, NAMES, Feedback
from matching.domain.whitelist_labels import code_label
from matching.forms.search import search_field

FILTERED_MARKS = (
    *SHEET_MARKS,
    *MARK_CODES,
    *(code + UNKNOWN_SUFFIX for code in MARK_CODES),
)
"""Marks by which rows can be looked for; how many rows carry each is not kept."""

LISTED_SIZES = (SizeClass.MEDIUM, SizeClass.SMALL, SizeClass.MICRO, SizeClass.INDIVIDUAL)


def sections() -> list[tuple[str, str]]:
    """Return the sections of industry as choices, letter first, in the language of the page."""
    return [(letter, f"{letter} {said(label)}") for letter, label in SECTION_LABELS.items()]


class IssueForm(forms.Form):
    """Which issue of which district."""

    district = forms.ChoiceField(label="区")
    issue_no = forms.CharField(
        label="期号", max_length=16, help_text="本区内不重复，如 2026-11；与草稿同号即替换该草稿。"
    )
    title = forms.CharField(
        label="名称", max_length=100, required=False, help_text="机构可见；不填则由区名和期号组成。"
    )

    def __init__(
        self, data: Any = None, files: Any = None, *, districts: Sequence[District]
    ) -> None:
        super().__init__(data, files)
        self.own = list(districts)
        choices = [(district.code, district.name) for district in districts]
        self.fields["district"].choices = choices  # type: ignore[attr-defined]
        if len(choices) == 1:
            self.fields["district"].initial = choices[0][0]
            self.fields["district"].widget = forms.HiddenInput()


class UploadForm(IssueForm):
    """A sheet."""

    file = forms.FileField(label="名单文件", help_text="xlsx 或 csv，不超过 20 MB、20 万行。")


class CorrectionForm(forms.Form):
    """The sheet of a draft once more, with the draft's own district, number and title."""

    district = forms.CharField(widget=forms.HiddenInput)
    issue_no = forms.CharField(widget=forms.HiddenInput)
    title = forms.CharField(widget=forms.HiddenInput)
    file = forms.FileField(label="更正表", help_text="xlsx 或 csv，不超过 20 MB、20 万行。")


SLIDERS = {
    "min_age_months": "0 120 6",
    "amount_min_yuan": "0 1000 10",
    "amount_max_yuan": "0 3000 50",
}
"""Fields that scripts give a slider: lowest, highest and step in the unit of the field."""


class GenerateForm(IssueForm):
    """What the issue asks beyond the district's gates."""

    min_age_months = MonthsField(
        label="成立时间不少于", required=False, max_value=1200, help_text="不填则按本区门槛。"
    )
    size_classes = forms.MultipleChoiceField(
        label="企业规模",
        required=False,
        choices=[(code.value, SIZE_CLASS_LABELS[code]) for code in LISTED_SIZES],
        widget=forms.CheckboxSelectMultiple,
        help_text="不选则不限于其中几类。",
    )
    sectors = forms.MultipleChoiceField(
        label="行业门类",
        required=False,
        choices=sections,
        widget=forms.CheckboxSelectMultiple,
        help_text="不选则不限行业。",
    )
    lists = forms.MultipleChoiceField(
        label="专题库",
        required=False,
        choices=list(LIST_LABELS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text="不选则不限；选了几个，在其中任一专题库即可。",
    )
    amount_min_yuan = WanField(label="需求金额不低于", required=False)
    amount_max_yuan = WanField(label="需求金额不高于", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, steps in SLIDERS.items():
            self.fields[name].widget.attrs["data-slider"] = steps

    def asked(self) -> dict[str, Any]:
        """Return the valid form's parameters beyond district, number and title."""
        found = {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in IssueForm.base_fields
        }
        return found | {
            "size_classes": tuple(found["size_classes"]),
            "sectors": tuple(found["sectors"]),
            "lists": tuple(found["lists"]),
        }


class WhitelistReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class EntryFilterForm(forms.Form):
    """Which rows of a list."""

    status = forms.ChoiceField(
        label="结果",
        required=False,
        choices=[("", "全部"), *((s.value, label) for s, label in ENTRY_STATUS_LABELS.items())],
    )
    code = forms.ChoiceField(label="原因", required=False)
    taken = forms.TypedChoiceField(
        label="对接",
        required=False,
        choices=[("", "全部"), ("1", "已有机构对接"), ("0", "未对接")],
        coerce=lambda code: code == "1",
        empty_value=None,
    )

    def __init__(self, data: Any = None, *, codes: Mapping[str, int]) -> None:
        super().__init__(data)
        choices = [
            (code, bracketed(said(code_label(code)), count)) for code, count in codes.items()
        ]
        marks = [(code, said(code_label(code))) for code in FILTERED_MARKS if code not in codes]
        self.fields["code"].choices = [  # type: ignore[attr-defined]
            ("", "全部"),
            *([(said("未入选的原因"), choices)] if choices else []),
            (said("提示（不影响入选）"), marks),
        ]


class RecommendationFilterForm(forms.Form):
    """What an institution looks for among its recommendations."""

    q = search_field()
    issue_no = forms.CharField(label="期号", required=False, max_length=16)
    sector = forms.ChoiceField(
        label="行业", required=False, choices=lambda: [("", "不限"), *sections()]
    )
    district_code = forms.ChoiceField(
        label="区", required=False, choices=[("", "不限"), *DISTRICT_LABELS.items()]
    )
    amount_min_yuan = WanField(label="需求不低于（万元）", required=False)
    amount_max_yuan = WanField(label="需求不高于（万元）", required=False)
    taken = forms.TypedChoiceField(
        label="对接",
        required=False,
        choices=[("", "全部"), ("1", "本机构已对接"), ("0", "未对接")],
        coerce=lambda code: code == "1",
        empty_value=None,
    )


class ContactResultForm(forms.Form):
    """What came of a contact."""

    result = forms.ChoiceField(
        label="对接结果",
        choices=[("", "请选择"), *((c.value, label) for c, label in CONTACT_RESULT_LABELS.items())],
    )
    note = forms.CharField(
        label="说明",
        required=False,
        max_length=MAX_NOTE_LENGTH,
        help_text="选择“其他”时必填。",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class FeedbackForm(ContactResultForm):
    """What came of a contact with its dates, amounts and reasons; fields are those of ``Feedback``."""

    visit_date = DayField(label="走访日期", required=False)
    visitor = forms.CharField(label="走访人", required=False, max_length=LONGEST_VISITOR)
    contact_date = DayField(label="联系日期", required=False)
    file_complete_date = DayField(
        label="资料齐全日期", required=False, help_text="自此日起 30 日内作出授信决定。"
    )
    decision_date = DayField(label="授信决定日期", required=False)
    granted_yuan = WanField(label="授信金额", required=False)
    contract_date = DayField(label="签约日期", required=False)
    drawn_yuan = WanField(label="放款金额", required=False)
    drawn_date = DayField(label="放款日期", required=False)
    annual_rate_bp = RateField(label="年化利率", required=False)
    term_months = MonthsField(label="期限", required=False)
    guarantee = forms.ChoiceField(
        label="担保方式",
        required=False,
        choices=[("", "未填"), *((c.value, label) for c, label in GUARANTEE_LABELS.items())],
    )
    is_first_loan = forms.BooleanField(label="首贷户", required=False)
    is_renewal = forms.BooleanField(label="无还本续贷", required=False)
    is_agreed = forms.BooleanField(
        label="企业已同意报送授信和放款信息",
        required=False,
        help_text="填写授信金额时必选；同意书由本机构留存。",
    )
    refusal_code = forms.ChoiceField(
        label="拒绝原因",
        required=False,
        choices=[("", "未拒绝"), *((c.value, label) for c, label in REFUSAL_LABELS.items())],
    )
    refusal_note = forms.CharField(label="拒绝说明", required=False, max_length=MAX_REFUSAL_NOTE)
    help_measure = forms.CharField(label="帮扶措施", required=False, max_length=LONGEST_HELP)

    GROUPS = (
        ("对接", ("result", "note", "visit_date", "visitor", "contact_date")),
        (
            "授信与放款",
            (
                "file_complete_date",
                "decision_date",
                "granted_yuan",
                "contract_date",
                "drawn_yuan",
                "drawn_date",
                "annual_rate_bp",
                "term_months",
                "guarantee",
                "is_first_loan",
                "is_renewal",
                "is_agreed",
            ),
        ),
        ("未授信的", ("refusal_code", "refusal_note", "help_measure")),
    )

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields under their headings."""
        return [(legend, [self[name] for name in names]) for legend, names in self.GROUPS]

    def feedback(self) -> Feedback:
        """Return the valid form's fields beyond result and note."""
        return Feedback(**{name: self.cleaned_data[name] for name in NAMES})


class FeedbackUploadForm(forms.Form):
    """A sheet of feedback."""

    file = forms.FileField(label="反馈表", help_text="xlsx 或 csv，不超过 5,000 行。")
