"""By which ways, and when, a person wants each kind of letter.

The engine asks once per batch (``load_planner``) and then per letter: ``planner(account_id, kind, now)``.
An emergency, and what concerns the sign-in, leave at once and by every way, whatever was wished.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from audit.events import Event
from audit.log import append
from portal.notifications.kinds import Channel, Kind, Plan, Urgency
from portal.notifications.wishes import Rhythm, Switch

Planner = Callable[[UUID, Kind, datetime], tuple[Plan, ...]]
Way = tuple[Kind, Channel]

# The hour of the house's clock at which one message a day leaves.
DAILY_AT = time(18, 0)
_ONLY_IF_WISHED = frozenset({Kind.ACCESS})


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one person asked for; made without arguments, what the house does unasked."""

    switches: Mapping[Way, bool] = field(default_factory=dict)
    once_a_day: bool = False
    quiet_from: time | None = None
    quiet_until: time | None = None

    def wants(self, kind: Kind, channel: Channel) -> bool:
        """Whether letters of this kind leave by this way."""
        return must_leave(kind, channel) or self.switches.get((kind, channel), leaves_unasked(kind, channel))

    def plans(self, kind: Kind, now: datetime) -> tuple[Plan, ...]:
        """The ways out of one letter, and when."""
        moment = now if kind.traits.urgency is Urgency.EMERGENCY else self._moment(now)
        return tuple(Plan(way, moment, grouped=moment > now) for way in Channel if self.wants(kind, way))

    def _moment(self, now: datetime) -> datetime:
        return self._after_quiet(_next(DAILY_AT, now) if self.once_a_day else now)

    def _after_quiet(self, moment: datetime) -> datetime:
        if self.quiet_from is None or self.quiet_until is None:
            return moment
        clock = timezone.localtime(moment).time()
        if self.quiet_from < self.quiet_until:
            quiet = self.quiet_from <= clock < self.quiet_until
        else:
            quiet = clock >= self.quiet_from or clock < self.quiet_until
        return _next(self.quiet_until, moment) if quiet else moment


def must_leave(kind: Kind, channel: Channel) -> bool:
    """Whether nobody can switch this off: mail of what must be told, and every way when it is urgent."""
    if kind.traits.can_be_switched_off:
        return False
    return channel is Channel.MAIL or kind.traits.urgency is Urgency.EMERGENCY


def leaves_unasked(kind: Kind, channel: Channel) -> bool:
    """What the house does for somebody who wished nothing: a mail, and an SMS for what cannot wait."""
    return must_leave(kind, channel) or (channel is Channel.MAIL and kind not in _ONLY_IF_WISHED)


def load_planner(account_ids: Collection[UUID]) -> Planner:
    """The wishes of these people, read in two queries however many they are."""
    known = wishes_of(account_ids)
    nothing = Wishes()
    return lambda account_id, kind, now: known.get(account_id, nothing).plans(kind, now)


def wishes_of(account_ids: Collection[UUID]) -> dict[UUID, Wishes]:
    """What those of these people wished who wished anything."""
    switches: dict[UUID, dict[Way, bool]] = {}
    for row in Switch.objects.filter(account_id__in=account_ids):
        switches.setdefault(row.account_id, {})[Kind(row.kind), Channel(row.channel)] = row.is_on
    rhythms = {row.account_id: row for row in Rhythm.objects.filter(account_id__in=account_ids)}
    return {
        account_id: _wishes(switches.get(account_id, {}), rhythms.get(account_id)) for account_id in switches | rhythms
    }


def keep_wishes(*, actor: Actor, wishes: Wishes) -> None:
    """Replace what this person wished; each switch that turned, and another rhythm, is remembered.

    What equals what the house does unasked is not kept.
    """
    rows = [
        Switch(account_id=actor.id, kind=kind, channel=channel, is_on=is_on)
        for (kind, channel), is_on in wishes.switches.items()
        if is_on != leaves_unasked(kind, channel) and not must_leave(kind, channel)
    ]
    rhythm = {"once_a_day": wishes.once_a_day, "quiet_from": wishes.quiet_from, "quiet_until": wishes.quiet_until}
    with transaction.atomic(durable=True):
        # Two pages sent at once: the second waits here and replaces the whole of the first.
        Rhythm.objects.get_or_create(account_id=actor.id)
        Rhythm.objects.select_for_update().get(account_id=actor.id)
        before = wishes_of([actor.id])[actor.id]
        Rhythm.objects.filter(account_id=actor.id).update(**rhythm)
        Switch.objects.filter(account_id=actor.id).delete()
        Switch.objects.bulk_create(rows)
        for facts in _turned(before, wishes):
            append(Event.LETTERS_CHOSEN, actor=actor, facts=facts)


def _turned(before: Wishes, after: Wishes) -> Iterator[dict[str, str]]:
    """What is another choice now: one by one, since a letter switched off may be why nobody was told."""
    for kind, channel in {**before.switches, **after.switches}:
        if (is_on := after.wants(kind, channel)) != before.wants(kind, channel):
            yield {"kind": kind.value, "method": channel.value, "state": "on" if is_on else "off"}
    if replace(after, switches={}) != replace(before, switches={}):
        yield {"kind": "rhythm"}


def _wishes(switches: Mapping[Way, bool], rhythm: Rhythm | None) -> Wishes:
    if rhythm is None:
        return Wishes(switches)
    return Wishes(switches, rhythm.once_a_day, rhythm.quiet_from, rhythm.quiet_until)


def _next(clock: time, after: datetime) -> datetime:
    """The next moment, later than ``after``, at which the clock of the house shows that time."""
    day = timezone.localtime(after).date()
    moment = timezone.make_aware(datetime.combine(day, clock))
    return moment if moment > after else timezone.make_aware(datetime.combine(day + timedelta(days=1), clock))
