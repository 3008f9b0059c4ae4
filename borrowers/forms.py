"""What people type on the borrowing side; rules are the services'."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from borrowers.domain.candidate import CANDIDATE
from borrowers.domain.identity import ENTERPRISE_ACCOUNT
from borrowers.domain.item_spec import ADMINISTRATION_LABELS
from borrowers.domain.register import REGISTER_STATUS_LABELS
from borrowers.models import BATCH_KINDS, CatalogueItem, SourceUnit
from borrowers.selectors import EnterpriseFilter, ItemFilter
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.period import Period, add_months, month_start
from marketplace.domain.vocabulary import DATA_CLASS_LABELS
from marketplace.web.forms import DayField
from marketplace.web.language import month_words

Choices = list[tuple[str, str]]


def with_all(labels: Any, words: str = "全部") -> Choices:
    """Return choices of a filter: everything first."""
    return [("", words), *((str(code), label) for code, label in labels.items())]


def unit_field(units: list[SourceUnit]) -> forms.ChoiceField:
    """Return the field that chooses a source unit."""
    return forms.ChoiceField(
        label="来源单位", choices=[("", "请选择"), *((unit.code, unit.name) for unit in units)]
    )


class UsccForm(forms.Form):
    """Step one of registration: the credit code."""

    uscc = forms.CharField(
        label="统一社会信用代码",
        max_length=40,
        help_text="营业执照上的 18 位代码。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "text"}),
    )


class ContactForm(forms.Form):
    """Whom to call about the enterprise."""

    contact_name = forms.CharField(label="联系人姓名", max_length=64)
    contact_phone = forms.CharField(
        label="联系电话", max_length=32, help_text="加密保存，仅在业务需要时使用。"
    )


class ApplyAgainForm(ContactForm):
    """Applying once more: the contact, and what the applicant answers to the refusal."""

    note = forms.CharField(
        label="说明（可不填）",
        required=False,
        max_length=200,
        help_text="对未通过的原因作出说明，核验人员会看到。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RegistrationForm(ContactForm):
    """Step three of registration: an account for the person, and the contact."""

    username = forms.CharField(
        label="登录账号", max_length=64, help_text="3 至 64 个字符，不含空格。"
    )
    password = forms.CharField(
        label="密码",
        help_text="至少 12 位，不能只用数字或常见密码。",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password_again = forms.CharField(
        label="再输一次密码", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    agreed = forms.BooleanField(
        label="我已获本企业授权办理登记，所填信息真实。",
        error_messages={"required": "请确认已获本企业授权。"},
    )

    def clean(self) -> dict[str, Any]:
        """Compare the two passwords."""
        data = super().clean() or {}
        if data.get("password") != data.get("password_again"):
            self.add_error(
                "password_again",
                forms.ValidationError("两次输入的密码不一致。", "PASSWORD_DIFFERS"),
            )
        data.pop("password_again", None)
        data.pop("agreed", None)
        return data


class AgentForm(forms.Form):
    """A colleague who is to act for the enterprise."""

    display_name = forms.CharField(label="姓名", max_length=64)
    username = forms.CharField(label="登录账号", max_length=64)
    password = forms.CharField(
        label="初始密码",
        help_text="至少 12 位；请本人登录后修改。",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class ReasonForm(forms.Form):
    """A reason that may stay empty."""

    reason = forms.CharField(label="原因（可不填）", max_length=200, required=False)


class RecordFilterForm(forms.Form):
    """Which class of one's own records."""

    data_class = forms.ChoiceField(
        label="类别", required=False, choices=with_all(DATA_CLASS_LABELS, "全部类别")
    )


class ObjectionForm(forms.Form):
    """What is wrong with a record."""

    reason = forms.CharField(
        label="异议理由",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="请写明哪一项有误、正确内容和依据，5 至 500 字。",
    )


