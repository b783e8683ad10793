"""Indexes for tables that grow: made beside the running version, which goes on reading and writing meanwhile."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Concurrently: outside a transaction."""

    atomic = False

    dependencies = [("consent", "0008_ended_is_written_once")]

    operations = [
        AddIndexConcurrently("organisation", models.Index(fields=["name", "id"], name="organisation_by_name")),
        AddIndexConcurrently(
            "professional", models.Index(fields=["family", "given", "id"], name="professional_by_name")
        ),
        AddIndexConcurrently("emergencyreview", models.Index(fields=["reviewed_at"], name="review_done")),
    ]
