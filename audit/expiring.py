"""Letting go of what is no longer kept: a month at a time, with an entry that says so.

Runs in the sequencer, once an hour, and by ``manage.py expire_log``. The database decides what may go
(``audit_expire``); here is counted and written down what went.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.db import transaction
from psycopg import Cursor

from audit import log
from audit.actor import Actor, SystemTask
from audit.events import Event
from audit.numbering import NUMBERING, numbering
from audit.retention import FIRST_LINK, TECHNICAL, Expiry, Kind, expires_at, link, next_month

_MONTHS = """
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'public.audit_entry'::regclass AND c.relname ~ '^audit_entry_[0-9]{4}_[0-9]{2}$' ORDER BY c.relname
"""
_ANY = """
SELECT EXISTS (SELECT FROM public.audit_entry
    WHERE at >= %s AND at < %s AND event <> 'log.expired' AND (%s OR event = ANY (%s)))
"""
# What is gone already, and what goes now.
_GONE = """
SELECT l.hash FROM public.audit_leaf l LEFT JOIN public.audit_entry e ON e.at = l.entry_at AND e.id = l.entry_id
WHERE l.entry_at >= %s AND l.entry_at < %s
    AND (e.id IS NULL OR (e.event <> 'log.expired' AND (%s OR e.event = ANY (%s))))
ORDER BY l.idx
"""
_EXPIRE = "SELECT public.audit_expire(%s, %s)"
_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Due:
    """A month of which something is no longer kept."""

    month: date
    kind: Kind


def months_due(now: datetime | None = None) -> list[Due]:
    """What is to be let go of, oldest month first."""
    now = now or datetime.now(UTC)
    with transaction.atomic(using=NUMBERING), numbering().cursor() as cursor:
        cursor.execute(_MONTHS)
        months = [datetime.strptime(name[-7:], "%Y_%m").date() for (name,) in cursor.fetchall()]
        due = []
        for month in months:
            kinds = [kind for kind in (Kind.ALL, Kind.TECHNICAL) if expires_at(month, kind) <= now]
            for kind in kinds[:1]:
                cursor.execute(_ANY, [*_bounds(month), kind is Kind.ALL, sorted(TECHNICAL)])
                row = cursor.fetchone()
                if row and row[0]:
                    due.append(Due(month, kind))
    return due


def expire_month(due: Due) -> int:
    """Let go of what expired of one month, and remember it in the same transaction; return how many entries went.

    Raises:
        django.db.DatabaseError: the database keeps it (its years are not over), or has entries of it without a number.
    """
    connection = numbering()
    whole = due.kind is Kind.ALL
    with transaction.atomic(using=NUMBERING, durable=True), connection.wrap_database_errors:
        with Cursor(connection.connection) as cursor:
            # A month is read once as a whole: the limits of a request are not for this.
            cursor.execute("SET LOCAL statement_timeout = 0")
        expiry = _expiry(due.month, whole)
        with connection.cursor() as cursor:
            cursor.execute(_EXPIRE, [due.month, whole])
            row = cursor.fetchone()
        gone = int(row[0]) if row else 0
        if gone:
            log.append(
                Event.LOG_EXPIRED,
                using=NUMBERING,
                actor=Actor.system(SystemTask.SEQUENCER),
                digest=expiry.digest,
                facts={"period_from": due.month.isoformat(), "kind": due.kind.value, "count": expiry.count},
            )
    return gone


def expire_due() -> int:
    """Let go of everything that is no longer kept; return how many entries went."""
    return sum(expire_month(due) for due in months_due())


def _expiry(month: date, whole: bool) -> Expiry:
    count, digest = 0, FIRST_LINK
    for hashed in _gone(month, whole):
        count, digest = count + 1, link(digest, hashed)
    return Expiry(month, count, digest)


def _gone(month: date, whole: bool) -> Iterator[bytes]:
    with numbering().chunked_cursor() as cursor:
        cursor.execute(_GONE, [*_bounds(month), whole, sorted(TECHNICAL)])
        while rows := cursor.fetchmany(_ROWS):
            for (hashed,) in rows:
                yield bytes(hashed)


def _bounds(month: date) -> tuple[datetime, datetime]:
    return datetime.combine(month, time(), UTC), datetime.combine(next_month(month), time(), UTC)
