"""Take a delivery in hand so that nobody else does, and notice when whoever had it is gone.

A claim is an advisory lock of the database session: PostgreSQL lets go of it the moment a killed
worker's connection ends, so nothing waits for a lease, nor for Redis to hand a message out again.
A pooler between us and PostgreSQL must therefore pool by session.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import sha256
from random import SystemRandom

from django.db import connection
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.db.models.functions import Cast

from portal.notifications.kinds import Urgency
from portal.notifications.models import Delivery, DeliveryState

OPEN_STATES = (DeliveryState.WAITING, DeliveryState.SENDING)
# Each may have been received although nobody answered: after two, a third could be the third mail.
MOST_UNCLEAR = 2
# A letter over which this many processes died is not tried on another one.
MOST_CRASHES = 5

# First pause and longest pause between two tries, in seconds.
_PAUSES = {Urgency.EMERGENCY: (5.0, 60.0), Urgency.DEFAULT: (20.0, 3600.0), Urgency.BULK: (60.0, 3600.0)}
_random = SystemRandom()


@contextmanager
def hold(delivery: Delivery) -> Iterator[bool]:
    """Hold the claim on a delivery (on all of its person's and way's, if grouped) unless somebody else does."""
    key = _lock_of(delivery)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            _release(key)


def take(delivery: Delivery, *, now: datetime) -> list[Delivery]:
    """Mark as being sent what is due now, under :func:`hold`; several letters if grouped, none if it is done.

    A try that ended without an answer after the message was handed over counts as unclear. Written
    before anything is sent, the next try is there even if this process dies.
    """
    due = _together(delivery).filter(state__in=OPEN_STATES, next_try__lte=now)
    ids = list(due.values_list("pk", flat=True))
    if not ids:
        return []
    mine = Delivery.objects.filter(pk__in=ids)
    mine.update(
        state=DeliveryState.SENDING,
        attempts=F("attempts") + 1,
        unclear=F("unclear") + Cast("handed", IntegerField()),
        # Nobody holds it, and yet it is being sent: whoever did is gone.
        crashes=F("crashes") + Case(When(state=DeliveryState.SENDING, then=1), default=0),
        handed=Value(False),
        next_try=next_try(delivery.attempts + 1, Urgency(delivery.urgency), now),
    )
    return list(mine.select_related("letter", "account").order_by("letter__entry_index"))


def due(urgency: Urgency, *, now: datetime, limit: int) -> list[Delivery]:
    """What may leave now, longest due first."""
    rows = Delivery.objects.filter(urgency=urgency, state__in=OPEN_STATES, next_try__lte=now)
    return list(rows.order_by("next_try")[:limit])


def next_try(attempts: int, urgency: Urgency, now: datetime) -> datetime:
    """When to try again after so many attempts: doubling, bounded, and not all at the same moment."""
    first, longest = _PAUSES[urgency]
    pause = min(first * 2 ** min(attempts - 1, 16), longest)
    return now + timedelta(seconds=pause * _random.uniform(0.5, 1.0))


def _together(delivery: Delivery) -> QuerySet[Delivery]:
    if not delivery.grouped:
        return Delivery.objects.filter(pk=delivery.pk)
    return Delivery.objects.filter(
        grouped=True, account_id=delivery.account_id, channel=delivery.channel, urgency=delivery.urgency
    )


def _lock_of(delivery: Delivery) -> int:
    name = f"{delivery.account_id}:{delivery.channel}:{delivery.urgency}" if delivery.grouped else str(delivery.pk)
    return int.from_bytes(sha256(f"notifications.delivery:{name}".encode()).digest()[:8], "big", signed=True)


def _release(key: int) -> None:
    if connection.connection is None or connection.connection.closed:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
