"""Doors of the alerts that :mod:`portal.oversight.following` kept, with what administrators made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.actor import Actor, Role
from audit.alerting import Alert, Kind, newest_first
from audit.events import Event
from consent.granting import Invalid
from portal.oversight.following import LONGEST, counted_until
from portal.oversight.models import AlertConclusion, AlertReview, AlertState, CountedDay, FoundAlert
from records.reading import Unknown

__all__ = ["LONGEST", "Queue", "Standing", "read_alerts", "review_alert"]

# Of each rule, so that the page costs the same however much stands out.
_MOST = 100
_CONCLUDED = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert with its state, whose it is, and what was concluded; all empty while nobody took it."""

    alert: Alert
    state: str = ""
    assignee: UUID | None = None
    conclusion: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits, newest first, what was concluded lately, the rhythm of looks by weekday and hour, and until when
    all of that was counted (``None``: not yet).
    """

    waiting: list[Standing]
    concluded: list[Standing]
    beats: dict[tuple[int, int], int]
    until: datetime | None


def read_alerts(*, actor: Actor, days: int) -> Queue:
    """The queue of the last ``days`` days, and whatever was taken before and is not concluded; remembered.

    Raises:
        PermissionDenied: the actor is no administrator.
    """
    _administrators_only(actor)
    until = timezone.now()
    since = until - timedelta(days=days)
    with transaction.atomic(durable=True):
        queue = _queue(since, until)
        count = len(queue.waiting) + len(queue.concluded)
        log.append(Event.ALERTS_READ, actor=actor, facts={"count": count, "period_from": f"{since:%Y-%m-%d}"})
    return queue


def review_alert(*, actor: Actor, key: str, verdict: str) -> None:
    """Take an alert (``taken``), or conclude it by a code of ``AlertConclusion``.

    Raises:
        PermissionDenied: the actor is no administrator, or the alert is about them.
        Unknown: no such alert stands.
        Invalid: no such verdict.
    """
    _administrators_only(actor)
    if verdict != AlertState.TAKEN and verdict not in AlertConclusion.values:
        raise Invalid(_("Choose what became of the alert."))
    conclusion = "" if verdict == AlertState.TAKEN else verdict
    state = AlertConclusion(conclusion).state if conclusion else AlertState.TAKEN
    with transaction.atomic(durable=True):
        alert = _standing_alert(key)
        if alert.actor == actor.id:
            raise PermissionDenied
        changed = {"state": state, "assignee": actor.id, "changed_at": timezone.now(), "conclusion": conclusion}
        AlertReview.objects.update_or_create(key=key, defaults={**_snapshot(alert), **changed})
        facts = {"kind": alert.kind.value, "state": state.value, "verdict": verdict, "filter_actor": alert.actor}
        log.append(Event.ALERT_REVIEWED, actor=actor, facts=facts)


def _queue(since: datetime, until: datetime) -> Queue:
    found = {alert.key: alert for alert in _found_between(since, until)}
    known = AlertReview.objects.in_bulk(list(found))
    taken = AlertReview.objects.filter(state=AlertState.TAKEN, at__isnull=False).exclude(key__in=list(found))
    waiting = [_standing(alert, known.get(key)) for key, alert in found.items()]
    waiting += [_standing(_alert_of(row), row) for row in taken.order_by("-at")]
    done = AlertReview.objects.exclude(state=AlertState.TAKEN).filter(at__isnull=False).order_by("-changed_at")
    concluded = [_standing(_alert_of(row), row) for row in done[:_CONCLUDED]]
    return Queue(waiting, concluded, _rhythm(since, until), counted_until())


def _found() -> QuerySet[FoundAlert]:
    """Every alert once, as it was counted last."""
    larger = FoundAlert.objects.filter(key=OuterRef("key"), count__gt=OuterRef("count"))
    return FoundAlert.objects.filter(~Exists(larger))


def _found_between(since: datetime, until: datetime) -> list[Alert]:
    """What nobody concluded of a period, newest first: at most a hundred of each rule."""
    concluded = AlertReview.objects.filter(key=OuterRef("key")).exclude(state=AlertState.TAKEN)
    asked = _found().filter(~Exists(concluded), at__gte=since, at__lt=until)
    return newest_first(
        _alert_of(row) for kind in Kind for row in asked.filter(kind=kind.value).order_by("-at", "-id")[:_MOST]
    )


def _rhythm(since: datetime, until: datetime) -> dict[tuple[int, int], int]:
    """Looks into records by weekday (1 Monday to 7) and hour, in the time zone in force, of the whole hours counted."""
    beats: dict[tuple[int, int], int] = {}
    for counted in CountedDay.objects.filter(day__gte=since.astimezone(UTC).date()):
        midnight = datetime.combine(counted.day, time(), UTC)
        for hour, count in enumerate(counted.hours):
            moment = midnight + timedelta(hours=hour)
            if count and since - timedelta(hours=1) < moment < until:
                local = timezone.localtime(moment)
                place = (local.isoweekday(), local.hour)
                beats[place] = beats.get(place, 0) + count
    return beats


def _standing_alert(key: str) -> Alert:
    """The alert of that key, as it was counted last or kept since somebody took it.

    Raises:
        Unknown: there is none.
    """
    lately = timezone.now() - timedelta(days=LONGEST)
    row: FoundAlert | AlertReview | None = _found().filter(key=key, at__gte=lately).first()
    row = row or AlertReview.objects.filter(key=key, at__isnull=False).first()
    if row is None:
        raise Unknown
    return _alert_of(row)


def _snapshot(alert: Alert) -> dict[str, object]:
    return {name: getattr(alert, name) for name in ("kind", "at", "actor", "dossier", "count", "usual")}


def _alert_of(row: AlertReview | FoundAlert) -> Alert:
    if row.at is None or row.actor is None:
        raise Unknown
    return Alert(Kind(row.kind), row.at, row.actor, row.dossier, row.count, row.usual)


def _standing(alert: Alert, row: AlertReview | None) -> Standing:
    return Standing(alert, row.state, row.assignee, row.conclusion) if row else Standing(alert)


def _administrators_only(actor: Actor) -> None:
    if actor.role is not Role.ADMINISTRATOR:
        raise PermissionDenied
