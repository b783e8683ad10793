"""``manage.py run_sequencer``: number the log, and have it cosigned, until told to stop."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError, connections

from audit.cosigner import Cosigner
from audit.cosigning import load_witnesses
from audit.expiring import expire_due
from audit.keys import load_signer
from audit.numbering import expect_numbering
from audit.sequencing import BATCH, make_partitions, sequence_once
from audit.tree import BrokenTree

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
RETRY_SECONDS = 1.0
PARTITIONS_EVERY_SECONDS = 3600.0
# After a failure; sooner, and waiting for its locks would hold up the numbers.
PARTITIONS_AGAIN_SECONDS = 60.0


class Command(BaseCommand):
    help = "Give numbers to committed entries of the log and sign checkpoints, until stopped. Running two is harmless."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            expect_numbering()
            load_signer()
            witnesses = load_witnesses()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("The sequencer numbers the log.")
        cosigners = [Cosigner(witness, stop) for witness in witnesses]
        for cosigner in cosigners:
            cosigner.start()
        _run(stop)
        for cosigner in cosigners:
            cosigner.join(timeout=10)
        connections.close_all()
        self.stdout.write("The sequencer has stopped.")


def _run(stop: threading.Event) -> None:
    """Until ``stop``: one batch after the other, a pause when there is nothing to do, patience when it fails."""
    partitions_due = time.monotonic()
    while not stop.is_set():
        if time.monotonic() >= partitions_due:
            made = _tried(make_partitions)
            _tried(expire_due)
            partitions_due = time.monotonic() + (PARTITIONS_AGAIN_SECONDS if made is None else PARTITIONS_EVERY_SECONDS)
        numbered = _tried(sequence_once)
        if numbered is None:
            stop.wait(RETRY_SECONDS)
        elif numbered < BATCH:
            stop.wait(POLL_SECONDS)


def _tried(step: Callable[[], int]) -> int | None:
    """What ``step`` did, or ``None`` once its failure is logged: a server that restarts comes back."""
    try:
        return step()
    except (BrokenTree, ImproperlyConfigured) as error:
        logger.error("The sequencer cannot go on: %s", error)
    except (DatabaseError, InterfaceError) as error:
        # Not its text, which quotes values of the rows.
        state = getattr(error.__cause__, "sqlstate", None)
        logger.error("The sequencer will try again: %s (SQLSTATE %s).", type(error).__name__, state)
    connections.close_all()
    return None
