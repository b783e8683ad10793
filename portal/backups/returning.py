"""Restoring a backup into an empty database, without bringing back what was erased since.

The keys of records that were erased after the backup was made lie in its part *keys*. The newest list of erasures that
lies beside it, or that is given, is applied before anything else can read: else a restore would undo an erasure.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.core.files.storage import FileSystemStorage, storages
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from portal.backups.parts import KEY_TABLES, BadBackup, Part, files_in, open_part
from portal.backups.programs import run
from portal.backups.saving import ERASURES
from portal.roles import APPLICATION, SEQUENCER

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: ``erased`` records were erased again, ``documents`` objects copied."""

    parts: tuple[Part, ...]
    erased: int
    documents: int


def bring_back(folders: Mapping[str, Path], *, erasures: Path | None = None, later_keys: bool = False) -> Restored:
    """Check the parts and put them into the empty database and store of the settings. The keyring is for a person.

    ``later_keys`` takes keys of a later backup than the rest, where those of the same one are gone: what turned
    meanwhile does not open.

    Raises:
        BadBackup: a part is damaged, belongs to another backup, or the database is not empty.
        ProgramFailed: a program of PostgreSQL failed.
    """
    parts = {kind: open_part(folder, kind) for kind, folder in folders.items()}
    stamps = {part.stamp for kind, part in parts.items() if not (later_keys and kind == "keys")}
    if len(stamps) > 1:
        raise BadBackup(f"These parts belong to different backups: {', '.join(sorted(stamps))}.")
    erased = _known_erasures(parts.get("keys"), erasures)
    _expect_empty()
    if "database" in parts:
        _withhold_default_rights()
        dump = parts["database"].folder / "database.dump"
        run("pg_restore", "--no-owner", "--no-comments", "--exit-on-error", "--dbname=", str(dump))
    if "keys" in parts:
        _restore_keys(parts["keys"].folder, erased)
    documents = _restore_documents(parts["documents"]) if "documents" in parts else 0
    return Restored(tuple(parts.values()), len(erased), documents)


def _known_erasures(keys: Part | None, given: Path | None) -> list[UUID]:
    """The newest list: the one given, or the newest that lies beside the part *keys*."""
    if given is None and keys is not None:
        beside = sorted(keys.folder.parent.glob(f"*-keys/{ERASURES}"))
        given = beside[-1] if beside else None
    if given is None:
        return []
    try:
        return [UUID(each) for each in json.loads(given.read_text())]
    except (OSError, ValueError, TypeError, AttributeError):
        raise BadBackup(f"{given} is no list of erasures.") from None


def _expect_empty() -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = 'public'")
        if cursor.fetchone()[0]:
            raise BadBackup(
                "The database of DATABASE_OWNER_URL holds tables. Make an empty one (python -m portal.roles) and "
                "name it there: nothing is ever restored over what is there."
            )
    # The programs come with connections of their own.
    connections["owner"].close()


def _withhold_default_rights() -> None:
    """Let the tables come with the rights that the dump tells of, and no more.

    In a prepared schema every new table is open to the application; what migrations took from it later would be given
    back by a restore without a word. The dump makes these defaults again at its end.
    """
    with connections["owner"].cursor() as cursor:
        for kind in ("TABLES", "SEQUENCES", "FUNCTIONS"):
            for role in (APPLICATION, SEQUENCER):
                cursor.execute(
                    sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON {} FROM {}").format(
                        sql.SQL(kind), sql.Identifier(role)
                    )
                )
    connections["owner"].close()


def _restore_keys(folder: Path, erased: list[UUID]) -> None:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for table in KEY_TABLES:
            _load(cursor, table, folder / f"{table}.csv")
        # In the same transaction: nothing ever reads what was erased.
        cursor.execute(
            "UPDATE public.records_patientkey SET state = 'destroyed', wrapped = NULL, destroyed_at = now()"
            " WHERE dossier_id = ANY(%s) AND state <> 'destroyed'",
            [erased],
        )
        cursor.execute(
            "UPDATE public.records_dossier SET closed_at = coalesce(closed_at, now()),"
            " shredded_at = coalesce(shredded_at, now()), ins_digest = NULL WHERE id = ANY(%s)",
            [erased],
        )


def _load(cursor: CursorWrapper, table: str, path: Path) -> None:
    """The rows of one table, without the keys of records that the restored database does not have."""
    with path.open("rb") as file:
        columns = sql.SQL(", ").join(map(sql.Identifier, file.readline().decode().strip().split(",")))
        name, loaded = sql.Identifier("public", table), sql.Identifier(f"loaded_{table}")
        cursor.execute(sql.SQL("CREATE TEMPORARY TABLE {} (LIKE {}) ON COMMIT DROP").format(loaded, name))
        with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT csv)").format(loaded, columns)) as rows:
            while piece := file.read(_PIECE):
                rows.write(piece)
    of_somebody = sql.SQL("WHERE dossier_id IN (SELECT id FROM public.records_dossier)")
    which = of_somebody if table == "records_patientkey" else sql.SQL("")
    cursor.execute(sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} {}").format(name, columns, columns, loaded, which))


def _restore_documents(part: Part) -> int:
    store = storages["documents"]
    if not isinstance(store, FileSystemStorage):
        raise BadBackup(
            f"The documents go into a bucket: copy {part.folder} into it with the tool of its provider, under the "
            "same names, and restore without --documents."
        )
    copied = 0
    for path in files_in(part.folder):
        target = Path(store.location) / path.relative_to(part.folder)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        target.chmod(0o600)
        copied += 1
    return copied
