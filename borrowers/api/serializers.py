"""What the API of the borrowing side takes and gives: one input per verb, one output per audience."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from borrowers.models import BATCH_KINDS
from borrowers.services.objection import OUTCOMES
from borrowers.services.repair import STEP_EVENTS
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.vocabulary import DATA_CLASS_LABELS

CLASS_CODES = [code.value for code in DATA_CLASS_LABELS]


# --- Inputs --------------------------------------------------------------------------------------


class EnterpriseContactInput(StrictSerializer):
    """Whom to call about the enterprise."""

    contact_name = serializers.CharField(max_length=64)
    contact_phone = serializers.CharField(max_length=32)


class ApplyAgainInput(EnterpriseContactInput):
    """The contact, and what the applicant answers to the refusal."""

    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class AccountInput(EnterpriseContactInput):
    """Registration of an enterprise with a new user; a signed-in caller leaves the user's fields out."""

    uscc = serializers.CharField(max_length=40)
    username = serializers.CharField(max_length=64, required=False)
    password = serializers.CharField(max_length=128, required=False, write_only=True)
    display_name = serializers.CharField(max_length=64, required=False)


class ReviewInput(StrictSerializer):
    """The decision on an account."""

    approve = serializers.BooleanField()
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class AgentInput(StrictSerializer):
    """A colleague who is to act for the enterprise."""

    username = serializers.CharField(max_length=64)
    password = serializers.CharField(max_length=128, write_only=True)
    display_name = serializers.CharField(max_length=64)


class RecordFilterInput(StrictSerializer):
    """Which of the own records."""

    data_class = serializers.ChoiceField(choices=CLASS_CODES, required=False)


class BatchFilterInput(StrictSerializer):
    """Which delivered files; ``text`` is part of the item's, unit's or file's name, or the item's code."""

    text = serializers.CharField(max_length=100, allow_blank=True, default="")
    kind = serializers.ChoiceField(choices=BATCH_KINDS, allow_blank=True, default="")
    rejected = serializers.BooleanField(default=False)
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class RevocationInput(StrictSerializer):
    """A reason that may stay empty."""

    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class ObjectionInput(StrictSerializer):
    """What is wrong with a record."""

    reason = serializers.CharField(max_length=500)


class AnswerInput(StrictSerializer):
    """The written answer to an objection."""

    outcome = serializers.ChoiceField(choices=list(OUTCOMES))
    answer = serializers.CharField(max_length=500)
    withdraw_record = serializers.BooleanField(default=False)


class RepairSupplyInput(StrictSerializer):
    """Documents of a repair."""

    proof = serializers.CharField(max_length=200)
    statement = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class RepairInput(RepairSupplyInput):
    """An application for repair."""

    duty_fulfilled_date = serializers.DateField()
    commitment_made = serializers.BooleanField()


class StepInput(StrictSerializer):
    """A step of a repair."""

    event = serializers.ChoiceField(choices=list(STEP_EVENTS))
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")
    false_material = serializers.BooleanField(default=False)


class EnterpriseFilterInput(StrictSerializer):
    """A search of the register; ``text`` is a credit code or the beginning of a name."""

    text = serializers.CharField(max_length=100, required=False, allow_blank=True)
    district_code = serializers.ChoiceField(choices=list(DISTRICT_LABELS), required=False)
    status = serializers.CharField(max_length=16, required=False)
    section = serializers.RegexField("^[A-T]$", required=False)
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class RegisterFileInput(StrictSerializer):
    """A file of the register."""

    file = serializers.FileField()


class BatchInput(RegisterFileInput):
    """A file of one item from one unit."""

    item = serializers.CharField(max_length=48)
    unit = serializers.CharField(max_length=32)


class AliasInput(StrictSerializer):
    """A unit's own code for an enterprise."""

    unit = serializers.CharField(max_length=32)
    local_code = serializers.CharField(max_length=64)
    uscc = serializers.CharField(max_length=40)


# --- Outputs -------------------------------------------------------------------------------------


class PrefillOutput(serializers.Serializer[Any]):
    """What the register holds of an enterprise that wants to register."""

    uscc = serializers.CharField()
    name = serializers.CharField()
    legal_form = serializers.CharField()
    status = serializers.CharField()
    established_date = serializers.DateField(allow_null=True)
    district_name = serializers.CharField()
    address = serializers.CharField()
    legal_representative = serializers.CharField()
    has_account = serializers.BooleanField()


class AccountOutput(serializers.Serializer[Any]):
    """An enterprise's account; the phone is never given."""

    id = serializers.UUIDField(source="public_id")
    uscc = serializers.CharField(source="enterprise.uscc")
    name = serializers.CharField(source="enterprise.name")
    state = serializers.CharField()
    contact_name = serializers.CharField()
    applied_at = serializers.DateTimeField()
    verified_at = serializers.DateTimeField(allow_null=True)
    refusal_reason = serializers.CharField()


class EnterpriseOutput(serializers.Serializer[Any]):
    """Register facts for the city and the district."""

    id = serializers.UUIDField(source="public_id")
    uscc = serializers.CharField()
    name = serializers.CharField()
    entity_type = serializers.CharField()
    legal_form = serializers.CharField()
    status = serializers.CharField()
    established_date = serializers.DateField(allow_null=True)
    district_code = serializers.CharField(source="district_id", allow_null=True)
    industry_code = serializers.CharField()
    size_class = serializers.CharField()


