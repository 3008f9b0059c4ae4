"""What the API of the lending side takes and gives: one input per verb, one output per audience."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from lenders.domain.feature import FEATURES
from lenders.domain.institution import INSTITUTION_KIND_LABELS
from lenders.domain.product import HIGHEST_RATE_BP
from lenders.domain.rate import MAX_TERM_MONTHS
from lenders.domain.rule import RuleSpec, rule_to_json, sentence_of
from lenders.selectors import rules_of
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.roles import Role
from marketplace.domain.vocabulary import GUARANTEE_LABELS, SIZE_CLASS_LABELS

LENDER_ROLE_CHOICES = [Role.OFFICER.value, Role.APPROVER.value]


class AmountField(serializers.DecimalField):
    """Yuan with two places."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=18, decimal_places=2, **options)


# --- Inputs --------------------------------------------------------------------------------------


class ShelfInput(StrictSerializer):
    """Filter of the product supermarket."""

    amount_yuan = AmountField(required=False, min_value=0)
    term_months = serializers.IntegerField(required=False, min_value=1, max_value=MAX_TERM_MONTHS)
    all_in_rate_max_bp = serializers.IntegerField(required=False, min_value=0)
    guarantee = serializers.ChoiceField(required=False, choices=[str(c) for c in GUARANTEE_LABELS])
    district_code = serializers.ChoiceField(required=False, choices=list(DISTRICT_LABELS))
    industry_section = serializers.RegexField("^[A-T]$", required=False)
    size_class = serializers.ChoiceField(
        required=False, choices=[str(c) for c in SIZE_CLASS_LABELS]
    )
    institution = serializers.CharField(required=False, max_length=100)
    page = serializers.IntegerField(required=False, min_value=1)
    limit = serializers.IntegerField(required=False, min_value=1)


class CompareInput(StrictSerializer):
    """The products to put side by side, up to four."""

    id = serializers.ListField(child=serializers.UUIDField(), allow_empty=False)


class CostInput(StrictSerializer):
    """The loan whose cost is asked."""

    amount_yuan = AmountField(min_value=0)
    term_months = serializers.IntegerField(min_value=1, max_value=MAX_TERM_MONTHS)


class InstitutionInput(StrictSerializer):
    """Particulars of an institution that wants to join."""

    code = serializers.CharField(max_length=16)
    kind = serializers.ChoiceField(choices=[str(code) for code in INSTITUTION_KIND_LABELS])
    name = serializers.CharField(max_length=100)
    uscc = serializers.CharField(max_length=30)
    introduction = serializers.CharField(max_length=500, allow_blank=True, default="")
    contact_name = serializers.CharField(max_length=64)
    contact_phone = serializers.CharField(max_length=32)


class InstitutionReviewInput(StrictSerializer):
    """Decision on an applicant."""

    approve = serializers.BooleanField()
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


class ReasonInput(StrictSerializer):
    """Why."""

    reason = serializers.CharField(max_length=200)


class BranchInput(StrictSerializer):
    """A branch and its districts."""

    name = serializers.CharField(max_length=100)
    district_codes = serializers.ListField(child=serializers.CharField(max_length=6), default=list)
    is_default = serializers.BooleanField(default=False)


class StaffInput(StrictSerializer):
    """A new colleague's account, role and branch."""

    username = serializers.CharField(max_length=64)
    phone = serializers.CharField(max_length=32, allow_blank=True, default="")
    password = serializers.CharField(max_length=128, trim_whitespace=False, write_only=True)
    display_name = serializers.CharField(max_length=64)
    role = serializers.ChoiceField(choices=LENDER_ROLE_CHOICES)
    branch_id = serializers.UUIDField()


class StaffMoveInput(StrictSerializer):
    """The branch to move to."""

    branch_id = serializers.UUIDField()


