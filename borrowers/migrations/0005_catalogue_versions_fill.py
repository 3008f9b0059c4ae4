"""Give every item of an existing catalogue its responsible unit and its present declaration as a version."""

from django.db import migrations
from django.db.models import Min
from django.utils import timezone


def fill(apps, schema_editor):
    """Write what the declarations say; a version counts from the item's first delivery, else from now."""
    item_model = apps.get_model("borrowers", "CatalogueItem")
    version_model = apps.get_model("borrowers", "CatalogueItemVersion")
    units = dict(apps.get_model("borrowers", "SourceUnit").objects.values_list("code", "pk"))
    now = timezone.now()
    items = list(item_model.objects.annotate(first_at=Min("batches__received_at")))
    for item in items:
        item.source_unit_id = units[item.spec["source_unit"]]
    item_model.objects.bulk_update(items, ["source_unit"], batch_size=500)
    version_model.objects.bulk_create(
        [
            version_model(
                item=item,
                version=item.version,
                spec=item.spec,
                is_active=item.is_active,
                effective_from=item.first_at or now,
            )
            for item in items
        ],
        batch_size=500,
    )


class Migration(migrations.Migration):
    """Data only; going back drops the columns anyway."""

    dependencies = [("borrowers", "0004_catalogue_versions")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
