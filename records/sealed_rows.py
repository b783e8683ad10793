"""Every table with bytes sealed under patients' keys, and sealing a batch of its rows again.

A new table of that kind is added to :data:`SEALED`, else a rotation would destroy the key that its rows need: a
test compares the list with the models. Identity and address lie in the dossier's own row, which a rotation seals
again when it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from psycopg import Cursor, sql

from consent.declaring import declared
from records.patient_keys import WritingKeys, digest_of
from records.vault.cipher import Unreadable

# No row has it: random identifiers carry their version.
_BEFORE_ALL = UUID(int=0)


@dataclass(frozen=True, slots=True)
class SealedTable:
    """Where sealed rows of patients lie.

    ``parts`` are kind and column of each sealed column. ``category`` and ``revision`` name columns; without them
    the category is empty and the revision 1. ``digest`` names the column that keeps SHA-256 of the sealed bytes,
    ``gone`` the one that is set when nothing sealed is left in the row.
    ``at_once`` is how many of its rows a process may hold in memory.
    """

    name: str
    dossier: str
    parts: tuple[tuple[str, str], ...]
    category: str = ""
    revision: str = ""
    digest: str = ""
    gone: str = ""
    at_once: int = 1000


SEALED = (
    SealedTable(
        "records_record",
        "dossier_id",
        (("header", "header"), ("record", "body")),
        category="category",
        revision="revision",
    ),
    SealedTable("consent_emergency", "dossier", (("reason", "sealed_reason"),), digest="digest"),
    SealedTable("records_copypart", "dossier_id", (("copy", "sealed"),), revision="number", at_once=16),
    SealedTable("records_paperrequest", "dossier_id", (("reason", "sealed_words"),)),
    SealedTable("records_correction", "dossier_id", (("reason", "sealed_words"), ("answer", "sealed_answer"))),
    SealedTable(
        "records_formerversion",
        "dossier_id",
        (("header", "header"), ("record", "body")),
        category="category",
        revision="revision",
    ),
    SealedTable("oversight_case", "dossier", (("reason", "sealed_words"),)),
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one batch did: rows ``resealed`` and rows ``unreadable``, which keep their key from being destroyed.

    ``last`` is the identifier up to which the table was gone through, ``None`` at its end.
    """

    resealed: int
    unreadable: int
    last: UUID | None


# Their bytes lie in the store: they are sealed again one by one, outside of any transaction (``records.resealing``).
STORED = SealedTable("records_document", "dossier_id", (("header", "label"),), category="category", gone="removed_at")


def count_behind(dossier_id: UUID, version: int) -> int:
    """How many rows of a dossier are sealed under a version older than ``version``."""
    counts = sql.SQL(" + ").join(
        sql.SQL("(SELECT count(*) FROM {} AS kept WHERE {} = %(dossier)s AND key_version < %(version)s{})").format(
            sql.Identifier(table.name), sql.Identifier(table.dossier), _still_there(table)
        )
        for table in (*SEALED, STORED)
    )
    with declared(dossier_id), connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {}").format(counts), {"dossier": dossier_id, "version": version})
        return int(cursor.fetchone()[0])


def count_all() -> int:
    """About how many rows are sealed under patients' keys, as the statistics of the database have it."""
    names = [table.name for table in (*SEALED, STORED)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_catalog.pg_class"
            " WHERE relkind = 'r' AND relname = ANY(%s)",
            [names],
        )
        return int(cursor.fetchone()[0])


def count_all_behind() -> int:
    """How many rows of all dossiers are sealed under another version than the one in force."""
    counts = sql.SQL(" + ").join(
        sql.SQL(
            "(SELECT count(*) FROM {table} AS kept JOIN records_dossier AS dossier ON dossier.id = kept.{dossier}"
            " WHERE kept.key_version < dossier.active_key_version AND dossier.closed_at IS NULL{there})"
        ).format(table=sql.Identifier(table.name), dossier=sql.Identifier(table.dossier), there=_still_there(table))
        for table in (*SEALED, STORED)
    )
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {}").format(counts))
        return int(cursor.fetchone()[0])


