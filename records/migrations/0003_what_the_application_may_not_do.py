"""The application never erases a dossier, a record or a key, and never gives a dossier another name in the log.

Without it, one hole in a page would be enough to destroy what nobody could bring back, or to point a patient's history
at somebody else. A key ends by losing its wrapped bytes; its row stays.
"""

from django.db import migrations

_TAKE_AWAY = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        REVOKE DELETE ON records_dossier, records_record, records_patientkey, records_housekey FROM carnet_app;
        REVOKE UPDATE ON records_dossier FROM carnet_app;
        GRANT UPDATE (account_id, active_key_version, sealed_identity, identity_revision, sealed_contact,
            contact_revision, ins_digest) ON records_dossier TO carnet_app;
    END IF;
END
$$
"""


class Migration(migrations.Migration):

    dependencies = [("records", "0002_marks")]

    operations = [migrations.RunSQL(_TAKE_AWAY, migrations.RunSQL.noop)]
