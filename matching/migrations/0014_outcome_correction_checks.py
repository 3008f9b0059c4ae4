import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0013_outcome_corrections'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='outcomeevent',
            name='first_reported_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='最初报送人'),
        ),
        migrations.AddIndex(
            model_name='outcomeevent',
            index=models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['-ended_at'], name='outcome_ended_idx'),
        ),
        migrations.AddConstraint(
            model_name='outcomeevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end_reason', ''), ('ended_at', None), ('ended_by', None), ('replaced_by', None)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), models.Q(('end_reason', ''), _negated=True)), _connector='OR'), name='outcome_end_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='outcomeevent',
            constraint=models.CheckConstraint(condition=models.Q(('ended_by', models.F('first_reported_by')), _negated=True), name='outcome_end_four_eyes'),
        ),
        migrations.AddConstraint(
            model_name='outcomeevent',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('loan', 'place'), name='outcome_place_unique'),
        ),
    ]
