"""Doors that give a dossier a new key while people read and write.

``begin`` makes the next version, ``reseal_batch`` seals what lies under older ones again, ``finish`` retires them when
nothing is left, ``destroy`` empties them after a time of grace. State is the data themselves: whatever stops between
two of them, or happens twice, the next run goes on. Writers hold a share lock on the dossier's row from the choice of
the key until their commit, and ``finish`` counts under the exclusive one: without both, a row could be written under
a key that is destroyed.

What the log says of a record stays true. An entry of a write names revision, key version and digest; under one
version a revision is sealed once, by its write or by a rotation. So a table whose record has the revision of its last
write, and its version or a newer one that ``key.turning`` tells of, holds what was written: an older sealing put back
shows by its lower version, and no other exists (``records.comparing``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.db import OperationalError, connection
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from audit.actor import Actor, Role, SystemTask
from audit.events import Event
from audit.log import append
from consent.declaring import declare
from records.attempts import Attempt, through
from records.dossiers import Unknown as Unknown
from records.dossiers import unseal_contact, unseal_identity
from records.key_cache import empty_every_cache
from records.models import Dossier, KeyState, PatientKey
from records.patient_keys import NextKeys, WritingKeys, digest_of
from records.sealed_rows import SEALED, count_behind, reseal_rows
from records.vault.cipher import key_version_of

__all__ = ["BATCH", "GRACE", "Busy", "Progress", "Unknown", "begin", "destroy", "finish", "reseal_batch"]

BATCH = 1000
# Longer than any request or task may take and than any process keeps an unwrapped key.
GRACE = timedelta(hours=1)
# Whoever waits for the exclusive lock makes every writer behind them wait too: not for long.
_LOCK_WAIT = "3s"

_log = logging.getLogger("carnet.records")

_Done = TypeVar("_Done")


class Busy(Exception):
    """Somebody has been writing into this dossier for some seconds. Nothing was changed; try again."""

    def __init__(self) -> None:
        super().__init__("Somebody writes into this health record. Nothing was changed: try again.")


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a run got: which table of ``SEALED``, and the last row gone through."""

    table: int = 0
    last: UUID | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """What a batch did; ``after`` is what to give for the next one, ``None`` when the tables are at their end."""

    resealed: int
    unreadable: int
    after: Reached | None


def begin(*, actor: Actor, dossier_id: UUID, version: int | None = None) -> int:
    """Make the next version of a dossier's key: the house, or the patient with a fresh proof.

    With ``version``, only if that one is still in force, so that an order delivered twice turns the key once.

    Returns:
        The version in force from now on.

    Raises:
        Unknown: there is no such dossier for this actor, or it is closed.
        Unreadable: identity or address do not open; nothing has changed.
        Busy: a writer holds the dossier; nothing has changed.
    """
    attempt = Attempt(actor, Event.KEY_TURNING)
    return _unless_busy(lambda: through(attempt, partial(_begin, dossier_id=dossier_id, version=version)))


def reseal_batch(*, actor: Actor, dossier_id: UUID, after: Reached | None = None, limit: int = BATCH) -> Progress:
    """Seal up to ``limit`` rows again under the version in force. The house only; it is told counts.

    Rows that another transaction holds are left to the next run, rows that do not open are left as they are.

    Raises:
        Unknown: there is no such dossier for this actor.
    """
    act = partial(_reseal, dossier_id=dossier_id, after=after or Reached(), limit=limit)
    return through(Attempt(actor, Event.KEY_RESEALED), act)


def finish(*, actor: Actor, dossier_id: UUID) -> int:
    """Retire the older versions if nothing lies under them any more. The house only.

    Returns:
        How many rows still lie under older versions; nothing is retired unless 0.

    Raises:
        Unknown: there is no such dossier for this actor.
        Busy: a writer holds the dossier; nothing has changed.
    """
    attempt = Attempt(actor, Event.KEY_RETIRED)
    return _unless_busy(lambda: through(attempt, partial(_finish, dossier_id=dossier_id)))


def destroy(*, actor: Actor, dossier_id: UUID, grace: timedelta = GRACE) -> int:
    """Empty the versions that were retired longer than ``grace`` ago. The house only.

    Returns:
        How many were destroyed.

    Raises:
        Unknown: there is no such dossier for this actor.
        Busy: a writer holds the dossier; nothing has changed.
    """
    attempt = Attempt(actor, Event.KEY_DESTROYED)
    versions = _unless_busy(lambda: through(attempt, partial(_destroy, dossier_id=dossier_id, grace=grace)))
    if versions:
        empty_every_cache()
    return len(versions)


def _unless_busy(act: Callable[[], _Done]) -> _Done:
    try:
        return act()
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            raise Busy from None
        raise


def _begin(attempt: Attempt, *, dossier_id: UUID, version: int | None) -> int | Exception:
    dossier = _locked(dossier_id)
    if dossier is None or dossier.closed_at is not None:
        return attempt.unknown()
    attempt.ref = dossier.ref
    own = attempt.actor.role is Role.PATIENT and dossier.account_id == attempt.actor.id
    if not (own and attempt.actor.fresh) and not _is_house(attempt.actor):
        return attempt.unknown()
    previous = dossier.active_key_version
    if version is not None and version != previous:
        return previous
    keys = NextKeys(dossier.id)
    _turn_dossier(dossier, keys)
    append(
        Event.KEY_TURNING,
        actor=attempt.actor,
        dossier=dossier.pseudonym,
        digest=digest_of(dossier.sealed_identity, dossier.sealed_contact),
        revision=dossier.identity_revision,
        key_version=keys.version,
        facts={"previous": previous},
    )
    return keys.version


