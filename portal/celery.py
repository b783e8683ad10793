"""Background work: what the worker and beat import as ``portal.celery``.

Messages are JSON and hold identifiers only. Nothing is stored about results: a task says what it
did in the database, inside its own transaction. A message is acknowledged after its work, so a
killed worker loses none; tasks bear being run twice.
"""

from __future__ import annotations

import logging.config
import os
import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.notifications.schedule import BEAT

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

try:
    # Celery's name for a Unix socket differs from that of redis-py.
    _broker = settings.REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
except ImproperlyConfigured as refusal:
    sys.exit(str(refusal))

app = Celery("carnet")
app.conf.update(
    broker_url=_broker,
    broker_connection_retry_on_startup=True,
    # A message that no worker acknowledged comes back after this; longer than any task may take.
    broker_transport_options={"visibility_timeout": 900},
    result_backend=None,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    accept_content=["json"],
    task_serializer="json",
    event_serializer="json",
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_time_limit=600,
    worker_prefetch_multiplier=1,
    worker_send_task_events=False,
    # Remote control would let whoever reaches Redis command the workers.
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    timezone=settings.TIME_ZONE,
    beat_schedule=BEAT,
)
app.autodiscover_tasks()
# No Django application of its own: it has no tables.
app.autodiscover_tasks(["portal.administration"])


@setup_logging.connect
def log_like_the_web(**_: Any) -> None:
    """Keep Celery from printing arguments: its lines go through ``portal.logs`` as well."""
    logging.config.dictConfig(settings.LOGGING)
