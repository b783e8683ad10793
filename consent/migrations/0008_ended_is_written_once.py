"""What was decided is ended, never rewritten: only the end of a row moves, and no more once it has come.

The application role could not delete these rows before (0003, 0005); now neither it nor the owner of the tables can
change who, what or since when, end something in the past, or bring back what has ended. Without it, one hole in a page
would be enough to make a choice of last March look like another one. Of an emergency the sealed reason moves too, to
the next key. An answered request and a used code keep their answer.

The end may lie a minute back: the clock of a web server and that of the database differ by less.
"""

from django.db import migrations

_GUARD = """
CREATE FUNCTION public.consent_written_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    free text[] := TG_ARGV::text[] || 'during'::text;
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'A consent is ended, never erased: % on % is refused.', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free OR lower(NEW.during) <> lower(OLD.during) THEN
        RAISE EXCEPTION 'Only the end of a row of % can change.', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.during <> OLD.during AND upper(OLD.during) <= clock_timestamp() THEN
        RAISE EXCEPTION 'This row of % has ended: it is written once.', TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.during <> OLD.during AND upper(NEW.during) < transaction_timestamp() - interval '1 minute' THEN
        RAISE EXCEPTION 'A row of % cannot end in the past.', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION public.consent_answered_once() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'This row of % was answered, or cannot be erased: % is refused.', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;

DO $$
DECLARE
    dated text;
BEGIN
    FOREACH dated IN ARRAY ARRAY['carerelationship', 'choice', 'wish', 'delegation', 'representation', 'teamcare',
        'treatingdoctor', 'opposition', 'blank', 'membership', 'reviewingdoctor', 'emergency']
    LOOP
        EXECUTE format('CREATE TRIGGER consent_once BEFORE UPDATE OR DELETE ON public.consent_%s FOR EACH ROW '
            'EXECUTE FUNCTION public.consent_written_once(%s)', dated,
            CASE dated WHEN 'emergency' THEN '''sealed_reason'', ''key_version'', ''digest''' ELSE '' END);
        EXECUTE format('CREATE TRIGGER consent_once_all BEFORE TRUNCATE ON public.consent_%s FOR EACH STATEMENT '
            'EXECUTE FUNCTION public.consent_written_once()', dated);
        EXECUTE format('ALTER TABLE public.consent_%s ENABLE ALWAYS TRIGGER consent_once', dated);
        EXECUTE format('ALTER TABLE public.consent_%s ENABLE ALWAYS TRIGGER consent_once_all', dated);
    END LOOP;
END $$;

CREATE TRIGGER consent_once BEFORE UPDATE ON public.consent_accessrequest FOR EACH ROW
    WHEN (OLD.answered_at IS NOT NULL) EXECUTE FUNCTION public.consent_answered_once();
CREATE TRIGGER consent_once_all BEFORE DELETE ON public.consent_accessrequest FOR EACH ROW
    EXECUTE FUNCTION public.consent_answered_once();
ALTER TABLE public.consent_accessrequest ENABLE ALWAYS TRIGGER consent_once;
ALTER TABLE public.consent_accessrequest ENABLE ALWAYS TRIGGER consent_once_all;
"""

_LET_GO = """
DO $$
DECLARE
    dated text;
BEGIN
    FOREACH dated IN ARRAY ARRAY['carerelationship', 'choice', 'wish', 'delegation', 'representation', 'teamcare',
        'treatingdoctor', 'opposition', 'blank', 'membership', 'reviewingdoctor', 'emergency', 'accessrequest']
    LOOP
        EXECUTE format('DROP TRIGGER consent_once ON public.consent_%s', dated);
        EXECUTE format('DROP TRIGGER consent_once_all ON public.consent_%s', dated);
    END LOOP;
END $$;
DROP FUNCTION public.consent_written_once();
DROP FUNCTION public.consent_answered_once();
"""


class Migration(migrations.Migration):
    dependencies = [("consent", "0007_reviewing_doctors")]

    operations = [migrations.RunSQL(_GUARD, _LET_GO)]
