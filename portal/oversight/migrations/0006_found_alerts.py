"""Alerts are kept as they are found: the application adds rows to them, and neither changes nor removes one."""

import django.contrib.postgres.fields
from django.db import migrations, models

_ONLY_ADDED = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'carnet_app') THEN
        REVOKE UPDATE, DELETE ON oversight_foundalert FROM carnet_app;
        REVOKE DELETE ON oversight_countedday FROM carnet_app;
    END IF;
END
$$
"""


class Migration(migrations.Migration):
    """New tables only: the running version knows none of them."""

    dependencies = [("oversight", "0005_growing")]

    operations = [
        migrations.CreateModel(
            name="FoundAlert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=32)),
                ("kind", models.CharField(max_length=32)),
                ("at", models.DateTimeField()),
                ("actor", models.UUIDField()),
                ("dossier", models.UUIDField(null=True)),
                ("count", models.PositiveIntegerField()),
                ("usual", models.PositiveIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["kind", "-at"], name="oversight_found_kind")],
                "constraints": [models.UniqueConstraint(fields=["key", "count"], name="oversight_found_once")],
            },
        ),
        migrations.CreateModel(
            name="CountedDay",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                (
                    "hours",
                    django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), size=24),
                ),
                ("counted_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(_ONLY_ADDED, migrations.RunSQL.noop),
    ]
