"""What somebody asked for: the whole folder as before, the bundle alone, or a summary."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("records", "0010_growing")]

    operations = [
        migrations.AddField(
            model_name="copy",
            name="shape",
            # The default stays in the table: the version that runs meanwhile knows nothing of this column.
            field=models.CharField(
                choices=[
                    ("folder", "Everything, in one file (ZIP)"),
                    ("fhir", "All documents, for another health software"),
                    ("ips", "A summary, for another health software"),
                    ("pdf", "A summary to print or to send (PDF)"),
                ],
                db_default="folder",
                default="folder",
                max_length=8,
            ),
        ),
    ]
