"""What an administrator is shown of the log: who, when, what kind of act. Never a name, never content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.models import Count, Q
from django.db.models.functions import ExtractHour, ExtractIsoWeekDay, TruncHour
from django.utils import timezone

from audit import log, models
from audit.events import Event, Outcome
from audit.note import Checkpoint
from audit.pseudonyms import uuid_range

# What counts as looking into a record, for the chart of accesses.
ACCESSES = (
    Event.DOSSIER_OPENED.dotted,
    Event.CATEGORY_READ.dotted,
    Event.RECORD_READ.dotted,
    Event.EMERGENCY_OPENED.dotted,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What to show; what is left empty filters nothing.

    ``since`` is included, ``until`` is not. ``actor``, ``dossier`` and ``organisation`` are pseudonyms as shown
    (``P-7Q3K-M2XT``) or whole UUIDs. ``event`` is a dotted name, ``outcome`` one of ``Outcome``.
    """

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    dossier: str = ""
    event: str = ""
    outcome: str = ""
    ground: str = ""
    profession: str = ""
    organisation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of the log, from the columns of its row.

    ``entry`` holds what its bytes say; it is ``None`` where they do not agree with the columns or
    the recorded hash, that is where somebody altered the row (``intact`` is false then).
    """

    index: int | None
    id: UUID
    at: datetime
    event: str
    actor: UUID
    role: str
    profession: str
    organisation: UUID | None
    dossier: UUID | None
    category: str
    ground: str
    outcome: str
    entry: log.LoggedEntry | None

    @property
    def intact(self) -> bool:
        """Whether the row says what its bytes and its leaf say."""
        return self.entry is not None

    @property
    def meaning(self) -> str:
        """The English meaning of the event, to translate; the dotted name if it is unknown."""
        try:
            return Event.named(self.event).meaning
        except KeyError:
            return self.event


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, newest first; ``next`` is the ``before`` of the page that follows, if there is one."""

    lines: tuple[LogLine, ...]
    next: str | None


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


def search_log(wanted: LogFilter, *, before: str | None = None, limit: int = 50) -> Page:
    """A page of the lines that ``wanted`` lets through, newest first.

    Raises:
        BadPseudonym: ``actor`` or ``dossier`` names nobody.
        BadCursor: ``before`` is not the ``next`` of a page.
    """
    found = models.Entry.objects.filter(_conditions(wanted)).before(log.place_of(before))
    rows = list(found.newest_first().with_index()[: limit + 1])
    more = len(rows) > limit
    lines = tuple(_line(row) for row in rows[:limit])
    return Page(lines, log.cursor_of(lines[-1].at, lines[-1].id) if more else None)


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


def rhythm(since: datetime, until: datetime) -> dict[tuple[int, int], int]:
    """Looks into records by weekday (1 Monday to 7) and hour, in the time zone in force."""
    counted = (
        models.Entry.objects.filter(event__in=ACCESSES, at__gte=since, at__lt=until)
        .annotate(weekday=ExtractIsoWeekDay("at"), hour=ExtractHour("at"))
        .values_list("weekday", "hour")
        .annotate(count=Count("id"))
    )
    return {(weekday, hour): count for weekday, hour, count in counted}


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


def _conditions(wanted: LogFilter) -> Q:
    conditions = Q()
    if wanted.since:
        conditions &= Q(at__gte=wanted.since)
    if wanted.until:
        conditions &= Q(at__lt=wanted.until)
    if wanted.actor:
        conditions &= Q(actor__range=uuid_range(wanted.actor))
    if wanted.dossier:
        conditions &= Q(dossier__range=uuid_range(wanted.dossier))
    if wanted.event:
        conditions &= Q(event=wanted.event)
    if wanted.outcome:
        conditions &= Q(outcome=wanted.outcome)
    if wanted.ground:
        conditions &= Q(ground=wanted.ground)
    if wanted.profession:
        conditions &= Q(profession=wanted.profession)
    if wanted.organisation:
        conditions &= Q(organisation__range=uuid_range(wanted.organisation))
    return conditions


def _line(row: models.Entry) -> LogLine:
    index, hashed = row.index, row.leaf_hash  # type: ignore[attr-defined]
    try:
        entry: log.LoggedEntry | None = log.read_row(row, index, hashed)
    except log.Altered:
        entry = None
    return LogLine(
        index=index,
        id=row.id,
        at=row.at,
        event=row.event,
        actor=row.actor,
        role=row.role,
        profession=row.profession,
        organisation=row.organisation,
        dossier=row.dossier,
        category=row.category,
        ground=row.ground,
        outcome=row.outcome,
        entry=entry,
    )


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time())).astimezone(UTC)


def _hours(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += timedelta(hours=1)
