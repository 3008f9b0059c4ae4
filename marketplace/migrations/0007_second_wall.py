"""The second wall: requests work by a role of their own, which sees of the register of readings what is its reader's."""

from django.db import migrations

from marketplace.row_security import ASKING, RequestRole, Walled

READING = f"""
organisation_id = {ASKING}
OR subject_uscc IN (SELECT uscc FROM marketplace_organisation WHERE id = {ASKING} AND uscc <> '')
"""  # noqa: S608


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0006_append_only")]

    operations = [RequestRole(), Walled("marketplace_accessrecord", READING)]
