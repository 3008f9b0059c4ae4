"""Input serializers of the API refuse what they do not know."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that answers 400 for unknown fields, so that a typing error is never silently dropped."""

    def to_internal_value(self, data: Any) -> Any:
        """Check for unknown fields before the declared ones are read."""
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({name: ["未知字段。"] for name in unknown})
        return super().to_internal_value(data)
