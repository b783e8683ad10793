"""What every background task does about its own failures.

A failure is tried again after a pause with jitter. A task that fails for good, or whose worker
died under it again and again, is put aside: a row that an administrator sees, with the identifiers
it was given and a reason that is the name of an error, never its text.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from celery import Task
from celery.exceptions import Reject
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F
from django.utils import timezone

from portal.asking import RightsGone
from portal.notifications.models import Aside

_log = logging.getLogger("carnet.tasks")

# How many workers may die over one message.
MOST_LOST_WORKERS = 3


class CarnetTask(Task):
    """The base of all tasks; ``recurring`` ones are started again by beat and not tried again by themselves."""

    abstract = True
    recurring = False
    autoretry_for: tuple[type[Exception], ...] = (Exception,)
    dont_autoretry_for = (RightsGone,)
    max_retries = 5
    retry_backoff = 2
    retry_backoff_max = 60
    retry_jitter = True

    def before_start(self, task_id: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:  # noqa: ARG002
        """Count a message that comes back because its worker died; put it aside when that repeats."""
        info = self.request.delivery_info or {}
        if not info.get("redelivered"):
            return
        if _count(UUID(task_id), self.name, args, reason="worker_lost") > MOST_LOST_WORKERS:
            _put_aside(UUID(task_id))
            _log.error("a task is put aside: its workers died")
            raise Reject("put aside", requeue=False)

    def on_success(self, retval: Any, task_id: str, args: Any, kwargs: Any) -> None:  # noqa: ARG002
        """Forget earlier failures."""
        if self.recurring or (self.request.delivery_info or {}).get("redelivered"):
            Aside.objects.filter(message=self._message(task_id)).delete()

    def on_failure(self, exc: Exception, task_id: str, args: Any, kwargs: Any, einfo: Any) -> None:  # noqa: ARG002
        """Put it aside, unless its asker has lost the right to it: then there is nothing to mend."""
        if isinstance(exc, RightsGone):
            _log.warning("a task was not done: its asker has lost the right to it")
            return
        try:
            # Celery wraps an exception that cannot be made anew from its arguments.
            reason = getattr(exc, "exc_cls_name", type(exc).__name__)
            _count(self._message(task_id), self.name, args, reason=reason)
            _put_aside(self._message(task_id))
        except (DatabaseError, InterfaceError):
            _log.error("a task failed while the database was away")

    def _message(self, task_id: str) -> UUID:
        """One row for all runs of a recurring task, one row per message of any other."""
        return uuid5(NAMESPACE_URL, self.name) if self.recurring else UUID(task_id)


def _count(message: UUID, task: str, arguments: Sequence[Any], *, reason: str) -> int:
    """Write one more failed run down; how many there were."""
    with transaction.atomic():
        row, _ = Aside.objects.select_for_update().get_or_create(
            message=message, defaults={"task": task[:64], "arguments": [str(one)[:64] for one in arguments]}
        )
        Aside.objects.filter(pk=row.pk).update(runs=F("runs") + 1, reason=reason[:64], last_at=timezone.now())
    return row.runs + 1


def _put_aside(message: UUID) -> None:
    Aside.objects.filter(pk=message).update(is_aside=True)
