"""Who brought a record and when it was taken out; requests for a document.

The application never erases a request, and never changes who asked whom for what.
"""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

_TAKE_AWAY = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        REVOKE DELETE, UPDATE ON records_paperrequest FROM carnet_app;
        GRANT UPDATE (sealed_words, key_version, answer, answered_at) ON records_paperrequest TO carnet_app;
    END IF;
END
$$
"""

_CATEGORIES = [
    "medical_summary", "consultation_report", "hospital_report", "laboratory", "imaging", "prescription",
    "dispensation", "care_plan", "prevention", "child_health", "maternity_sexual_health", "mental_health", "genetics",
    "certificate", "social_care", "reimbursement", "directives", "administrative", "personal_notes",
]  # fmt: skip


class Migration(migrations.Migration):

    dependencies = [("records", "0007_likeness")]

    operations = [
        migrations.AddField("record", "brought_by", models.UUIDField(null=True)),
        migrations.AddField("record", "removed_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            name="PaperRequest",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("professional", models.UUIDField()),
                ("category", models.CharField(max_length=32)),
                ("sealed_words", models.BinaryField()),
                ("key_version", models.PositiveIntegerField()),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[("brought", "Brought"), ("declined", "Not brought")],
                        default="",
                        max_length=12,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "dossier",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="papers",
                        to="records.dossier",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["dossier", "-asked_at"], name="records_paper_by_dossier")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("category__in", _CATEGORIES)),
                        name="records_paper_category_known",
                        violation_error_message="A document lies in one of the 19 categories.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer", ""), ("answered_at__isnull", True)),
                            models.Q(("answer__in", ["brought", "declined"]), ("answered_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="records_paper_answered",
                        violation_error_message="An answered request says when.",
                    ),
                ],
            },
        ),
        migrations.RunSQL(_TAKE_AWAY, migrations.RunSQL.noop),
    ]
