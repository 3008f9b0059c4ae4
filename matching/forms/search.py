"""Fields by which lists of a lender are searched."""

from __future__ import annotations

from django import forms

LONGEST_SEARCH = 100


def search_field(label: str = "统一社会信用代码或企业名称") -> forms.CharField:
    """Return the field for part of a name or number; empty asks for nothing."""
    return forms.CharField(label=label, required=False, max_length=LONGEST_SEARCH)
