"""The second wall around consents: the enterprise's own, and those given to the own lender."""

from django.db import migrations

from marketplace.row_security import ASKING, Walled

CONSENT = f"""
lender_id = {ASKING}
OR enterprise_id IN (SELECT enterprise_id FROM borrowers_enterpriseaccount WHERE organisation_id = {ASKING})
"""  # noqa: S608


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0017_record_version_index"), ("marketplace", "0007_second_wall")]

    operations = [Walled("borrowers_consent", CONSENT)]
