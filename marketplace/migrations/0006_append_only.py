"""What was done and who looked at what: PostgreSQL refuses to rewrite either."""

from django.db import migrations

from marketplace.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("marketplace", "0005_password_since")]

    operations = [AppendOnly("marketplace_auditevent"), AppendOnly("marketplace_accessrecord")]