class TermsInput(StrictSerializer):
    """Terms of a product version; money in yuan, rates in basis points."""

    amount_min_yuan = AmountField()
    amount_max_yuan = AmountField()
    term_min_months = serializers.IntegerField(max_value=MAX_TERM_MONTHS)
    term_max_months = serializers.IntegerField(max_value=MAX_TERM_MONTHS)
    annual_rate_min_bp = serializers.IntegerField(max_value=HIGHEST_RATE_BP)
    annual_rate_max_bp = serializers.IntegerField(max_value=HIGHEST_RATE_BP)
    fee_rate_bp = serializers.IntegerField(max_value=HIGHEST_RATE_BP, default=0)
    all_in_rate_max_bp = serializers.IntegerField(max_value=10 * HIGHEST_RATE_BP)
    guarantees = serializers.ListField(child=serializers.CharField())
    purposes = serializers.ListField(child=serializers.CharField())
    repayments = serializers.ListField(child=serializers.CharField())
    district_codes = serializers.ListField(child=serializers.CharField(), default=list)
    decision_days = serializers.IntegerField(default=5)


class RuleChangeInput(StrictSerializer):
    """What an admission rule asks for, as typed data."""

    feature = serializers.CharField(max_length=48)
    operator = serializers.CharField(max_length=16)
    value = serializers.JSONField(allow_null=True, default=None)
    effective_from = serializers.DateField()
    effective_until = serializers.DateField(allow_null=True, default=None)


class RuleInput(RuleChangeInput):
    """An admission rule as typed data."""

    code = serializers.CharField(max_length=48)


class VersionInput(StrictSerializer):
    """What a version of a product says."""

    summary = serializers.CharField(max_length=500, allow_blank=True, default="")
    terms = TermsInput()
    rules = RuleInput(many=True, default=list)


class ProductInput(VersionInput):
    """A new product with its first version."""

    code = serializers.CharField(max_length=32)
    name = serializers.CharField(max_length=100)


class VersionEditInput(StrictSerializer):
    """Changed terms of a draft; rules have their own verbs."""

    summary = serializers.CharField(max_length=500, allow_blank=True, default="")
    terms = TermsInput()


class VersionReviewInput(StrictSerializer):
    """The second person's decision."""

    publish = serializers.BooleanField()
    reason = serializers.CharField(max_length=200, allow_blank=True, default="")


# --- Outputs: everybody --------------------------------------------------------------------------


class TermsOutput(serializers.Serializer[Any]):
    """Terms of a product version; money in yuan, rates in basis points."""

    amount_min_yuan = AmountField()
    amount_max_yuan = AmountField()
    term_min_months = serializers.IntegerField()
    term_max_months = serializers.IntegerField()
    annual_rate_min_bp = serializers.IntegerField()
    annual_rate_max_bp = serializers.IntegerField()
    fee_rate_bp = serializers.IntegerField()
    all_in_rate_max_bp = serializers.IntegerField()
    guarantees = serializers.ListField(child=serializers.CharField())
    purposes = serializers.ListField(child=serializers.CharField())
    repayments = serializers.ListField(child=serializers.CharField())
    district_codes = serializers.ListField(child=serializers.CharField())
    decision_days = serializers.IntegerField()


class RuleOutput(serializers.Serializer[Any]):
    """An admission rule as data and as a sentence; ``data_class`` is the class whose consent it needs."""

    code = serializers.CharField()
    feature = serializers.CharField()
    operator = serializers.CharField()
    value = serializers.JSONField()
    effective_from = serializers.DateField()
    effective_until = serializers.DateField(allow_null=True)
    sentence = serializers.CharField()
    data_class = serializers.CharField(allow_null=True)


def rules_body(rules: Iterable[RuleSpec]) -> list[dict[str, Any]]:
    """Return rules as data and sentences."""
    bodies = (
        {
            **rule_to_json(rule),
            "sentence": sentence_of(rule),
            "data_class": FEATURES[rule.feature].data_class,
        }
        for rule in rules
    )
    return [dict(RuleOutput(body).data) for body in bodies]


class PublicInstitutionOutput(serializers.Serializer[Any]):
    """An admitted institution as the public sees it."""

    id = serializers.UUIDField(source="public_id")
    code = serializers.CharField()
    name = serializers.CharField(source="organisation.name")
    kind = serializers.CharField()
    kind_label = serializers.CharField(source="get_kind_display")
    introduction = serializers.CharField()


