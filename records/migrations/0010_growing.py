"""An index for a table that grows: made beside the running version, which goes on reading and writing meanwhile."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Concurrently: outside a transaction."""

    atomic = False

    dependencies = [("records", "0009_a_key_that_a_document_needs")]

    operations = [
        AddIndexConcurrently(
            "patientkey",
            models.Index(fields=["created_at"], condition=Q(state="active"), name="records_patientkey_oldest"),
        ),
    ]
