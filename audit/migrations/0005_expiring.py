"""What is too old may go: month by month, by rules that the caller cannot choose.

The month is written again without what expired and takes the place of the former one, whose triggers refuse every
deletion. Only the sequencer's role may ask for it, and what it may ask is decided here: the years, and which events are
technical.
"""

from django.db import migrations

EXPIRE = """
-- Removes what expired of one month: technical entries after a year, with ``whole`` everything after ten. Entries that
-- tell of this are kept. Returns how many entries are gone. Entries without a number stop it.
CREATE FUNCTION public.audit_expire(month date, whole boolean) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    low timestamptz := date_trunc('month', month::timestamp) AT TIME ZONE 'UTC';
    high timestamptz := (date_trunc('month', month::timestamp) + interval '1 month') AT TIME ZONE 'UTC';
    until timestamptz := (date_trunc('month', month::timestamp) + interval '1 month'
        + make_interval(years => CASE WHEN whole THEN 10 ELSE 1 END)) AT TIME ZONE 'UTC';
    plain text := 'audit_entry_' || to_char(month, 'YYYY_MM');
    name text := 'public.' || plain;
    fresh text := name || '_fresh';
    technical text[] := ARRAY['account.password_accepted', 'account.signed_in', 'account.sign_in_refused',
        'account.factor_refused', 'account.signed_out', 'log.verified'];
    before bigint;
    kept bigint;
    waiting boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit_make_partitions', 0));
    IF now() < until THEN
        RAISE EXCEPTION 'The entries of % are kept until %.', to_char(month, 'YYYY-MM'), until::date
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = 'public.audit_entry'::regclass AND inhrelid = to_regclass(name)) THEN
        RETURN 0;
    END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %s e WHERE NOT EXISTS ('
        'SELECT FROM public.audit_leaf l WHERE l.entry_at = e.at AND l.entry_id = e.id))', name) INTO waiting;
    IF waiting THEN
        RAISE EXCEPTION 'Entries of % have no number yet.', to_char(month, 'YYYY-MM') USING ERRCODE = 'restrict_violation';
    END IF;
    -- Everything slow comes before the locks: rows, indexes, and the bounds, which ATTACH would read every row for.
    EXECUTE format('CREATE TABLE %s (LIKE %s INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE INCLUDING INDEXES, '
        'CONSTRAINT audit_entry_month CHECK (at >= %L AND at < %L))', fresh, name, low, high);
    EXECUTE format('INSERT INTO %s SELECT * FROM %s WHERE event = ''log.expired'' OR NOT ($1 OR event = ANY ($2))', fresh, name)
        USING whole, technical;
    GET DIAGNOSTICS kept = ROW_COUNT;
    EXECUTE format('SELECT count(*) FROM %s', name) INTO before;
    IF before = kept THEN
        EXECUTE format('DROP TABLE %s', fresh);
        RETURN 0;
    END IF;
    PERFORM public.audit_guard_statements(fresh);
    EXECUTE format('ALTER TABLE public.audit_entry DETACH PARTITION %s', name);
    EXECUTE format('DROP TABLE %s', name);
    EXECUTE format('ALTER TABLE %s RENAME TO %I', fresh, plain);
    EXECUTE format('ALTER TABLE public.audit_entry ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', name, low, high);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_grows_row', name);
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT audit_entry_month', name);
    RETURN before - kept;
END $$;
REVOKE ALL ON FUNCTION public.audit_expire(date, boolean) FROM PUBLIC, carnet_app;
GRANT EXECUTE ON FUNCTION public.audit_expire(date, boolean) TO carnet_sequencer;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_order_of_numbering")]
    operations = [migrations.RunSQL(EXPIRE, "DROP FUNCTION public.audit_expire(date, boolean)")]
