"""Corrections that patients ask for, and the versions of records that were replaced.

The application never erases either, and never changes who asked whom about what, nor which version was whose. A key
that one of these rows needs is not destroyed, whatever asks the database for it.
"""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

_TAKE_AWAY = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        REVOKE DELETE, UPDATE ON records_correction, records_formerversion FROM carnet_app;
        GRANT UPDATE (sealed_words, sealed_answer, key_version, state, answered_at) ON records_correction TO carnet_app;
        GRANT UPDATE (header, body, key_version, emptied_at) ON records_formerversion TO carnet_app;
    END IF;
END
$$
"""

_FUNCTION = """
CREATE OR REPLACE FUNCTION records_destroy_key(p_dossier uuid, p_version integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public.records_record WHERE dossier_id = p_dossier AND key_version <= p_version)
        OR EXISTS (SELECT 1 FROM public.records_document
            WHERE dossier_id = p_dossier AND key_version <= p_version AND removed_at IS NULL){needed} THEN
        RAISE EXCEPTION 'this key is still needed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.records_patientkey SET state = 'destroyed', wrapped = NULL, destroyed_at = now()
    WHERE dossier_id = p_dossier AND version = p_version AND state = 'decrypt_only' AND retired_at IS NOT NULL;
    RETURN FOUND;
END
$$
"""
_NEEDED = """
        OR EXISTS (SELECT 1 FROM public.records_correction WHERE dossier_id = p_dossier AND key_version <= p_version)
        OR EXISTS (SELECT 1 FROM public.records_formerversion
            WHERE dossier_id = p_dossier AND key_version <= p_version)"""

_CATEGORIES = [
    "medical_summary", "consultation_report", "hospital_report", "laboratory", "imaging", "prescription",
    "dispensation", "care_plan", "prevention", "child_health", "maternity_sexual_health", "mental_health", "genetics",
    "certificate", "social_care", "reimbursement", "directives", "administrative", "personal_notes",
]  # fmt: skip


def _to(model, name="+", **more):
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name=name, to=model, **more)


def _known(name):
    return models.CheckConstraint(
        condition=models.Q(("category__in", _CATEGORIES)),
        name=name,
        violation_error_message="A document lies in one of the 19 categories.",
    )


class Migration(migrations.Migration):

    dependencies = [("records", "0011_what_a_copy_is"), ("wall", "0002_one_look_less")]

    operations = [
        migrations.CreateModel(
            name="Correction",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("category", models.CharField(max_length=32)),
                ("author", models.UUIDField()),
                ("revision", models.PositiveBigIntegerField()),
                ("sealed_words", models.BinaryField()),
                ("sealed_answer", models.BinaryField()),
                ("key_version", models.PositiveIntegerField()),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_on", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for its author"),
                            ("done", "Corrected"),
                            ("refused", "Not corrected"),
                        ],
                        default="waiting",
                        max_length=12,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                ("dossier", _to("records.dossier", "corrections", db_index=False)),
                ("record", _to("records.record", "corrections")),
            ],
            options={
                "indexes": [
                    models.Index(fields=["dossier", "-asked_at"], name="records_correction_by_dossier"),
                    models.Index(fields=["author", "state"], name="records_correction_by_author"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("record",),
                        name="records_correction_one_waiting",
                    ),
                    _known("records_correction_category_known"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answered_at__isnull", True), ("state", "waiting")),
                            models.Q(("answered_at__isnull", False), ("state__in", ["done", "refused"])),
                            _connector="OR",
                        ),
                        name="records_correction_answered",
                        violation_error_message="An answered request says when.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FormerVersion",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("category", models.CharField(max_length=32)),
                ("revision", models.PositiveBigIntegerField()),
                ("header", models.BinaryField()),
                ("body", models.BinaryField()),
                ("key_version", models.PositiveIntegerField()),
                ("replaced_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("emptied_at", models.DateTimeField(null=True)),
                ("dossier", _to("records.dossier", db_index=False)),
                ("record", _to("records.record", "former", db_index=False)),
            ],
            options={
                "indexes": [models.Index(fields=["dossier"], name="records_former_by_dossier")],
                "constraints": [
                    models.UniqueConstraint(fields=("record", "revision"), name="records_former_once"),
                    _known("records_former_category_known"),
                ],
            },
        ),
        migrations.RunSQL(
            "CALL carnet_wall('records_correction', 'dossier_id'); CALL carnet_wall('records_formerversion', 'dossier_id');",
            "CALL carnet_no_wall('records_formerversion'); CALL carnet_no_wall('records_correction');",
        ),
        migrations.RunSQL(_TAKE_AWAY, migrations.RunSQL.noop),
        migrations.RunSQL(_FUNCTION.format(needed=_NEEDED), _FUNCTION.format(needed="")),
    ]
