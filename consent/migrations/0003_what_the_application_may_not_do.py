"""The application ends what the patient decided; it never erases it, and never writes the matrix.

Without it, one hole in a page would be enough to rewrite who could see what last March.
"""

from django.db import migrations

_TAKE_AWAY = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        REVOKE INSERT, UPDATE, DELETE ON consent_matrixversion, consent_matrixrow FROM carnet_app;
        REVOKE DELETE ON consent_carerelationship, consent_choice, consent_opposition,
            consent_emergency, consent_accessrequest, consent_membership FROM carnet_app;
    END IF;
END
$$
"""


class Migration(migrations.Migration):

    dependencies = [("consent", "0002_matrix_2026_11")]

    operations = [migrations.RunSQL(_TAKE_AWAY, migrations.RunSQL.noop)]
