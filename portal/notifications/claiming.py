"""Take deliveries in hand so that nobody else does, and notice when whoever had one is gone.

A claim is an advisory lock of the database session: PostgreSQL lets go of it the moment a killed
worker's connection ends, so nothing waits for a lease, nor for Redis to hand a message out again.
A pooler between us and PostgreSQL must therefore pool by session.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from random import SystemRandom
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from portal.notifications.kinds import Urgency
from portal.notifications.models import Delivery, DeliveryState

OPEN_STATES = (DeliveryState.WAITING, DeliveryState.SENDING)
# Each may have been received although nobody answered: after two, a third could be the third mail.
MOST_UNCLEAR = 2
# A letter over which this many processes died is not tried on another one.
MOST_CRASHES = 5

# First pause and longest pause between two tries, in seconds.
_PAUSES = {Urgency.EMERGENCY: (5.0, 60.0), Urgency.DEFAULT: (20.0, 3600.0), Urgency.BULK: (60.0, 3600.0)}
# After a process died over a letter: whoever still sends it holds its claim, so nobody need wait an hour to be sure.
_CRASH_PAUSE = (5.0, 60.0)
_random = SystemRandom()

# Read row by row: once there are enough, no further lock is tried.
_TRY_LOCKS = "SELECT key FROM unnest(%s::bigint[]) key WHERE pg_try_advisory_lock(key) LIMIT %s"
_UNLOCK = "SELECT pg_advisory_unlock(key) FROM unnest(%s::bigint[]) key"

# One statement, so one commit: what was sent before is written down with what is taken up next. A try
# that ended without an answer after the message was handed over counts as unclear; a letter that is
# "being sent" although nobody holds it was in the hands of a process that died.
# The commit does not wait for the disk: it survives any death of ours, and the next one that waits
# ("handed", before each message) takes it along. Should the machine of the database lose its power in
# between, a letter already sent counts as unclear and leaves a second time, as it may.
_TAKE = """
WITH lenient AS (SELECT set_config('synchronous_commit', 'off', true)),
sent AS (
    UPDATE notifications_delivery SET state = 'sent', reason = '', handed = false, ended_at = %(now)s
    WHERE id = ANY(%(sent)s)
)
UPDATE notifications_delivery SET
    state = 'sending',
    attempts = attempts + 1,
    unclear = unclear + handed::int,
    crashes = crashes + (state = 'sending')::int,
    handed = false,
    next_try = %(back)s
FROM lenient
WHERE id = ANY(%(taken)s) AND state IN ('waiting', 'sending') AND next_try <= %(now)s
RETURNING id, attempts, unclear, crashes
"""


@contextmanager
def hold(deliveries: Sequence[Delivery], *, most: int) -> Iterator[list[Delivery]]:
    """Hold ``most`` of these deliveries that nobody else holds; of a group, one stands for all of it."""
    by_key: dict[int, Delivery] = {}
    for delivery in deliveries:
        by_key.setdefault(_lock_of(delivery), delivery)
    with connection.cursor() as cursor:
        cursor.execute(_TRY_LOCKS, [list(by_key), most])
        held = {row[0] for row in cursor.fetchall()}
    try:
        yield [delivery for key, delivery in by_key.items() if key in held]
    finally:
        _release(held)


def due(urgency: Urgency, *, now: datetime, limit: int, after: int = 0) -> list[Delivery]:
    """What may leave now, longest due first; ``after`` so many of them."""
    rows = Delivery.objects.filter(urgency=urgency, state__in=OPEN_STATES, next_try__lte=now)
    return list(rows.order_by("next_try", "pk")[after : after + limit])


def units(held: Sequence[Delivery], *, now: datetime) -> list[list[Delivery]]:
    """What of the held is still due, with letters and accounts: one message each, of several letters if grouped."""
    still = Delivery.objects.filter(state__in=OPEN_STATES, next_try__lte=now)
    still = still.select_related("letter", "account", "held")
    alone = still.in_bulk([delivery.pk for delivery in held if not delivery.grouped])
    found = []
    for delivery in held:
        if delivery.grouped:
            found.append(list(_together(still, delivery).order_by("letter__entry_index")))
        elif delivery.pk in alone:
            found.append([alone[delivery.pk]])
    return [unit for unit in found if unit]


def take(unit: Sequence[Delivery], *, sent: Sequence[Delivery] = (), now: datetime) -> list[Delivery]:
    """Mark a unit as being sent, under :func:`hold`, and what was sent before it as sent; what is ours now.

    Written before anything is sent: should this process die, the letter comes back by itself, soon.
    """
    by_id = {delivery.pk: delivery for delivery in unit}
    crashes = max(delivery.crashes for delivery in unit)
    values: dict[str, Any] = {
        "now": now,
        "sent": [delivery.pk for delivery in sent],
        "taken": list(by_id),
        "back": _later(now, _CRASH_PAUSE, crashes),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        rows = cursor.fetchall()
    for pk, attempts, unclear, crashed in rows:
        one = by_id[pk]
        one.state, one.attempts, one.unclear, one.crashes = DeliveryState.SENDING, attempts, unclear, crashed
    taken = {row[0] for row in rows}
    return [delivery for delivery in unit if delivery.pk in taken]


def next_try(attempts: int, urgency: Urgency, now: datetime) -> datetime:
    """When to try again after so many attempts: doubling, bounded, and not all at the same moment."""
    return _later(now, _PAUSES[urgency], attempts - 1)


def _later(now: datetime, pause: tuple[float, float], doublings: int) -> datetime:
    first, longest = pause
    return now + timedelta(seconds=min(first * 2 ** min(doublings, 16), longest) * _random.uniform(0.5, 1.0))


def _together(rows: QuerySet[Delivery], delivery: Delivery) -> QuerySet[Delivery]:
    return rows.filter(grouped=True, account_id=delivery.account_id, channel=delivery.channel, urgency=delivery.urgency)


def _lock_of(delivery: Delivery) -> int:
    name = f"{delivery.account_id}:{delivery.channel}:{delivery.urgency}" if delivery.grouped else str(delivery.pk)
    return int.from_bytes(sha256(f"notifications.delivery:{name}".encode()).digest()[:8], "big", signed=True)


def _release(keys: set[int]) -> None:
    if not keys or connection.connection is None or connection.connection.closed:
        return
    with connection.cursor() as cursor:
        cursor.execute(_UNLOCK, [list(keys)])
