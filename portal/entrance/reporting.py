"""Doors of suspicious messages: reporting one, the advisers' queue, the conclusion that its reporter reads.

The words are sealed at once, opened for an adviser alone, and erased with the conclusion. Whoever reports signed in is
told by a letter and reads the conclusion where they reported; a visitor is nobody, and cannot be written to.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from audit import log
from audit.actor import Actor, Role
from audit.events import Event
from consent.granting import Invalid
from portal.entrance.calling import MOST_SHOWN, only_advisers
from portal.entrance.models import Conclusion, Report
from records.house import open_for_house, seal_for_house
from records.reading import Unknown

_PURPOSE = "contact"
# 2 000 characters of the form in UTF-8; all are as long, so that lengths tell nothing.
_SEALED_BYTES = 8_000
_OWN_SHOWN = 10


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """One message as an adviser is shown it; ``reporter`` is an account, or ``None`` for a visitor."""

    id: UUID
    way: str
    text: str
    reporter: UUID | None
    reported_at: datetime
    is_new: bool

    def __repr__(self) -> str:
        return "<Told>"


def report(*, actor: Actor, way: str, text: str) -> None:
    """Puts a suspicious message at the end of the queue, sealed; the log knows that there is one."""
    with transaction.atomic(durable=True):
        row = Report(way=way, account_id=None if actor.role is Role.ANONYMOUS else actor.id)
        row.sealed = seal_for_house(_PURPOSE, row.pk, text.encode().ljust(_SEALED_BYTES))
        row.save(force_insert=True)
        log.append(Event.MESSAGE_REPORTED, actor=actor, object_id=row.pk, facts={"method": way})


def reported(*, actor: Actor) -> list[Told]:
    """The oldest messages without a conclusion, opened for an adviser; from now on they count as seen.

    Raises:
        Unknown: the actor is no adviser.
        Unreadable: a message does not open.
    """
    only_advisers(actor, Event.MESSAGES_READ)
    with transaction.atomic(durable=True):
        rows = list(Report.objects.filter(answered_at=None).order_by("reported_at")[:MOST_SHOWN])
        found = [_told(row) for row in rows]
        Report.objects.filter(pk__in=[row.pk for row in rows], seen_at=None).update(seen_at=timezone.now())
        log.append(Event.MESSAGES_READ, actor=actor, facts={"count": len(found)})
    return found


def answer(*, actor: Actor, report_id: UUID, conclusion: str) -> None:
    """Keeps the conclusion and erases the words; a letter tells whoever reported signed in.

    Raises:
        Unknown: the actor is no adviser, or no message waits under this identifier.
        Invalid: this is no conclusion.
    """
    only_advisers(actor, Event.MESSAGE_ANSWERED)
    if conclusion not in Conclusion.values:
        raise Invalid(_("Choose a conclusion."))
    with transaction.atomic(durable=True):
        row = Report.objects.select_for_update().filter(pk=report_id, answered_at=None).first()
        if row is None:
            raise Unknown
        now = timezone.now()
        row.conclusion, row.answered_at, row.seen_at, row.sealed = conclusion, now, row.seen_at or now, b""
        row.save(update_fields=["conclusion", "answered_at", "seen_at", "sealed"])
        facts = {"verdict": conclusion} | ({"account": row.account_id} if row.account_id else {})
        log.append(Event.MESSAGE_ANSWERED, actor=actor, object_id=row.pk, facts=facts)


def own_reports(*, actor: Actor) -> list[Report]:
    """What this person reported signed in, newest first, without the words; nothing for a visitor."""
    if actor.role is Role.ANONYMOUS:
        return []
    return list(Report.objects.filter(account_id=actor.id).defer("sealed").order_by("-reported_at")[:_OWN_SHOWN])


def _told(row: Report) -> Told:
    text = open_for_house(_PURPOSE, row.pk, bytes(row.sealed)).decode().rstrip()
    return Told(row.pk, row.way, text, row.account_id, row.reported_at, row.seen_at is None)
