"""What the log shows as a whole: looks by hour, signed checkpoints. Never a name, never content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, Q
from django.db.models.functions import ExtractHour, TruncHour
from django.utils import timezone

from audit import models
from audit.events import Event, Outcome
from audit.note import Checkpoint

# What counts as looking into a record, for the chart of accesses.
ACCESSES = (
    Event.DOSSIER_OPENED.dotted,
    Event.CATEGORY_READ.dotted,
    Event.SUMMARY_READ.dotted,
    Event.RECORD_READ.dotted,
    Event.DOSSIER_SEARCHED.dotted,
    Event.EMERGENCY_OPENED.dotted,
)


@dataclass(frozen=True, slots=True)
class HourCount:
    """The hour that begins at ``hour``: ``count`` looks into records, ``refused`` attempts beside them."""

    hour: datetime
    count: int
    refused: int


@dataclass(frozen=True, slots=True)
class CheckpointView:
    """A signed checkpoint: ``size`` entries under ``root``, at ``at``; ``note`` is the signed text."""

    origin: str
    size: int
    root: bytes
    at: datetime
    note: str


def accesses_per_hour(day: date) -> list[HourCount]:
    """Looks into records on ``day``, hour by hour in the time zone in force (23 or 25 hours at a change of clocks)."""
    start, end = (_midnight(moment) for moment in (day, day + timedelta(days=1)))
    counted = (
        models.Entry.objects.filter(event__in=ACCESSES, at__gte=start, at__lt=end)
        .annotate(hour=TruncHour("at", tzinfo=UTC))
        .values_list("hour")
        .annotate(all=Count("id"), refused=Count("id", filter=Q(outcome=Outcome.REFUSED.value)))
        .order_by("hour")
    )
    found = {hour: (every, refused) for hour, every, refused in counted}
    zone = timezone.get_current_timezone()
    return [
        HourCount(hour.astimezone(zone), every - refused, refused)
        for hour in _hours(start, end)
        for every, refused in [found.get(hour, (0, 0))]
    ]


def looks_of_day(day: date) -> list[int]:
    """Looks into records in each of the 24 hours of a day of UTC."""
    start = datetime.combine(day, time(), UTC)
    counted = (
        models.Entry.objects.filter(event__in=ACCESSES, at__gte=start, at__lt=start + timedelta(days=1))
        .annotate(hour=ExtractHour("at", tzinfo=UTC))
        .values_list("hour")
        .annotate(count=Count("id"))
    )
    found = dict(counted)
    return [found.get(hour, 0) for hour in range(24)]


def latest_checkpoint() -> CheckpointView | None:
    """The last checkpoint that was signed, if any."""
    return next(iter(recent_checkpoints(limit=1)), None)


def recent_checkpoints(*, limit: int = 20) -> list[CheckpointView]:
    """The last checkpoints, newest first."""
    rows = models.Checkpoint.objects.order_by("-size")[:limit]
    return [
        CheckpointView(
            Checkpoint.parse(row.note.partition("\n\n")[0] + "\n").origin, row.size, bytes(row.root), row.at, row.note
        )
        for row in rows
    ]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time())).astimezone(UTC)


def _hours(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += timedelta(hours=1)
