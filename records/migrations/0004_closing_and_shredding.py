"""A record is closed, and its keys destroyed, by functions that ask the law first; the application does neither itself.

Without them, one hole in a page would be enough to date a closing back by ten years, or to empty a key that rows still
need. What is left to the application: it could write rubbish over a wrapped key, as it could over a sealed row.
"""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

_FUNCTIONS = """
CREATE FUNCTION records_close_dossier(p_dossier uuid) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    moment timestamptz;
BEGIN
    UPDATE public.records_dossier SET closed_at = now()
    WHERE id = p_dossier AND closed_at IS NULL RETURNING closed_at INTO moment;
    IF moment IS NOT NULL THEN
        UPDATE public.records_patientkey SET state = 'closed'
        WHERE dossier_id = p_dossier AND state IN ('active', 'decrypt_only') AND retired_at IS NULL;
    END IF;
    RETURN moment;
END
$$;

CREATE FUNCTION records_shred_dossier(p_dossier uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    closed timestamptz;
    gone integer;
BEGIN
    SELECT closed_at INTO closed FROM public.records_dossier WHERE id = p_dossier FOR UPDATE;
    IF NOT FOUND OR NOT (
        coalesce(closed <= now() - interval '10 years', false)
        OR EXISTS (SELECT 1 FROM public.records_erasureorder WHERE dossier_id = p_dossier)
    ) THEN
        RAISE EXCEPTION 'the keys of this dossier may not be destroyed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.records_patientkey SET state = 'destroyed', wrapped = NULL, destroyed_at = now()
    WHERE dossier_id = p_dossier AND state <> 'destroyed';
    GET DIAGNOSTICS gone = ROW_COUNT;
    UPDATE public.records_dossier SET closed_at = coalesce(closed_at, now()),
        shredded_at = coalesce(shredded_at, now()), ins_digest = NULL
    WHERE id = p_dossier;
    RETURN gone;
END
$$;

CREATE FUNCTION records_destroy_key(p_dossier uuid, p_version integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public.records_record WHERE dossier_id = p_dossier AND key_version <= p_version) THEN
        RAISE EXCEPTION 'this key is still needed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.records_patientkey SET state = 'destroyed', wrapped = NULL, destroyed_at = now()
    WHERE dossier_id = p_dossier AND version = p_version AND state = 'decrypt_only' AND retired_at IS NOT NULL;
    RETURN FOUND;
END
$$;

-- Raised after each destruction, so that every process empties the keys in its memory.
CREATE SEQUENCE records_keys_destroyed;
-- Until it is raised once, its last value is the one that the first raise gives.
SELECT nextval('records_keys_destroyed');

REVOKE EXECUTE ON FUNCTION records_close_dossier(uuid), records_shred_dossier(uuid), records_destroy_key(uuid, integer)
    FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        GRANT EXECUTE ON FUNCTION records_close_dossier(uuid), records_shred_dossier(uuid),
            records_destroy_key(uuid, integer) TO carnet_app;
        GRANT SELECT, USAGE ON SEQUENCE records_keys_destroyed TO carnet_app;
        REVOKE UPDATE ON records_patientkey FROM carnet_app;
        GRANT UPDATE (kek_id, wrapped, state, retired_at) ON records_patientkey TO carnet_app;
        REVOKE INSERT, UPDATE, DELETE ON records_erasureorder FROM carnet_app;
    END IF;
END
$$
"""

_STATES = [
    ("active", "Active"),
    ("decrypt_only", "Opens only"),
    ("closed", "Kept, opens nothing"),
    ("destroyed", "Destroyed"),
]


def _destroyed_is_empty(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=models.Q(
            models.Q(("destroyed_at__isnull", False), ("state", "destroyed"), ("wrapped__isnull", True)),
            models.Q(
                ("destroyed_at__isnull", True),
                ("state__in", ["active", "decrypt_only", "closed"]),
                ("wrapped__isnull", False),
            ),
            _connector="OR",
        ),
        violation_error_message="A destroyed key holds nothing, any other key is wrapped.",
    )


class Migration(migrations.Migration):
    dependencies = [("records", "0003_what_the_application_may_not_do")]

    operations = [
        migrations.RemoveConstraint("housekey", "records_housekey_destroyed_is_empty"),
        migrations.RemoveConstraint("patientkey", "records_patientkey_destroyed_is_empty"),
        migrations.AddField("dossier", "closed_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("dossier", "shredded_at", models.DateTimeField(editable=False, null=True)),
        migrations.AlterField("housekey", "state", models.CharField(choices=_STATES, default="active", max_length=12)),
        migrations.AlterField(
            "patientkey", "state", models.CharField(choices=_STATES, default="active", max_length=12)
        ),
        migrations.AddConstraint("housekey", _destroyed_is_empty("records_housekey_destroyed_is_empty")),
        migrations.AddConstraint("patientkey", _destroyed_is_empty("records_patientkey_destroyed_is_empty")),
        migrations.CreateModel(
            name="ErasureOrder",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "ground",
                    models.CharField(
                        choices=[
                            ("request", "The patient asked for it"),
                            ("court", "A court or an authority ordered it"),
                            ("unlawful", "It should never have been kept"),
                        ],
                        max_length=16,
                    ),
                ),
                ("reference", models.CharField(max_length=40)),
                ("ordered_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "dossier",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="erasure_order",
                        to="records.dossier",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            _FUNCTIONS,
            "DROP SEQUENCE records_keys_destroyed; DROP FUNCTION records_close_dossier(uuid), records_shred_dossier(uuid), records_destroy_key(uuid, integer)",
        ),
    ]
