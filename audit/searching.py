"""Finding lines of the log for an administrator, at a cost that its length does not raise.

One facet leads: its index gives candidates, newest first, and what else is asked for is looked at in each of them. A
search looks at :data:`LOOKED` candidates at most and then says how far it came, so that two facets that never meet
cost as little as two that always do. Pages follow each other by the place of a line, never by a count.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from audit import log, models
from audit.events import Event, Outcome
from audit.pseudonyms import uuid_range

LOOKED = 5000
# The first of these that is asked for leads: those that single out the fewest lines come first.
_LEADING = ("dossier", "actor", "organisation", "unhappy", "ground", "profession", "event")
# Only these two have an index: the others are nearly every line.
_UNHAPPY = frozenset({Outcome.REFUSED.value, Outcome.FAILED.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What to show; what is left empty filters nothing.

    ``since`` is included, ``until`` is not. ``actor``, ``dossier`` and ``organisation`` are pseudonyms as shown
    (``P-7Q3K-M2XT``) or whole UUIDs. ``event`` is a dotted name, ``outcome`` one of ``Outcome``, ``ground`` and
    ``profession`` are written as in the log.
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
    """Some lines, newest first; ``next`` is the ``before`` of the page that follows, if there is one.

    ``looked_back_to`` is set where the search stopped before the page was full: lines before it were not looked at.
    """

    lines: tuple[LogLine, ...]
    next: str | None
    looked_back_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Query:
    """Conditions in SQL: ``leading`` give the candidates, ``others`` are looked at in each."""

    leading: str
    others: str
    values: dict[str, Any]

    @property
    def candidates(self) -> str:
        return f"SELECT * FROM public.audit_entry WHERE {self.leading} ORDER BY at DESC, id DESC LIMIT {LOOKED}"  # noqa: S608 - names of ours  # nosec B608

    @property
    def places(self) -> str:
        return f"SELECT at, id FROM ({self.candidates}) AS candidate WHERE {self.others} LIMIT %(limit)s"  # noqa: S608 - names of ours  # nosec B608

    @property
    def last_looked_at(self) -> str:
        return f"SELECT at, id FROM ({self.candidates}) AS candidate OFFSET {LOOKED - 1}"  # noqa: S608 - names of ours  # nosec B608


def search_log(wanted: LogFilter, *, before: str | None = None, limit: int = 50) -> Page:
    """A page of the lines that ``wanted`` lets through, newest first.

    Raises:
        BadPseudonym: ``actor``, ``dossier`` or ``organisation`` names nobody.
        BadCursor: ``before`` is not the ``next`` of a page.
    """
    query = query_of(wanted, before=before)
    with connection.cursor() as cursor:
        cursor.execute(query.places, query.values | {"limit": limit + 1})
        places = cursor.fetchall()
        stopped = None
        if len(places) <= limit:
            cursor.execute(query.last_looked_at, query.values)
            stopped = cursor.fetchone()
    lines = tuple(_lines(places[:limit]))
    if len(places) > limit:
        return Page(lines, log.cursor_of(lines[-1].at, lines[-1].id))
    return Page(lines, log.cursor_of(*stopped), stopped[0]) if stopped else Page(lines, None)


def query_of(wanted: LogFilter, *, before: str | None = None) -> _Query:
    """The question in SQL.

    Raises:
        BadPseudonym, BadCursor: see :func:`search_log`.
    """
    values: dict[str, Any] = {}
    asked = dict(_facets(wanted, values))
    lead = next((name for name in _LEADING if name in asked), None)
    leading = [asked.pop(lead)] if lead else []
    for name, bound in (("since", "at >= %(since)s"), ("until", "at < %(until)s")):
        moment = getattr(wanted, name)
        if moment:
            leading.append(bound)
            values[name] = moment
    place = log.place_of(before)
    if place is not None:
        # The time alone lets the index begin there, and leave out later months.
        leading.append("at <= %(before_at)s AND (at, id) < (%(before_at)s, %(before_id)s)")
        values |= {"before_at": place[0], "before_id": place[1]}
    return _Query(" AND ".join(leading) or "true", " AND ".join(asked.values()) or "true", values)


def _facets(wanted: LogFilter, values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The conditions by the name of their facet; fills ``values``."""
    for name in ("dossier", "actor", "organisation"):
        if getattr(wanted, name):
            yield name, _named(name, getattr(wanted, name), values)
    for name in ("ground", "profession", "event", "outcome"):
        if getattr(wanted, name):
            values[name] = getattr(wanted, name)
            yield ("unhappy" if values[name] in _UNHAPPY else name), f"{name} = %({name})s"


def _named(column: str, text: str, values: dict[str, Any]) -> str:
    """The condition for a pseudonym. Nearly always one identifier begins like that: then the index gives its lines
    in their order, which it could not for a range.
    """
    low, high = uuid_range(text)
    bounds = {"low": low, "high": high}
    found = []
    with connection.cursor() as cursor:
        for order in ("ASC", "DESC"):
            cursor.execute(
                f"SELECT {column} FROM public.audit_entry WHERE {column} BETWEEN %(low)s AND %(high)s"  # noqa: S608 - names of ours  # nosec B608
                f" ORDER BY {column} {order} LIMIT 1",
                bounds,
            )
            found += [identifier for (identifier,) in cursor.fetchall()]
    if found and found[0] != found[-1]:
        values |= {f"{column}_low": low, f"{column}_high": high}
        return f"{column} BETWEEN %({column}_low)s AND %({column}_high)s"
    values[column] = found[0] if found else low
    return f"{column} = %({column})s"


def _lines(places: list[tuple[datetime, UUID]]) -> Iterator[LogLine]:
    rows = models.Entry.objects.filter(pk__in=places).newest_first().with_index()
    return (_line(row) for row in rows)


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
