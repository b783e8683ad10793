"""The application ends an account; it never erases one, since the log knows people by it. Nor does it change its role.

Without it, one hole in a page would be enough to make an administrator.
"""

from django.db import migrations

_TAKE_AWAY = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        REVOKE UPDATE, DELETE ON accounts_account FROM carnet_app;
        GRANT UPDATE (password, login_digest, language, sealed_contact, is_active) ON accounts_account TO carnet_app;
    END IF;
END
$$
"""


class Migration(migrations.Migration):

    dependencies = [("accounts", "0001_initial")]

    operations = [migrations.RunSQL(_TAKE_AWAY, migrations.RunSQL.noop)]
