"""Door that wraps keys again under the current key-encryption key. What they seal is not touched.

Each key is unwrapped from its new form and checked before the batch commits: a keyring that answers wrongly must
not cost a patient their record. The old key-encryption key may go only when no row names it, and no backup that
somebody may still want to restore.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from psycopg import Cursor, sql

from audit.actor import Actor, SystemTask
from audit.events import Event
from audit.log import append
from consent.declaring import declare, over_every_dossier
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
    with over_every_dossier():
        batch = dict(behind.order_by("id").values_list("id", "dossier_id")[:limit])
    declare(*batch.values())
    patients = _again(ring, _locked(behind.filter(id__in=batch), "dossier_id"), lambda owner: owner)
    _write(PatientKey, patients)
    rest = HouseKey.objects.exclude(kek_id=ring.current_kek_id()).exclude(wrapped=None)
    house = _again(ring, _locked(rest, "purpose"), owner_of)
    _write(HouseKey, house)
    for kind, rows in (("patient", len(patients)), ("house", len(house))):
        if rows:
            append(Event.KEYS_REWRAPPED, actor=attempt.actor, facts={"key_kind": kind, "count": rows})
    return len(patients) + len(house)


def _locked(rows: QuerySet[Any], owner: str) -> QuerySet[Any, tuple[Any, ...]]:
    found = rows.order_by("id").select_for_update(skip_locked=True)
    return found.values_list("id", owner, "version", "kek_id", "wrapped", "check_value")


def _write(model: type[PatientKey] | type[HouseKey], rows: Sequence[tuple[Any, Wrapped]]) -> None:
    """All of them in one statement, which names no row twice."""
    query = sql.SQL(
        "UPDATE {} AS kept SET kek_id = again.kek_id, wrapped = again.wrapped"
        " FROM unnest(%b::uuid[], %b::text[], %b::bytea[]) AS again (id, kek_id, wrapped) WHERE kept.id = again.id"
    ).format(sql.Identifier("public", model._meta.db_table))
    columns = ([row for row, _ in rows], [again.kek_id for _, again in rows], [again.blob for _, again in rows])
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:
        cursor.execute(query, columns)


def _again(
    ring: Keyring, rows: Iterable[tuple[Any, ...]], owner_of_row: Callable[[Any], UUID]
) -> list[tuple[Any, Wrapped]]:
    """The rows' identifiers and their keys wrapped again, each unwrapped from its new form and checked."""
    found = []
    for row, owner, version, kek, wrapped, check in rows:
        context = WrapContext(owner_of_row(owner), version)
        again = ring.rewrap(Wrapped(kek, bytes(wrapped)), context)
        expected = check_value(ring.unwrap(again, context), context.owner, version)
        if not hmac.compare_digest(expected, bytes(check)):
            raise Unreadable(Flaw.WRONG_KEY)
        found.append((row, again))
    return found