class OwnEnterpriseOutput(EnterpriseOutput):
    """Register facts and figures for the enterprise itself."""

    capital_amount = serializers.DecimalField(max_digits=20, decimal_places=2, allow_null=True)
    capital_currency = serializers.CharField()
    address = serializers.CharField()
    legal_representative = serializers.CharField()
    employees = serializers.IntegerField(allow_null=True)
    revenue_yuan = serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True)
    assets_yuan = serializers.DecimalField(max_digits=18, decimal_places=2, allow_null=True)


class MemberOutput(serializers.Serializer[Any]):
    """Who acts for the enterprise."""

    id = serializers.UUIDField(source="user.public_id")
    display_name = serializers.CharField(source="user.display_name")
    role = serializers.CharField()
    since = serializers.DateTimeField(source="granted_at")


class RecordOutput(serializers.Serializer[Any]):
    """One of the enterprise's own records as it stands, with the way back to the delivered file."""

    id = serializers.UUIDField(source="public_id")
    item_code = serializers.CharField()
    item_name = serializers.CharField()
    data_class = serializers.CharField()
    event_date = serializers.DateField(allow_null=True)
    received_at = serializers.DateTimeField()
    payload = serializers.DictField()
    unit_code = serializers.CharField()
    unit_name = serializers.CharField()
    batch_id = serializers.UUIDField()
    file_name = serializers.CharField()
    row_number = serializers.IntegerField()
    disputed = serializers.BooleanField()
    repaired = serializers.BooleanField()
    voided = serializers.BooleanField()
    consent_required = serializers.BooleanField()


class ConsentOutput(serializers.Serializer[Any]):
    """A consent; ``state`` is of the moment of the answer."""

    id = serializers.UUIDField(source="public_id")
    lender = serializers.CharField(source="lender.name")
    lender_id = serializers.UUIDField(source="lender.public_id")
    uscc = serializers.CharField(source="enterprise.uscc")
    purpose = serializers.CharField()
    application_ref = serializers.UUIDField()
    data_classes = serializers.ListField(child=serializers.CharField())
    data_from = serializers.DateField()
    data_to = serializers.DateField()
    valid_from = serializers.DateTimeField()
    valid_until = serializers.DateTimeField()
    data_life_days = serializers.IntegerField()
    feedback_clause = serializers.BooleanField()
    text_version = serializers.CharField()
    text_sha256 = serializers.CharField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.CharField()
    feedback_revoked_at = serializers.DateTimeField(allow_null=True)
    state = serializers.SerializerMethodField()

    def get_state(self, consent: Any) -> str:
        """Return the state at the moment the view gave."""
        return str(self.context["state_of"](consent))


class AccessOutput(serializers.Serializer[Any]):
    """One reading of the enterprise's data; the person's name is masked."""

    at = serializers.DateTimeField()
    organisation = serializers.CharField()
    person = serializers.CharField()
    purpose = serializers.CharField()
    content = serializers.CharField()
    data_classes = serializers.ListField(child=serializers.CharField())
    channel = serializers.CharField()


class ObjectionOutput(serializers.Serializer[Any]):
    """An objection."""

    id = serializers.UUIDField(source="public_id")
    record_id = serializers.UUIDField(source="record.public_id")
    state = serializers.CharField()
    reason = serializers.CharField()
    submitted_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    answered_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField()


class RepairOutput(serializers.Serializer[Any]):
    """A credit repair."""

    id = serializers.UUIDField(source="public_id")
    record_id = serializers.UUIDField(source="record.public_id")
    uscc = serializers.CharField(source="record.enterprise.uscc")
    state = serializers.CharField()
    duty_fulfilled_date = serializers.DateField()
    proof = serializers.CharField()
    statement = serializers.CharField()
    submitted_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()
    reviewed_at = serializers.DateTimeField(allow_null=True)
    review_reason = serializers.CharField()


class BatchOutput(serializers.Serializer[Any]):
    """What became of a delivered file.

    ``waiting`` counts those of the rejected rows that wait for a person; ``unread_titles`` names the first columns that
    mean no field.
    """

    id = serializers.UUIDField(source="public_id")
    kind = serializers.CharField()
    item = serializers.CharField(source="item.code", default=None, allow_null=True)
    item_version = serializers.IntegerField(allow_null=True)
    unit = serializers.CharField(source="unit.code", default=None, allow_null=True)
    file_name = serializers.CharField()
    file_sha256 = serializers.CharField()
    token = serializers.CharField(
        source="unit_token.name",
        default=None,
        allow_null=True,
        help_text="来源单位以哪个令牌报送（令牌的名称）；由人上传的为空。",
    )
    received_at = serializers.DateTimeField()
    read = serializers.IntegerField(source="rows_read")
    accepted = serializers.IntegerField()
    superseding = serializers.IntegerField()
    rejected = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    waiting = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField())
    unread_titles = serializers.ListField(
        child=serializers.CharField(),
        help_text="表中不是所需字段、因而没有读取的列，至多 20 个列名。",
    )
    unread_count = serializers.IntegerField(help_text="没有读取的列数。")


class RejectOutput(serializers.Serializer[Any]):
    """One reason why one row was not kept."""

    row_number = serializers.IntegerField()
    field = serializers.CharField()
    code = serializers.CharField()
    sentence = serializers.CharField()


class AliasOutput(serializers.Serializer[Any]):
    """A confirmed own code of a unit."""

    unit = serializers.CharField(source="unit.code")
    local_code = serializers.CharField()
    uscc = serializers.CharField(source="enterprise.uscc")
    confirmed_at = serializers.DateTimeField()
