"""The tables of the log, their guards and the months to come.

What Django can say is in ``operations``; what only PostgreSQL can (partitions, triggers, rights by
column, ``xid8``) is in the SQL below.
"""

from django.db import migrations, models
from django.db.models import Q

import audit.models

# xid is what the sequencer follows. The application may not write it: it is in no INSERT right,
# and a forged one would hide an entry below the horizon.
ENTRY = """
CREATE TABLE public.audit_entry (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    event text NOT NULL,
    actor uuid NOT NULL,
    role text NOT NULL,
    profession text NOT NULL,
    organisation uuid,
    dossier uuid,
    category text NOT NULL,
    ground text NOT NULL,
    outcome text NOT NULL,
    body bytea STORAGE PLAIN NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    PRIMARY KEY (at, id),
    CONSTRAINT audit_entry_body CHECK (octet_length(body) BETWEEN 100 AND 6000)
) PARTITION BY RANGE (at);
CREATE INDEX audit_entry_dossier ON public.audit_entry (dossier, at) WHERE dossier IS NOT NULL;
CREATE INDEX audit_entry_actor ON public.audit_entry (actor, at);
CREATE INDEX audit_entry_event ON public.audit_entry (event, at);
CREATE INDEX audit_entry_refused ON public.audit_entry (outcome, at) WHERE outcome IN ('refused', 'failed');
CREATE INDEX audit_entry_xid ON public.audit_entry (xid);
"""

GUARDS = """
CREATE FUNCTION public.audit_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'The log only grows: % on % is refused.', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

-- ALWAYS: session_replication_role = replica would switch an ordinary trigger off.
CREATE FUNCTION public.audit_guard_statements(target regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, carnet_app', target);
    EXECUTE format('CREATE TRIGGER audit_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON %s '
        'FOR EACH STATEMENT EXECUTE FUNCTION public.audit_refuse()', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_grows', target);
END $$;

CREATE FUNCTION public.audit_guard(target regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM public.audit_guard_statements(target);
    EXECUTE format('CREATE TRIGGER audit_grows_row BEFORE UPDATE OR DELETE ON %s '
        'FOR EACH ROW EXECUTE FUNCTION public.audit_refuse()', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_grows_row', target);
END $$;

SELECT public.audit_guard('public.' || name) FROM unnest(
    ARRAY['audit_entry', 'audit_leaf', 'audit_node', 'audit_checkpoint', 'audit_cosignature']) AS name;

REVOKE ALL ON SEQUENCE public.audit_cosignature_id_seq FROM PUBLIC, carnet_app;
GRANT USAGE ON SEQUENCE public.audit_cosignature_id_seq TO carnet_app;
GRANT SELECT ON public.audit_entry, public.audit_leaf, public.audit_node, public.audit_checkpoint,
    public.audit_cosignature TO carnet_app;
GRANT INSERT (id, at, event, actor, role, profession, organisation, dossier, category, ground, outcome, body)
    ON public.audit_entry TO carnet_app;
GRANT INSERT ON public.audit_leaf, public.audit_node, public.audit_checkpoint TO carnet_app;
GRANT INSERT (size, witness, line, at) ON public.audit_cosignature TO carnet_app;

ALTER TABLE public.audit_leaf ADD CONSTRAINT audit_leaf_hash CHECK (octet_length(hash) = 32);
ALTER TABLE public.audit_node ADD CONSTRAINT audit_node_hash CHECK (octet_length(hash) = 32);
ALTER TABLE public.audit_checkpoint ADD CONSTRAINT audit_checkpoint_root CHECK (octet_length(root) = 32);
ALTER TABLE public.audit_leaf ALTER hash SET STORAGE PLAIN;
"""

