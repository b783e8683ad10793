"""Background work of the keys: what Celery runs. The tables say what is left, so no task has an argument.

Started twice at once, or killed anywhere, a task leaves what the next one needs: rows that another one holds are
skipped, and each batch is a transaction of its own.
"""

from __future__ import annotations

import time
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from audit.actor import Actor, SystemTask
from records.rotation import begin
from records.turning import carry_through, destroy_ripe, due, unfinished

# Half of the time for the work, the other half for whoever waits for a page on the same machine.
_SHARE = 0.5
_SECONDS_PER_RUN = 45.0
_YEAR = timedelta(days=365)
# As many begin in an hour: 175,000 dossiers in a year turn once, and never all in one night.
_BEGUN_AT_ONCE = 20
_LIMITS = {"autoretry_for": (), "soft_time_limit": 240, "time_limit": 300}


@shared_task(name="keys.carry_on", **_LIMITS)
def carry_on() -> int:
    """Carry on with every key that turns, for as long as one run may take; how many rows were sealed again."""
    until = time.monotonic() + _SECONDS_PER_RUN
    batches: list[int] = []
    for dossier_id in unfinished():
        if time.monotonic() >= until:
            break
        carry_through(dossier_id, share=_SHARE, until=until, progress=batches.append)
    return sum(batches)


@shared_task(name="keys.turn_yearly", **_LIMITS)
def turn_yearly() -> int:
    """Begin to turn the oldest keys that are a year old; how many. ``keys.carry_on`` does the rest."""
    old = due(timezone.now() - _YEAR)[:_BEGUN_AT_ONCE]
    for dossier_id, version in old:
        begin(actor=Actor.system(SystemTask.ROTATION), dossier_id=dossier_id, version=version)
    return len(old)


@shared_task(name="keys.destroy_ripe", **_LIMITS)
def destroy_former() -> int:
    """Destroy the former keys whose time of grace is over; how many."""
    return destroy_ripe()
