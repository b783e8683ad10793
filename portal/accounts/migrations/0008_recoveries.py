"""Wishes to come in again without the password, or without the second factor."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0007_ended")]

    operations = [
        migrations.CreateModel(
            name="Recovery",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("lost", models.CharField(max_length=8)),
                ("claim_digest", models.BinaryField(max_length=32, unique=True)),
                ("stop_digest", models.BinaryField(max_length=32, unique=True)),
                ("sealed_stop", models.BinaryField()),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=["account"],
                        name="accounts_recovery_open",
                    )
                ],
            },
        ),
    ]