# A TRUNCATE trigger on the parent does not fire for a partition, so each gets its own. The row
# trigger of the parent is copied by ATTACH. ATTACH, unlike CREATE TABLE … PARTITION OF, lets
# readers and writers of the other months go on.
PARTITIONS = """
CREATE TABLE public.audit_entry_other PARTITION OF public.audit_entry DEFAULT;
SELECT public.audit_guard_statements('public.audit_entry_other');
ALTER TABLE public.audit_entry_other ENABLE ALWAYS TRIGGER audit_grows_row;

-- Makes the partition of one month; false if it exists, or if entries of that month already lie in
-- audit_entry_other (they cannot move: they stay there, and so do the later ones of that month).
CREATE FUNCTION public.audit_make_partition(month date) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    low timestamptz := date_trunc('month', month::timestamp) AT TIME ZONE 'UTC';
    high timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
    name text := 'public.audit_entry_' || to_char(month, 'YYYY_MM');
BEGIN
    IF to_regclass(name) IS NOT NULL
        OR EXISTS (SELECT FROM public.audit_entry_other o WHERE o.at >= low AND o.at < high) THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %s (LIKE public.audit_entry INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', name);
    PERFORM public.audit_guard_statements(name);
    EXECUTE format('ALTER TABLE public.audit_entry ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', name, low, high);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_grows_row', name);
    RETURN true;
END $$;

-- This month and the three to come. The application calls it with its owner's rights; it takes
-- nothing from the caller. A short wait for locks: months are made ahead, the next hour will do.
CREATE FUNCTION public.audit_make_partitions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    this_month date := date_trunc('month', now() AT TIME ZONE 'UTC');
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit_make_partitions', 0));
    FOR ahead IN 0..3 LOOP
        IF public.audit_make_partition((this_month + make_interval(months => ahead))::date) THEN
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;

REVOKE ALL ON FUNCTION public.audit_refuse(), public.audit_guard_statements(regclass), public.audit_guard(regclass),
    public.audit_make_partition(date), public.audit_make_partitions() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public.audit_make_partitions() TO carnet_app;
SELECT public.audit_make_partitions();
"""

UNDO = """
DROP FUNCTION IF EXISTS public.audit_make_partitions(), public.audit_make_partition(date),
    public.audit_guard(regclass), public.audit_guard_statements(regclass);
DROP FUNCTION IF EXISTS public.audit_refuse() CASCADE;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ENTRY, "DROP TABLE public.audit_entry")],
            state_operations=[
                migrations.CreateModel(
                    name="Entry",
                    fields=[
                        ("pk", models.CompositePrimaryKey("at", "id", blank=True, editable=False, primary_key=True, serialize=False)),
                        ("id", models.UUIDField()),
                        ("at", models.DateTimeField()),
                        ("event", models.TextField()),
                        ("actor", models.UUIDField()),
                        ("role", models.TextField()),
                        ("profession", models.TextField()),
                        ("organisation", models.UUIDField(null=True)),
                        ("dossier", models.UUIDField(null=True)),
                        ("category", models.TextField()),
                        ("ground", models.TextField()),
                        ("outcome", models.TextField()),
                        ("body", models.BinaryField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["dossier", "at"], name="audit_entry_dossier", condition=Q(dossier__isnull=False)),
                            models.Index(fields=["actor", "at"], name="audit_entry_actor"),
                            models.Index(fields=["event", "at"], name="audit_entry_event"),
                            models.Index(fields=["outcome", "at"], name="audit_entry_refused", condition=Q(outcome__in=["refused", "failed"])),
                        ],
                    },
                ),
            ],
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("idx", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry_at", models.DateTimeField()),
                ("entry_id", models.UUIDField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["entry_id", "entry_at"], name="audit_leaf_entry"),
                    models.CheckConstraint(condition=Q(idx__gte=0), name="audit_leaf_idx"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Node",
            fields=[
                ("pk", models.CompositePrimaryKey("level", "idx", blank=True, editable=False, primary_key=True, serialize=False)),
                ("level", models.SmallIntegerField()),
                ("idx", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=Q(level__gte=1, idx__gte=0), name="audit_node_place")],
            },
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("root", models.BinaryField()),
                ("note", models.TextField()),
                ("at", models.DateTimeField()),
                ("horizon", audit.models.Xid8Field()),
                ("swept", models.BooleanField()),
                ("cluster", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=Q(size__gte=1), name="audit_checkpoint_size")],
            },
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("size", models.BigIntegerField()),
                ("witness", models.TextField()),
                ("line", models.TextField()),
                ("at", models.DateTimeField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["size", "witness"], name="audit_cosignature_once")],
            },
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
        migrations.RunSQL(PARTITIONS, UNDO),
    ]
