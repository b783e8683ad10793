"""A key that a document still needs is not destroyed either, whatever asks the database for it."""

from django.db import migrations

_FUNCTION = """
CREATE OR REPLACE FUNCTION records_destroy_key(p_dossier uuid, p_version integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public.records_record WHERE dossier_id = p_dossier AND key_version <= p_version){needed} THEN
        RAISE EXCEPTION 'this key is still needed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE public.records_patientkey SET state = 'destroyed', wrapped = NULL, destroyed_at = now()
    WHERE dossier_id = p_dossier AND version = p_version AND state = 'decrypt_only' AND retired_at IS NOT NULL;
    RETURN FOUND;
END
$$
"""
_NEEDED = """
        OR EXISTS (SELECT 1 FROM public.records_document
            WHERE dossier_id = p_dossier AND key_version <= p_version AND removed_at IS NULL)"""


class Migration(migrations.Migration):

    dependencies = [("records", "0008_papers_and_taking_out")]

    operations = [migrations.RunSQL(_FUNCTION.format(needed=_NEEDED), _FUNCTION.format(needed=""))]
