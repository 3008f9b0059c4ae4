"""The second wall around applications and loans, their steps, and frozen portraits.

A lender sees a portrait through an application of its own whose consent was not withdrawn; whether the consent has run
out is asked when the portrait is read.
"""

from django.db import migrations

from marketplace.row_security import ASKING, Walled

OWN = f"enterprise_id IN (SELECT enterprise_id FROM borrowers_enterpriseaccount WHERE organisation_id = {ASKING})"  # noqa: S608
LENT = f"institution_id IN (SELECT id FROM lenders_institution WHERE organisation_id = {ASKING})"  # noqa: S608
OF_APPLICATION = (
    "EXISTS (SELECT FROM matching_loanapplication AS a WHERE a.id = {table}.application_id)"
)
OF_LOAN = "EXISTS (SELECT FROM matching_loan AS l WHERE l.id = matching_outcomeevent.loan_id)"
PORTRAIT = f"""
{OWN}
OR EXISTS (
    SELECT FROM matching_loanapplication AS a JOIN borrowers_consent AS c ON c.id = a.consent_id
    WHERE a.portrait_id = matching_creditportrait.id AND c.revoked_at IS NULL)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0016_append_only"),
        ("borrowers", "0018_second_wall"),
        ("lenders", "0001_initial"),
    ]

    operations = [
        Walled("matching_loanapplication", f"{OWN} OR {LENT}"),
        *(
            Walled(table, OF_APPLICATION.format(table=table))
            for table in ("matching_applicationevent", "matching_creditline", "matching_loan")
        ),
        Walled("matching_outcomeevent", OF_LOAN),
        Walled("matching_creditportrait", PORTRAIT),
    ]
