"""Indexes for the facets of the log that had none: ground, profession, organisation.

Month by month and without a lock that writers would wait for (CONCURRENTLY), then joined under the parent. Months to
come get theirs when they are attached.
"""

from django.db import migrations, models
from django.db.models import Q

FACETS = {
    "ground": "ground <> ''",
    "profession": "profession <> ''",
    "organisation": "organisation IS NOT NULL",
}
_MONTHS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'public.audit_entry'::regclass ORDER BY 1"


def _index(schema_editor, sql):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(sql)


def make(_apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(_MONTHS)
        months = [name for (name,) in cursor.fetchall()]
    for facet, condition in FACETS.items():
        parent = f"audit_entry_{facet}"
        _index(schema_editor, f"CREATE INDEX IF NOT EXISTS {parent} ON ONLY public.audit_entry ({facet}, at) WHERE {condition}")
        for month in months:
            name = f"{month.removeprefix('public.')}_{facet}"
            # An index that a broken attempt left behind is not valid, and could not be attached.
            _index(schema_editor, f"DROP INDEX IF EXISTS public.{name}") if _is_invalid(schema_editor, name) else None
            _index(schema_editor, f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {month} ({facet}, at) WHERE {condition}")
            _index(schema_editor, f"ALTER INDEX public.{parent} ATTACH PARTITION public.{name}")


def _is_invalid(schema_editor, name):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid)", [f"public.{name}"])
        return cursor.fetchone()[0]


def drop(_apps, schema_editor):
    for facet in FACETS:
        _index(schema_editor, f"DROP INDEX IF EXISTS public.audit_entry_{facet}")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0002_numbering_role")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(make, drop)],
            state_operations=[
                migrations.AddIndex(
                    "entry", models.Index(fields=["ground", "at"], name="audit_entry_ground", condition=~Q(ground=""))
                ),
                migrations.AddIndex(
                    "entry", models.Index(fields=["profession", "at"], name="audit_entry_profession", condition=~Q(profession=""))
                ),
                migrations.AddIndex(
                    "entry",
                    models.Index(fields=["organisation", "at"], name="audit_entry_organisation", condition=Q(organisation__isnull=False)),
                ),
            ],
        ),
    ]
