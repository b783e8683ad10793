"""Door that wraps keys again under the current key-encryption key. What they seal is not touched.

Each key is unwrapped from its new form and checked before the batch commits: a keyring that answers wrongly must
not cost a patient their record. The old key-encryption key may go only when no row names it, and no backup that
somebody may still want to restore.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import connection
from psycopg import Cursor, sql

from audit.actor import Actor, SystemTask
from audit.events import Event
from audit.log import append
from records.attempts import Attempt, through
from records.dossiers import Unknown as Unknown
from records.house import owner_of
from records.models import HouseKey, PatientKey
from records.unlocking import keyring
from records.vault.cipher import Flaw, Unreadable
from records.vault.envelope import check_value
from records.vault.keyring import Keyring, WrapContext, Wrapped

__all__ = ["BATCH", "Unknown", "rewrap_batch"]

BATCH = 1000

_Row = TypeVar("_Row", PatientKey, HouseKey)


def rewrap_batch(*, actor: Actor, limit: int = BATCH) -> int:
    """Wrap up to ``limit`` patient keys, and every house key, under the current key-encryption key. The house only.

    Rows that another transaction holds are left to the next batch.

    Returns:
        How many were wrapped again; 0 when nothing is left, or all that is left is held.

    Raises:
        Unknown: this actor may not.
        Unreadable: a key does not unwrap, or not to what it was; nothing of the batch is written.
        KeyringRefused: the keyring cannot be used.
    """
    return through(Attempt(actor, Event.KEYS_REWRAPPED), partial(_rewrap, limit=limit))


def _rewrap(attempt: Attempt, *, limit: int) -> int | Exception:
    if attempt.actor.task is not SystemTask.ROTATION:
        return attempt.unknown()
    ring = keyring()
    behind = PatientKey.objects.exclude(kek_id=ring.current_kek_id()).exclude(wrapped=None)
    patients = list(behind.order_by("id").select_for_update(skip_locked=True)[:limit])
    _rewrap_rows(ring, ((row.dossier_id, row) for row in patients))
    _write(PatientKey, patients)
    rest = HouseKey.objects.exclude(kek_id=ring.current_kek_id()).exclude(wrapped=None)
    house = list(rest.order_by("id").select_for_update(skip_locked=True))
    _rewrap_rows(ring, ((owner_of(row.purpose), row) for row in house))
    _write(HouseKey, house)
    for kind, rows in (("patient", len(patients)), ("house", len(house))):
        if rows:
            append(Event.KEYS_REWRAPPED, actor=attempt.actor, facts={"key_kind": kind, "count": rows})
    return len(patients) + len(house)


def _write(model: type[PatientKey] | type[HouseKey], rows: Sequence[PatientKey | HouseKey]) -> None:
    """All of them in one statement, which names no row twice."""
    query = sql.SQL(
        "UPDATE {} AS kept SET kek_id = again.kek_id, wrapped = again.wrapped"
        " FROM unnest(%b::uuid[], %b::text[], %b::bytea[]) AS again (id, kek_id, wrapped) WHERE kept.id = again.id"
    ).format(sql.Identifier("public", model._meta.db_table))
    columns = ([row.id for row in rows], [row.kek_id for row in rows], [bytes(row.wrapped or b"") for row in rows])
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:
        cursor.execute(query, columns)


def _rewrap_rows(ring: Keyring, rows: Iterable[tuple[UUID, _Row]]) -> None:
    for owner, row in rows:
        context = WrapContext(owner, row.version)
        again = ring.rewrap(Wrapped(row.kek_id, bytes(row.wrapped or b"")), context)
        if not hmac.compare_digest(
            check_value(ring.unwrap(again, context), owner, row.version), bytes(row.check_value)
        ):
            raise Unreadable(Flaw.WRONG_KEY)
        row.kek_id, row.wrapped = again.kek_id, again.blob
