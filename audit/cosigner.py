"""The thread that keeps one witness up to date, beside the sequencer and never in its way."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime

from django.db import DatabaseError, InterfaceError, connections

from audit.cosigning import ALARM_AFTER, Asked, Result, Witness, ask_witness, remember_contradiction, witness_view
from audit.tree import BrokenTree

logger = logging.getLogger(__name__)

ASK_EVERY_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0
_ALARM_EVERY_SECONDS = 60.0
_CONTRADICTIONS = (Result.BEHIND, Result.FORKED)


class Cosigner(threading.Thread):
    """Asks ``witness`` for each new checkpoint until ``stop``; says so when it is late or contradicts the log."""

    def __init__(self, witness: Witness, stop: threading.Event) -> None:
        super().__init__(name=f"cosigner {witness.name}", daemon=True)
        self._witness = witness
        self._stop_asked = stop
        self._pause = ASK_EVERY_SECONDS
        self._last: Result | None = None
        self._alarm_due = time.monotonic() + _ALARM_EVERY_SECONDS

    def run(self) -> None:
        """Until asked to stop: ask, say what is new about the answer, wait."""
        while not self._stop_asked.wait(self._pause):
            try:
                self._step()
            except (DatabaseError, InterfaceError, BrokenTree) as error:
                logger.error("The cosigner will try again: %s.", type(error).__name__)
                connections.close_all()
                self._pause = _LONGEST_PAUSE_SECONDS
        connections.close_all()

    def _step(self) -> None:
        alarm_due = time.monotonic() >= self._alarm_due
        asked = ask_witness(self._witness, again=alarm_due)
        # The same trouble is said once, and remembered once: the log must not fill up with it.
        if asked.result is not self._last:
            self._say(asked)
        if asked.result is not Result.NOTHING_NEW:
            self._last = asked.result
        well = asked.result in (Result.COSIGNED, Result.NOTHING_NEW)
        self._pause = ASK_EVERY_SECONDS if well else min(self._pause * 2, _LONGEST_PAUSE_SECONDS)
        if alarm_due:
            self._alarm_due = time.monotonic() + _ALARM_EVERY_SECONDS
            if witness_view(self._witness).is_late(datetime.now(UTC)):
                minutes = ALARM_AFTER.seconds // 60
                logger.error("ALARM: a witness has not cosigned for more than %d minutes.", minutes)

    def _say(self, asked: Asked) -> None:
        said = {"status": f"{asked.result.value} {asked.detail}"}
        if asked.result in _CONTRADICTIONS:
            logger.error("ALARM: a witness contradicts the log: it saw %d entries.", asked.size, extra=said)
            remember_contradiction(asked)
        elif asked.result in (Result.AWAY, Result.REFUSED):
            logger.warning("A witness does not cosign; it is asked again.", extra=said)
        elif asked.detail:
            logger.warning("A witness had forgotten what it cosigned; it was told again.")
        elif asked.result is Result.COSIGNED and self._last is not None:
            logger.info("A witness cosigns again, up to %d entries.", asked.size)
