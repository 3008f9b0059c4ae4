"""A judged row of a list as its table keeps it, without a model instance each.

Source: issue rule "50,000 rows stay responsive with progress".
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.db import connection

from matching.domain.whitelist_contact import contact_text
from matching.models import WhitelistEntry
from matching.services.whitelist_run import Judged

ENTRY_COLUMNS = (
    "public_id",
    "row_number",
    "uscc",
    "name",
    "enterprise_id",
    "status",
    "is_readable",
    "amount_yuan",
    "term_months",
    "purpose",
    "sector",
    "street",
    "contact",
    "is_willing",
    "willing_date",
    "row",
    "passes",
    "reasons",
    "marks",
)
_FIELDS = {field.attname: field for field in WhitelistEntry._meta.concrete_fields}
_STORED = [_FIELDS[name] for name in ENTRY_COLUMNS[:-3]]


def entry_values(row: Judged) -> tuple[Any, ...]:
    """Return a judged row as it is kept, sealed and written as JSON, in the order of ``ENTRY_COLUMNS``."""
    said = row.said
    values = (
        uuid.uuid4(),
        row.row_number,
        row.uscc,
        row.name,
        row.enterprise_id,
        row.status.value,
        row.is_readable,
        said.amount_yuan,
        said.term_months,
        said.purpose,
        row.sector,
        said.street,
        contact_text(said.contact_name, said.contact_phone),
        said.willing,
        said.on,
        json.dumps(row.cells, ensure_ascii=False) if row.cells else "",
    )
    stored = (
        field.get_db_prep_save(value, connection)
        for field, value in zip(_STORED, values, strict=True)
    )
    lists = (row.passes, row.reasons, row.marks)
    return (*stored, *(json.dumps(one, ensure_ascii=False) for one in lists))
