"""A delivery may lie in several files of the archive: the file of a batch becomes its files."""

from django.db import migrations, models

COPY = """
INSERT INTO borrowers_ingestbatch_segments (ingestbatch_id, archivesegment_id)
SELECT id, segment_id FROM borrowers_ingestbatch WHERE segment_id IS NOT NULL
"""
COPY_BACK = """
UPDATE borrowers_ingestbatch SET segment_id = (
    SELECT max(archivesegment_id) FROM borrowers_ingestbatch_segments WHERE ingestbatch_id = borrowers_ingestbatch.id)
"""


class Migration(migrations.Migration):
    dependencies = [("borrowers", "0014_feedback_revocation")]

    operations = [
        migrations.AddField(
            model_name="ingestbatch",
            name="segments",
            field=models.ManyToManyField(
                blank=True,
                related_name="batches",
                to="borrowers.archivesegment",
                verbose_name="归档文件",
            ),
        ),
        migrations.RunSQL(COPY, COPY_BACK),
        migrations.RemoveField(model_name="ingestbatch", name="segment"),
    ]
