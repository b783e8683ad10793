"""Addresses kept for a while beside the one in force: one that waits for its code, a former one still to be told."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0004_wishes_and_words"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HeldAddress",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("channel", models.CharField(max_length=8)),
                ("is_former", models.BooleanField(default=False)),
                ("sealed", models.BinaryField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "held addresses",
                "db_table": "notifications_held_address",
            },
        ),
        migrations.AddField(
            model_name="delivery",
            name="held",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="notifications.heldaddress",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(condition=models.Q(("held__isnull", False)), fields=["held"], name="delivery_held"),
        ),
        migrations.AddConstraint(
            model_name="heldaddress",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["mail", "sms"])), name="held_address_channel_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="heldaddress",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_former", False)), fields=("account",), name="one_address_waits_per_account"
            ),
        ),
    ]
