"""Send what is due: claim, open the address, compose, hand over, write down how it ended.

Every letter leaves at least once, and at most twice: twice only when a process died, or a relay
fell silent, between handing a message over and hearing that it was taken.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from django.db import DatabaseError, InterfaceError
from django.utils import timezone

from portal.notifications.channels.opening import open_ways
from portal.notifications.channels.outcomes import NeverAgain, TryAgain, Way
from portal.notifications.claiming import MOST_CRASHES, MOST_UNCLEAR, due, hold, next_try, take, units
from portal.notifications.held import forget_held
from portal.notifications.kinds import Channel, Urgency
from portal.notifications.models import Delivery, DeliveryState
from portal.notifications.preparing import Prepared, prepare
from portal.notifications.wording import compose

_log = logging.getLogger("carnet.letters")

# RFC 5321, 4.5.4.1: a sender gives up after four or five days.
GIVE_UP_AFTER = timedelta(days=5)
# When a letter left is of no use afterwards, and says when its reader was told of what.
KEPT = timedelta(days=30)
# Of our own, before a person has to look.
MOST_FAULTS = 8
_BATCH = 50
# A run begins with few, and takes more as long as the relay keeps up: addresses are not opened for nothing.
_FIRST_BATCH = 5
# Others may hold the first ones: look further than what is held by a few of them.
_LOOKED_AT = 8 * _BATCH
# What was looked up for a batch (rights, addresses) is looked up again when a slow relay makes it old.
_FRESH_SECONDS = 5.0


def deliver_due(urgency: Urgency, *, seconds: float) -> int:
    """Send what is due of one urgency until nothing is left or the time is over; how many deliveries ended.

    Any number of processes may do this at once.
    """
    deadline = time.monotonic() + seconds
    ended, size = 0, _FIRST_BATCH
    with open_ways() as ways:
        while time.monotonic() < deadline:
            run = _deliver_some(urgency, ways, deadline, size)
            if run is None:
                break
            ended += run.ended
            size = min(2 * size, _BATCH) if run.is_whole else _FIRST_BATCH
    return ended


def forget_old(*, limit: int = 10_000) -> int:
    """Remove deliveries that ended a month ago, some at a time, and addresses held long enough; how many deliveries.

    One that is removed is not made anew: the log is never followed backwards.
    """
    old = Delivery.objects.filter(ended_at__lt=timezone.now() - KEPT).values("pk")[:limit]
    removed, _ = Delivery.objects.filter(pk__in=old).delete()
    # The line about a letter that ended stays when the address it went to goes.
    Delivery.objects.filter(held__isnull=False, ended_at__isnull=False).update(held=None)
    forget_held()
    return removed


def _deliver_some(urgency: Urgency, ways: Mapping[Channel, Way], deadline: float, size: int) -> _Run | None:
    """Try so many of what nobody else has in hand; ``None`` if there is nothing."""
    now = timezone.now()
    for start in range(0, _LOOKED_AT, _BATCH):
        waiting = due(urgency, now=now, limit=_BATCH, after=start)
        if not waiting:
            break
        with hold(waiting, most=size) as mine:
            if mine:
                run = _Run(ways, deadline)
                run.deliver(units(mine, now=timezone.now()))
                return run
    return None


class _Run:
    """One batch on its way: what was sent is written down together with what is taken up next."""

    def __init__(self, ways: Mapping[Channel, Way], deadline: float) -> None:
        self._ways = ways
        self._until = min(deadline, time.monotonic() + _FRESH_SECONDS)
        self._sent: list[Delivery] = []
        # How many deliveries ended, and whether there was time for all of them.
        self.ended = 0
        self.is_whole = True

    def deliver(self, batch: Sequence[list[Delivery]]) -> None:
        """Send what may leave. The rest of a slow batch is due again at once."""
        prepared = prepare([delivery for unit in batch for delivery in unit])
        try:
            for number, unit in enumerate(batch):
                # At least one: a deadline that has passed must not keep anything for ever.
                if number and time.monotonic() >= self._until:
                    self.is_whole = False
                    break
                self._deliver(unit, prepared)
        finally:
            self._write_down()

    def _deliver(self, unit: Sequence[Delivery], prepared: Prepared) -> None:
        leaving = []
        for delivery in unit:
            if reason := prepared.withheld.get(delivery.pk):
                self.ended += _end([delivery], DeliveryState.WITHHELD, reason)
            else:
                leaving.append(delivery)
        if not leaving:
            return
        taken = take(leaving, sent=self._sent, now=timezone.now())
        self.ended += len(self._sent)
        self._sent = []
        ready = []
        for delivery in taken:
            if reason := _given_up(delivery):
                self.ended += _end([delivery], DeliveryState.FAILED, reason)
            else:
                ready.append(delivery)
        if ready:
            self._send(ready, prepared)

    def _send(self, ready: Sequence[Delivery], prepared: Prepared) -> None:
        first = ready[0]
        channel = Channel(first.channel)
        try:
            way = self._ways.get(channel)
            place = prepared.place_of(first)
            if way is None or not place.address:
                self.ended += _end(ready, DeliveryState.WITHHELD, "no_address" if way else "no_channel")
                return
            letters = [delivery.letter for delivery in ready]
            message = compose(channel, letters, first.account.language, prepared.words_of(first), code=place.code)
            way.send(place.address, message, reference=first.pk, handing=partial(_handing, ready))
        except NeverAgain as refusal:
            self.ended += _end(ready, DeliveryState.FAILED, refusal.reason)
        except TryAgain as failure:
            _wait(ready, failure)
        except (DatabaseError, InterfaceError):
            # The server is away: what was claimed is due again by itself.
            raise
        except Exception:
            # A fault of ours in one letter must not keep the others back. The log prints no argument.
            _log.exception("a letter cannot be made", extra={"count": len(ready)})
            if first.attempts >= MOST_FAULTS:
                self.ended += _end(ready, DeliveryState.FAILED, "fault")
            else:
                _wait(ready, TryAgain("fault"))
        else:
            self._sent = list(ready)

    def _write_down(self) -> None:
        if self._sent:
            self.ended += _end(self._sent, DeliveryState.SENT, "")
            self._sent = []


def _given_up(delivery: Delivery) -> str:
    """Why a letter is not tried again; empty if it is."""
    if delivery.unclear >= MOST_UNCLEAR:
        return "unclear_twice"
    if delivery.crashes >= MOST_CRASHES:
        return "crashed"
    if delivery.attempts > 1 and timezone.now() - delivery.created_at > GIVE_UP_AFTER:
        return delivery.reason or "too_old"
    return ""


def _handing(deliveries: Sequence[Delivery]) -> None:
    """Write down that the message may be gone from here on, before it goes."""
    Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]).update(handed=True)


def _end(deliveries: Sequence[Delivery], state: DeliveryState, reason: str) -> int:
    rows = Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries])
    changed = rows.update(state=state, reason=reason, handed=False, ended_at=timezone.now())
    if state is DeliveryState.FAILED:
        # Both are tokens of our own, so they may stand in the message, which prints no argument.
        _log.warning(f"a letter is given up: {deliveries[0].channel} {reason}", extra={"count": changed})
    return changed


def _wait(deliveries: Sequence[Delivery], failure: TryAgain) -> None:
    first = deliveries[0]
    again = next_try(first.attempts, Urgency(first.urgency), timezone.now())
    rows = Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries])
    # What stays marked as handed is counted as unclear when it is taken up again.
    rows.update(state=DeliveryState.WAITING, reason=failure.reason, handed=failure.unclear, next_try=again)
    _log.info(f"a letter waits: {first.channel} {failure.reason}", extra={"count": len(deliveries)})
