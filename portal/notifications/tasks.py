"""Background work of the letters: what Celery runs. Arguments are identifiers only; here there are none."""

from __future__ import annotations

from importlib import import_module

from celery import shared_task
from django.conf import settings

from portal.notifications.following import follow_log

_BATCH = 500
_BATCHES_PER_RUN = 20


@shared_task(name="notifications.follow_log", acks_late=True, ignore_result=True, time_limit=120)
def follow_the_log() -> int:
    """Write the letters that the log calls for since the last run; the number of entries followed.

    Bounded: a long backlog is worked off over several runs, so that a run ends before its limit.
    """
    followed = 0
    for _ in range(_BATCHES_PER_RUN):
        batch = follow_log(limit=_BATCH)
        followed += batch
        if batch < _BATCH:
            break
    return followed


@shared_task(name="notifications.clear_expired_sessions", acks_late=True, ignore_result=True, time_limit=120)
def clear_expired_sessions() -> None:
    """Remove the sessions whose time is over: Django leaves them where they are."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
