"""Writes of the borrowing side."""

from borrowers.services.account import (
    account_apply,
    account_apply_again,
    account_contact_change,
    account_review,
)
from borrowers.services.catalogue import (
    catalogue_seed,
    reference_ensure,
    subject_alias_confirm,
)
from borrowers.services.catalogue_import import (
    catalogue_import_apply,
    catalogue_import_read,
)
from borrowers.services.consent import (
    consent_close,
    consent_grant,
    consent_revoke,
    feedback_revoke,
)
from borrowers.services.delivery import records_ingest, records_pull, register_import
from borrowers.services.ingest import item_and_unit, records_ingest_rows
from borrowers.services.objection import (
    objection_answer,
    objection_submit,
    objection_withdraw,
)
from borrowers.services.quality import batch_quality_check, quality_sweep
from borrowers.services.register import register_import_rows
from borrowers.services.repair import repair_step, repair_submit, repair_supply
from borrowers.services.team import agent_add, agent_end, agent_return

__all__ = [
    "account_apply",
    "account_apply_again",
    "account_contact_change",
    "account_review",
    "agent_add",
    "agent_end",
    "agent_return",
    "batch_quality_check",
    "catalogue_import_apply",
    "catalogue_import_read",
    "catalogue_seed",
    "consent_close",
    "consent_grant",
    "consent_revoke",
    "feedback_revoke",
    "item_and_unit",
    "objection_answer",
    "objection_submit",
    "objection_withdraw",
    "quality_sweep",
    "records_ingest",
    "records_ingest_rows",
    "records_pull",
    "reference_ensure",
    "register_import",
    "register_import_rows",
    "repair_step",
    "repair_submit",
    "repair_supply",
    "subject_alias_confirm",
]
