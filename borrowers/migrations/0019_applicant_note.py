"""What an applicant says to a refusal is kept with the account, for whoever verifies it anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("borrowers", "0018_second_wall"),
    ]

    operations = [
        migrations.AddField(
            model_name="enterpriseaccount",
            name="applicant_note",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=200, verbose_name="申请人的说明"
            ),
        ),
    ]