class PublicProductOutput(serializers.Serializer[Any]):
    """A product on the shelf."""

    id = serializers.UUIDField(source="product.public_id")
    code = serializers.CharField(source="product.code")
    name = serializers.CharField(source="product.name")
    institution = PublicInstitutionOutput()
    version = serializers.IntegerField(source="version.number")
    summary = serializers.CharField(source="version.summary")
    effective_from = serializers.DateTimeField(source="version.effective_from")
    terms = TermsOutput()
    rules = serializers.SerializerMethodField()

    @extend_schema_field(RuleOutput(many=True))
    def get_rules(self, item: Any) -> list[dict[str, Any]]:
        """Return the version's rules as data and sentences."""
        return rules_body(item.rules)


class CostLineOutput(serializers.Serializer[Any]):
    """All-in cost for one kind of repayment at the lowest and highest rate."""

    repayment = serializers.CharField()
    low_simple_bp = serializers.IntegerField(source="low.simple_bp")
    low_compound_bp = serializers.IntegerField(source="low.compound_bp")
    low_cost_yuan = AmountField(source="low.cost_yuan")
    high_simple_bp = serializers.IntegerField(source="high.simple_bp")
    high_compound_bp = serializers.IntegerField(source="high.compound_bp")
    high_cost_yuan = AmountField(source="high.cost_yuan")


# --- Outputs: the institution itself and the city ------------------------------------------------


class InstitutionOutput(PublicInstitutionOutput):
    """An institution as the city administers it."""

    uscc = serializers.CharField(source="organisation.uscc")
    state = serializers.CharField()
    state_label = serializers.CharField(source="get_state_display")
    contact_name = serializers.CharField()
    contact_phone = serializers.CharField()
    applied_at = serializers.DateTimeField()
    admitted_at = serializers.DateTimeField(allow_null=True)
    review_reason = serializers.CharField()


class ReceiptOutput(serializers.Serializer[Any]):
    """What an applicant gets back."""

    id = serializers.UUIDField(source="public_id")
    code = serializers.CharField()
    state = serializers.CharField()
    applied_at = serializers.DateTimeField()


class BranchOutput(serializers.Serializer[Any]):
    """A branch."""

    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField()
    is_default = serializers.BooleanField()
    district_codes = serializers.SerializerMethodField()

    def get_district_codes(self, branch: Any) -> list[str]:
        """Return the codes of the districts served."""
        return [district.code for district in branch.districts.all()]


class StaffOutput(serializers.Serializer[Any]):
    """A colleague's posting."""

    id = serializers.UUIDField(source="public_id")
    user_id = serializers.UUIDField(source="membership.user.public_id")
    username = serializers.CharField(source="membership.user.username")
    display_name = serializers.CharField(source="membership.user.display_name")
    role = serializers.CharField(source="membership.role")
    branch_id = serializers.UUIDField(source="branch.public_id")
    branch = serializers.CharField(source="branch.name")


class VersionLineOutput(serializers.Serializer[Any]):
    """A version in a product's list."""

    id = serializers.UUIDField(source="public_id")
    number = serializers.IntegerField()
    state = serializers.CharField()
    state_label = serializers.CharField(source="get_state_display")
    drafted_by = serializers.CharField()
    drafted_at = serializers.DateTimeField()
    effective_from = serializers.DateTimeField(allow_null=True)
    effective_until = serializers.DateTimeField(allow_null=True)


class ProductOutput(serializers.Serializer[Any]):
    """A product with its versions, latest first."""

    id = serializers.UUIDField(source="public_id")
    code = serializers.CharField()
    name = serializers.CharField()
    institution = serializers.CharField(source="institution.organisation.name")
    versions = VersionLineOutput(source="versions.all", many=True)


class VersionOutput(VersionLineOutput):
    """A version with everything it says and how it came about."""

    product_id = serializers.UUIDField(source="product.public_id")
    product = serializers.CharField(source="product.name")
    summary = serializers.CharField()
    terms = TermsOutput(source="*")
    rules = serializers.SerializerMethodField()
    submitted_at = serializers.DateTimeField(allow_null=True)
    reviewed_by = serializers.CharField(allow_null=True)
    reviewed_at = serializers.DateTimeField(allow_null=True)
    review_reason = serializers.CharField()
    withdrawn_reason = serializers.CharField()

    @extend_schema_field(RuleOutput(many=True))
    def get_rules(self, version: Any) -> list[dict[str, Any]]:
        """Return the version's rules as data and sentences."""
        return rules_body(rules_of(version))
