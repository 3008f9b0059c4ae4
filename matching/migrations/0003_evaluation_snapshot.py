from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matching", "0002_pool_and_dispatch"),
    ]

    operations = [
        migrations.AddField(
            model_name="evaluationrun",
            name="snapshot",
            field=models.JSONField(default=dict, verbose_name="输入快照"),
        ),
    ]
