"""Only the sequencer's own role may number the log; nobody but the owner says what was migrated.

A sequencer of the version before, which still connects as the application, is refused from here on and tries again
each second until it is replaced: entries wait for their numbers meanwhile, and none is lost.
"""

from django.db import migrations

GRANT = """
REVOKE INSERT ON public.audit_leaf, public.audit_node, public.audit_checkpoint FROM carnet_app;
REVOKE INSERT (size, witness, line, at) ON public.audit_cosignature FROM carnet_app;
REVOKE ALL ON SEQUENCE public.audit_cosignature_id_seq FROM carnet_app;
REVOKE EXECUTE ON FUNCTION public.audit_make_partitions() FROM carnet_app;

GRANT SELECT ON public.audit_entry, public.audit_leaf, public.audit_node, public.audit_checkpoint,
    public.audit_cosignature TO carnet_sequencer;
GRANT INSERT (id, at, event, actor, role, profession, organisation, dossier, category, ground, outcome, body)
    ON public.audit_entry TO carnet_sequencer;
GRANT INSERT ON public.audit_leaf, public.audit_node, public.audit_checkpoint TO carnet_sequencer;
GRANT INSERT (size, witness, line, at) ON public.audit_cosignature TO carnet_sequencer;
GRANT USAGE ON SEQUENCE public.audit_cosignature_id_seq TO carnet_sequencer;
GRANT EXECUTE ON FUNCTION public.audit_make_partitions() TO carnet_sequencer;
"""

TAKE_BACK = """
REVOKE ALL ON public.audit_entry, public.audit_leaf, public.audit_node, public.audit_checkpoint,
    public.audit_cosignature FROM carnet_sequencer;
REVOKE ALL ON SEQUENCE public.audit_cosignature_id_seq FROM carnet_sequencer;
REVOKE EXECUTE ON FUNCTION public.audit_make_partitions() FROM carnet_sequencer;
GRANT INSERT ON public.audit_leaf, public.audit_node, public.audit_checkpoint TO carnet_app;
GRANT INSERT (size, witness, line, at) ON public.audit_cosignature TO carnet_app;
GRANT USAGE ON SEQUENCE public.audit_cosignature_id_seq TO carnet_app;
GRANT EXECUTE ON FUNCTION public.audit_make_partitions() TO carnet_app;
"""

# The table is made before the first migration runs.
SEAL = "REVOKE INSERT, UPDATE, DELETE ON public.django_migrations FROM carnet_app;"
UNSEAL = "GRANT INSERT, UPDATE, DELETE ON public.django_migrations TO carnet_app;"


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [
        migrations.RunSQL(GRANT, TAKE_BACK),
        migrations.RunSQL(SEAL, UNSEAL),
    ]