def _still_there(table: SealedTable) -> sql.Composable:
    return sql.SQL(" AND kept.{} IS NULL").format(sql.Identifier(table.gone)) if table.gone else sql.SQL("")


def reseal_rows(keys: WritingKeys, table: SealedTable, *, after: UUID | None = None, limit: int = 1000) -> Batch:
    """Seal the next rows of a table under the version in force; rows that somebody else holds are left to the next run.

    ``keys`` hold the share lock on the dossier, so that the version stays the active one until the commit.
    """
    limit = min(limit, table.at_once)
    rows = _behind(keys, table, after or _BEFORE_ALL, limit)
    ready = [again for row in rows if (again := _sealed_again(keys, table, row)) is not None]
    if ready:
        _write(keys, table, ready)
    return Batch(len(ready), len(rows) - len(ready), rows[-1][0] if len(rows) == limit else None)


_Row = tuple[UUID, int, str, tuple[bytes, ...]]


def _behind(keys: WritingKeys, table: SealedTable, after: UUID, limit: int) -> list[_Row]:
    query = sql.SQL(
        "SELECT id, {revision}, {category}, {columns} FROM {table}"
        " WHERE {dossier} = %b AND key_version < %b AND id > %b ORDER BY id LIMIT %b FOR UPDATE SKIP LOCKED"
    ).format(
        revision=sql.Identifier(table.revision) if table.revision else sql.SQL("1::bigint"),
        category=sql.Identifier(table.category) if table.category else sql.SQL("''"),
        columns=_columns(table),
        table=sql.Identifier(table.name),
        dossier=sql.Identifier(table.dossier),
    )
    with _cursor() as cursor:
        cursor.execute(query, [keys.dossier_id, keys.version, after, limit], binary=True)
        return [(row[0], row[1], row[2], row[3:]) for row in cursor.fetchall()]


def _sealed_again(keys: WritingKeys, table: SealedTable, row: _Row) -> _Row | None:
    """The row under the version in force; nothing when it does not open, since nothing may be lost by a rotation."""
    object_id, revision, category, blobs = row
    sealed = []
    try:
        for (kind, _column), blob in zip(table.parts, blobs, strict=True):
            # It was padded when it was first sealed, and padding what is padded changes nothing.
            plain = keys.open_(kind, object_id, revision, blob, category=category)
            sealed.append(keys.seal(kind, object_id, revision, plain, category=category))
    except Unreadable:
        return None
    return object_id, revision, category, tuple(sealed)


def _write(keys: WritingKeys, table: SealedTable, rows: list[_Row]) -> None:
    columns = [column for _kind, column in table.parts]
    values = [[row[3][position] for row in rows] for position in range(len(columns))]
    if table.digest:
        columns.append(table.digest)
        values.append([digest_of(*row[3]) for row in rows])
    query = sql.SQL(
        "UPDATE {table} AS kept SET key_version = %b, {assignments}"
        " FROM unnest(%b::uuid[], %b::bigint[], {arrays}) AS again (id, revision, {columns})"
        " WHERE kept.id = again.id AND {revision} = again.revision AND kept.key_version < %b"
    ).format(
        table=sql.Identifier(table.name),
        assignments=sql.SQL(", ").join(sql.SQL("{0} = again.{0}").format(sql.Identifier(column)) for column in columns),
        arrays=sql.SQL(", ").join(sql.SQL("%b::bytea[]") for _column in columns),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        revision=sql.Identifier("kept", table.revision) if table.revision else sql.SQL("1::bigint"),
    )
    parameters = [keys.version, [row[0] for row in rows], [row[1] for row in rows], *values, keys.version]
    with _cursor() as cursor:
        cursor.execute(query, parameters)
        if cursor.rowcount != len(rows):
            # They are locked: this is a mistake of ours, and the transaction goes back as a whole.
            raise RuntimeError(f"{table.name}: {cursor.rowcount} rows written, expected {len(rows)}")


def _columns(table: SealedTable) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for _kind, column in table.parts)


def _cursor() -> Cursor:
    # Django's own cursor puts parameters into the text of the statement: bytes would travel in hexadecimal.
    connection.ensure_connection()
    return Cursor(connection.connection)
