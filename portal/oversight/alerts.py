"""Doors of the alerts: computed anew each time, with what administrators made of them.

Rules that need to know whom an account and a pseudonym stand for are computed here, on keyed digests: no name appears.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.actor import Actor, Role
from audit.alerting import Alert, Kind, find_alerts, looks_by_day, newest_first
from audit.events import Event
from audit.reviewing import rhythm
from consent.granting import Invalid
from portal.oversight.models import AlertConclusion, AlertReview, AlertState
from records.likeness import Close, Pair, alike
from records.reading import Unknown

# How far back the page can look, and an alert be taken.
LONGEST = 30
_CONCLUDED = 50
_KINDS = {
    Close.ONESELF: Kind.ONESELF,
    Close.COLLEAGUE: Kind.COLLEAGUE,
    Close.SURNAME: Kind.SAME_SURNAME,
    Close.ADDRESS: Kind.SAME_ADDRESS,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert with its state, whose it is, and what was concluded; all empty while nobody took it."""

    alert: Alert
    state: str = ""
    assignee: UUID | None = None
    conclusion: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits, newest first, what was concluded lately, and the rhythm of looks by weekday and hour."""

    waiting: list[Standing]
    concluded: list[Standing]
    beats: dict[tuple[int, int], int]


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


def alerts_between(since: datetime, until: datetime) -> list[Alert]:
    """Everything that stands out in a period, newest first (a plain function)."""
    return newest_first([*find_alerts(since, until), *_close_alerts(since, until)])


def _close_alerts(since: datetime, until: datetime) -> list[Alert]:
    looks = looks_by_day(since, until)
    close = alike({Pair(actor, dossier) for _at, actor, dossier, _count in looks})
    return [
        Alert(_KINDS[close[pair]], at, actor, dossier, count)
        for at, actor, dossier, count in looks
        for pair in [Pair(actor, dossier)]
        if pair in close
    ]


def _queue(since: datetime, until: datetime) -> Queue:
    found = {alert.key: alert for alert in alerts_between(since, until)}
    known = AlertReview.objects.in_bulk(list(found))
    taken = AlertReview.objects.filter(state=AlertState.TAKEN, at__isnull=False).exclude(key__in=list(found))
    waiting = [
        _standing(alert, known.get(key))
        for key, alert in found.items()
        if key not in known or known[key].state == AlertState.TAKEN
    ]
    waiting += [_standing(_alert_of(row), row) for row in taken.order_by("-at")]
    done = AlertReview.objects.exclude(state=AlertState.TAKEN).filter(at__isnull=False).order_by("-changed_at")
    concluded = [_standing(_alert_of(row), row) for row in done[:_CONCLUDED]]
    return Queue(waiting, concluded, rhythm(since, until))


def _standing_alert(key: str) -> Alert:
    """The alert of that key, computed anew or kept since somebody took it.

    Raises:
        Unknown: there is none.
    """
    until = timezone.now()
    found = next((alert for alert in alerts_between(until - timedelta(days=LONGEST), until) if alert.key == key), None)
    row = None if found else AlertReview.objects.filter(key=key, at__isnull=False).first()
    if row is not None:
        return _alert_of(row)
    if found is None:
        raise Unknown
    return found


def _snapshot(alert: Alert) -> dict[str, object]:
    return {name: getattr(alert, name) for name in ("kind", "at", "actor", "dossier", "count", "usual")}


def _alert_of(row: AlertReview) -> Alert:
    if row.at is None or row.actor is None:
        raise Unknown
    return Alert(Kind(row.kind), row.at, row.actor, row.dossier, row.count, row.usual)


def _standing(alert: Alert, row: AlertReview | None) -> Standing:
    return Standing(alert, row.state, row.assignee, row.conclusion) if row else Standing(alert)


def _administrators_only(actor: Actor) -> None:
    if actor.role is not Role.ADMINISTRATOR:
        raise PermissionDenied
