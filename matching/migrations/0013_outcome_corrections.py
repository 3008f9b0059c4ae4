import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F

TURNS = 1_000_000
"""As in ``matching.domain.outcome``: a place is the day's ordinal times this, plus the turn."""


def put_in_place(apps, schema_editor):
    """Give every reported event its place in its loan's ledger, and its reporter as the first."""
    events = apps.get_model('matching', 'OutcomeEvent').objects.all()
    for day in events.order_by().values_list('event_date', flat=True).distinct():
        events.filter(event_date=day).update(
            place=day.toordinal() * TURNS + F('seq'), first_reported_by=F('reported_by')
        )


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0012_contact_result_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='outcomeevent',
            name='place',
            field=models.BigIntegerField(default=0, verbose_name='台账次序'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='outcomeevent',
            name='first_reported_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='最初报送人'),
        ),
        migrations.AddField(
            model_name='outcomeevent',
            name='ended_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='更正或作废时间'),
        ),
        migrations.AddField(
            model_name='outcomeevent',
            name='ended_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='更正或作废人'),
        ),
        migrations.AddField(
            model_name='outcomeevent',
            name='end_reason',
            field=models.CharField(blank=True, default='', max_length=200, verbose_name='更正或作废原因'),
        ),
        migrations.AddField(
            model_name='outcomeevent',
            name='replaced_by',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replaces', to='matching.outcomeevent', verbose_name='更正为'),
        ),
        migrations.RunPython(put_in_place, migrations.RunPython.noop, elidable=True),
    ]
