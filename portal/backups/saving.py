"""Making a backup: one moment of the database in two parts, then the documents, then the keyring."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from portal.backups.parts import KEY_TABLES, LEFT_OUT, close_folder, copy_private, new_folder, stamp_of
from portal.backups.programs import run
from portal.roles import BULK
from records.models import Dossier
from records.stores import Store, documents_store

ERASURES = "erasures.json"
_PIECE = 1 << 20


def save(targets: Mapping[str, Path], *, now: datetime | None = None) -> dict[str, Path]:
    """Write the parts that have a target; the folder of each.

    Objects of the store that a later write replaced stay for hours: those that the database names are still there when
    the documents are copied after it.

    Raises:
        ProgramFailed: a program of PostgreSQL failed.
        BadBackup: a folder is there already.
    """
    moment = now or timezone.now()
    stamp = stamp_of(moment)
    folders = {kind: new_folder(parent, stamp, kind) for kind, parent in targets.items()}
    with _snapshot() as snapshot:
        if "database" in folders:
            _dump_database(folders["database"], snapshot)
        if "keys" in folders:
            _dump_keys(folders["keys"])
    if "documents" in folders:
        _copy_documents(documents_store(), folders["documents"])
    if "keyring" in folders:
        for path in (settings.KEYRING_FILE, settings.AUDIT_SIGNING_KEY_FILE):
            if path is not None:
                copy_private(Path(path), folders["keyring"] / Path(path).name)
    for kind, folder in folders.items():
        close_folder(folder, kind, stamp, moment)
    return folders


@contextmanager
def _snapshot() -> Iterator[str]:
    """One moment of the database that several programs see alike."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _dump_database(folder: Path, snapshot: str) -> None:
    without = [f"--exclude-table-data=public.{table}" for table in (*KEY_TABLES, *LEFT_OUT)]
    # The one role that sees every row: pg_dump refuses to go on where a policy could leave some out.
    run(
        "pg_dump",
        f"--role={BULK}",
        "--format=custom",
        f"--snapshot={snapshot}",
        f"--file={folder / 'database.dump'}",
        *without,
    )


def _dump_keys(folder: Path) -> None:
    # Plain rows, so that a later restore can leave out those whose record is not there.
    with connections["owner"].cursor() as cursor:
        for table in KEY_TABLES:
            with (
                (folder / f"{table}.csv").open("xb") as file,
                cursor.copy(f"COPY public.{table} TO STDOUT WITH (FORMAT csv, HEADER)") as rows,
            ):
                file.writelines(rows)
    erased = Dossier.objects.using("owner").exclude(shredded_at=None).order_by("id").values_list("id", flat=True)
    (folder / ERASURES).write_text(json.dumps([str(each) for each in erased]) + "\n")


def _copy_documents(store: Store, folder: Path) -> None:
    for name, _at in store.each():
        stored = store.open_stored(name)
        try:
            target = folder / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with target.open("xb") as file:
                for start in range(0, stored.size, _PIECE):
                    file.write(stored.read(start, min(start + _PIECE, stored.size)))
        finally:
            stored.close()
