"""Whether a transaction reads across dossiers is asked only of rows that it did not declare.

In a subselect it was looked up for each table of each statement: a decision names seven tables.
"""

from django.db import migrations

_EACH = """
DO $$
DECLARE
    walled record;
BEGIN
    FOR walled IN SELECT tablename FROM pg_catalog.pg_policies
        WHERE schemaname = 'public' AND policyname = 'read_over_every_dossier'
    LOOP
        EXECUTE format('ALTER POLICY read_over_every_dossier ON public.%I USING ({condition})', walled.tablename);
    END LOOP;
END
$$;
"""
_PROCEDURE = """
CREATE OR REPLACE PROCEDURE carnet_wall(p_table regclass, p_column name) LANGUAGE plpgsql AS $procedure$
DECLARE
    declared CONSTANT text := format(
        '%I = ANY ((SELECT string_to_array(nullif(current_setting(''carnet.dossiers'', true), ''''), '','')::uuid[])'
        '::uuid[])', p_column);
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', p_table);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', p_table);
    EXECUTE format('CREATE POLICY declared ON %s USING (%s) WITH CHECK (%s)', p_table, declared, declared);
    EXECUTE format('CREATE POLICY read_over_every_dossier ON %s FOR SELECT'
        ' USING (current_setting(''carnet.every'', true) = ''on'')', p_table);
    EXECUTE format('CREATE POLICY owner ON %s TO CURRENT_USER USING (true) WITH CHECK (true)', p_table);
END
$procedure$;
"""
_NOW = _EACH.format(condition="current_setting(''carnet.every'', true) = ''on''")
_BEFORE = _EACH.format(condition="(SELECT current_setting(''carnet.every'', true) = ''on'')")


class Migration(migrations.Migration):
    """The same rows as before, with less work for each statement."""

    dependencies = [("wall", "0001_wall")]

    operations = [migrations.RunSQL(_PROCEDURE + _NOW, _BEFORE)]
