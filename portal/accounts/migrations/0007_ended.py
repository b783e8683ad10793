"""An account that has ended stays ended: when it did is kept, and one that was suspended can open again."""

from django.db import migrations, models

_GRANT = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        GRANT UPDATE (ended_at) ON accounts_account TO carnet_app;
    END IF;
END
$$
"""


class Migration(migrations.Migration):

    dependencies = [("accounts", "0006_advisers")]

    operations = [
        migrations.AddField(
            model_name="account", name="ended_at", field=models.DateTimeField(blank=True, editable=False, null=True)
        ),
        migrations.RunSQL(_GRANT, migrations.RunSQL.noop),
    ]
