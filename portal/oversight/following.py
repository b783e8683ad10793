"""Follow the numbered log and keep the alerts that it calls for, so that a page reads them and computes none.

Each run takes the numbers that were given since the last one, counts every day (UTC) anew on which one of their entries
lies, and adds what it found. One transaction holds the cursor: a run that is killed left nothing, and is done again;
what is found twice is kept once. An entry that was committed late has a late number, so its day is counted again.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from audit.alerting import SEQUEL_WITHIN, Alert, Kind, find_alerts, looks_by_day, newest_first
from audit.reviewing import looks_of_day
from portal.notifications.models import LogCursor
from portal.oversight.models import CountedDay, FoundAlert
from records.likeness import Close, Pair, alike

# How far back the page can look, and an alert be taken.
LONGEST = 30
_CURSOR = "alerts"
_KINDS = {
    Close.ONESELF: Kind.ONESELF,
    Close.COLLEAGUE: Kind.COLLEAGUE,
    Close.SURNAME: Kind.SAME_SURNAME,
    Close.ADDRESS: Kind.SAME_ADDRESS,
}
_TOUCHED = """
SELECT max(idx), array_agg(DISTINCT (entry_at AT TIME ZONE 'UTC')::date) FROM public.audit_leaf
WHERE idx > %s AND idx <= %s
"""


def follow_alerts(*, limit: int = 200_000) -> int:
    """Keep the alerts of the days that the next ``limit`` numbers touch, and of those that went by since the last run.

    Returns:
        How many numbers were followed; none when the end was reached before, or another process follows right now.
    """
    with transaction.atomic(durable=True):
        LogCursor.objects.get_or_create(name=_CURSOR)
        # Somebody else follows it right now, and will find the same.
        cursor = LogCursor.objects.select_for_update(skip_locked=True).filter(name=_CURSOR).first()
        if cursor is None:
            return 0
        now = timezone.now()
        last, touched = _touched(cursor.last_index, limit)
        for day in sorted({*touched, *_waited(now)}):
            if day >= (now - timedelta(days=LONGEST)).astimezone(UTC).date():
                _count(day, now)
        followed = last - cursor.last_index
        cursor.last_index = last
        cursor.save(update_fields=["last_index"])
        return followed


def alerts_between(since: datetime, until: datetime) -> list[Alert]:
    """Everything that stands out in a period, newest first (a plain function); its cost is that of the period."""
    return newest_first([*find_alerts(since, until), *_close_alerts(since, until)])


def counted_until() -> datetime | None:
    """When the log was last followed; ``None`` before the first time."""
    last: datetime | None = CountedDay.objects.aggregate(last=Max("counted_at"))["last"]
    return last


def _touched(after: int, limit: int) -> tuple[int, list[date]]:
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED, [after, after + limit])
        last, days = cursor.fetchone()
    return (after, []) if last is None else (last, days)


def _waited(now: datetime) -> list[date]:
    """The days from the last run on: what had no sequel then may be an alert now, though nothing was added."""
    begin = max((counted_until() or now) - SEQUEL_WITHIN, now - timedelta(days=LONGEST)).astimezone(UTC).date()
    return [begin + timedelta(days=number) for number in range((now.astimezone(UTC).date() - begin).days + 1)]


def _count(day: date, now: datetime) -> None:
    start = datetime.combine(day, time(), UTC)
    rows = [
        FoundAlert(
            key=alert.key,
            kind=alert.kind.value,
            at=alert.at,
            actor=alert.actor,
            dossier=alert.dossier,
            count=alert.count,
            usual=alert.usual,
        )
        for alert in alerts_between(start, start + timedelta(days=1))
    ]
    FoundAlert.objects.bulk_create(rows, ignore_conflicts=True)
    CountedDay.objects.update_or_create(day=day, defaults={"hours": looks_of_day(day), "counted_at": now})


def _close_alerts(since: datetime, until: datetime) -> list[Alert]:
    looks = looks_by_day(since, until)
    close = alike({Pair(actor, dossier) for _at, actor, dossier, _count in looks})
    return [
        Alert(_KINDS[close[pair]], at, actor, dossier, count)
        for at, actor, dossier, count in looks
        for pair in [Pair(actor, dossier)]
        if pair in close
    ]
