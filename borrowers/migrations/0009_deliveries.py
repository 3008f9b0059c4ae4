"""Deliveries: how a file was read, what of it was refused, and the record's references held for all rows of a statement.

On PostgreSQL a foreign key asks once per row, which costs a million records as much as writing them. The references of
credit records are held by triggers instead: one look for all rows of a statement when they are inserted, with the same
lock on what they refer to; one look per row where a reference is changed or what is referred to is deleted. A record
is superseded only by one of the same enterprise and item, so that deleting one reads the index of its enterprise; the
foreign key read the whole table.
"""

import django.db.models.deletion
from django.db import migrations, models

import marketplace.crypto

HELD = """
CREATE FUNCTION credit_record_refers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    enterprises bigint[]; batches bigint[]; is_superseded boolean; found bigint;
BEGIN
    SELECT coalesce(array_agg(DISTINCT enterprise_id), '{}'), coalesce(array_agg(DISTINCT batch_id), '{}'),
            coalesce(bool_or(superseded), false)
        INTO enterprises, batches, is_superseded
        FROM (SELECT DISTINCT enterprise_id, batch_id, superseded_by_id IS NOT NULL AS superseded FROM fresh) AS f;
    PERFORM 1 FROM borrowers_enterprise WHERE id = ANY (enterprises) FOR KEY SHARE;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found <> cardinality(enterprises) THEN
        RAISE foreign_key_violation USING MESSAGE = 'credit records of an enterprise that is not there';
    END IF;
    PERFORM 1 FROM borrowers_ingestbatch WHERE id = ANY (batches) FOR KEY SHARE;
    GET DIAGNOSTICS found = ROW_COUNT;
    IF found <> cardinality(batches) THEN
        RAISE foreign_key_violation USING MESSAGE = 'credit records of a batch that is not there';
    END IF;
    IF is_superseded AND EXISTS (
        SELECT 1 FROM fresh AS f LEFT JOIN borrowers_creditrecord AS r
            ON r.id = f.superseded_by_id AND r.enterprise_id = f.enterprise_id AND r.item_id = f.item_id
        WHERE f.superseded_by_id IS NOT NULL AND r.id IS NULL
    ) THEN
        RAISE foreign_key_violation USING MESSAGE = 'credit records superseded by what is no version of them';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION credit_record_refers_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM borrowers_enterprise WHERE id = NEW.enterprise_id FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'credit record of an enterprise that is not there';
    END IF;
    PERFORM 1 FROM borrowers_ingestbatch WHERE id = NEW.batch_id FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = 'credit record of a batch that is not there';
    END IF;
    IF NEW.superseded_by_id IS NOT NULL THEN
        PERFORM 1 FROM borrowers_creditrecord
            WHERE id = NEW.superseded_by_id AND enterprise_id = NEW.enterprise_id AND item_id = NEW.item_id
            FOR KEY SHARE;
        IF NOT FOUND THEN
            RAISE foreign_key_violation USING MESSAGE = 'credit record superseded by what is no version of it';
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION credit_record_referred_to() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_held boolean;
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.id = OLD.id THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME = 'borrowers_enterprise' THEN
        is_held := EXISTS (SELECT 1 FROM borrowers_creditrecord WHERE enterprise_id = OLD.id);
    ELSIF TG_TABLE_NAME = 'borrowers_ingestbatch' THEN
        is_held := EXISTS (SELECT 1 FROM borrowers_creditrecord WHERE batch_id = OLD.id);
    ELSE
        is_held := EXISTS (
            SELECT 1 FROM borrowers_creditrecord
            WHERE enterprise_id = OLD.enterprise_id AND item_id = OLD.item_id AND superseded_by_id = OLD.id);
    END IF;
    IF is_held THEN
        RAISE foreign_key_violation USING MESSAGE = format('credit records refer to this row of %s', TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER credit_record_refers AFTER INSERT ON borrowers_creditrecord
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION credit_record_refers();
CREATE TRIGGER credit_record_refers_anew
    AFTER UPDATE OF enterprise_id, item_id, batch_id, superseded_by_id ON borrowers_creditrecord FOR EACH ROW
    WHEN ((NEW.enterprise_id, NEW.item_id, NEW.batch_id, NEW.superseded_by_id)
        IS DISTINCT FROM (OLD.enterprise_id, OLD.item_id, OLD.batch_id, OLD.superseded_by_id))
    EXECUTE FUNCTION credit_record_refers_anew();
"""
REFERRED_TO = """
CREATE CONSTRAINT TRIGGER credit_record_referred_to AFTER DELETE OR UPDATE OF id ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION credit_record_referred_to();
"""
TARGETS = {
    "enterprise_id": "borrowers_enterprise",
    "batch_id": "borrowers_ingestbatch",
    "superseded_by_id": "borrowers_creditrecord",
}
CONSTRAINTS = """
SELECT c.conname FROM pg_constraint AS c
JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'f' AND c.conrelid = 'borrowers_creditrecord'::regclass AND a.attname = %s
"""


def hold(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        for column in TARGETS:
            cursor.execute(CONSTRAINTS, [column])
            for (name,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE borrowers_creditrecord DROP CONSTRAINT "{name}"')
        cursor.execute(HELD)
        for table in TARGETS.values():
            cursor.execute(REFERRED_TO.format(table=table))


def release(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    with schema_editor.connection.cursor() as cursor:
        for function in ("refers", "refers_anew", "referred_to"):
            cursor.execute(f"DROP FUNCTION credit_record_{function}() CASCADE")
        for column, table in TARGETS.items():
            cursor.execute(
                f"ALTER TABLE borrowers_creditrecord ADD FOREIGN KEY ({column}) REFERENCES {table} (id) "
                "DEFERRABLE INITIALLY DEFERRED"
            )


class Migration(migrations.Migration):

    dependencies = [
        ('borrowers', '0008_portrait_reads'),
    ]

    operations = [
        migrations.AddField(
            model_name='ingestbatch',
            name='read_as',
            field=models.CharField(blank=True, default='', editable=False, max_length=64, verbose_name='读法摘要'),
        ),
        migrations.AddField(
            model_name='ingestbatch',
            name='titles',
            field=models.JSONField(default=list, editable=False, verbose_name='被拒行的表头'),
        ),
        migrations.CreateModel(
            name='RejectedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_number', models.PositiveIntegerField(verbose_name='行号')),
                ('cells', marketplace.crypto.EncryptedTextField(verbose_name='各列原文')),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rejected_rows', to='borrowers.ingestbatch')),
            ],
            options={
                'verbose_name': '被拒行原文',
                'verbose_name_plural': '被拒行原文',
                'ordering': ['batch', 'row_number'],
                'constraints': [models.UniqueConstraint(fields=('batch', 'row_number'), name='rejected_row_unique')],
            },
        ),
        migrations.RunPython(hold, release),
    ]
