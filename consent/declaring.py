"""Which dossiers a transaction is about: what the policies of the database let through, and nothing else.

PostgreSQL refuses every row of a dossier that the transaction has not declared (row-level security, forced: the
migrations of ``portal.wall``). The doors decide; this is the wall behind them: a forgotten ``WHERE`` finds no
rows. What is declared ends with the transaction, so that a pooled connection never carries it to the next person.

    with transaction.atomic(durable=True):
        declare(dossier_id)                        # its rows can be read and written
        find(Lookup.RECORD, record_id)             # only an id is known: whose it is, declared in the same step
        with over_every_dossier(): ...             # work of the house: rows can be read, none written
    with declared(dossier_id): ...                 # the same for a plain function that may stand alone
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import Atomic, TransactionManagementError
from psycopg import Connection, errors, pq

__all__ = ["Lookup", "declare", "declared", "find", "is_declared", "over_every_dossier"]

# The settings that the policies read; both end with the transaction.
_DOSSIERS = "carnet.dossiers"
_EVERY = "carnet.every"

# Appended, not replaced: what was declared inside a savepoint that was released still stands.
_APPEND = f"set_config('{_DOSSIERS}', concat_ws(',', nullif(current_setting('{_DOSSIERS}', true), ''), {{}}), true)"
_ALL_FOUND = "string_agg(found::text, ',')"
_DECLARE = f"SELECT {_APPEND.format('%s::text')}"
_FIND = (
    f"SELECT array_agg(found), {_APPEND.format(_ALL_FOUND)}"  # noqa: S608 - names of ours  # nosec B608
    " FROM public.carnet_find_dossiers(%s, %s::uuid[], %s::bytea[]) AS found"
)


class Lookup(StrEnum):
    """By what a dossier can be found before it is declared: the closed list of ``carnet_find_dossiers``."""

    INS = "ins"
    ACCOUNT = "account"
    PSEUDONYM = "pseudonym"
    RECORD = "record"
    DOCUMENT = "document"
    COPY = "copy"
    PAPER = "paper"
    EMERGENCY = "emergency"
    REPRESENTED = "represented"
    CARED_FOR = "cared_for"
    CARE_CODE = "care_code"
    CASE = "case"
    QUESTIONED = "questioned"


class _Standing:
    """What was declared in each open block of one connection; a block that is over is forgotten with it."""

    def __init__(self) -> None:
        self.blocks: list[tuple[Atomic, set[UUID]]] = []
        self.over_every = 0

    def known(self, database: BaseDatabaseWrapper) -> set[UUID]:
        # Compared by identity, and held here, so that no later block can be taken for one that is over.
        self.blocks = [each for each in self.blocks if any(each[0] is block for block in database.atomic_blocks)]
        return set().union(*(ids for _, ids in self.blocks))


_standing: WeakKeyDictionary[BaseDatabaseWrapper, _Standing] = WeakKeyDictionary()


def declare(*dossiers: UUID) -> None:
    """Let the open transaction reach the rows of these dossiers, besides those it declared before.

    Costs no round trip of its own where it is the first word of the transaction: it travels with ``BEGIN``.

    Raises:
        TransactionManagementError: no transaction is open; what is declared then would end at once.
    """
    database = _in_transaction()
    standing = _standing.setdefault(database, _Standing())
    begun = _has_begun(database)
    if not begun:
        # Nothing was said in this transaction: whatever is noted belongs to an earlier one.
        standing.blocks = []
    new = set(dossiers) - standing.known(database)
    if new:
        _tell(database, ",".join(sorted(str(UUID(bytes=each.bytes)) for each in new)), begun=begun)
    # Be it none at all: that is said, too.
    _note(database, standing, new)


def find(by: Lookup, *keys: UUID | bytes) -> list[UUID]:
    """The dossiers that these keys lead to, declared in the same step: identifiers only, never a row.

    A keyed digest is given as bytes, anything else as an identifier.

    Raises:
        TransactionManagementError: no transaction is open.
    """
    database = _in_transaction()
    standing = _standing.setdefault(database, _Standing())
    if not _has_begun(database):
        standing.blocks = []
    ids = [key for key in keys if isinstance(key, UUID)]
    digests = [bytes(key) for key in keys if not isinstance(key, UUID)]
    with database.cursor() as cursor:
        cursor.execute(_FIND, [by.value, ids, digests])
        found: list[UUID] = cursor.fetchone()[0] or []
    _note(database, standing, set(found))
    return found


@contextmanager
def declared(*dossiers: UUID) -> Iterator[None]:
    """The open transaction, or one of its own, about these dossiers: for plain functions that also stand alone."""
    with nullcontext() if connections[DEFAULT_DB_ALIAS].in_atomic_block else transaction.atomic():
        if dossiers:
            declare(*dossiers)
        yield


def is_declared() -> bool:
    """Whether the open transaction said what it is about, be it nothing that was found: asked by the tests."""
    database = connections[DEFAULT_DB_ALIAS]
    standing = _standing.get(database)
    if standing is None:
        return False
    standing.known(database)
    return bool(standing.over_every or standing.blocks)


@contextmanager
def over_every_dossier() -> Iterator[None]:
    """Read across all dossiers: work of the house alone. Nothing can be written that was not declared by name.

    Who may call it is a closed list (``tests/records/test_wall.py``).
    """
    with declared():
        database = connections[DEFAULT_DB_ALIAS]
        standing = _standing.setdefault(database, _Standing())
        _say_every(database, "on")
        standing.over_every += 1
        try:
            yield
        finally:
            standing.over_every -= 1
            # In a transaction that is broken nothing can be said any more: it goes back, and the setting with it.
            if not standing.over_every and not _is_broken(database):
                _say_every(database, "")


def _say_every(database: BaseDatabaseWrapper, value: str) -> None:
    with database.cursor() as cursor:
        cursor.execute(f"SELECT set_config('{_EVERY}', %s, true)", [value])


def _is_broken(database: BaseDatabaseWrapper) -> bool:
    status: pq.TransactionStatus = database.connection.info.transaction_status
    return status != pq.TransactionStatus.INTRANS


def _in_transaction() -> BaseDatabaseWrapper:
    database = connections[DEFAULT_DB_ALIAS]
    if not database.in_atomic_block:
        raise TransactionManagementError("a dossier is declared inside a transaction: open transaction.atomic() first")
    return database


def _has_begun(database: BaseDatabaseWrapper) -> bool:
    database.ensure_connection()
    status: pq.TransactionStatus = database.connection.info.transaction_status
    return status != pq.TransactionStatus.IDLE


def _tell(database: BaseDatabaseWrapper, ids: str, *, begun: bool) -> None:
    if begun:
        with database.wrap_database_errors:
            database.connection.execute(_DECLARE, [ids])
    else:
        _begin_with(database, f"SELECT set_config('{_DOSSIERS}', '{ids}', true)")


def _begin_with(database: BaseDatabaseWrapper, statement: str) -> None:
    """Begin the transaction and say ``statement`` in one message; psycopg would send ``BEGIN`` by itself and wait."""
    raw: Connection = database.connection
    with database.wrap_database_errors, raw.lock:
        result = raw.pgconn.exec_(f"BEGIN; {statement}".encode())
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise errors.error_from_result(result)


def _note(database: BaseDatabaseWrapper, standing: _Standing, new: set[UUID]) -> None:
    """Keep it with the innermost block that can be rolled back alone: a savepoint, or the whole transaction."""
    # The first block is the transaction and has no savepoint of its own.
    points: list[str | None] = ["", *database.savepoint_ids]
    block = next(
        block for block, point in reversed(list(zip(database.atomic_blocks, points, strict=True))) if point is not None
    )
    for known, ids in standing.blocks:
        if known is block:
            ids.update(new)
            return
    standing.blocks.append((block, set(new)))
