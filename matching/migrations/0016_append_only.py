"""The steps of applications and leads, of which statistics are sums: PostgreSQL refuses to rewrite them."""

from django.db import migrations

from marketplace.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0015_four_eyes_on_corrections"),
        ("marketplace", "0006_append_only"),
    ]

    operations = [AppendOnly("matching_applicationevent"), AppendOnly("matching_leadevent")]
