"""Documents: rows of sealed labels, whose sealed bytes lie in the store.

The application never erases the row of a document, never moves it to another patient or drawer behind the back of its
seal, and never changes who sent it.
"""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

_TAKE_AWAY = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        REVOKE DELETE, UPDATE ON records_document, records_formerobject FROM carnet_app;
        GRANT UPDATE (record_id, category, label, stored_as, sealed_size, digest, key_version, revision, removed_at)
            ON records_document TO carnet_app;
        GRANT UPDATE (deleted_at) ON records_formerobject TO carnet_app;
    END IF;
END
$$;
ALTER TABLE records_document ALTER COLUMN label SET STORAGE EXTERNAL
"""

_CATEGORIES = [
    "medical_summary", "consultation_report", "hospital_report", "laboratory", "imaging", "prescription",
    "dispensation", "care_plan", "prevention", "child_health", "maternity_sexual_health", "mental_health", "genetics",
    "certificate", "social_care", "reimbursement", "directives", "administrative", "personal_notes",
]  # fmt: skip


class Migration(migrations.Migration):

    dependencies = [("records", "0004_closing_and_shredding")]

    operations = [
        migrations.CreateModel(
            name="FormerObject",
            fields=[
                ("name", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("left_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("deleted_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("deleted_at", None)), fields=["left_at"], name="records_former_waiting"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("category", models.CharField(max_length=32)),
                ("label", models.BinaryField()),
                ("stored_as", models.CharField(blank=True, max_length=64)),
                ("sealed_size", models.PositiveBigIntegerField()),
                ("digest", models.BinaryField(max_length=32)),
                ("revision", models.PositiveBigIntegerField(default=1)),
                ("key_version", models.PositiveIntegerField()),
                ("uploader", models.UUIDField()),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "dossier",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="records.dossier",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="documents",
                        to="records.record",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["dossier", "key_version"], name="records_document_turning"),
                    models.Index(
                        condition=models.Q(("record", None), ("removed_at", None)),
                        fields=["received_at"],
                        name="records_document_staged",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("stored_as", ""), _negated=True),
                        fields=("stored_as",),
                        name="records_document_stored_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("category__in", _CATEGORIES)),
                        name="records_document_category_known",
                        violation_error_message="A document lies in one of the 19 categories.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("removed_at__isnull", True),
                                models.Q(("stored_as", ""), _negated=True),
                                models.Q(("label", b""), _negated=True),
                            ),
                            models.Q(
                                ("label", b""), ("removed_at__isnull", False), ("sealed_size", 0), ("stored_as", "")
                            ),
                            _connector="OR",
                        ),
                        name="records_document_removed_is_empty",
                        violation_error_message="A removed document holds nothing, any other one is sealed.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(_TAKE_AWAY, migrations.RunSQL.noop),
    ]
