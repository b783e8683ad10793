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
from portal.keys.house import begin_old, carry_on_house
from records.closing import expired, shred
from records.ordering import ordered_at
from records.sweeping import sweep_documents
from records.turning import begin_some, carry_on_with_all, destroy_ripe

# Half of the time for the work, the other half for whoever waits for a page on the same machine.
_SHARE = 0.5
_SECONDS_PER_RUN = 45.0
_YEAR = timedelta(days=365)
# As many begin in an hour: 175,000 dossiers in a year turn once, and never all in one night.
_BEGUN_AT_ONCE = 20
# After an order: a run begins these in some seconds.
_ORDERED_AT_ONCE = 200
_LIMITS = {"autoretry_for": (), "soft_time_limit": 240, "time_limit": 300}


@shared_task(name="keys.carry_on", **_LIMITS)
def carry_on() -> int:
    """Carry on with every key that turns, for as long as one run may take; how many rows were sealed again.

    After an order, such as after an incident, as many as a run bears begin to turn first.
    """
    ordered = ordered_at()
    if ordered is not None:
        begin_some(ordered, limit=_ORDERED_AT_ONCE)
    return carry_on_with_all(share=_SHARE, until=time.monotonic() + _SECONDS_PER_RUN)


@shared_task(name="keys.turn_yearly", **_LIMITS)
def turn_yearly() -> int:
    """Begin to turn the oldest keys that are a year old; how many. ``keys.carry_on`` does the rest."""
    return begin_some(timezone.now() - _YEAR, limit=_BEGUN_AT_ONCE)


@shared_task(name="keys.turn_house", **_LIMITS)
def turn_house() -> int:
    """Turn the keys of the house that are a year old, or older than an order; how many rows were sealed again."""
    ordered = ordered_at()
    year_ago = timezone.now() - _YEAR
    begin_old(max(ordered, year_ago) if ordered else year_ago)
    return carry_on_house()


@shared_task(name="keys.shred_expired", **_LIMITS)
def shred_expired() -> int:
    """Destroy for good the keys of records whose ten years are over, or whose erasure is ordered; how many."""
    house = Actor.system(SystemTask.ERASURE)
    return sum(shred(actor=house, dossier_id=dossier_id) for dossier_id in expired())


@shared_task(name="keys.destroy_ripe", **_LIMITS)
def destroy_former() -> int:
    """Destroy the former keys whose time of grace is over; how many."""
    return destroy_ripe()


@shared_task(name="keys.sweep_documents", **_LIMITS)
def sweep() -> int:
    """Remove what uploads and rotations left over in the store of documents; how much."""
    return sweep_documents(actor=Actor.system(SystemTask.SWEEP)).total
