"""Doors of the alerts: computed anew each time, with what administrators made of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.actor import Actor, Role
from audit.alerting import Alert, find_alerts
from audit.events import Event
from audit.reviewing import rhythm
from consent.granting import Invalid
from portal.oversight.models import AlertReview, AlertState
from records.reading import Unknown


@dataclass(frozen=True, slots=True)
class Standing:
    """An alert with its state and whose it is; both empty while nobody took it."""

    alert: Alert
    state: str
    assignee: UUID | None


def read_alerts(*, actor: Actor, days: int) -> tuple[list[Standing], dict[tuple[int, int], int]]:
    """The alerts of the last ``days`` days, newest first, and the rhythm of that time; the reading is remembered.

    Raises:
        PermissionDenied: the actor is no administrator.
    """
    _administrators_only(actor)
    until = timezone.now()
    since = until - timedelta(days=days)
    with transaction.atomic(durable=True):
        alerts = find_alerts(since, until)
        known = AlertReview.objects.in_bulk([alert.key for alert in alerts])
        beats = rhythm(since, until)
        log.append(Event.ALERTS_READ, actor=actor, facts={"count": len(alerts), "period_from": f"{since:%Y-%m-%d}"})
    standings = []
    for alert in alerts:
        review = known.get(alert.key)
        standings.append(Standing(alert, review.state if review else "", review.assignee if review else None))
    return standings, beats


def review_alert(*, actor: Actor, key: str, state: str, days: int) -> None:
    """Take an alert, or say what became of it.

    Raises:
        PermissionDenied: the actor is no administrator, or the alert is about them.
        Unknown: no such alert stands.
        Invalid: no such state.
    """
    _administrators_only(actor)
    if state not in AlertState.values:
        raise Invalid(_("Choose what became of the alert."))
    until = timezone.now()
    with transaction.atomic(durable=True):
        alert = next((found for found in find_alerts(until - timedelta(days=days), until) if found.key == key), None)
        if alert is None:
            raise Unknown
        if alert.actor == actor.id:
            raise PermissionDenied
        AlertReview.objects.update_or_create(
            key=key, defaults={"kind": alert.kind, "state": state, "assignee": actor.id, "changed_at": until}
        )
        facts = {"kind": alert.kind.value, "state": state, "filter_actor": alert.actor}
        log.append(Event.ALERT_REVIEWED, actor=actor, facts=facts)


def _administrators_only(actor: Actor) -> None:
    if actor.role is not Role.ADMINISTRATOR:
        raise PermissionDenied
