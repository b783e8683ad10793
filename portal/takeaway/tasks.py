"""Background work of copies: made one at a time, picked up again when a message was lost, destroyed after a day."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from celery.app.task import Task

from audit.actor import Actor, SystemTask
from portal.asking import RightsGone
from portal.celery import app
from portal.takeaway.making import HOUSE, make_copy
from records.copying import Overtaken, fail, sweep, waiting

_QUEUE = "bulk"
# A message may wait behind others for a minute; no task lives longer than fourteen minutes.
_UNHEARD = timedelta(minutes=2)
_STUCK = timedelta(minutes=20)


# Bound to the app by name: the web sends it too, and a shared task there would look for another broker.
@app.task(name="takeaway.make", bind=True, soft_time_limit=780, time_limit=840)
def make(self: Task, copy_id: str) -> None:
    """Make one copy; given up after the last try, so that its asker is told."""
    try:
        make_copy(UUID(copy_id))
    except Overtaken:
        return
    except RightsGone:
        fail(actor=HOUSE, copy_id=UUID(copy_id))
        raise
    except Exception:
        if self.request.retries >= self.max_retries:
            fail(actor=HOUSE, copy_id=UUID(copy_id))
        raise


@shared_task(name="takeaway.pick_up")
def pick_up() -> int:
    """Send again what nobody makes; how many."""
    late = waiting(unheard=_UNHEARD, stuck=_STUCK)
    for copy_id in late:
        make.apply_async([str(copy_id)], queue=_QUEUE)
    return len(late)


@shared_task(name="takeaway.sweep")
def throw_away_old() -> int:
    """Destroy the copies whose day is over; how many."""
    return sweep(actor=Actor.system(SystemTask.SWEEP))
