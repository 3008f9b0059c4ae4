"""What the API of whitelists takes and gives: one input per verb, one output per audience."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from borrowers.domain.industry import SECTION_LABELS
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.district import DISTRICT_LABELS
from marketplace.domain.thematic import LIST_LABELS
from marketplace.domain.vocabulary import SIZE_CLASS_LABELS
from matching.domain.whitelist_contact import CONTACT_RESULT_LABELS
from matching.domain.whitelist_entry import ENTRY_STATUS_LABELS

DISTRICTS = list(DISTRICT_LABELS)
SECTIONS = list(SECTION_LABELS)
SIZES = [code.value for code in SIZE_CLASS_LABELS]
STATUSES = [status.value for status in ENTRY_STATUS_LABELS]
RESULTS = [code.value for code in CONTACT_RESULT_LABELS]


class AmountField(serializers.DecimalField):
    """Yuan with two places."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=18, decimal_places=2, **options)


# --- Inputs --------------------------------------------------------------------------------------


class WhitelistCheckInput(StrictSerializer):
    """A sheet to be checked."""

    district = serializers.CharField(max_length=6)
    file = serializers.FileField()


class WhitelistUploadInput(WhitelistCheckInput):
    """A sheet to be made a draft."""

    issue_no = serializers.CharField(max_length=16)
    title = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)


class WhitelistGenerationInput(StrictSerializer):
    """What an issue asks beyond the district's gates."""

    min_age_months = serializers.IntegerField(
        required=False, default=None, allow_null=True, min_value=1, max_value=1200
    )
    size_classes = serializers.ListField(
        child=serializers.ChoiceField(choices=SIZES), required=False, default=list
    )
    sectors = serializers.ListField(
        child=serializers.ChoiceField(choices=SECTIONS), required=False, default=list
    )
    lists = serializers.ListField(
        child=serializers.ChoiceField(choices=list(LIST_LABELS)), required=False, default=list
    )
    amount_min_yuan = AmountField(required=False, default=None, allow_null=True, min_value=0)
    amount_max_yuan = AmountField(required=False, default=None, allow_null=True, min_value=0)


class WhitelistGenerateInput(StrictSerializer):
    """An issue made of the platform's data."""

    district = serializers.CharField(max_length=6)
    issue_no = serializers.CharField(max_length=16)
    title = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    parameters = WhitelistGenerationInput(required=False)


class WhitelistCountInput(StrictSerializer):
    """The criteria of an issue that is not made yet."""

    district = serializers.CharField(max_length=6)
    parameters = WhitelistGenerationInput(required=False)


class WhitelistReasonInput(StrictSerializer):
    """Why."""

    reason = serializers.CharField(max_length=200)


class WhitelistEntryFilterInput(StrictSerializer):
    """Which rows of a list."""

    status = serializers.ChoiceField(choices=STATUSES, required=False, default="")
    code = serializers.RegexField("^[A-Z0-9_]{1,48}$", required=False, default="")
    cursor = serializers.CharField(required=False)
    limit = serializers.CharField(required=False)


class RecommendationFilterInput(StrictSerializer):
    """What an institution looks for."""

    sector = serializers.ChoiceField(choices=SECTIONS, required=False, default="")
    district_code = serializers.ChoiceField(choices=DISTRICTS, required=False, default="")
    amount_min_yuan = AmountField(required=False, default=None, min_value=0)
    amount_max_yuan = AmountField(required=False, default=None, min_value=0)
    taken = serializers.BooleanField(required=False, default=None, allow_null=True)
    cursor = serializers.CharField(required=False)
    limit = serializers.CharField(required=False)


class WhitelistContactResultInput(StrictSerializer):
    """What came of a contact."""

    result = serializers.ChoiceField(choices=RESULTS)
    note = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class WhitelistFeedbackInput(StrictSerializer):
    """What an institution reports beyond the result; fields left out stay as they were."""

    visit_date = serializers.DateField(required=False, allow_null=True)
    visitor = serializers.CharField(required=False, max_length=32, allow_blank=True)
    contact_date = serializers.DateField(required=False, allow_null=True)
    file_complete_date = serializers.DateField(required=False, allow_null=True)
    decision_date = serializers.DateField(required=False, allow_null=True)
    granted_yuan = AmountField(required=False, allow_null=True)
    contract_date = serializers.DateField(required=False, allow_null=True)
    drawn_yuan = AmountField(required=False, allow_null=True)
    drawn_date = serializers.DateField(required=False, allow_null=True)
    annual_rate_bp = serializers.IntegerField(required=False, allow_null=True)
    term_months = serializers.IntegerField(required=False, allow_null=True)
    guarantee = serializers.CharField(required=False, max_length=16, allow_blank=True)
    is_first_loan = serializers.BooleanField(required=False)
    is_renewal = serializers.BooleanField(required=False)
    refusal_code = serializers.CharField(required=False, max_length=32, allow_blank=True)
    refusal_note = serializers.CharField(required=False, max_length=300, allow_blank=True)
    help_measure = serializers.CharField(required=False, max_length=200, allow_blank=True)
    is_agreed = serializers.BooleanField(required=False)


class WhitelistContactReportInput(WhitelistContactResultInput):
    """What came of a contact, with its dates, amounts and reasons when there are any."""

    feedback = WhitelistFeedbackInput(required=False)


# --- Outputs for the district and the city ---------------------------------------------------------


