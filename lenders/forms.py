"""Forms of the lending side; they read what was typed, services decide about it.

Field names are those of the services' refusals, so that every sentence finds its place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext

from lenders.domain.codes import LONGEST_INTRODUCTION, LONGEST_NAME
from lenders.domain.feature import (
    FEATURES,
    FEATURES_OF_TERMS,
    INDUSTRY_SECTION_LABELS,
    Feature,
    FeatureKind,
)
from lenders.domain.institution import INSTITUTION_KIND_LABELS, INSTITUTION_STATE_LABELS
from lenders.domain.product import VERSION_STATE_LABELS, ProductTerms
from lenders.domain.rule import OPERATOR_LABELS, Operator, RuleSpec, operators_for, validate_rule
from lenders.domain.shelf import ShelfFilter
from lenders.models import Branch
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.roles import ROLE_LABELS, Role
from marketplace.domain.vocabulary import (
    DATA_CLASS_LABELS,
    GUARANTEE_LABELS,
    PURPOSE_LABELS,
    REPAYMENT_LABELS,
    SIZE_CLASS_LABELS,
    SizeClass,
)
from marketplace.web.forms import DayField, MonthsField, RateField, WanField
from marketplace.web.language import said

ANY = "不限"
CHOOSE = "请选择"
HIGHEST_RATE_PERCENT = Decimal(100)


def choices_of(labels: Mapping[Any, str], blank: str = "") -> list[tuple[str, str]]:
    """Return a vocabulary as choices, with an empty one first when it has words."""
    first = [("", blank)] if blank else []
    return first + [(str(code), words) for code, words in labels.items()]


class CheckedField(forms.MultipleChoiceField):
    """Several codes of a vocabulary, as check boxes."""

    widget = forms.CheckboxSelectMultiple


class ShelfForm(forms.Form):
    """What a visitor of the product supermarket looks for."""

    amount_yuan = WanField(label="融资金额（万元）", required=False)
    term_months = MonthsField(label="期限（个月）", required=False)
    all_in_rate_max_bp = RateField(label="综合年化不高于（%）", required=False)
    guarantee = forms.ChoiceField(
        label="担保方式", required=False, choices=choices_of(GUARANTEE_LABELS, ANY)
    )
    district_code = forms.ChoiceField(
        label="所在区", required=False, choices=choices_of(DISTRICT_LABELS, ANY)
    )
    industry_section = forms.ChoiceField(
        label="行业门类", required=False, choices=choices_of(INDUSTRY_SECTION_LABELS, ANY)
    )
    size_class = forms.ChoiceField(
        label="企业规模",
        required=False,
        choices=choices_of(
            {code: label for code, label in SIZE_CLASS_LABELS.items() if code != SizeClass.UNKNOWN},
            ANY,
        ),
    )

    institution = forms.CharField(label="金融机构名称", required=False, max_length=LONGEST_NAME)

    def wanted(self) -> ShelfFilter:
        """Return what a valid form asks."""
        return ShelfFilter(**self.cleaned_data)


class CostForm(forms.Form):
    """A loan whose real cost a visitor wants to know."""

    amount_yuan = WanField(label="贷款金额（万元）")
    term_months = MonthsField(label="期限（个月）")


class InstitutionForm(forms.Form):
    """Particulars of an institution that wants to join."""

    name = forms.CharField(label="机构全称", max_length=LONGEST_NAME)
    uscc = forms.CharField(label="统一社会信用代码", max_length=30)
    code = forms.CharField(
        label="机构代码",
        max_length=16,
        help_text="自行拟定，2 至 16 位大写字母、数字或连字符，用于产品代码和统计，如 B001。",
    )
    kind = forms.ChoiceField(label="机构类型", choices=choices_of(INSTITUTION_KIND_LABELS, CHOOSE))
    introduction = forms.CharField(
        label="机构简介",
        required=False,
        max_length=LONGEST_INTRODUCTION,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    contact_name = forms.CharField(label="联系人", max_length=64)
    contact_phone = forms.CharField(
        label="联系电话",
        max_length=32,
        help_text="平台据此告知审核结果、开通首个账号；客户经理没有电话时，申请企业也凭此联系。加密保存。",
    )


class InstitutionStateForm(forms.Form):
    """Filter of the operator's list of institutions."""

    text = forms.CharField(label="名称的一部分或代码", required=False, max_length=LONGEST_NAME)
    state = forms.ChoiceField(
        label="状态", required=False, choices=choices_of(INSTITUTION_STATE_LABELS, "全部")
    )


