"""Reported messages get a state, a conclusion, and whoever reported them signed in."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("entrance", "0001_initial"), ("accounts", "0008_recoveries")]

    operations = [
        migrations.AddField(
            model_name="report",
            name="account",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="report", name="seen_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="report", name="answered_at", field=models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            model_name="report",
            name="conclusion",
            field=models.CharField(
                blank=True,
                choices=[
                    ("fraud", "It does not come from us: somebody pretends to be Carnet."),
                    ("ours", "It does come from us."),
                    ("unsure", "We could not find out whether it comes from us."),
                ],
                db_default="",
                default="",
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(("answered_at__isnull", True), ("conclusion", ""))
                | models.Q(
                    ("answered_at__isnull", False),
                    ("conclusion__in", ["fraud", "ours", "unsure"]),
                    ("sealed", b""),
                ),
                name="entrance_report_answered_is_empty",
            ),
        ),
    ]
