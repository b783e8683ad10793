"""Door through which an administrator orders new keys for every record, such as after an incident.

The order is its line in the log and nothing else: no message can lose it. Whatever key was made before it turns.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.utils import timezone

from audit.actor import Actor, Role
from audit.events import Event, Outcome
from audit.log import append
from audit.models import Entry
from records.attempts import Attempt, through
from records.dossiers import Unknown as Unknown
from records.turning import due

__all__ = ["Unknown", "order_new_keys", "ordered_at"]


def order_new_keys(*, actor: Actor) -> int:
    """Order that every key made until now turns; an administrator with a fresh proof.

    Returns:
        How many keys are to turn.

    Raises:
        Unknown: this actor may not.
    """
    return through(Attempt(actor, Event.KEYS_TURN_ORDERED), partial(_order))


def ordered_at() -> datetime | None:
    """When new keys were last ordered."""
    done = Entry.objects.filter(event=Event.KEYS_TURN_ORDERED.dotted, outcome=Outcome.DONE.value)
    return done.newest_first().values_list("at", flat=True).first()


def _order(attempt: Attempt) -> int | Exception:
    if attempt.actor.role is not Role.ADMINISTRATOR or not attempt.actor.fresh:
        return attempt.unknown()
    count = len(due(timezone.now()))
    append(Event.KEYS_TURN_ORDERED, actor=attempt.actor, facts={"count": count})
    return count
