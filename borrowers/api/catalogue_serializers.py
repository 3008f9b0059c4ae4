"""What the API of the catalogue takes and gives."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from borrowers.domain.item_spec import ADMINISTRATION_LABELS
from borrowers.models import CatalogueItem
from marketplace.api.serializers import StrictSerializer
from marketplace.domain.vocabulary import DATA_CLASS_LABELS

# --- Inputs --------------------------------------------------------------------------------------


class ItemFilterInput(StrictSerializer):
    """A search of the catalogue; ``text`` is the beginning of a code or a part of a name."""

    text = serializers.CharField(max_length=100, required=False, allow_blank=True)
    data_class = serializers.ChoiceField(
        choices=[code.value for code in DATA_CLASS_LABELS], required=False
    )
    administration = serializers.ChoiceField(
        choices=[level.value for level in ADMINISTRATION_LABELS], required=False
    )
    unit = serializers.CharField(max_length=32, required=False)
    active = serializers.ChoiceField(choices=["0", "1"], required=False)
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(required=False)


class CatalogueFileInput(StrictSerializer):
    """A workbook of the catalogue (xlsx)."""

    file = serializers.FileField()


# --- Outputs -------------------------------------------------------------------------------------


class ItemOutput(serializers.Serializer[Any]):
    """An item of the catalogue."""

    code = serializers.CharField()
    name = serializers.CharField()
    data_class = serializers.CharField()
    administration = serializers.CharField()
    source_unit = serializers.CharField(source="source_unit.code")
    update_rhythm = serializers.CharField()
    due_days = serializers.IntegerField()
    consent_required = serializers.BooleanField()
    sharing_mode = serializers.CharField()
    legal_basis = serializers.CharField()
    kept_in = serializers.CharField()
    version = serializers.IntegerField()
    is_active = serializers.BooleanField()


class ItemDetailOutput(ItemOutput):
    """An item with its declaration."""

    units = serializers.SerializerMethodField()
    spec = serializers.DictField()

    def get_units(self, item: CatalogueItem) -> list[str]:
        """Return the codes of the units that deliver the item."""
        return [unit.code for unit in item.units.all()]


class DifferenceOutput(serializers.Serializer[Any]):
    """One thing declared differently; empty means it was not there."""

    label = serializers.CharField()  # type: ignore[assignment]
    before = serializers.CharField()
    after = serializers.CharField()


class ItemVersionOutput(serializers.Serializer[Any]):
    """One version of an item's declaration and in what it differs from the one before."""

    version = serializers.IntegerField(source="version.version")
    effective_from = serializers.DateTimeField(source="version.effective_from")
    is_active = serializers.BooleanField(source="version.is_active")
    spec = serializers.DictField(source="version.spec")
    batches = serializers.IntegerField()
    changes = DifferenceOutput(many=True)


class ImportOutput(serializers.Serializer[Any]):
    """A workbook that was read; applied in a second step."""

    id = serializers.UUIDField(source="public_id")
    file_name = serializers.CharField()
    file_sha256 = serializers.CharField()
    read_at = serializers.DateTimeField()
    read = serializers.IntegerField(source="items_read")
    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    error_count = serializers.IntegerField()
    applied_at = serializers.DateTimeField(allow_null=True)


class CellErrorOutput(serializers.Serializer[Any]):
    """One reason why the workbook cannot be applied."""

    sheet = serializers.CharField()
    row = serializers.IntegerField()
    field = serializers.CharField()
    code = serializers.CharField()
    sentence = serializers.CharField()


class EntryOutput(serializers.Serializer[Any]):
    """What the workbook changes of one item; a new item has no differences."""

    code = serializers.CharField()
    name = serializers.CharField()
    is_new = serializers.BooleanField()
    is_active = serializers.BooleanField()
    changes = DifferenceOutput(many=True)


class ImportDetailOutput(ImportOutput):
    """A workbook with its errors (at most the first thousand) and with its first changes."""

    problems = CellErrorOutput(source="errors", many=True)
    units = serializers.ListField(child=serializers.DictField(child=serializers.CharField()))
    entries = serializers.SerializerMethodField()

    def get_entries(self, row: Any) -> list[dict[str, Any]]:
        """Return the entries the view put into the context."""
        return list(EntryOutput(self.context["entries"], many=True).data)
