"""Tickets for the host of documents: digests of what their addresses bear, for minutes."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0008_recoveries")]

    operations = [
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("digest", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("session", models.CharField(max_length=40)),
                ("session_in_log", models.CharField(max_length=32)),
                ("strength", models.CharField(max_length=16)),
                ("organisation", models.UUIDField(blank=True, null=True)),
                ("acting_for", models.UUIDField(blank=True, null=True)),
                ("path", models.CharField(max_length=200)),
                ("made_at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("begun", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
