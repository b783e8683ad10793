"""Background work: what the worker and beat import as ``portal.celery``.

Messages are JSON and hold identifiers only. Nothing is stored about results: a task says what it
did in the database, inside its own transaction. A message is acknowledged after its work, so a
killed worker loses none; tasks bear being run twice.
"""

from __future__ import annotations

import logging.config
import os
import sys
import time
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.keys import schedule as keys
from portal.notifications import schedule as letters
from portal.notifications.kinds import Urgency
from portal.oversight import schedule as alerts
from portal.queues import LONGEST_TASK_SECONDS, QUEUES, VISIBILITY_SECONDS
from portal.takeaway import schedule as copies
from portal.tracing import current_request, enter_task, leave_task

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

try:
    # Celery's name for a Unix socket differs from that of redis-py.
    _broker = settings.REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
except ImproperlyConfigured as refusal:
    sys.exit(str(refusal))

app = Celery("carnet", task_cls="portal.background:CarnetTask")
app.conf.update(
    broker_url=_broker,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_SECONDS,
        "queue_order_strategy": "portal.queues:MostUrgentFirst",
        # A Redis that is away is noticed, by whoever publishes too.
        "socket_timeout": 10,
        "socket_connect_timeout": 5,
    },
    task_queues=QUEUES,
    task_default_queue=Urgency.DEFAULT.value,
    task_create_missing_queues=False,
    # The web answers at once when Redis is away; beat sends again at the next beat.
    task_publish_retry=False,
    result_backend=None,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    accept_content=["json"],
    task_serializer="json",
    event_serializer="json",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=LONGEST_TASK_SECONDS,
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    # Remote control would let whoever reaches Redis command the workers.
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    timezone=settings.TIME_ZONE,
    beat_schedule={**letters.BEAT, **keys.BEAT, **copies.BEAT, **alerts.BEAT},
)
app.autodiscover_tasks()
# No Django applications of their own: they have no tables.
app.autodiscover_tasks(["portal.administration", "portal.keys", "portal.takeaway"])


@setup_logging.connect
def log_like_the_web(**_: Any) -> None:
    """Keep Celery from printing arguments: its lines go through ``portal.logs`` as well."""
    logging.config.dictConfig(settings.LOGGING)


@before_task_publish.connect
def mark_message(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """When it was queued, for the age of the queue; and which request asked for it."""
    if headers is not None:
        headers["queued_at"] = int(time.time())
        headers["asked_in"] = current_request()


@task_prerun.connect
def begin_task(task_id: str, task: Any, **_: Any) -> None:
    """Lines of the log from here on say which task they belong to."""
    enter_task(task_id, task.name, getattr(task.request, "asked_in", None) or "")


@task_postrun.connect
def end_task(**_: Any) -> None:
    """And no longer."""
    leave_task()