class VersionStateForm(forms.Form):
    """Filter of a list of products by the state of their versions."""

    state = forms.ChoiceField(
        label="版本状态", required=False, choices=choices_of(VERSION_STATE_LABELS, "全部")
    )


class ReasonForm(forms.Form):
    """Why something is refused, returned, suspended or withdrawn."""

    reason = forms.CharField(label="原因", max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class BranchForm(forms.Form):
    """A branch and its districts."""

    name = forms.CharField(label="网点名称", max_length=100)
    district_codes = CheckedField(
        label="服务区域", required=False, choices=choices_of(DISTRICT_LABELS)
    )
    is_default = forms.BooleanField(
        label="兜底网点", required=False, help_text="其他网点都不服务的区域，申请转到兜底网点。"
    )


class BranchChoiceForm(forms.Form):
    """One of an institution's branches."""

    branch = forms.ChoiceField(label="网点")

    def __init__(self, *args: Any, branches: Iterable[Branch], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._branches = {str(branch.public_id): branch for branch in branches}
        field = self.fields["branch"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- declared above
        field.choices = [(key, branch.name) for key, branch in self._branches.items()]

    def chosen_branch(self) -> Branch:
        """Return the branch a valid form names."""
        return self._branches[self.cleaned_data["branch"]]


class StaffForm(BranchChoiceForm):
    """A new colleague's account, role and branch."""

    username = forms.CharField(label="账号", max_length=64, help_text="3 至 64 个字符，不含空格。")
    display_name = forms.CharField(label="姓名", max_length=64)
    phone = forms.CharField(
        label="办公电话",
        max_length=32,
        required=False,
        help_text="受理申请后，申请企业凭此联系；不填则显示本机构的联系电话。加密保存。",
    )
    password = forms.CharField(
        label="初始密码",
        strip=False,
        help_text="至少 12 位。请当面或通过安全渠道告知本人，并请其登录后立即修改。",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    role = forms.ChoiceField(
        label="角色",
        choices=choices_of(
            {role: ROLE_LABELS[role] for role in (Role.OFFICER, Role.APPROVER)}, CHOOSE
        ),
        help_text="客户经理受理申请、尽调、起草产品；审批人决定授信、发布产品、管理网点与人员。"
        "同一笔申请须由两个人经办和审批。",
    )
    field_order = ("username", "display_name", "phone", "password", "role", "branch")

    def account(self) -> dict[str, Any]:
        """Return what a valid form says, as ``staff_add`` takes it."""
        data = self.cleaned_data
        return {
            "username": data["username"],
            "display_name": data["display_name"],
            "phone": data["phone"],
            "password": data["password"],
            "role": Role(data["role"]),
            "branch": self.chosen_branch(),
        }


class TermsForm(forms.Form):
    """The terms of a product version."""

    summary = forms.CharField(
        label="产品说明", required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    amount_min_yuan = WanField(label="最低额度")
    amount_max_yuan = WanField(label="最高额度")
    term_min_months = MonthsField(label="最短期限")
    term_max_months = MonthsField(label="最长期限")
    annual_rate_min_bp = RateField(label="年化利率下限", max_value=HIGHEST_RATE_PERCENT)
    annual_rate_max_bp = RateField(label="年化利率上限", max_value=HIGHEST_RATE_PERCENT)
    fee_rate_bp = RateField(
        label="其他费用占本金",
        max_value=HIGHEST_RATE_PERCENT,
        help_text="放款时一次收取的全部费用；没有填 0。",
    )
    all_in_rate_max_bp = RateField(
        label="综合年化成本上限",
        max_value=HIGHEST_RATE_PERCENT,
        help_text="利息和全部费用折合的年化成本（单利），不得低于按最高利率、最短期限计算的结果。",
    )
    guarantees = CheckedField(label="担保方式", choices=choices_of(GUARANTEE_LABELS))
    purposes = CheckedField(label="贷款用途", choices=choices_of(PURPOSE_LABELS))
    repayments = CheckedField(label="还款方式", choices=choices_of(REPAYMENT_LABELS))
    district_codes = CheckedField(
        label="服务区域",
        required=False,
        choices=choices_of(DISTRICT_LABELS),
        help_text="都不选表示全市。",
    )
    decision_days = forms.IntegerField(
        label="审批时限（工作日）", min_value=1, max_value=60, initial=5
    )

    def terms(self) -> ProductTerms:
        """Return the terms a valid form names."""
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in self.cleaned_data.items()
            if name in ProductTerms.__dataclass_fields__
        }
        return ProductTerms(**values)


class ProductForm(TermsForm):
    """A new product: its name and the terms of its first version."""

    code = forms.CharField(label="产品代码", max_length=32, help_text="全平台唯一，如 B001-P03。")
    name = forms.CharField(label="产品名称", max_length=LONGEST_NAME)
    field_order = ("code", "name", "summary")


class FeatureForm(forms.Form):
    """What a new rule looks at; the first of two steps, so that the second needs no script.

    What the product's terms say already is left out.
    """

    feature = forms.ChoiceField(label="指标")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["feature"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 -- declared above
        field.choices = [("", CHOOSE), *_feature_groups()]


class RuleForm(forms.Form):
    """Operator, limit and dates of a rule about one feature; the controls follow the feature's kind."""

    def __init__(self, *args: Any, feature: Feature, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.feature = feature
        self.fields["operator"] = forms.ChoiceField(
            label="要求", choices=_operator_choices(feature)
        )
        self.fields.update(_value_fields(feature))
        self.fields["effective_from"] = DayField(label="生效日期", initial=on)
        self.fields["effective_until"] = DayField(
            label="失效日期", required=False, help_text="自该日起不再适用；空白表示长期。"
        )

    @classmethod
    def initial_of(cls, rule: RuleSpec) -> dict[str, object]:
        """Return what the form of a rule begins with when it is changed."""
        value: Any = rule.value
        low, high = value if rule.operator is Operator.BETWEEN else (value, None)
        if isinstance(low, tuple) and not FEATURES[rule.feature].choices:
            low = "、".join(low)
        return {
            "operator": rule.operator.value,
            "value": low,
            "value_high": high,
            "effective_from": rule.effective_from,
            "effective_until": rule.effective_until,
        }

    def spec(self, code: str) -> RuleSpec:
        """Return the rule a valid form names.

        Raises:
            Refused: ``RULE_INVALID`` with ``fields``.
        """
        data = self.cleaned_data
        value = data.get("value")
        if data["operator"] == Operator.BETWEEN:
            value = [value, data.get("value_high")]
        return validate_rule(
            code=code,
            feature=self.feature.code,
            operator=data["operator"],
            value=value,
            effective_from=data["effective_from"],
            effective_until=data.get("effective_until"),
        )


def _feature_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the features in groups: what needs no consent, then each data class that needs one."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for feature in FEATURES.values():
        if feature.code in FEATURES_OF_TERMS:
            continue
        needed = feature.data_class
        title = (
            gettext("%(words)s（需企业授权）") % {"words": said(DATA_CLASS_LABELS[needed])}
            if needed
            else "无需授权"
        )
        groups.setdefault(title, []).append((feature.code, feature.label))
    return list(groups.items())


def _operator_choices(feature: Feature) -> list[tuple[str, str]]:
    if feature.kind is FeatureKind.BOOLEAN:
        return [
            (Operator.IS_TRUE.value, feature.when_true),
            (Operator.IS_FALSE.value, feature.when_false),
        ]
    return [(op.value, OPERATOR_LABELS[op]) for op in operators_for(feature.kind)]


def _value_fields(feature: Feature) -> dict[str, forms.Field]:
    if feature.kind is FeatureKind.BOOLEAN:
        return {}
    if feature.choices:
        return {"value": CheckedField(label=feature.label, choices=choices_of(feature.choices))}
    if feature.is_coded:
        hint = "填写代码，多个代码用顿号或逗号分开。"
        return {"value": forms.CharField(label=feature.label, max_length=500, help_text=hint)}
    return {
        "value": _number_field(feature, "限值", required=True),
        "value_high": _number_field(feature, "上限（仅“介于”填写）", required=False),
    }


def _number_field(feature: Feature, label: str, *, required: bool) -> forms.Field:
    if feature.kind is FeatureKind.MONEY_YUAN:
        return WanField(label=label, required=required)
    field = forms.DecimalField(label=label, required=required, max_digits=12, decimal_places=4)
    field.unit = feature.unit  # type: ignore[attr-defined]
    return field
