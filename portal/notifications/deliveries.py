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

from consent.models import Representation
from portal.notifications.addresses import address_of
from portal.notifications.channels.opening import open_ways
from portal.notifications.channels.outcomes import NeverAgain, TryAgain, Way
from portal.notifications.claiming import MOST_CRASHES, MOST_UNCLEAR, due, hold, next_try, take
from portal.notifications.kinds import Channel, Urgency
from portal.notifications.models import Delivery, DeliveryState
from portal.notifications.wording import compose

_log = logging.getLogger("carnet.letters")

# RFC 5321, 4.5.4.1: a sender gives up after four or five days.
GIVE_UP_AFTER = timedelta(days=5)
# When a letter left is of no use afterwards, and says when its reader was told of what.
KEPT = timedelta(days=30)
# Of our own, before a person has to look.
MOST_FAULTS = 8
_BATCH = 50


def deliver_due(urgency: Urgency, *, seconds: float) -> int:
    """Send what is due of one urgency until nothing is left or the time is over; how many deliveries ended.

    Any number of processes may do this at once.
    """
    deadline = time.monotonic() + seconds
    ended = 0
    with open_ways() as ways:
        while time.monotonic() < deadline:
            batch = due(urgency, now=timezone.now(), limit=_BATCH)
            taken = 0
            for delivery in batch:
                if time.monotonic() >= deadline:
                    break
                done = deliver(delivery, ways)
                taken += done is not None
                ended += done or 0
            # All of them are in the hands of others: they would only be asked for again.
            if not taken:
                break
    return ended


def forget_old(*, limit: int = 10_000) -> int:
    """Remove deliveries that ended a month ago, some at a time; how many.

    One that is removed is not made anew: the log is never followed backwards.
    """
    old = Delivery.objects.filter(ended_at__lt=timezone.now() - KEPT).values("pk")[:limit]
    removed, _ = Delivery.objects.filter(pk__in=old).delete()
    return removed


def deliver(delivery: Delivery, ways: Mapping[Channel, Way]) -> int | None:
    """Try one delivery (with its group); how many ended, or ``None`` if it was not ours to try."""
    with hold(delivery) as held:
        taken = take(delivery, now=timezone.now()) if held else []
        if not taken:
            return None
        ready = [one for one in taken if (verdict := _verdict(one)) is None or not _end([one], *verdict)]
        ended = len(taken) - len(ready)
        return ended + (_send(ready, ways) if ready else 0)


def _verdict(delivery: Delivery) -> tuple[DeliveryState, str] | None:
    """Why a letter must not leave any more, looked up at the time of sending; ``None`` if it may."""
    if delivery.unclear >= MOST_UNCLEAR:
        return DeliveryState.FAILED, "unclear_twice"
    if delivery.crashes >= MOST_CRASHES:
        return DeliveryState.FAILED, "crashed"
    if delivery.attempts > 1 and timezone.now() - delivery.created_at > GIVE_UP_AFTER:
        return DeliveryState.FAILED, delivery.reason or "too_old"
    if not delivery.account.is_active:
        return DeliveryState.WITHHELD, "account_closed"
    represents = delivery.letter.represents
    if represents is not None:
        acts = Representation.objects.about(represents).live(timezone.now()).filter(account_id=delivery.account_id)
        if not acts.exists():
            return DeliveryState.WITHHELD, "right_ended"
    return None


def _send(ready: Sequence[Delivery], ways: Mapping[Channel, Way]) -> int:
    first = ready[0]
    channel = Channel(first.channel)
    try:
        way = ways.get(channel)
        address = address_of(first.account, channel) if way is not None else ""
        if way is None or not address:
            return _end(ready, DeliveryState.WITHHELD, "no_address" if way else "no_channel")
        message = compose(channel, [delivery.letter for delivery in ready], first.account)
        way.send(address, message, reference=first.pk, handing=partial(_handing, ready))
    except NeverAgain as refusal:
        return _end(ready, DeliveryState.FAILED, refusal.reason)
    except TryAgain as failure:
        return _wait(ready, failure)
    except (DatabaseError, InterfaceError):
        # The server is away: what was claimed is due again by itself.
        raise
    except Exception:
        # A fault of ours in one letter must not keep the others back. The log prints no argument.
        _log.exception("a letter cannot be made", extra={"count": len(ready)})
        if first.attempts >= MOST_FAULTS:
            return _end(ready, DeliveryState.FAILED, "fault")
        return _wait(ready, TryAgain("fault"))
    return _end(ready, DeliveryState.SENT, "")


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


def _wait(deliveries: Sequence[Delivery], failure: TryAgain) -> int:
    first = deliveries[0]
    again = next_try(first.attempts, Urgency(first.urgency), timezone.now())
    rows = Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries])
    # What stays marked as handed is counted as unclear when it is taken up again.
    rows.update(state=DeliveryState.WAITING, reason=failure.reason, handed=failure.unclear, next_try=again)
    _log.info(f"a letter waits: {first.channel} {failure.reason}", extra={"count": len(deliveries)})
    return 0
