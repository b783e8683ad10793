import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="KnownReader",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("dossier", models.UUIDField()),
                ("reader", models.UUIDField()),
            ],
            options={"db_table": "notifications_known_reader"},
        ),
        migrations.CreateModel(
            name="LogCursor",
            fields=[
                ("name", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("last_index", models.BigIntegerField(default=-1)),
            ],
            options={"db_table": "notifications_log_cursor"},
        ),
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("entry_index", models.BigIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("first_access", "A professional opened your record for the first time."),
                            ("emergency", "Your record was opened in an emergency."),
                            ("new_document", "Something was added to your record."),
                            ("access_requested", "A professional asks you to share more with them."),
                        ],
                        max_length=32,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="letters",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"db_table": "notifications_letter"},
        ),
        migrations.AddConstraint(
            model_name="knownreader",
            constraint=models.UniqueConstraint(fields=("dossier", "reader"), name="one_first_access_per_reader"),
        ),
        migrations.AddConstraint(
            model_name="letter",
            constraint=models.UniqueConstraint(
                fields=("account", "entry_index"), name="one_letter_per_entry_and_person"
            ),
        ),
    ]
