"""Copies that patients take away: rows of sealed parts, erased when they were taken or after a day.

The application may erase parts, since a copy lives a day; the rows that say who asked for one, and when, stay.
"""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

_RIGHTS = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        REVOKE DELETE, UPDATE ON records_copy FROM carnet_app;
        GRANT UPDATE (state, attempt, done, total, size, expires_at, ended_at) ON records_copy TO carnet_app;
        REVOKE UPDATE ON records_copypart FROM carnet_app;
        GRANT UPDATE (sealed, key_version) ON records_copypart TO carnet_app;
    END IF;
END
$$;
-- Sealed bytes do not shrink.
ALTER TABLE records_copypart ALTER COLUMN sealed SET STORAGE EXTERNAL
"""


class Migration(migrations.Migration):

    dependencies = [
        ("records", "0005_documents"),
    ]

    operations = [
        migrations.CreateModel(
            name="Copy",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("asked_by", models.UUIDField()),
                ("language", models.CharField(max_length=8)),
                ("with_hidden", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Waiting"),
                            ("making", "Being made"),
                            ("ready", "Ready"),
                            ("taken", "Downloaded"),
                            ("failed", "Not made"),
                            ("ended", "Destroyed"),
                        ],
                        default="asked",
                        max_length=8,
                    ),
                ),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=1)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "dossier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="copies", to="records.dossier"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CopyPart",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("dossier_id", models.UUIDField()),
                ("number", models.PositiveBigIntegerField()),
                ("length", models.PositiveIntegerField()),
                ("sealed", models.BinaryField()),
                ("key_version", models.PositiveIntegerField()),
                (
                    "copy",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="records.copy",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="copy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["asked", "making", "ready"])),
                fields=("dossier", "asked_by"),
                name="records_copy_one_at_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="copy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "ready"), _negated=True), ("expires_at__isnull", False), _connector="OR"
                ),
                name="records_copy_ready_ends",
                violation_error_message="A copy that is ready says until when.",
            ),
        ),
        migrations.AddIndex(
            model_name="copypart",
            index=models.Index(fields=["dossier_id", "key_version"], name="records_copypart_turning"),
        ),
        migrations.AddConstraint(
            model_name="copypart",
            constraint=models.UniqueConstraint(fields=("copy", "number"), name="records_copypart_number"),
        ),
        migrations.RunSQL(_RIGHTS, migrations.RunSQL.noop),
    ]
