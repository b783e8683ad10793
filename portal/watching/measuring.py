"""The numbers of ``/metrics``, asked of the database and of Redis each time.

Pseudonyms, categories and times of single acts never become labels: a graph of them would betray
what the log keeps.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime

from django.db import connection
from django.db.models import Count, Max, Min
from django.utils import timezone

from audit.cosigning import witness_views
from audit.models import Checkpoint, Leaf
from consent.declaring import over_every_dossier
from portal.notifications.kinds import Urgency
from portal.notifications.models import Aside, Delivery, DeliveryState, LogCursor
from portal.watching import broker
from portal.watching.exposition import Gauge, gauge
from records.key_cache import CACHE
from records.models import HouseKey, KeyState, PatientKey

# As the sequencer searches: what a transaction older than the horizon wrote has its number. OFFSET keeps the planner,
# which does not know how few rows that leaves, from joining with all leaves.
_UNNUMBERED = """
SELECT count(*), min(e.at) FROM public.audit_entry e
WHERE e.xid >= coalesce((SELECT horizon FROM public.audit_checkpoint ORDER BY size DESC LIMIT 1), '0'::xid8)
    AND NOT EXISTS (SELECT FROM public.audit_leaf l WHERE l.entry_at = e.at AND l.entry_id = e.id OFFSET 0)
"""


def measured() -> Iterator[Gauge]:
    """All gauges, now."""
    now = timezone.now()
    yield from _queues()
    yield from _deliveries(now)
    yield from _log(now)
    yield from _keys(now)
    yield from _key_cache()
    aside = Aside.objects.filter(is_aside=True).count()
    yield gauge("carnet_tasks_aside", "Tasks that kept failing and were put aside.", aside)


def _queues() -> Iterator[Gauge]:
    found = broker.queues()
    yield gauge("carnet_redis_up", "1 if Redis answers.", float(found is not None))
    known = found or {}
    yield Gauge(
        "carnet_queue_length",
        "Messages waiting in a queue.",
        {(("queue", name),): queue.length for name, queue in known.items()},
    )
    yield Gauge(
        "carnet_queue_age_seconds",
        "For how long the oldest message of a queue has waited.",
        {(("queue", name),): queue.age for name, queue in known.items() if queue.age is not None},
    )


def _deliveries(now: datetime) -> Iterator[Gauge]:
    states = Delivery.objects.values("channel", "state").annotate(count=Count("pk")).order_by()
    yield Gauge(
        "carnet_deliveries",
        "Letters by channel and state; those that ended leave the table after a month.",
        {(("channel", row["channel"]), ("state", row["state"])): row["count"] for row in states},
    )
    failed = Delivery.objects.filter(state=DeliveryState.FAILED)
    reasons = failed.values("channel", "reason").annotate(count=Count("pk")).order_by()
    yield Gauge(
        "carnet_delivery_failures",
        "Letters given up, by reason.",
        {(("channel", row["channel"]), ("reason", row["reason"])): row["count"] for row in reasons},
    )
    open_states = Delivery.objects.filter(state__in=[DeliveryState.WAITING, DeliveryState.SENDING])
    ages = {urgency.value: 0.0 for urgency in Urgency}
    for row in open_states.filter(attempts__gt=0).values("urgency").annotate(since=Min("created_at")).order_by():
        ages[row["urgency"]] = _seconds(row["since"], now)
    fresh = open_states.filter(attempts=0, next_try__lte=now)
    for urgency, since in fresh.values_list("urgency").annotate(since=Min("next_try")).order_by():
        ages[urgency] = max(ages[urgency], _seconds(since, now))
    yield Gauge(
        "carnet_delivery_oldest_seconds",
        "For how long the oldest letter that should have left has waited.",
        {(("urgency", urgency),): age for urgency, age in ages.items()},
    )


def _log(now: datetime) -> Iterator[Gauge]:
    with connection.cursor() as cursor:
        cursor.execute(_UNNUMBERED)
        count, oldest = cursor.fetchone()
    yield gauge("carnet_log_unnumbered", "Entries that wait for their number.", count)
    lag = _seconds(oldest, now) if oldest else 0.0
    yield gauge("carnet_sequencer_lag_seconds", "Age of the oldest entry without a number.", lag)
    newest = Leaf.objects.aggregate(idx=Max("idx"))["idx"]
    followed = LogCursor.objects.filter(name="letters").values_list("last_index", flat=True).first()
    behind = 0 if newest is None else newest - (-1 if followed is None else followed)
    yield gauge("carnet_letters_behind", "Numbered entries that the letters have not followed yet.", behind)
    checkpoint = Checkpoint.objects.order_by("-size").values_list("at", flat=True).first()
    age = None if checkpoint is None else _seconds(checkpoint, now)
    yield gauge("carnet_checkpoint_age_seconds", "Age of the newest signed checkpoint.", age)
    waiting = {view.name: view.waiting_since for view in witness_views()}
    yield Gauge(
        "carnet_witness_waiting_seconds",
        "For how long the oldest checkpoint that a witness has not signed has waited for it; an alarm above 300.",
        {(("witness", name),): _seconds(since, now) if since else 0.0 for name, since in waiting.items()},
    )


def _keys(now: datetime) -> Iterator[Gauge]:
    values: dict[tuple[tuple[str, str], ...], float] = {}
    for kind, keys in (("patient", PatientKey.objects), ("house", HouseKey.objects)):
        with over_every_dossier():
            oldest = keys.filter(state=KeyState.ACTIVE).aggregate(since=Min("created_at"))["since"]
        if oldest is not None:
            values[(("kind", kind),)] = _seconds(oldest, now)
    yield Gauge("carnet_key_oldest_seconds", "Age of the oldest key that still seals.", values)


def _key_cache() -> Iterator[Gauge]:
    """Of the process that answers: of nobody's key, only how many."""
    process = ("process", str(os.getpid()))
    yield Gauge("carnet_key_cache_keys", "Unwrapped keys in the memory of this process.", {(process,): len(CACHE)})
    yield Gauge(
        "carnet_key_cache_lookups_total",
        "Keys that this process looked for in its memory: found there, or unwrapped.",
        {(process, ("outcome", "hit")): CACHE.hits, (process, ("outcome", "miss")): CACHE.misses},
        "counter",
    )


def _seconds(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
