"""The wall behind the doors: a row of a dossier is there for a transaction that declared this dossier, for no other.

Row-level security, forced. The application reaches what it declared (``consent.declaring``), and may read, never write,
across dossiers where it says so. The owner of the tables migrates and is let through by a policy of its own;
``COPY FROM`` is refused to both of them and belongs to ``carnet_bulk``. ``carnet_find_dossiers`` is the only function
that looks across dossiers for the application: it returns identifiers, never a row.

A table that is added later: ``CALL carnet_wall('name_of_table', 'column of the dossier')`` in a migration here. Code that
is older than this migration declares nothing and finds nothing: stop it before you migrate.
"""

from django.db import migrations

TABLES = {
    "consent_accessrequest": "dossier",
    "consent_blank": "dossier",
    "consent_carecode": "dossier",
    "consent_carerelationship": "dossier",
    "consent_choice": "dossier",
    "consent_disclosure": "dossier",
    "consent_emergency": "dossier",
    "consent_opposition": "dossier",
    "consent_representation": "dossier",
    "consent_teamcare": "dossier",
    "consent_treatingdoctor": "dossier",
    "consent_wish": "dossier",
    "oversight_case": "dossier",
    "records_copy": "dossier_id",
    "records_copypart": "dossier_id",
    "records_document": "dossier_id",
    "records_dossier": "id",
    "records_erasureorder": "dossier_id",
    "records_likeness": "dossier_id",
    "records_paperrequest": "dossier_id",
    "records_patientkey": "dossier_id",
    "records_record": "dossier_id",
}
# The setting is read in a subselect: once for each statement and not for each row. Unset or empty it is no array, and
# nothing equals it; after the first transaction of a connection an unset setting is the empty text: that is no uuid.
_PROCEDURES = """
CREATE PROCEDURE carnet_wall(p_table regclass, p_column name) LANGUAGE plpgsql AS $procedure$
DECLARE
    declared CONSTANT text := format(
        '%I = ANY ((SELECT string_to_array(nullif(current_setting(''carnet.dossiers'', true), ''''), '','')::uuid[])'
        '::uuid[])', p_column);
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
    EXECUTE format('CREATE POLICY declared ON %s USING (%s) WITH CHECK (%s)', p_table, declared, declared);
    EXECUTE format('CREATE POLICY read_over_every_dossier ON %s FOR SELECT'
        ' USING ((SELECT current_setting(''carnet.every'', true) = ''on''))', p_table);
    EXECUTE format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', p_table);
END
$procedure$;

CREATE PROCEDURE carnet_no_wall(p_table regclass) LANGUAGE plpgsql AS $procedure$
BEGIN
    EXECUTE format('DROP POLICY owner ON %s', p_table);
    EXECUTE format('DROP POLICY read_over_every_dossier ON %s', p_table);
    EXECUTE format('DROP POLICY declared ON %s', p_table);
    EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', p_table);
    EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', p_table);
END
$procedure$;

REVOKE EXECUTE ON PROCEDURE carnet_wall(regclass, name), carnet_no_wall(regclass) FROM PUBLIC;
"""
# It runs with the rights of the owner: its search path is fixed, and nobody but the application may call it.
_FIND = """
CREATE FUNCTION carnet_find_dossiers(p_by text, p_ids uuid[], p_digests bytea[]) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    CASE p_by
    WHEN 'ins' THEN RETURN QUERY SELECT id FROM public.records_dossier WHERE ins_digest = ANY (p_digests);
    WHEN 'account' THEN RETURN QUERY SELECT id FROM public.records_dossier WHERE account_id = ANY (p_ids);
    WHEN 'pseudonym' THEN RETURN QUERY SELECT id FROM public.records_dossier WHERE pseudonym = ANY (p_ids);
    WHEN 'record' THEN RETURN QUERY SELECT DISTINCT dossier_id FROM public.records_record WHERE id = ANY (p_ids);
    WHEN 'document' THEN RETURN QUERY SELECT DISTINCT dossier_id FROM public.records_document WHERE id = ANY (p_ids);
    WHEN 'copy' THEN RETURN QUERY SELECT DISTINCT dossier_id FROM public.records_copy WHERE id = ANY (p_ids);
    WHEN 'paper' THEN RETURN QUERY SELECT DISTINCT dossier_id FROM public.records_paperrequest WHERE id = ANY (p_ids);
    WHEN 'emergency' THEN RETURN QUERY SELECT DISTINCT dossier FROM public.consent_emergency WHERE id = ANY (p_ids);
    WHEN 'care_code' THEN RETURN QUERY SELECT DISTINCT dossier FROM public.consent_carecode
        WHERE digest = ANY (p_digests) AND used_at IS NULL AND during @> statement_timestamp();
    WHEN 'represented' THEN RETURN QUERY SELECT DISTINCT dossier FROM public.consent_representation
        WHERE account_id = ANY (p_ids) AND during @> statement_timestamp();
    WHEN 'cared_for' THEN RETURN QUERY
        SELECT dossier FROM public.consent_carerelationship
        WHERE professional_id = ANY (p_ids) AND during @> statement_timestamp()
        UNION
        SELECT dossier FROM public.consent_emergency
        WHERE professional_id = ANY (p_ids) AND during @> statement_timestamp()
        UNION
        SELECT care.dossier FROM public.consent_teamcare AS care
        JOIN public.consent_membership AS team ON team.organisation_id = care.organisation_id
        WHERE team.professional_id = ANY (p_ids)
          AND team.during @> statement_timestamp() AND care.during @> statement_timestamp();
    WHEN 'case' THEN RETURN QUERY SELECT DISTINCT dossier FROM public.oversight_case WHERE id = ANY (p_ids);
    WHEN 'questioned' THEN RETURN QUERY SELECT DISTINCT dossier FROM public.oversight_case WHERE actor = ANY (p_ids);
    ELSE RAISE EXCEPTION 'a dossier is not found by %', p_by USING ERRCODE = 'invalid_parameter_value';
    END CASE;
END
$$;

REVOKE EXECUTE ON FUNCTION carnet_find_dossiers(text, uuid[], bytea[]) FROM PUBLIC;

DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        GRANT EXECUTE ON FUNCTION carnet_find_dossiers(text, uuid[], bytea[]) TO carnet_app;
    END IF;
END
$$;
"""


class Migration(migrations.Migration):
    """Procedures, the one look-up, and the wall around each table."""

    dependencies = [
        ("consent", "0007_reviewing_doctors"),
        ("records", "0009_a_key_that_a_document_needs"),
        ("oversight", "0004_names_and_queue"),
    ]

    operations = [
        migrations.RunSQL(_PROCEDURES, "DROP PROCEDURE carnet_wall(regclass, name), carnet_no_wall(regclass)"),
        migrations.RunSQL(_FIND, "DROP FUNCTION carnet_find_dossiers(text, uuid[], bytea[])"),
        migrations.RunSQL(
            "".join(f"CALL carnet_wall('{table}', '{column}');" for table, column in TABLES.items()),
            "".join(f"CALL carnet_no_wall('{table}');" for table in TABLES),
        ),
    ]