class SupplyForm(forms.Form):
    """Documents of a repair."""

    proof = forms.CharField(
        label="履行证明", max_length=200, help_text="证明义务已履行的材料名称或编号，如缴款书号。"
    )
    statement = forms.CharField(
        label="补充说明",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RepairForm(SupplyForm):
    """An application for repair: two documents only."""

    duty_fulfilled_date = DayField(label="义务履行完毕日期")
    commitment_made = forms.BooleanField(
        label="本企业作出信用承诺：所提供材料真实，今后依法诚信经营；如有虚假，三年内不再申请修复。",
        error_messages={"required": "信用修复须作出信用承诺。"},
    )
    field_order = ["duty_fulfilled_date", "proof", "statement", "commitment_made"]


class StepForm(forms.Form):
    """The words that go with a step of a repair."""

    reason = forms.CharField(
        label="意见",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="要求补正、不予修复时必填，申请企业会看到。",
    )
    false_material = forms.BooleanField(label="材料虚假（不予修复时勾选）", required=False)


class AnswerForm(forms.Form):
    """The written answer to an objection."""

    outcome = forms.ChoiceField(
        label="结论",
        choices=[("CORRECT", "更正"), ("UPHOLD", "维持原记录"), ("LEAVE_OPEN", "无法确认")],
        widget=forms.RadioSelect,
    )
    withdraw_record = forms.BooleanField(
        label="撤下该记录（整条记录有误，且来源单位不再报送更正）", required=False
    )
    answer = forms.CharField(
        label="书面答复", max_length=500, widget=forms.Textarea(attrs={"rows": 4})
    )


class ReviewForm(forms.Form):
    """The decision on an account."""

    decision = forms.ChoiceField(
        label="结论",
        choices=[("approve", "通过核验"), ("refuse", "不予通过")],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="未通过的原因",
        max_length=200,
        required=False,
        help_text="不予通过时必填，申请人会看到。",
    )


class AccountFilterForm(forms.Form):
    """Accounts by state."""

    state = forms.ChoiceField(
        label="状态", required=False, choices=with_all(ENTERPRISE_ACCOUNT.labels)
    )


class EnterpriseSearchForm(forms.Form):
    """A search of the register."""

    text = forms.CharField(label="信用代码或名称", max_length=100, required=False, strip=True)
    district_code = forms.ChoiceField(label="区", required=False, choices=with_all(DISTRICT_LABELS))
    status = forms.ChoiceField(
        label="登记状态", required=False, choices=with_all(REGISTER_STATUS_LABELS)
    )

    def wanted(self) -> EnterpriseFilter:
        """Return what a valid form asks for."""
        return EnterpriseFilter(**self.cleaned_data)


class BatchFilterForm(forms.Form):
    """Delivered files by what they hold, who delivered them, and whether rows were refused."""

    text = forms.CharField(label="信息项、单位或文件名", max_length=100, required=False, strip=True)

    kind = forms.ChoiceField(
        label="种类",
        required=False,
        choices=[("", "全部"), *BATCH_KINDS],
    )
    rejected = forms.BooleanField(label="只看有被拒行的", required=False)


class RegisterUploadForm(forms.Form):
    """A file of the register."""

    file = forms.FileField(label="登记表文件", allow_empty_file=True)


class MembersUploadForm(forms.Form):
    """A file of a thematic list's members."""

    file = forms.FileField(label="名单文件", allow_empty_file=True)


class BatchUploadForm(forms.Form):
    """A file of one item from one unit."""

    item = forms.ChoiceField(label="信息项")
    unit = forms.ChoiceField(label="来源单位")
    file = forms.FileField(label="数据文件", allow_empty_file=True)

    def __init__(
        self, *args: Any, items: list[CatalogueItem], units: list[SourceUnit], **options: Any
    ) -> None:
        super().__init__(*args, **options)
        known = [("", "请选择"), *((item.code, f"{item.data_class} {item.name}") for item in items)]
        self.fields["item"] = forms.ChoiceField(label="信息项", choices=known)
        self.fields["unit"] = unit_field(units)


class CandidateFilterForm(forms.Form):
    """Rows that wait for their subject, by state."""

    state = forms.ChoiceField(label="状态", required=False, choices=with_all(CANDIDATE.labels))


class CandidateForm(forms.Form):
    """Whose a row is; or nobody can say."""

    REFUSE = "refuse"

    decision = forms.ChoiceField(label="结论", widget=forms.RadioSelect)
    reason = forms.CharField(
        label="退回的原因",
        max_length=200,
        required=False,
        help_text="退回时必填，来源单位会在更正表里看到。",
    )

    def __init__(self, *args: Any, proposed: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["decision"] = forms.ChoiceField(
            label="结论",
            widget=forms.RadioSelect,
            choices=[*proposed, (self.REFUSE, "都不是，或无法确定：退回来源单位")],
        )


class ItemFilterForm(forms.Form):
    """Items of the catalogue by class, level, unit and name."""

    text = forms.CharField(label="名称或代码开头", max_length=100, required=False, strip=True)
    data_class = forms.ChoiceField(
        label="类别", required=False, choices=with_all(DATA_CLASS_LABELS, "全部类别")
    )
    administration = forms.ChoiceField(
        label="管理层级", required=False, choices=with_all(ADMINISTRATION_LABELS)
    )
    unit = forms.ChoiceField(label="来源单位", required=False)
    active = forms.ChoiceField(
        label="状态", required=False, choices=[("", "全部"), ("1", "启用"), ("0", "停用")]
    )

    def __init__(self, data: Any = None, *, units: list[SourceUnit]) -> None:
        super().__init__(data)
        chosen = forms.ChoiceField(
            label="来源单位",
            required=False,
            choices=with_all({unit.code: unit.name for unit in units}),
        )
        self.fields["unit"] = chosen

    def wanted(self) -> ItemFilter:
        """Return what a valid form asks for."""
        return ItemFilter(**self.cleaned_data)


class CatalogueUploadForm(forms.Form):
    """A workbook of the catalogue."""

    file = forms.FileField(label="目录表文件（xlsx）", allow_empty_file=True)


BOARD_MONTHS = 24


class MonthForm(forms.Form):
    """A calendar month, the present one when none is chosen."""

    month = forms.ChoiceField(label="月份", required=False)

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data)
        months = [add_months(month_start(today), -back) for back in range(BOARD_MONTHS)]
        named = [(f"{month:%Y-%m}", month_words(month)) for month in months]
        self.fields["month"] = forms.ChoiceField(label="月份", required=False, choices=named)
        self.today = today

    def wanted(self) -> Period:
        """Return the month asked for, the present one when the form is empty or not valid."""
        chosen = self.cleaned_data.get("month") if self.is_valid() else ""
        year, month = (chosen or f"{self.today:%Y-%m}").split("-")
        return Period.month(int(year), int(month))


class AliasForm(forms.Form):
    """A unit's own code for an enterprise."""

    unit = forms.ChoiceField(label="来源单位")
    local_code = forms.CharField(label="单位内部代码", max_length=64)
    uscc = forms.CharField(label="统一社会信用代码", max_length=40)

    def __init__(self, *args: Any, units: list[SourceUnit], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["unit"] = unit_field(units)