class WhitelistReasonOutput(serializers.Serializer[Any]):
    """Why a row is out, or what is odd about it."""

    rule_code = serializers.CharField()
    outcome = serializers.CharField()
    sentence = serializers.CharField()
    field = serializers.CharField()
    parameter_version = serializers.CharField()
    evidence_ids = serializers.ListField(child=serializers.CharField())


class WhitelistPassOutput(serializers.Serializer[Any]):
    """A gate passed."""

    rule_code = serializers.CharField()
    sentence = serializers.CharField()


class WhitelistOutput(serializers.Serializer[Any]):
    """A list as its district sees it."""

    id = serializers.UUIDField(source="public_id")
    district = serializers.CharField(source="district_id")
    issue_no = serializers.CharField()
    title = serializers.CharField()
    origin = serializers.CharField()
    state = serializers.CharField()
    state_label = serializers.CharField(source="get_state_display")
    rows_read = serializers.IntegerField()
    admitted = serializers.IntegerField()
    refused = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField(), source="reason_counts")
    parameters = serializers.DictField()
    file_name = serializers.CharField()
    created_at = serializers.DateTimeField()
    checked_at = serializers.DateTimeField()
    published_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    return_reason = serializers.CharField()


class WhitelistEntryOutput(serializers.Serializer[Any]):
    """A row as its district sees it; contact data is read by a verb of its own."""

    id = serializers.UUIDField(source="public_id")
    row_number = serializers.IntegerField()
    uscc = serializers.CharField()
    name = serializers.CharField()
    status = serializers.CharField()
    amount_yuan = AmountField(allow_null=True)
    term_months = serializers.IntegerField(allow_null=True)
    purpose = serializers.CharField()
    sector = serializers.CharField()
    street = serializers.CharField()
    is_willing = serializers.BooleanField(allow_null=True)
    willing_date = serializers.DateField(allow_null=True)
    passes = WhitelistPassOutput(many=True)
    reasons = WhitelistReasonOutput(many=True)
    marks = WhitelistReasonOutput(many=True)


class WhitelistCountOutput(serializers.Serializer[Any]):
    """How many enterprises an issue would judge, admit and refuse; reasons by code, of those refused."""

    read = serializers.IntegerField()
    admitted = serializers.IntegerField()
    refused = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField())


class WhitelistProblemOutput(serializers.Serializer[Any]):
    """A row of a checked sheet that is not admitted."""

    row_number = serializers.IntegerField()
    uscc = serializers.CharField()
    name = serializers.CharField()
    status = serializers.CharField()
    reasons = WhitelistReasonOutput(many=True)


class WhitelistCheckOutput(serializers.Serializer[Any]):
    """What a sheet would become; problems are the first hundred rows."""

    read = serializers.IntegerField(source="tally.read")
    accepted = serializers.IntegerField(source="tally.admitted")
    rejected = serializers.IntegerField(source="tally.refused")
    duplicates = serializers.IntegerField(source="tally.duplicates")
    reasons = serializers.DictField(child=serializers.IntegerField(), source="tally.reasons")
    problems = WhitelistProblemOutput(many=True)


class WhitelistRejudgedOutput(serializers.Serializer[Any]):
    """How many entries a re-check moved out and took back."""

    suspended = serializers.IntegerField()
    restored = serializers.IntegerField()


class WhitelistDiffOutput(serializers.Serializer[Any]):
    """What a list changed, in numbers and credit codes (the first 1,000 of each)."""

    previous_id = serializers.UUIDField(allow_null=True)
    new = serializers.ListField(child=serializers.CharField())
    gone = serializers.ListField(child=serializers.CharField())
    stayed = serializers.IntegerField()


class WhitelistContactDataOutput(serializers.Serializer[Any]):
    """Whom to call."""

    contact_name = serializers.CharField()
    contact_phone = serializers.CharField()


# --- Outputs for institutions ------------------------------------------------------------------------


class WhitelistContactOutput(serializers.Serializer[Any]):
    """What the own institution did with a recommended enterprise."""

    id = serializers.UUIDField(source="public_id")
    contacted_at = serializers.DateTimeField()
    result = serializers.CharField()
    note = serializers.CharField()
    reported_at = serializers.DateTimeField(allow_null=True)


class RecommendationOutput(serializers.Serializer[Any]):
    """An enterprise as institutions see it: never the reasons, never anything non-public."""

    id = serializers.UUIDField(source="public_id")
    uscc = serializers.CharField()
    name = serializers.CharField()
    district = serializers.CharField(source="whitelist.district_id")
    sector = serializers.CharField()
    amount_yuan = AmountField(allow_null=True)
    term_months = serializers.IntegerField(allow_null=True)
    purpose = serializers.CharField()
    is_live = serializers.SerializerMethodField()
    expires_at = serializers.DateTimeField(source="whitelist.expires_at")
    contact = serializers.SerializerMethodField()

    @extend_schema_field(serializers.BooleanField())
    def get_is_live(self, entry: Any) -> bool:
        """Return whether it may still be worked on."""
        return bool(self.context["is_live"](entry))

    @extend_schema_field(WhitelistContactOutput(allow_null=True))
    def get_contact(self, entry: Any) -> Any:
        """Return what the own institution did, None when it has not taken the enterprise on."""
        own = self.context["contacts"].get(entry.pk)
        return WhitelistContactOutput(own).data if own else None
