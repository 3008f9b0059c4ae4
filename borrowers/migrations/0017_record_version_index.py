"""One index of the records by enterprise instead of two: of the versions of a key one stands, and all are found by it.

What ended under a key was found by enterprise and item alone, and a first delivery of ten million rows took a tenth
longer for the second index.
"""

from django.db import migrations, models
from django.db.models import Case, F, Value, When


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0016_record_index")]

    operations = [
        migrations.AddConstraint(
            model_name="creditrecord",
            constraint=models.UniqueConstraint(
                F("enterprise"),
                F("item"),
                F("natural_key"),
                Case(
                    When(superseded_at=None, then=Value(0)),
                    default=F("id"),
                    output_field=models.BigIntegerField(),
                ),
                name="credit_record_version_unique",
            ),
        ),
        migrations.RemoveConstraint(model_name="creditrecord", name="credit_record_live_unique"),
        migrations.RemoveIndex(model_name="creditrecord", name="credit_record_of_item_idx"),
    ]
