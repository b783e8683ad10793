"""Indexes for tables that grow: made beside the running version, which goes on reading and writing meanwhile."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Concurrently: outside a transaction."""

    atomic = False

    dependencies = [("notifications", "0008_questions_are_never_switched")]

    operations = [
        AddIndexConcurrently("delivery", models.Index(fields=["channel", "state"], name="delivery_counted")),
        AddIndexConcurrently(
            "aside", models.Index(fields=["-last_at"], condition=models.Q(is_aside=True), name="aside_newest")
        ),
        AddIndexConcurrently("outgoingmessage", models.Index(fields=["-at"], name="outgoing_newest")),
    ]
