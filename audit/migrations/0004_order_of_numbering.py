"""The index that the sequencer follows gets the whole order of the numbers: transaction, time, identifier.

With the transaction alone, each batch sorted everything that waited: a million entries of one transaction cost their
square. Month by month and without a lock that writers would wait for, as in 0003.
"""

from django.db import migrations

_MONTHS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'public.audit_entry'::regclass ORDER BY 1"
_INVALID = "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid)"


def make(_apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        _make(cursor, "order", "xid, at, id")
        cursor.execute("DROP INDEX IF EXISTS public.audit_entry_xid")


def take_back(_apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        _make(cursor, "xid", "xid")
        cursor.execute("DROP INDEX IF EXISTS public.audit_entry_order")


def _make(cursor, name, columns):
    cursor.execute(_MONTHS)
    months = [month for (month,) in cursor.fetchall()]
    parent = f"public.audit_entry_{name}"
    cursor.execute(f"CREATE INDEX IF NOT EXISTS audit_entry_{name} ON ONLY public.audit_entry ({columns})")
    for month in months:
        index = f"{month.removeprefix('public.')}_{name}"
        # What a broken attempt left behind is not valid, and could not be attached.
        cursor.execute(_INVALID, [f"public.{index}"])
        if cursor.fetchone()[0]:
            cursor.execute(f"DROP INDEX public.{index}")
        cursor.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index} ON {month} ({columns})")
        cursor.execute(f"ALTER INDEX {parent} ATTACH PARTITION public.{index}")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("audit", "0003_facets")]
    operations = [migrations.RunPython(make, take_back)]
