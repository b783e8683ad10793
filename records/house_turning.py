"""Doors that give a purpose of the house a new key: what belongs to no patient turns too.

As for patients: a new version, rows sealed again in batches, the former one destroyed after a time of grace when
nothing lies under it. Here the writers take no lock: whoever chose the former key writes within seconds or not at all
(the database ends what idles for two minutes), the grace is an hour, and everything is counted once more at its end.

The key of the look-ups does not turn: each digest would have to be made again from what it was made of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import connection
from django.utils import timezone
from psycopg import sql

from audit.actor import Actor, SystemTask
from audit.events import Event
from audit.log import append
from records.attempts import Attempt, through
from records.dossiers import Unknown as Unknown
from records.house import PURPOSES, open_for_house, owner_of, seal_for_house
from records.key_cache import empty_every_cache
from records.models import HouseKey, KeyState
from records.rotation import GRACE
from records.unlocking import make_key

__all__ = ["TURNING", "HouseColumn", "Unknown", "begin_house", "destroy_house", "reseal_house"]

TURNING = PURPOSES - {"lookup"}
_AT_ONCE = 500
# The version stands in the sealed bytes themselves, after their format.
_VERSION = sql.SQL(
    "(get_byte({0}, 1)::bigint << 24 | get_byte({0}, 2) << 16 | get_byte({0}, 3) << 8 | get_byte({0}, 4))"
)


def _itself(owner: UUID) -> UUID:
    return owner


@dataclass(frozen=True, slots=True)
class HouseColumn:
    """Where rows sealed for the house lie: ``owner`` names the column of whose they are, as ``place`` has it."""

    table: str
    column: str
    purpose: str
    owner: str
    place: Callable[[UUID], UUID] = _itself


def begin_house(*, actor: Actor, purpose: str, version: int | None = None) -> int:
    """Make the next version of a purpose's key. The house only.

    With ``version``, only if that one is in force, so that an order delivered twice turns the key once.

    Returns:
        The version in force; 0 when this purpose never had a key.

    Raises:
        Unknown: this actor may not.
        ValueError: the purpose is not in :data:`TURNING`.
    """
    if purpose not in TURNING:
        raise ValueError(f"purpose={purpose!r}: expected one of {sorted(TURNING)}")
    return through(Attempt(actor, Event.HOUSE_KEY_TURNING), partial(_begin, purpose=purpose, version=version))


def reseal_house(*, actor: Actor, columns: Sequence[HouseColumn], limit: int = _AT_ONCE) -> int:
    """Seal up to ``limit`` rows of each column again under the version in force; how many. The house only.

    Raises:
        Unknown: this actor may not.
        Unreadable: a row does not open; nothing of the batch is written.
    """
    return through(Attempt(actor, Event.HOUSE_KEY_RESEALED), partial(_reseal, columns=columns, limit=limit))


def destroy_house(*, actor: Actor, columns: Sequence[HouseColumn], grace: timedelta = GRACE) -> int:
    """Retire former versions that nothing lies under, and destroy those retired longer than ``grace`` ago; how many.

    ``columns`` are all there are: what is not among them would lose its key. The house only.

    Raises:
        Unknown: this actor may not.
    """
    gone = through(Attempt(actor, Event.HOUSE_KEY_DESTROYED), partial(_destroy, columns=columns, grace=grace))
    if gone:
        empty_every_cache()
    return gone


def _begin(attempt: Attempt, *, purpose: str, version: int | None) -> int | Exception:
    if not _is_house(attempt.actor):
        return attempt.unknown()
    active = HouseKey.objects.select_for_update().filter(purpose=purpose, state=KeyState.ACTIVE).first()
    if active is None or version not in {None, active.version}:
        return active.version if active else 0
    new = make_key(owner_of(purpose), active.version + 1)
    HouseKey.objects.filter(id=active.id).update(state=KeyState.DECRYPT_ONLY)
    HouseKey.objects.create(
        purpose=purpose,
        version=active.version + 1,
        kek_id=new.kek_id,
        wrapped=new.wrapped,
        check_value=new.check_value,
    )
    facts: dict[str, str | int | UUID] = {"purpose_key": purpose, "previous": active.version}
    append(Event.HOUSE_KEY_TURNING, actor=attempt.actor, key_version=active.version + 1, facts=facts)
    return active.version + 1


def _reseal(attempt: Attempt, *, columns: Sequence[HouseColumn], limit: int) -> int | Exception:
    if not _is_house(attempt.actor):
        return attempt.unknown()
    total = 0
    active = dict(HouseKey.objects.filter(state=KeyState.ACTIVE).values_list("purpose", "version"))
    for column in columns:
        done = _reseal_column(column, active.get(column.purpose, 0), limit)
        if done:
            facts: dict[str, str | int | UUID] = {"purpose_key": column.purpose, "rows": done}
            append(Event.HOUSE_KEY_RESEALED, actor=attempt.actor, key_version=active[column.purpose], facts=facts)
        total += done
    return total


def _reseal_column(column: HouseColumn, version: int, limit: int) -> int:
    table, blob = sql.Identifier("public", column.table), sql.Identifier(column.column)
    select = sql.SQL(
        "SELECT ctid::text, {owner}, {blob} FROM {table} WHERE length({blob}) > 4 AND {version} < %s"
        " LIMIT %s FOR UPDATE SKIP LOCKED"
    ).format(owner=sql.Identifier(column.owner), blob=blob, table=table, version=_VERSION.format(blob))
    update = sql.SQL("UPDATE {table} SET {blob} = %s WHERE ctid = %s::tid").format(table=table, blob=blob)
    with connection.cursor() as cursor:
        cursor.execute(select, [version, limit])
        rows = cursor.fetchall()
        for place, owner, sealed in rows:
            whose = column.place(owner)
            plain = open_for_house(column.purpose, whose, bytes(sealed))
            # The row is locked: its place in the table stays its own until this statement moves it.
            cursor.execute(update, [seal_for_house(column.purpose, whose, plain), place])
    return len(rows)


def _destroy(attempt: Attempt, *, columns: Sequence[HouseColumn], grace: timedelta) -> int | Exception:
    if not _is_house(attempt.actor):
        return attempt.unknown()
    now, gone = timezone.now(), 0
    former = HouseKey.objects.select_for_update().filter(state=KeyState.DECRYPT_ONLY, purpose__in=TURNING)
    for key in former.order_by("purpose", "version"):
        needed = sum(_count(column, key.version + 1) for column in columns if column.purpose == key.purpose)
        if needed:
            HouseKey.objects.filter(id=key.id).update(retired_at=None)
        elif key.retired_at is None:
            HouseKey.objects.filter(id=key.id).update(retired_at=now)
        if needed or (key.retired_at or now) > now - grace:
            continue
        HouseKey.objects.filter(id=key.id).update(state=KeyState.DESTROYED, wrapped=None, destroyed_at=now)
        facts = {"purpose_key": key.purpose}
        append(Event.HOUSE_KEY_DESTROYED, actor=attempt.actor, key_version=key.version, facts=facts)
        gone += 1
    return gone


def _count(column: HouseColumn, version: int) -> int:
    blob = sql.Identifier(column.column)
    query = sql.SQL("SELECT count(*) FROM {} WHERE length({}) > 4 AND {} < %s").format(
        sql.Identifier("public", column.table), blob, _VERSION.format(blob)
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [version])
        return int(cursor.fetchone()[0])


def _is_house(actor: Actor) -> bool:
    return actor.task is SystemTask.ROTATION
