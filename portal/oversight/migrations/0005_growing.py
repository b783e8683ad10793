"""Indexes for tables that grow: made beside the running version, which goes on reading and writing meanwhile."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Concurrently: outside a transaction."""

    atomic = False

    dependencies = [("oversight", "0004_names_and_queue")]

    operations = [
        AddIndexConcurrently("alertreview", models.Index(fields=["-changed_at"], name="oversight_alert_changed")),
        AddIndexConcurrently(
            "alertreview", models.Index(fields=["-at"], condition=Q(state="taken"), name="oversight_alert_taken")
        ),
        AddIndexConcurrently("case", models.Index(fields=["opened_at"], name="oversight_case_opened")),
        AddIndexConcurrently(
            "case",
            models.Index(
                fields=["-concluded_at"], condition=Q(concluded_at__isnull=False), name="oversight_case_concluded"
            ),
        ),
        AddIndexConcurrently("unsealing", models.Index(fields=["-asked_at"], name="oversight_unsealing_asked")),
    ]
