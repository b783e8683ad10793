"""Doors of the entrance: asking to be called back, and working that queue.

What people type is theirs: it is sealed at once, read by an adviser alone, and erased when they were called.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit import log
from audit.actor import Actor, Role
from audit.events import Event, Outcome
from portal.entrance.models import CallBack
from records.house import open_for_house, seal_for_house
from records.reading import Unknown

_PURPOSE = "contact"
# All are as long as the longest, so that lengths tell nothing.
_SEALED_BYTES = 2_600
MOST_SHOWN = 50
# Nobody is called about a wish of last month: it is erased unread.
FORGOTTEN_AFTER = timedelta(days=30)


@dataclass(frozen=True, slots=True, repr=False)
class Wish:
    """What somebody asks: a number, days and hours, perhaps a few words."""

    phone: str
    days: tuple[str, ...]
    part: str
    text: str = ""

    def __repr__(self) -> str:
        return "<Wish>"


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """One wish as an adviser is shown it."""

    id: UUID
    wish: Wish
    language: str
    asked_at: datetime

    def __repr__(self) -> str:
        return "<Waiting>"


def ask(*, actor: Actor, wish: Wish, language: str) -> None:
    """Puts a wish at the end of the queue; the log knows that somebody asked, not who."""
    with transaction.atomic(durable=True):
        row = CallBack(language=language)
        row.sealed = seal_for_house(_PURPOSE, row.pk, json.dumps(asdict(wish)).encode().ljust(_SEALED_BYTES))
        row.save(force_insert=True)
        log.append(Event.CALLBACK_ASKED, actor=Actor.anonymous(request=actor.request), object_id=row.pk)


def waiting(*, actor: Actor) -> list[Waiting]:
    """The oldest wishes that wait, opened for an adviser.

    Raises:
        Unknown: the actor is no adviser.
        Unreadable: a wish does not open.
    """
    only_advisers(actor, Event.CALLBACKS_READ)
    with transaction.atomic(durable=True):
        CallBack.objects.filter(done_at=None, asked_at__lt=timezone.now() - FORGOTTEN_AFTER).update(
            sealed=b"", done_at=timezone.now()
        )
        rows = list(CallBack.objects.filter(done_at=None).order_by("asked_at")[:MOST_SHOWN])
        found = [Waiting(row.pk, _opened(row), row.language, row.asked_at) for row in rows]
        log.append(Event.CALLBACKS_READ, actor=actor, facts={"count": len(found)})
    return found


def done(*, actor: Actor, call_id: UUID) -> None:
    """The person was called: what they had typed is erased.

    Raises:
        Unknown: the actor is no adviser, or nobody waits under this identifier.
    """
    only_advisers(actor, Event.CALLBACK_DONE)
    with transaction.atomic(durable=True):
        waits = CallBack.objects.filter(pk=call_id, done_at=None)
        ended = waits.update(done_at=timezone.now(), sealed=b"")
        if ended:
            log.append(Event.CALLBACK_DONE, actor=actor, object_id=call_id)
    if not ended:
        raise Unknown


def _opened(row: CallBack) -> Wish:
    known = json.loads(open_for_house(_PURPOSE, row.pk, bytes(row.sealed)))
    return Wish(known["phone"], tuple(known["days"]), known["part"], known["text"])


def only_advisers(actor: Actor, event: Event) -> None:
    """Lets advisers through; whoever else tried is remembered.

    Raises:
        Unknown: the actor is no adviser.
    """
    if actor.role is Role.ADVISER:
        return
    with transaction.atomic(durable=True):
        log.append(event, actor=actor, outcome=Outcome.REFUSED)
    raise Unknown
