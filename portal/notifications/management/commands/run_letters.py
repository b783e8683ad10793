"""``manage.py run_letters``: follow the log and send what is urgent, needing neither Celery nor Redis."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, InterfaceError, connection

from portal.notifications.deliveries import deliver_due
from portal.notifications.following import follow_log
from portal.notifications.kinds import Urgency

logger = logging.getLogger("carnet.letters")

PAUSE_SECONDS = 0.5
AFTER_A_FAILURE_SECONDS = 2.0
_BATCH = 200


class Command(BaseCommand):
    help = "Write the letters that the log calls for and send the urgent ones, until stopped. Running two is harmless."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("Letters follow the log.")
        while not stop.is_set():
            stop.wait(_once(stop))
        connection.close()


def _once(stop: threading.Event) -> float:
    """One look at the log and at what is urgent; how long to wait before the next one."""
    try:
        followed = follow_log(limit=_BATCH)
        while not stop.is_set() and deliver_due(Urgency.EMERGENCY, seconds=5.0):
            continue
    except (DatabaseError, InterfaceError) as error:
        # Not its text, which quotes values of the rows.
        logger.error(f"letters wait for the database: {type(error).__name__}")
        connection.close()
        return AFTER_A_FAILURE_SECONDS
    except Exception:
        # One bad line must not end the sending of everything urgent; the log prints no argument.
        logger.exception("letters cannot go on")
        connection.close()
        return AFTER_A_FAILURE_SECONDS
    return 0.0 if followed == _BATCH else PAUSE_SECONDS