def _turn_dossier(dossier: Dossier, keys: NextKeys) -> None:
    """The new version, and the row of the dossier itself under it, in one statement each."""
    identity = unseal_identity(keys, dossier.identity_revision, dossier.sealed_identity)
    dossier.sealed_identity = keys.seal("identity", dossier.id, dossier.identity_revision, identity.to_bytes())
    if dossier.sealed_contact:
        contact = unseal_contact(keys, dossier.contact_revision, dossier.sealed_contact)
        dossier.sealed_contact = keys.seal("contact", dossier.id, dossier.contact_revision, contact.to_bytes())
    keys.save()
    dossier.active_key_version = keys.version
    dossier.save(update_fields=["active_key_version", "sealed_identity", "sealed_contact"])


def _reseal(attempt: Attempt, *, dossier_id: UUID, after: Reached, limit: int) -> Progress | Exception:
    if not _is_house(attempt.actor):
        return attempt.unknown()
    declare(dossier_id)
    dossier = Dossier.objects.filter(id=dossier_id, closed_at=None).only("id", "pseudonym", "account_id").first()
    if dossier is None:
        return attempt.unknown()
    attempt.ref = dossier.ref
    keys = WritingKeys(dossier_id)
    resealed = unreadable = 0
    place: Reached | None = after
    while place is not None and resealed + unreadable < limit:
        done = reseal_rows(keys, SEALED[place.table], after=place.last, limit=limit - resealed - unreadable)
        resealed, unreadable = resealed + done.resealed, unreadable + done.unreadable
        place = _next(place, done.last)
    if unreadable:
        _log.error(f"{unreadable} sealed rows do not open and keep their old key", extra={"task": "key.resealed"})
    if resealed:
        append(
            Event.KEY_RESEALED,
            actor=attempt.actor,
            dossier=dossier.pseudonym,
            key_version=keys.version,
            facts={"rows": resealed, "left_out": unreadable},
        )
    return Progress(resealed, unreadable, place)


def _next(place: Reached, last: UUID | None) -> Reached | None:
    if last is not None:
        return Reached(place.table, last)
    return Reached(place.table + 1) if place.table + 1 < len(SEALED) else None


def _finish(attempt: Attempt, *, dossier_id: UUID) -> int | Exception:
    dossier = _locked(dossier_id) if _is_house(attempt.actor) else None
    if dossier is None:
        return attempt.unknown()
    attempt.ref = dossier.ref
    left = _left(dossier, dossier.active_key_version)
    if left:
        return left
    former = PatientKey.objects.filter(dossier=dossier, state=KeyState.DECRYPT_ONLY, retired_at=None)
    retired = former.update(retired_at=timezone.now())
    if retired:
        append(
            Event.KEY_RETIRED,
            actor=attempt.actor,
            dossier=dossier.pseudonym,
            key_version=dossier.active_key_version,
            facts={"count": retired},
        )
    return 0


def _destroy(attempt: Attempt, *, dossier_id: UUID, grace: timedelta) -> list[int] | Exception:
    dossier = _locked(dossier_id) if _is_house(attempt.actor) else None
    if dossier is None:
        return attempt.unknown()
    attempt.ref = dossier.ref
    now = timezone.now()
    ripe = PatientKey.objects.filter(dossier=dossier, state=KeyState.DECRYPT_ONLY, retired_at__lte=now - grace)
    destroyed = []
    for key in ripe.order_by("version"):
        if _left(dossier, key.version + 1):
            # Never on the word of a date alone: something came back under this version. It is turned again first.
            _log.error("a retired key is still needed", extra={"task": "key.destroyed"})
            ripe.filter(version__gte=key.version).update(retired_at=None)
            break
        if not _empty(key):
            break
        append(Event.KEY_DESTROYED, actor=attempt.actor, dossier=dossier.pseudonym, key_version=key.version)
        destroyed.append(key.version)
    return destroyed


def _empty(key: PatientKey) -> bool:
    """Destroy one retired version: the database does it, after looking once more whether a record needs it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT public.records_destroy_key(%s, %s)", [key.dossier_id, key.version])
        return bool(cursor.fetchone()[0])


def _left(dossier: Dossier, version: int) -> int:
    """What still lies under versions older than ``version``, the dossier's own row included."""
    own = [bytes(blob) for blob in (dossier.sealed_identity, dossier.sealed_contact) if blob]
    return count_behind(dossier.id, version) + sum(key_version_of(blob) < version for blob in own)


def _locked(dossier_id: UUID) -> Dossier | None:
    declare(dossier_id)
    # Waits for every writer that chose its key before, and keeps the next ones waiting until the commit.
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'")
    return Dossier.objects.select_for_update().filter(id=dossier_id).first()


def _is_house(actor: Actor) -> bool:
    return actor.task is SystemTask.ROTATION
