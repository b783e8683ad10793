"""Background work of the letters: what Celery runs. The table of deliveries is the queue, so no task has an argument.

Started twice at once, a task finds what the other one holds and leaves it alone.
"""

from __future__ import annotations

from importlib import import_module

from celery import shared_task
from django.conf import settings

from portal.accounts.devices import forget_unseen
from portal.handing_over import forget_tickets
from portal.notifications.announcing import announce_due
from portal.notifications.deliveries import deliver_due, forget_old
from portal.notifications.following import follow_log
from portal.notifications.kinds import Urgency

_BATCH = 500
_BATCHES_PER_RUN = 20
# A run ends by itself long before its limit: what is left is the next run's.
_SECONDS_PER_RUN = 45.0
_LIMITS = {"recurring": True, "autoretry_for": (), "soft_time_limit": 240, "time_limit": 300}


@shared_task(name="notifications.follow_log", **_LIMITS)
def follow_the_log() -> int:
    """Write the letters that the log calls for since the last run; the number of entries followed."""
    followed = 0
    for _ in range(_BATCHES_PER_RUN):
        batch = follow_log(limit=_BATCH)
        followed += batch
        if batch < _BATCH:
            break
    return followed


@shared_task(name="notifications.send_urgent", **_LIMITS)
def send_urgent() -> int:
    """Send what cannot wait; ``manage.py run_letters`` does the same without Celery."""
    return deliver_due(Urgency.EMERGENCY, seconds=_SECONDS_PER_RUN)


@shared_task(name="notifications.send", **_LIMITS)
def send() -> int:
    """Send ordinary letters."""
    return deliver_due(Urgency.DEFAULT, seconds=_SECONDS_PER_RUN)


@shared_task(name="notifications.send_bulk", **_LIMITS)
def send_bulk() -> int:
    """Send what has time; in short runs, since it may share a worker with what has none."""
    return deliver_due(Urgency.BULK, seconds=5.0)


@shared_task(name="notifications.announce", **_LIMITS)
def announce() -> int:
    """Bring into the log what the clock alone knows: consents that end soon, statements of the month."""
    return announce_due()


@shared_task(name="notifications.forget", **_LIMITS)
def forget() -> int:
    """Let go of deliveries that ended long ago; the letters stay."""
    return forget_old()


@shared_task(name="notifications.clear_expired_sessions", **_LIMITS)
def clear_expired_sessions() -> None:
    """Remove sessions and tickets whose time is over, which nobody else removes, and devices unseen for long."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    forget_tickets()
    forget_unseen()
